import { expect, it } from 'vitest';
import type { CycleObserver } from '../../../src/arrays/clocked.js';
import { type MacArray, macArray } from '../../../src/arrays/dataflow.js';
import type { Registers } from '../../../src/arrays/mesh.js';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { type Datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import type { Sink } from '../../../src/outputs/files/file.js';
import { pesIn, type TraceWindow } from '../../../src/outputs/traces/signals.js';
import { traceCsv } from '../../../src/outputs/traces/trace.js';
import { traceVcd } from '../../../src/outputs/traces/vcd.js';
import { DRAWING_LIMITS, traceWavedrom } from '../../../src/outputs/traces/wavedrom.js';

/** The whole text of small traces, byte for byte: two PEs of a 1 x 2 array whose registers are set by hand. */
const ARRAY = macArray({ rows: 1, cols: 2, dataflow: 'os' });
/** Two lanes of one-bit signs and int4, into fp16. */
const PAIR: Datapath = {
  ...datapathNamed('int8'),
  name: 'pa$ir',
  a: formatNamed('binary'),
  b: formatNamed('int4'),
  lanes: 2,
  sum: sumFit('fp16'),
};
const SINGLE: Datapath = { ...datapathNamed('int8'), a: formatNamed('int4'), b: formatNamed('int5') };

type Writer = (sink: Sink, array: MacArray, unit: Datapath, window: TraceWindow) => CycleObserver & { end(): number };

/** Lanes in use, codes of a and b, and the sums, in each cycle. */
type Cycle = readonly [live: number[], a: number[], b: number[], sum: number[]];

function traced(write: Writer, unit: Datapath, window: TraceWindow, cycles: readonly Cycle[]): [string, number] {
  let text = '';
  const writer = write({ write: (chunk) => (text += String(chunk)) }, ARRAY, unit, window);
  cycles.forEach(([live, a, b, sum], cycle) => {
    const registers: Registers = {
      live: Uint16Array.from(live),
      a: Uint32Array.from(a),
      b: Uint32Array.from(b),
      sum: Float64Array.from(sum),
    };
    writer.cycle?.(cycle, registers);
  });
  const end = writer.end();
  return [text, end];
}

/** 0x3c00 is 1, 0xc000 -2, 0x8000 -0, 0x7c00 and 0xfc00 infinite, 0x7e00 NaN, 0x3555 0.333251953125. */
const CYCLES: readonly Cycle[] = [
  [
    [0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0],
  ],
  [
    [2, 1],
    [0, 1, 1, 1],
    [7, 8, 15, 0],
    [0x3c00, 0x8000],
  ],
  [
    [0, 1],
    [0, 1, 1, 1],
    [7, 8, 15, 0],
    [0x3c00, 0x7e00],
  ],
  [
    [1, 2],
    [1, 1, 0, 0],
    [7, 9, 2, 2],
    [0x7c00, 0xfc00],
  ],
  [
    [2, 2],
    [1, 1, 0, 0],
    [7, 9, 2, 2],
    [0xc000, 0x3555],
  ],
];

it('a dump of one PE: declared, then all values, then what changes', () => {
  const window: TraceWindow = { cycles: [1, 3], rows: [0, 0], cols: [1, 1] };
  const declared = `$version lastbit: datapath pair $end
$timescale 1ns $end
$scope module array $end
$var wire 1 , clk $end
$var wire 32 - cycle [31:0] $end
$scope module pe_0_1 $end
$var wire 2 ! live [1:0] $end
$var wire 1 " a_0 $end
$var real 64 # a_0_value $end
$var wire 1 $ a_1 $end
$var real 64 % a_1_value $end
$var wire 4 & b_0 [3:0] $end
$var real 64 ' b_0_value $end
$var wire 4 ( b_1 [3:0] $end
$var real 64 ) b_1_value $end
$var wire 16 * sum [15:0] $end
$var real 64 + sum_value $end
$upscope $end
$upscope $end
$enddefinitions $end
`;
  const first = [
    '1,',
    'b1 -',
    'b1 !',
    '1"',
    'r1 #',
    '1$',
    'r1 %',
    'b1111 &',
    "r-1 '",
    'b0 (',
    'r0 )',
    'b1000000000000000 *',
    'r-0 +',
  ];
  const second = ['1,', 'b10 -', 'b111111000000000 *', 'rnan +'];
  const third = [
    '1,',
    'b11 -',
    'b10 !',
    '0"',
    'r-1 #',
    '0$',
    'r-1 %',
    'b10 &',
    "r2 '",
    'b10 (',
    'r2 )',
    'b1111110000000000 *',
    'r-inf +',
  ];
  const lines = [
    '#10',
    '$dumpvars',
    ...first,
    '$end',
    '#15',
    '0,',
    '#20',
    ...second,
    '#25',
    '0,',
    '#30',
    ...third,
    '#35',
    '0,',
    '#40',
  ];
  expect(traced(traceVcd, PAIR, window, CYCLES)).toEqual([`${declared}${lines.join('\n')}\n`, 3]);
});

it('a dump of two PEs has a scope for each, names of further variables, and infinity as C writes it', () => {
  const [text, cycles] = traced(traceVcd, SINGLE, { cycles: [0, 0], rows: [0, 0], cols: [0, 1] }, [
    [
      [1, 0],
      [15, 7],
      [16, 15],
      [0xffffffff, 5],
    ],
    [
      [1, 1],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  ]);
  expect(cycles).toBe(1);
  expect(text).toBe(`$version lastbit: datapath int8 $end
$timescale 1ns $end
$scope module array $end
$var wire 1 / clk $end
$var wire 32 0 cycle [31:0] $end
$scope module pe_0_0 $end
$var wire 1 ! live $end
$var wire 4 " a [3:0] $end
$var real 64 # a_value $end
$var wire 5 $ b [4:0] $end
$var real 64 % b_value $end
$var wire 32 & sum [31:0] $end
$var real 64 ' sum_value $end
$upscope $end
$scope module pe_0_1 $end
$var wire 1 ( live $end
$var wire 4 ) a [3:0] $end
$var real 64 * a_value $end
$var wire 5 + b [4:0] $end
$var real 64 , b_value $end
$var wire 32 - sum [31:0] $end
$var real 64 . sum_value $end
$upscope $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
1/
b0 0
1!
b1111 "
r-1 #
b10000 $
r-16 %
b11111111111111111111111111111111 &
r-1 '
0(
b111 )
r7 *
b1111 +
r15 ,
b101 -
r5 .
$end
#5
0/
#10
`);
  expect(traced(traceVcd, PAIR, { cycles: [3, 3], rows: [0, 0], cols: [0, 0] }, CYCLES)[0]).toContain('rinf +\n');
});

it('names of variables are all different, of one character and then of two', () => {
  const wide: Datapath = { ...datapathNamed('xnor') };
  const none: Cycle = [[0, 0], Array<number>(128).fill(0), Array<number>(128).fill(0), [0, 0]];
  const [text] = traced(traceVcd, wide, { cycles: [0, 0], rows: [0, 0], cols: [0, 0] }, [none]);
  const ids = [...text.matchAll(/^\$var \w+ \d+ (\S+) /gm)].map(([, id]) => id);
  // The clock and the counter come first and are numbered last.
  const inOrder = [...ids.slice(2), ...ids.slice(0, 2)];
  const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const expected = [...printable, ...printable.flatMap((x) => printable.map((y) => x + y))];
  expect(inOrder).toEqual(expected.slice(0, 1 + 4 * 64 + 2 + 2));
});

it('a window that no cycle falls into is a dump of declarations alone', () => {
  const [text, cycles] = traced(traceVcd, PAIR, { cycles: [7, 9], rows: [0, 0], cols: [1, 1] }, CYCLES);
  expect([text.split('\n').slice(-2), cycles]).toEqual([['$enddefinitions $end', ''], 0]);
});

it('a drawing of one PE: a value where it changes, a hatch where a lane idles', () => {
  const [text, cycles] = traced(traceWavedrom, PAIR, { cycles: [1, 4], rows: [0, 0], cols: [0, 0] }, CYCLES);
  expect(cycles).toBe(4);
  const signal = [
    { name: 'clk', wave: 'p...' },
    [
      'PE 0,0',
      { name: 'a_0', wave: '=x=.', data: ['0x0 (-1)', '0x1 (1)'] },
      { name: 'a_1', wave: '=x.=', data: ['0x1 (1)', '0x1 (1)'] },
      { name: 'b_0', wave: '=x=.', data: ['0x7 (7)', '0x7 (7)'] },
      { name: 'b_1', wave: '=x.=', data: ['0x8 (-8)', '0x9 (-7)'] },
      { name: 'sum', wave: '=.==', data: ['0x3c00 (1)', '0x7c00 (Infinity)', '0xc000 (-2)'] },
    ],
  ];
  expect(text).toBe(`${JSON.stringify({ signal, head: { text: 'pa$ir', tick: 1 } }, undefined, 2)}\n`);
});

it('a drawing has at most what people can read: a 4 x 4 of PEs, a thousand cycles', () => {
  expect(DRAWING_LIMITS).toEqual({ pes: 4 * 4, cycles: 1000 });
});

it('rows of a trace: the first lane of each PE, empty operands where it idles, no formula', () => {
  const [text, rows] = traced(traceCsv, PAIR, { cycles: [1, 3], rows: [0, 0], cols: [0, 1] }, CYCLES);
  expect(rows).toBe(6);
  expect(text).toBe(`cycle,row,col,lanes,aCode,a,bCode,b,sumCode,sum
1,0,0,2,0x0,-1,0x7,7,0x3c00,1
1,0,1,1,0x1,1,0xf,-1,0x8000,0
2,0,0,0,,,,,0x3c00,1
2,0,1,1,0x1,1,0xf,-1,0x7e00,NaN
3,0,0,1,0x1,1,0x7,7,0x7c00,Infinity
3,0,1,2,0x0,-1,0x2,2,0xfc00,'-Infinity
`);
});

it('a window is its PEs row by row, both bounds included', () => {
  expect(pesIn({ cycles: [0, 0], rows: [1, 2], cols: [3, 4] }, { cols: 5 })).toEqual([
    { row: 1, col: 3, pe: 8 },
    { row: 1, col: 4, pe: 9 },
    { row: 2, col: 3, pe: 13 },
    { row: 2, col: 4, pe: 14 },
  ]);
});
