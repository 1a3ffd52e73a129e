import { truncateSync, writeFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, lastbit, linesOf } from './command.js';

const models = join(import.meta.dirname, '..', '..', 'models');
const int8 = join(models, 'digits-int8.onnx');

it('gives the same numbers as JSON, as CSV and on the terminal', () => {
  const folder = folderWith();
  const args = ['run', join(models, 'digits-e4m3fn.onnx'), '--target', 'fp8-fp16', '--images', '20'];
  const result = JSON.parse(lastbit(folder, [...args, '--json', '--out', 'out']).stdout);
  const layers = linesOf(folder, 'out/digits-e4m3fn.fp8-fp16.layers.csv').map((line) => line.split(','));
  const column = layers[0].indexOf('cycles');
  const cycles = layers.slice(1).map((row) => Number(row[column]));
  const placed = result.layers as { place: string; cycles?: number }[];
  expect(placed.filter(({ place }) => place === 'array').map((layer) => layer.cycles)).toEqual(cycles);
  const beside = placed.filter(({ place }) => place === 'beside');
  expect(beside.map((layer) => layer.cycles)).toEqual(beside.map(() => undefined));
  expect(result.coverage).toEqual({ array: cycles.length, beside: beside.length, refused: [] });
  expect(result.cycles).toBe(cycles.reduce((sum, each) => sum + each, 0));
  const shown = lastbit(folder, args).stdout;
  for (const each of cycles) expect(shown).toMatch(new RegExp(`\\b${each}\\b`));
});

const SLOW_DRAM = `
name: slow
array: {rows: 16, cols: 16, dataflow: os}
datapath: int8
memories: {a: 32, b: 128, sum: 32, bandwidth: {dram: 16}}
clockMhz: 500
energy: horowitz-45nm
`;

/** conv1: 28 x 28 x 1 padded to 784 sums of 25 products in each of 16 filters, on 16 x 16 PEs: 49 tiles of 25 steps. */
it('says what a layer reads, moves and waits for', () => {
  const folder = folderWith({ 'slow.yaml': SLOW_DRAM });
  const { stdout } = lastbit(folder, ['run', int8, '--target', 'slow.yaml', '--images', '1', '--out', 'out']);
  expect(stdout).toContain('\nnot counted: bank conflicts, DRAM latency, ');
  const [header, conv1] = linesOf(folder, 'out/digits-int8.slow.layers.csv').map((line) => line.split(','));
  const field = (name: string) => Number(conv1[header.indexOf(name)]);
  expect([field('aReads'), field('bReads'), field('sumReads'), field('sumWrites')]).toEqual([19600, 19600, 0, 12544]);
  expect([field('aMoves'), field('bMoves'), field('sumMoves')]).toEqual([313600, 313600, 49 * 16 * (17 * 8)]);
  const bits = ['dramAReadBits', 'dramBReadBits', 'dramSumReadBits', 'dramSumWriteBits'].map(field);
  expect(bits).toEqual([28 * 28 * 8, 16 * 25 * 8, 0, 784 * 16 * 32]);
  expect(field('dramCycles')).toBe(field('stallCycles'));
  expect(field('cycles')).toBeGreaterThan((784 * 16 * 32) / 16);
});

it('the worst sums are what eval makes of them', () => {
  const folder = folderWith();
  lastbit(folder, ['run', join(models, 'digits-e4m3fn.onnx'), '--target', 'fp8-fp16', '--images', '5', '--out', 'out']);
  const worst = 'out/digits-e4m3fn.fp8-fp16.worst.csv';
  expect(lastbit(folder, ['eval', '--datapath', 'fp8-fp16', '--input', worst, '--output', 'eval.csv']).status).toBe(0);
  const [header, ...rows] = linesOf(folder, 'eval.csv').map((line) => line.split(','));
  const at = (name: string) => header.indexOf(name);
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) {
    expect(Number(row[at('exact')])).toBe(Number(row[at('modelExact')]));
    expect(Number(row[at('error_ulp')])).toBeCloseTo(Number(row[at('modelErrorUlp')]), 6);
  }
});

it.each([
  ['no such file', ['run', 'none.onnx', '--target', 'int8'], 2, 'none.onnx'],
  ['a truncated model', ['run', 'cut.onnx', '--target', 'int8'], 2, 'cut.onnx'],
  ['an unknown target', ['run', int8, '--target', 'int9'], 2, 'int8'],
  ['a target for other operands', ['run', int8, '--target', 'fp8-fp16', '--images', '2', '--strict'], 2, 'int8 x int8'],
  [
    'a float network',
    ['run', join(models, 'digits-fp32.onnx'), '--target', 'int8', '--images', '2', '--strict'],
    2,
    'not quantized',
  ],
  ['a target without an energy', ['run', int8, '--target', 'poor.yaml'], 2, 'no energy for'],
  ['no images', ['run', int8, '--target', 'int8', '--images', '0'], 2, '--images'],
  [
    'data that is not there',
    ['run', int8, '--target', 'int8', '--data', '.', '--images', '2'],
    2,
    'holds nothing that is read as data',
  ],
  ['a layer that is not there', ['trace', int8, '--layer', 'conv7'], 2, 'conv1'],
  ['cycles after the end', ['trace', int8, '--layer', 'conv1', '--cycles', '99999', '--output', 't.csv'], 2, 'cycle'],
  ['a typo in a sweep', ['sweep', 'typo.yaml'], 2, 'typo.yaml:3:1'],
])('%s: one line, and no trace of a stack', (_name, args, code, named) => {
  const folder = folderWith({
    'typo.yaml': 'networks: a.onnx\ndatapaths: int8\nrowz: 3\n',
    'poor.yaml':
      'array: {rows: 4, cols: 4, dataflow: os}\ndatapath: {a: int8, b: int8, sum: {format: int40}}\nmemories: {a: 1, b: 1, sum: 1}\nclockMhz: 10\nenergy: horowitz-45nm\n',
  });
  copyFileSync(int8, join(folder, 'cut.onnx'));
  truncateSync(join(folder, 'cut.onnx'), 20_000);
  writeFileSync(join(folder, 'keep'), '');
  const { status, stdout, stderr } = lastbit(folder, args);
  expect([status, stdout]).toEqual([code, '']);
  expect(stderr).toMatch(/^lastbit: .+\n$/);
  expect(stderr).toContain(named);
});
