import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DataflowName, type MacArray, macArray } from '../../../src/arrays/dataflow.js';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { manifestSchema, type PortEntry } from '../../../src/outputs/vectors/manifest.js';
import { drawTile, type TileOperands, writeTileVectors } from '../../../src/outputs/vectors/tileVectors.js';
import { loadTarget } from '../../../src/targets/catalog.js';
import { folderWith, lastbit } from '../../cli/command.js';
import { bench, OS_MESH, STATIONARY_MESH } from '../benches/meshRtl.js';
import { isInstalled, program } from '../../programs.js';

const PROVENANCE = { generator: 'test', command: 'test' };
const INT8 = datapathNamed('int8');

/** Several tiles, the last ones narrow, of a product that is no multiple of the array in any direction. */
function product(groups: number): TileOperands {
  const [m, n, k] = [7, 5, 9];
  const code = (i: number) => (i * 37 + (i % 11) * 71 + 5) & 0xff;
  return {
    job: { layer: 'test', m, n, k, groups },
    unit: INT8,
    a: Uint8Array.from({ length: groups * m * k }, (_, i) => code(i)),
    b: Uint8Array.from({ length: groups * k * n }, (_, i) => code(3 * i + 1)),
  };
}

/** Sums without the array: the loop of the definition. */
function sumsOf({ job: { m, n, k, groups }, a, b }: TileOperands): number[] {
  const int8 = (code: number) => (code << 24) >> 24;
  return Array.from({ length: groups * m * n }, (_, i) => {
    const [group, row, col] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    let sum = 0;
    for (let j = 0; j < k; j++) sum += int8(a[(group * m + row) * k + j]) * int8(b[(group * k + j) * n + col]);
    return sum >>> 0;
  });
}

async function write(folder: string, array: MacArray, operands: TileOperands) {
  const target = { ...loadTarget('int8'), array };
  const manifest = await writeTileVectors(target, operands, 'readmemh', folder, PROVENANCE);
  if (manifest.kind !== 'tile') throw new Error(manifest.kind);
  return manifest;
}

const wordsOf = (folder: string, name: string) =>
  readFileSync(join(folder, `${name}.memh`), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);

const ARRAYS: [DataflowName, Partial<MacArray>][] = (['os', 'ws', 'is'] as const).flatMap((dataflow) => [
  [dataflow, {}],
  [dataflow, { doubleBuffer: true }],
]);

// Without a simulator these are skipped where it can be seen, and never in CI.
describe.skipIf(!isInstalled('iverilog'))('an RTL mesh on Icarus Verilog', () => {
  it.each(ARRAYS)('%s %j gives every expected sum at its edge', async (dataflow, more) => {
    const array = macArray({ rows: 4, cols: 3, dataflow, ...more });
    const operands = product(2);
    const folder = folderWith({ 'mesh.sv': dataflow === 'os' ? OS_MESH : STATIONARY_MESH });
    const manifest = await write(folder, array, operands);
    writeFileSync(join(folder, 'tb.sv'), bench(dataflow, 4, 3, manifest.cycles.total));
    const built = program('iverilog', ['-g2012', '-s', 'tb', '-o', 'tb.vvp', 'tb.sv', 'mesh.sv'], { cwd: folder });
    expect(built.stderr).toBe('');
    program('vvp', ['tb.vvp'], { cwd: folder });
    const check = () =>
      lastbit(folder, ['check', '--manifest', 'manifest.json', '--dut', 'dump.memh', '--port', 'expected']);
    // os: a sum each; ws and is: one for each tile of k.
    const count = 2 * 7 * 5 * (dataflow === 'os' ? 1 : 3);
    expect(check()).toEqual({ status: 0, stdout: `PASS: 0 of ${count} codes differ\n`, stderr: '' });
    const lines = readFileSync(join(folder, 'dump.memh'), 'utf8').split('\n');
    // Icarus writes a comment line first; of column 0, the least significant bits are the last digit.
    const edge = wordsOf(folder, 'expected_valid').findIndex((word) => Number.parseInt(word, 16) & 1);
    const at = lines.findIndex((line) => /^[0-9a-fx]/.test(line)) + edge;
    lines[at] = lines[at].replace(/.$/, (digit) => (Number.parseInt(digit, 16) ^ 1).toString(16));
    writeFileSync(join(folder, 'dump.memh'), lines.join('\n'));
    expect(check().stdout).toMatch(/FAIL: 1 of \d+ codes differ\n$/);
  });
});

/** Operands that reach all columns at once, and pipelined PEs, have no RTL here, and streams all the same. */
const BEYOND_RTL = (['os', 'ws', 'is'] as const).flatMap((dataflow): typeof ARRAYS => [
  [dataflow, { operands: 'broadcast' }],
  [dataflow, { multiplyStages: 1, addStages: 3 }],
]);

it.each([...ARRAYS, ...BEYOND_RTL])(
  '%s %j: the result memory is the definition, and the expected sums add up to it',
  async (dataflow, more) => {
    const folder = folderWith();
    const operands = product(2);
    const manifest = await write(folder, macArray({ rows: 4, cols: 3, dataflow, edge: 'partial', ...more }), operands);
    const sums = sumsOf(operands);
    expect(wordsOf(folder, 'sums').map((word) => Number.parseInt(word, 16))).toEqual(sums);
    const valid = wordsOf(folder, 'expected_valid').map((word) => Number.parseInt(word, 16));
    const total = wordsOf(folder, 'expected').reduce((sum, word, edge) => {
      const codes = [0, 1, 2].map((col) => Number.parseInt(word.slice(24 - 8 * (col + 1), 24 - 8 * col), 16));
      return codes.reduce((partial, code, col) => (partial + ((valid[edge] >> col) & 1) * code) | 0, sum);
    }, 0);
    expect(total).toBe(sums.reduce((a, b) => (a + b) | 0, 0));
    expect(manifest.ports.map(({ depth }: PortEntry) => depth).slice(0, -1)).toEqual(
      manifest.ports.slice(1).map(() => manifest.cycles.total),
    );
  },
);

const bitsIn = (words: readonly string[]) =>
  words.reduce((sum, word) => sum + BigInt(`0x${word}`).toString(2).replaceAll('0', '').length, 0);

it.each([...ARRAYS, ...BEYOND_RTL])(
  '%s %j: every operand comes in as often as tiles need it',
  async (dataflow, more) => {
    const [rows, cols, groups] = [4, 3, 2];
    const { job, ...operands } = product(groups);
    const { m, n, k } = job;
    const folder = folderWith();
    await write(folder, macArray({ rows, cols, dataflow, ...more }), { job, ...operands });
    const [right, stays] = dataflow === 'is' ? ['b', 'a'] : ['a', 'b'];
    const counted = [`${right}_valid`, dataflow === 'os' ? 'b_valid' : `${stays}_load`].map((name) =>
      bitsIn(wordsOf(folder, name)),
    );
    // What moves passes the array once for each tile beside it; what stays is shifted in once, by as many words as rows.
    const loads = rows * Math.ceil(k / rows);
    const wanted = {
      os: [m * k * Math.ceil(n / cols), n * k * Math.ceil(m / rows)],
      ws: [m * k * Math.ceil(n / cols), n * loads],
      is: [n * k * Math.ceil(m / cols), m * loads],
    }[dataflow];
    expect(counted).toEqual(wanted.map((words) => groups * words));
  },
);

it('re-injected sums come in at the top as they left below', async () => {
  const folder = folderWith();
  await write(folder, macArray({ rows: 4, cols: 3, dataflow: 'ws', accumulation: 'reinject' }), product(1));
  const valid = wordsOf(folder, 'c_valid').map((word) => Number.parseInt(word, 16));
  const ones = valid.reduce((count, word) => count + [0, 1, 2].filter((col) => (word >> col) & 1).length, 0);
  // Every tile of k but the first goes on with 7 x 5 sums.
  expect(ones).toBe(2 * 7 * 5);
  const left = new Set(wordsOf(folder, 'expected').flatMap((word) => word.match(/.{8}/g) ?? []));
  for (const word of wordsOf(folder, 'c')) for (const code of word.match(/.{8}/g) ?? []) expect(left).toContain(code);
});

it('lanes past the end of k are not valid; landmarks reach some sums of drawn operands', async () => {
  const folder = folderWith();
  const xnor = datapathNamed('xnor');
  const array = macArray({ rows: 1, cols: 1, dataflow: 'os' });
  const target = { ...loadTarget('xnor'), array };
  const operands = {
    job: { layer: 'x', m: 1, n: 1, k: 70, groups: 1 },
    unit: xnor,
    a: new Uint8Array(70),
    b: new Uint8Array(70),
  };
  await writeTileVectors(target, operands, 'readmemh', folder, PROVENANCE);
  expect(wordsOf(folder, 'a_valid').slice(0, 3)).toEqual(['ffffffffffffffff', '000000000000003f', '0000000000000000']);
  const drawn = drawTile(macArray({ rows: 4, cols: 4, dataflow: 'os' }), datapathNamed('fp8-fp16'), 40, 3);
  expect([...drawn.a.subarray(0, 40)]).toContain(0x7f);
  expect([...drawn.a.subarray(40)]).not.toContain(0x7f);
});

it('the command in the manifest gives the same files; the manifest fits its schema', () => {
  const folder = folderWith();
  lastbit(folder, [
    'vectors',
    '--tile',
    '--target',
    'fp8-fp16',
    '--count',
    '9',
    '--seed',
    '4',
    '--format',
    'csv',
    '--out',
    'x',
  ]);
  const first = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'x', 'manifest.json'), 'utf8')));
  lastbit(folder, [...first.command.split(' ').slice(1), '--out', 'y']);
  expect(JSON.parse(readFileSync(join(folder, 'y', 'manifest.json'), 'utf8'))).toEqual(first);
  expect(first.files.map(({ name }) => name)).toEqual(['tile.csv', 'sums.csv']);
});
