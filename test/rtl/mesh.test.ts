import { THOROUGH } from '../programs.js';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runMesh } from '../../src/arrays/clocked.js';
import { type MacArray, macArray, orderOf } from '../../src/arrays/dataflow.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { type Datapath, datapath, sumFit } from '../../src/datapaths/datapath.js';
import { compileUnit } from '../../src/datapaths/kernel/index.js';
import { SEQUENTIAL } from '../../src/datapaths/order.js';
import { randomBitsOf, reduce } from '../../src/datapaths/reference.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { widthOf } from '../../src/formats/format.js';
import { stochastic } from '../../src/formats/rounding.js';
import { meshRtl, meshShape, writeRtl } from '../../src/outputs/benches/rtl.js';
import { drawTile, type TileOperands, writeTileVectors } from '../../src/outputs/vectors/tileVectors.js';
import { goldenRun, productNamed } from '../../src/simulate/golden.js';
import { loadData, loadNetwork } from '../../src/simulate/plan.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { imagesOf } from '../../src/training/data/dataset.js';
import { compile, discard, INSTALLED, type Simulator } from './bench.js';

const folders: string[] = [];
afterAll(() => folders.forEach(discard));

/** An array's RTL, the streams of a product on it, and their bench, in a folder. */
async function folderOf(array: MacArray, operands: TileOperands): Promise<{ folder: string; edges: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-mesh-'));
  folders.push(folder);
  const target = { ...loadTarget('int8'), name: 'test', datapath: operands.unit, array };
  const about = { generator: 'test', command: 'test' };
  const manifest = await writeTileVectors(target, operands, 'readmemh', folder, about);
  const edges = manifest.kind === 'tile' ? manifest.cycles.total : 0;
  await writeRtl(folder, meshRtl(target, operands, edges));
  return { folder, edges };
}

/** Simulates, and sees that the bench fails when it has to. */
function expectPass(simulator: Simulator, folder: string, verdict: RegExp): void {
  const run = compile(simulator, folder, true);
  expect(run().split('\n')[0]).toMatch(verdict);
  expect(run(['+corrupt'])).toMatch(/^FAIL 1 of \d+ sums$/m);
}

/** The sums of an m x n product that is no multiple of the array, over several tiles. */
function severalTiles(array: MacArray, unit: Datapath, steps: number): TileOperands {
  return drawTile({ ...array, rows: 2 * array.rows + 1, cols: 2 * array.cols - 1 }, unit, steps, 3);
}

const SMALL: readonly (readonly [string, Partial<MacArray> & Pick<MacArray, 'dataflow'>])[] = [
  ['int8', { dataflow: 'os' }],
  ['int8', { dataflow: 'os', doubleBuffer: true }],
  ['int4', { dataflow: 'ws' }],
  ['int8', { dataflow: 'ws', doubleBuffer: true }],
  ['int8', { dataflow: 'ws', accumulation: 'reinject' }],
  ['fp8-fp32-mixed', { dataflow: 'is' }],
  ['fp8-fp16', { dataflow: 'ws' }],
  ['radix4-fp16', { dataflow: 'os' }],
  ['radix4', { dataflow: 'is', doubleBuffer: true }],
  ['xnor', { dataflow: 'os' }],
  ['xnor', { dataflow: 'ws' }],
  ['volta-fp16-fp32', { dataflow: 'os' }],
];

describe.skipIf(!INSTALLED.icarus)('arrays of 4 x 3 on Icarus', () => {
  // A tile's sums may be there while the rows below still hand on those of the one before.
  it.each([1, 2, 3, 4, 5, 9])('two buffers and %d steps: every sum at its edge', async (steps) => {
    const array = macArray({ rows: 4, cols: 3, dataflow: 'os', doubleBuffer: true });
    const { folder, edges } = await folderOf(array, severalTiles(array, datapathNamed('int8'), steps));
    expectPass('icarus', folder, new RegExp(`^PASS \\d+ sums in ${edges} edges$`));
  });

  it.each(SMALL)('%s %j: every sum at its edge', async (name, parts) => {
    const array = macArray({ rows: 4, cols: 3, ...parts });
    const operands = severalTiles(array, datapathNamed(name), 70);
    const { folder, edges } = await folderOf(array, operands);
    expectPass('icarus', folder, new RegExp(`^PASS \\d+ sums in ${edges} edges$`));
  });
});

// To build an array takes the second simulator half a minute: .ci/run has both.
const SIMULATORS: readonly Simulator[] = THOROUGH ? ['icarus', 'verilator'] : ['icarus'];

describe.each(SIMULATORS)('a whole 16 x 16 tile on %s', (simulator) => {
  it.skipIf(!INSTALLED[simulator]).each(['os', 'ws'] as const)(
    'int8, %s',
    async (dataflow) => {
      const array = macArray({ rows: 16, cols: 16, dataflow });
      const { folder, edges } = await folderOf(array, drawTile(array, datapathNamed('int8'), 32, 1));
      expectPass(simulator, folder, new RegExp(`^PASS ${dataflow === 'os' ? 256 : 1024} sums in ${edges} edges$`));
    },
    300_000,
  );
});

/**
 * Compares the sum register of every PE with the clocked model's after every edge, and in the same run with what `wrong`
 * holds, in which one is another.
 */
function registerProbe(array: MacArray, width: number, edges: number): string {
  const all = array.rows * array.cols;
  return `
  wire [${all * width - 1}:0] registers;
  logic [${all * width - 1}:0] registers_rows [0:${edges - 1}], wrong_rows [0:${edges - 1}];
  integer differing, noticed;
  genvar r, c;
  generate
    for (r = 0; r < ${array.rows}; r = r + 1) begin : g_r
      for (c = 0; c < ${array.cols}; c = c + 1) begin : g_c
        assign registers[(r*${array.cols}+c)*${width} +: ${width}] = dut.pes.g_row[r].g_col[c].pe.sum;
      end
    end
  endgenerate
  initial begin
    differing = 0;
    noticed = 0;
    $readmemh("registers.memh", registers_rows);
    $readmemh("wrong.memh", wrong_rows);
  end
  // Between the edges; the next one is \`at\`. What no word has reached is not defined, and not compared.
  always @(negedge clk) if (at > 0 && at <= ${edges}) begin
    if ((registers & live_rows[at-1]) !== (registers_rows[at-1] & live_rows[at-1])) differing = differing + 1;
    if ((registers & live_rows[at-1]) !== (wrong_rows[at-1] & live_rows[at-1])) noticed = noticed + 1;
    if (at == ${edges - 1}) $display("REGISTERS %0d edges differ, of the wrong ones %0d", differing, noticed);
  end
  logic [${all * width - 1}:0] live_rows [0:${edges - 1}];
  initial $readmemh("live.memh", live_rows);
endmodule
`;
}

it.skipIf(!INSTALLED.icarus).each([
  ['os', 'fp8-fp16'],
  ['ws', 'fp8-fp32'],
] as const)('all 256 sum registers are those of the clocked model after every edge: %s %s', async (dataflow, name) => {
  const array = macArray({ rows: 16, cols: 16, dataflow });
  const unit = datapathNamed(name);
  const width = widthOf(unit.sum.format);
  const operands = drawTile(array, unit, 24, 2);
  const { folder, edges } = await folderOf(array, operands);
  const { job, a, b } = operands;
  const lines: { registers: string[]; live: string[] } = { registers: [], live: [] };
  const began = new Uint8Array(256);
  const word = (codes: ArrayLike<number>) =>
    Array.from(codes, (code) => code.toString(16).padStart(width / 4, '0'))
      .reverse()
      .join('');
  runMesh(
    { product: { job, a, b }, array, order: orderOf(array, unit), unit: compileUnit(unit) },
    {
      cycle(_edge, { sum, live }) {
        live.forEach((count, pe) => {
          if (count > 0) began[pe] = 1;
        });
        const defined = dataflow === 'os' ? began : live;
        lines.registers.push(word(sum));
        lines.live.push(word(Array.from(defined, (is) => (is ? 2 ** width - 1 : 0))));
      },
    },
  );
  expect(lines.registers).toHaveLength(edges);
  // They are compared: with a register of the model made wrong, an edge differs.
  const wrong = lines.registers.map((line, edge) =>
    edge === 30 ? line.replace(/.$/, (d) => (d === '0' ? '1' : '0')) : line,
  );
  for (const [file, words] of Object.entries({ ...lines, wrong }))
    writeFileSync(join(folder, `${file}.memh`), `${words.join('\n')}\n`);
  const bench = readFileSync(join(folder, 'tb.sv'), 'utf8');
  writeFileSync(join(folder, 'tb.sv'), bench.replace(/endmodule\s*$/, registerProbe(array, width, edges)));
  const output = compile('icarus', folder)();
  expect(output).toMatch(/^REGISTERS 0 edges differ, of the wrong ones 1$/m);
  expect(output).toMatch(/^PASS/m);
});

it.skipIf(!INSTALLED.icarus)('with skew registers of its own an array takes words side by side', async () => {
  const array = macArray({ rows: 3, cols: 4, dataflow: 'os' });
  const { folder, edges } = await folderOf(array, severalTiles(array, datapathNamed('int8'), 9));
  const mesh = readFileSync(join(folder, 'mesh.sv'), 'utf8');
  writeFileSync(join(folder, 'mesh.sv'), mesh.replace('.ROWS(', '.SKEW(1), .ROWS('));
  const perRow = { a: 2, a_valid: 1, a_first: 1, a_last: 1 };
  const perCol = { b: 2, b_valid: 1, drain: 1 };
  for (const [file, bits] of Object.entries({ ...perRow, ...perCol }))
    unskew(folder, file, bits === 2 ? 8 : 1, file in perRow ? 3 : 4);
  expect(compile('icarus', folder)()).toMatch(new RegExp(`^PASS \\d+ sums in ${edges} edges$`, 'm'));
});

/** Takes part i of each word from i words later. */
function unskew(folder: string, name: string, width: number, parts: number): void {
  const path = join(folder, `${name}.memh`);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const words = lines.filter((line) => !line.startsWith('//')).map((line) => BigInt(`0x${line}`));
  const part = (edge: number, i: number) => BigInt.asUintN(width, (words[edge] ?? 0n) >> BigInt(i * width));
  const moved = words.map((_, edge) =>
    Array.from({ length: parts }, (_unused, i) => part(edge + i, i) << BigInt(i * width)).reduce((x, y) => x | y),
  );
  writeFileSync(path, `${moved.map((word) => word.toString(16)).join('\n')}\n`);
}

it.skipIf(!INSTALLED.icarus)(
  'each PE of a stochastic array has its LFSR: sums are the reference by output',
  async () => {
    const unit = datapath({
      name: 'drawn',
      a: formatNamed('e4m3fn'),
      b: formatNamed('e4m3fn'),
      lanes: 2,
      sum: sumFit('fp16', { rounding: stochastic(6, 77, true) }),
    });
    const array = macArray({ rows: 3, cols: 2, dataflow: 'os' });
    const operands = drawTile(array, unit, 20, 4);
    const { folder } = await folderOf(array, operands);
    const { m, n, k } = operands.job;
    const codes = Array.from({ length: m * n }, (_, output) => {
      const a = Array.from({ length: k }, (_unused, i) => operands.a[Math.floor(output / n) * k + i]);
      const b = Array.from({ length: k }, (_unused, i) => operands.b[i * n + (output % n)]);
      return reduce(unit, { a, b }, unit.order, randomBitsOf(unit.sum.rounding, output)).code;
    });
    // The streams are those of one shared source: at each column's drain stands what the outputs' own sources give.
    const path = join(folder, 'expected.memh');
    const valid = readFileSync(join(folder, 'expected_valid.memh'), 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('//'));
    const rowOf = [m, m];
    const words = valid.map((line) => {
      const bits = Number.parseInt(line, 16);
      return [0, 1].reduce((word, col) => {
        if (((bits >> col) & 1) === 0) return word;
        rowOf[col]--;
        return word | (codes[rowOf[col] * n + col] << BigInt(16 * col));
      }, 0n);
    });
    writeFileSync(path, `${words.map((word) => word.toString(16)).join('\n')}\n`);
    expect(rowOf).toEqual([0, 0]);
    expectPass('icarus', folder, /^PASS 6 sums in \d+ edges$/);
  },
);

it.skipIf(!INSTALLED.icarus).each(THOROUGH ? ['conv2', 'dense2'] : ['dense2'])(
  'a whole layer of the digits network: %s',
  async (layer) => {
    const network = await loadNetwork(join(import.meta.dirname, '..', '..', 'models', 'digits-int8.onnx'));
    const target = loadTarget('int8');
    const product = productNamed(goldenRun(network, target, imagesOf(loadData({ images: 1 }), 0, 1)), network, layer);
    const { folder, edges } = await folderOf(target.array, product);
    expectPass('icarus', folder, new RegExp(`^PASS ${product.sums.length} sums in ${edges} edges$`));
  },
);

it('what cannot be built is refused with the reason', () => {
  const base = loadTarget('int8');
  const operands = drawTile(base.array, base.datapath, 4, 1);
  const refused = (parts: Partial<MacArray>) => () =>
    meshRtl({ ...base, array: { ...base.array, ...parts } }, operands, 1);
  expect(refused({ addStages: 3 })).toThrow('rtl: target int8 has pipelined PEs (0 multiplier and 3 adder stages)');
  expect(refused({ operands: 'broadcast' })).toThrow('rtl: target int8 broadcasts operands');
  expect(refused({ edge: 'partial', rows: 5 })).toThrow('takes edge tiles at their own size');
  // A PE that keeps its sums has one register; where sums move on, the order is made by the memory.
  const orders = {
    sequential: SEQUENTIAL,
    chunked: { kind: 'chunked', length: 2 },
    interleaved: { kind: 'interleaved', ways: 2 },
  } as const;
  for (const dataflow of ['os', 'ws', 'is'] as const)
    for (const [kind, order] of Object.entries(orders)) {
      const array = { ...base.array, dataflow };
      const build = () => meshShape({ name: 'test', array }, { ...base.datapath, order }, operands.job);
      if (dataflow !== 'os' || kind !== 'interleaved')
        expect(build()).toMatchObject({ dataflow, rows: base.array.rows });
      else
        expect(build).toThrow('rtl: target test adds in interleaved order; a PE adds in sequential or chunked order');
    }
});
