import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DATAPATHS } from '../../../src/datapaths/catalog.js';
import { FORMATS, formatNamed, int } from '../../../src/formats/catalog.js';
import { type Format, widthOf } from '../../../src/formats/format.js';
import { landmarksOf } from '../../../src/formats/landmarks.js';
import { writingSet } from '../../../src/outputs/files/fileSet.js';
import { jsonOfCsv } from '../../../src/outputs/files/jsonRows.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { activation, writeImages } from '../../../src/outputs/vectors/images.js';
import { bankWriter, portEntries } from '../../../src/outputs/vectors/portBank.js';
import { drawer, exhaustiveCount, landmarkRows, randomRows } from '../../../src/outputs/vectors/stimulus.js';
import { testbench } from '../../../src/outputs/vectors/testbench.js';
import { portsOf } from '../../../src/outputs/vectors/unitVectors.js';
import type { Port } from '../../../src/outputs/words/port.js';
import { randomFrom } from '../../../src/random/random.js';
import { folderWith } from '../../cli/command.js';

it('every unit has a port for each operand, its sum, and a scale for each block that is begun', () => {
  for (const unit of DATAPATHS)
    for (const k of [1, 2, 15, 16, 17, 31, 32, 33, 64, 65]) {
      const { inputs, result } = portsOf(unit, k);
      let blocks = 0;
      for (let at = 0; unit.blockScale !== undefined && at < k; at += unit.blockScale.size) blocks++;
      expect(inputs.map(({ name, lanes }) => `${name} ${lanes}`)).toEqual([
        `a ${k}`,
        `b ${k}`,
        'c 1',
        ...(unit.blockScale === undefined ? [] : [`a_scales ${blocks}`, `b_scales ${blocks}`]),
      ]);
      expect([inputs[0].format, inputs[1].format]).toEqual([unit.a, unit.b]);
      for (const { format } of inputs.slice(3)) expect(format).toEqual(unit.blockScale?.format);
      expect([result.name, result.lanes]).toEqual(['expected', 1]);
    }
});

/** Codes near one, written down again: exponents up to four from one's, integers of half the width, any entry of a table. */
function nearOnes(format: Format): Set<number> {
  const codes = new Set<number>();
  for (let code = 0; code < 2 ** widthOf(format); code++) {
    if (format.kind === 'table') {
      if (format.values[code] !== null) codes.add(code);
    } else if (format.kind === 'int') {
      const half = 2 ** Math.ceil(format.bits / 2);
      const value = format.signed && code >= 2 ** (format.bits - 1) ? code - 2 ** format.bits : code;
      const [least, most] = format.signed ? [-half / 2, half / 2 - 1] : [0, half - 1];
      if (value >= least && value <= most) codes.add(code);
    } else {
      const pad = 2 ** (format.paddingBits ?? 0);
      const field = Math.floor(code / pad / 2 ** format.mantissaBits) % 2 ** format.exponentBits;
      // The topmost exponent may hold what is no number.
      const top = 2 ** format.exponentBits - 2;
      const low = Math.max(0, Math.min(format.bias - 4, top));
      if (code % pad === 0 && field >= low && field <= Math.max(low, Math.min(format.bias + 4, top))) codes.add(code);
    }
  }
  return codes;
}

it.each(FORMATS.filter((format) => widthOf(format) <= 8).map((format) => [format.name, format] as const))(
  '%s: every code is drawn, and near one those that are and no others',
  (_name, format) => {
    const { anyCode, nearOne } = drawer(format, randomFrom(5));
    const drawn = (draw: () => bigint) => new Set(Array.from({ length: 4000 }, () => Number(draw())));
    const sorted = (codes: Iterable<number>) => [...codes].toSorted((x, y) => x - y);
    expect(sorted(drawn(nearOne))).toEqual(sorted(nearOnes(format)));
    const used = Array.from({ length: 2 ** widthOf(format) }, (_, code) => code);
    expect(sorted(drawn(anyCode))).toEqual(format.kind === 'table' ? sorted(nearOnes(format)) : used);
  },
);

it('wide codes have all their bits drawn, and padding none', () => {
  for (const name of ['int64', 'uint48', 'fp64', 'tf32', 'fp32', 'int24']) {
    const format = formatNamed(name);
    const padding = format.kind === 'float' ? (format.paddingBits ?? 0) : 0;
    const { anyCode } = drawer(format, randomFrom(6));
    const codes = Array.from({ length: 200 }, anyCode);
    const [or, and] = [codes.reduce((x, y) => x | y), codes.reduce((x, y) => x & y)];
    expect([or, and], name).toEqual([2n ** BigInt(widthOf(format)) - 2n ** BigInt(padding), 0n]);
  }
});

const port = (name: string, format: Format, lanes: number): Port => ({ name, format, lanes });

it('random rows with even numbers keep near one, those with odd ones do not', () => {
  const inputs = [port('a', int(8), 2), port('b', int(8), 2), port('c', int(16), 1)];
  const rows = [...randomRows(inputs, 7, 407, randomFrom(3))];
  expect(rows).toHaveLength(400);
  const isSmall = (code: bigint, bits: number) => BigInt.asIntN(bits, code) === BigInt.asIntN(bits / 2, code);
  // Row 7 is the first.
  const odd = rows.filter((_, i) => i % 2 === 0);
  const even = rows.filter((_, i) => i % 2 === 1);
  const small = ([a, b, [c]]: (typeof rows)[number]) =>
    [...a, ...b].every((code) => isSmall(code, 8)) && isSmall(c, 16);
  expect([even.filter(small).length, odd.filter(small).length]).toEqual([200, 0]);
});

it('landmarks: each of a with each of b, the same in every lane, then mixed; all of c come up', () => {
  const inputs = [
    port('a', formatNamed('e4m3fn'), 3),
    port('b', formatNamed('e5m2'), 3),
    port('c', formatNamed('fp16'), 1),
  ];
  const [a, b, c] = inputs.map(({ format }) => landmarksOf(format).map(({ code }) => code));
  const rows = [...landmarkRows(inputs)];
  const pairs = a.flatMap((x) => b.map((y) => [x, y]));
  expect(rows).toHaveLength(2 * pairs.length);
  pairs.forEach(([x, y], i) => {
    expect(rows[i].slice(0, 2)).toEqual([Array(3).fill(x), Array(3).fill(y)]);
    // Then each lane is so many landmarks on: 3 for each lane of a, 5 of b.
    const on = (all: readonly bigint[], from: bigint, by: number) =>
      [0, 1, 2].map((lane) => all[(all.indexOf(from) + by * lane) % all.length]);
    expect(rows[pairs.length + i].slice(0, 2)).toEqual([on(a, x, 3), on(b, y, 5)]);
    expect(rows[i][2]).toEqual([c[(7 * i + 2) % c.length]]);
  });
  expect(new Set(rows.map(([, , [code]]) => code)).size).toBe(c.length);
  for (const [lanes, times] of [
    [1, 1],
    [2, 2],
  ])
    expect([...landmarkRows(inputs.map((each) => ({ ...each, lanes })))]).toHaveLength(times * pairs.length);
});

it('what is exhausted has 24 bits at most, the sum among them or apart', () => {
  const unit = (bits: number, sum: number, lanes = 1) => [
    port('a', int(bits), lanes),
    port('b', int(bits), lanes),
    port('c', int(sum), 1),
  ];
  expect(exhaustiveCount(unit(4, 16))).toBe(2 ** 24);
  expect(exhaustiveCount(unit(4, 17))).toBe(2 * 2 ** 8);
  expect(exhaustiveCount(unit(12, 16))).toBe(2 * 2 ** 24);
  expect(exhaustiveCount(unit(2, 8, 3))).toBe(2 ** 20);
  expect(() => exhaustiveCount(unit(13, 16))).toThrow(
    'exhaustive vectors have at most 2^24 operand rows, and a and b of 1 lanes have 2^26: give a smaller --k, or --count',
  );
});

it('a bank is a file for each port or one of all, its last word known as such, and has as many words as were said', async () => {
  const folder = folderWith();
  const ports = [port('a', int(4), 2), port('b', int(12), 1)];
  const bank = { name: 'bank', ports, depth: 2 };
  const rows = [
    [[1n, 2n], [0xabcn]],
    [[15n, 0n], [1n]],
  ];
  const written = (format: 'csv' | 'json', count: number) =>
    writingSet(folder, (set) => {
      const writer = bankWriter(set, format, bank);
      for (const row of rows.slice(0, count)) writer.row(row);
      writer.end();
    });
  await written('csv', 2);
  expect(readFileSync(join(folder, 'bank.csv'), 'utf8')).toBe('a,b\n0x1 0x2,0xabc\n0xf 0x0,0x001\n');
  await written('json', 2);
  expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe('[\n["0x1", "0x2"],\n["0xf", "0x0"]\n]\n');
  expect(readFileSync(join(folder, 'b.json'), 'utf8')).toBe('[\n["0xabc"],\n["0x1"]\n]\n');
  await expect(written('json', 1)).rejects.toThrow('bank bank: 2 words announced, 1 came');
  const entries = (format: 'csv' | 'json', all: readonly Port[]) =>
    portEntries({ ...bank, ports: all }, format, () => ({ direction: 'in' })).map(
      ({ file, format: of, lanes, wordBits, depth }) =>
        [file, typeof of === 'string' ? of : 'other', lanes, wordBits, depth].join(' '),
    );
  expect(entries('json', ports)).toEqual(['a.json int4 2 8 2', 'b.json int12 1 12 2']);
  expect(entries('csv', [port('v', int(1, false), 3), port('x', formatNamed('binary'), 3)])).toEqual([
    'bank.csv bit 3 3 2',
    'bank.csv binary 3 3 2',
  ]);
});

it('an image is its codes by words, the last one filled up with zeros, under a name that a compiler takes', async () => {
  const folder = folderWith();
  const image = (name: string, codes: number[]) => ({
    ...{
      name,
      direction: 'in' as const,
      format: int(8),
      codes,
      meaning: 'm',
      tensor: { shape: [codes.length], layer: 'l' },
    },
  });
  const images = [image('a/b', [1, 2, 3]), image('a b', [4]), image('1', [5, 6]), image('', []), image('a.b', [7])];
  const entries = await writingSet(folder, (set) => writeImages(set, 'readmemh', 2, images));
  expect(entries.map(({ name, depth }) => `${name} ${depth}`)).toEqual(['a_b 2', 'a_b_2 1', '_1 1', '_ 0', 'a_b_3 1']);
  const words = (name: string) =>
    readFileSync(join(folder, `${name}.memh`), 'utf8')
      .split('\n')
      .slice(1, -1);
  expect([words('a_b'), words('a_b_2'), words('_1')]).toEqual([['0201', '0003'], ['0004'], ['0605']]);
});

it('an activation is the image of one sample: a batch of one is left out of its shape, what else there is of ones stays', () => {
  for (const [shape, wanted] of [
    [
      [1, 3, 2],
      [3, 2],
    ],
    [
      [1, 1, 2],
      [1, 2],
    ],
    [[1, 1], [1]],
    [[1], [1]],
    [[3], [3]],
    [
      [2, 3],
      [2, 3],
    ],
  ]) {
    const tensor = floatTensor(shape);
    const about = { direction: 'out', meaning: 'm' } as const;
    expect(activation('x', tensor, about)).toMatchObject({ ...about, tensor: { shape: wanted, layer: 'x' } });
  }
});

it('a CSV text becomes rows of JSON, in chunks of any length: codes are text, what is not finite is null', () => {
  const csv = 'name,x,code\na,1.5,0x10\nb,,0x0\nc,Infinity,\nd,-2,0xff\n';
  const expected =
    '{"schemaVersion":1,"rows":[\n{"name":null,"x":1.5,"code":"0x10"},\n{"name":null,"code":"0x0"},\n{"name":null,"x":null},\n{"name":null,"x":-2,"code":"0xff"}\n]}\n';
  for (const size of [1, 7, 1000]) {
    let text = '';
    const sink = jsonOfCsv({ write: (chunk) => (text += chunk as string) }, { schemaVersion: 1 });
    for (let at = 0; at < csv.length; at += size) {
      const part = csv.slice(at, at + size);
      sink.write(at % 2 === 0 ? part : Buffer.from(part));
    }
    sink.end();
    expect(text).toBe(expected);
  }
});

it('a bench names its ports with the bits of a word', () => {
  const text = testbench({
    ...{ module: 'dut', title: 't', rows: 5, extension: 'memh', readTask: '$readmemh' },
    inputs: [port('a', int(4), 3), port('c', int(9), 1)],
    result: port('expected', int(16), 1),
  });
  expect(text).toContain('module dut (input clk, input [11:0] a, input [8:0] c, output [15:0] result);');
  expect(text).toContain(
    '  logic [11:0] a_rows [0:ROWS-1];\n  logic [8:0] c_rows [0:ROWS-1];\n  logic [15:0] expected_rows [0:ROWS-1];\n',
  );
  expect(text).toContain('  localparam ROWS = 5;\n');
  expect(text).toContain('$readmemh("expected.memh", expected_rows);');
  expect(text).toContain('dut unit (.clk(clk), .a(a), .c(c), .result(result));');
});
