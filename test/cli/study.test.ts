import { parse } from 'csv-parse/sync';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answered } from './answered.js';
import { folderWith } from './command.js';
import { expectNothingChanges, expectSameAfterKills, KILLS } from './killed.js';

const float = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');
const SMALL = ['--images', '20', '--trained', '100', '--threads', '1'];

it('judges methods with and without training, on every target that can', () => {
  const folder = folderWith();
  const recipes = 'int8-minmax,int8-2of4,e3m2-sqnr,int4-allocated,lsq,fp16-mixed';
  const { status, stdout, stderr } = answered(folder, ['study', float, '--recipes', recipes, ...SMALL]);
  expect(status).toBe(0);
  expect(stderr).toContain('no target can run fp16-mixed: layer conv1 is not quantized');
  expect(stdout).toContain('wrote study.csv, study.md and study.svg in study');
  const rows: Record<string, string>[] = parse(readFileSync(join(folder, 'study/study.csv')), { columns: true });
  const at = (recipe: string, target: string) => rows.find((row) => row.recipe === recipe && row.target === target);
  // Half of the steps of k, with what fills and drains the array as before.
  expect(Number(at('int8-2of4', 'int8-2of4')?.cycles)).toBeLessThan(0.7 * Number(at('int8-2of4', 'int8')?.cycles));
  expect(at('int8-minmax', 'int8-2of4')).toBeUndefined();
  // The same unit at the same cost would say the same.
  expect(at('int8-minmax', 'xnor')).toBeUndefined();
  expect(at('e3m2-sqnr', 'fp6')).toMatchObject({ family: 'small floats after training', extrapolated: 'true' });
  // Weights of up to 8 bits under int8: the array is that of int8, its multiplier another.
  expect(at('int4-allocated', 'int8x4')?.cycles).toBe(at('int8-minmax', 'int8')?.cycles);
  expect(Number(at('lsq', 'qat-int4')?.stepEnergyPj)).toBeGreaterThan(1e6);
  expect(Number(at('fp16-mixed', 'fp16')?.cycles)).toBe(Number(at('int8-minmax', 'int8')?.cycles));
  expect(rows.filter(({ pareto }) => pareto === 'true').length).toBeGreaterThan(0);
  expect(readFileSync(join(folder, 'study/study.svg'), 'utf8')).toContain('int8 after training');
});

it('names what is wrong in one line', () => {
  const folder = folderWith();
  const failing = (...args: string[]) => answered(folder, ['study', float, ...args]).stderr;
  expect(failing('--recipes', 'lsq', '--epochs', '0')).toBe('lastbit: lsq trains: take --epochs of at least 1\n');
  expect(answered(folder, ['study', float.replace('fp32', 'int8'), '--images', '1', '--epochs', '0'])).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^lastbit: no recipe makes a network of .*digits-int8.onnx: int8: layer conv1 is quantized already .*\n$/,
    ),
  });
  expect(failing('--recipes', 'int9')).toMatch(/^lastbit: unknown recipe "int9": there are int8 .*\n$/);
  expect(failing('--recipes', 'fp16-mixd')).toMatch(/; did you mean "fp16-mixed"\?\n$/);
  expect(existsSync(join(folder, 'study'))).toBe(false);
});

it('a study that was killed goes on, and ends as if it never had been', { timeout: 400_000 }, async () => {
  const recipes = 'int8-minmax,int4-allocated,lsq,luq';
  const args = ['study', float, '--recipes', recipes, ...SMALL];
  await expectSameAfterKills(folderWith(), args, { kills: KILLS, seed: 5, without: ['journal.ndjson'] });
});

it('a finished study changes nothing when it is run again', { timeout: 120_000 }, () => {
  expectNothingChanges(folderWith(), ['study', float, '--recipes', 'int8-minmax,lsq', ...SMALL, '--out', 'a'], 'a');
});

it('a target that was edited is judged anew, and no recipe trains again', { timeout: 180_000 }, () => {
  const unit = (rounding: string) => `a: int4\nb: int4\nsum: {format: int8, rounding: ${rounding}, overflow: wrap}\n`;
  const target =
    'array: {rows: 16, cols: 16, dataflow: os}\ndatapath: unit.yaml\nmemories: {a: 32, b: 128, sum: 32}\nclockMhz: 500\n' +
    'energy: {table: horowitz-45nm, entries: [{action: "mac:int4*int4+int8", pj: 0.1, source: s, node: 45 nm}]}\n';
  const folder = folderWith({ 'unit.yaml': unit('rne'), 'own.yaml': target });
  const study = (out: string) =>
    answered(folder, ['study', float, '--recipes', 'int4,lsq', '--targets', './own.yaml', ...SMALL, '--out', out]);
  expect(study('a')).toMatchObject({ status: 0 });
  const network = join(folder, 'a', 'digits-fp32.lsq.onnx');
  const made = statSync(network, { bigint: true }).mtimeNs;
  const before = readFileSync(join(folder, 'a', 'study.csv'), 'utf8');
  writeFileSync(join(folder, 'unit.yaml'), unit('rne').replace('wrap', 'saturate'));
  const again = study('a');
  expect(again).toMatchObject({ status: 0 });
  expect(again.stderr).toMatch(/^lastbit: \.\/own\.yaml changed since the last run: \d runs? of \d to do\n/);
  expect(statSync(network, { bigint: true }).mtimeNs).toBe(made);
  const after = readFileSync(join(folder, 'a', 'study.csv'), 'utf8');
  expect(after).not.toBe(before);
  study('b');
  expect(readFileSync(join(folder, 'b', 'study.csv'), 'utf8')).toBe(after);
});

it('a network in the folder that is not the one it wrote is made again', { timeout: 120_000 }, () => {
  const folder = folderWith();
  const args = ['study', float, '--recipes', 'int8-minmax', ...SMALL, '--out', 'a'];
  answered(folder, args);
  const network = join(folder, 'a', 'digits-fp32.int8-minmax.onnx');
  const [bytes, csv] = [readFileSync(network), readFileSync(join(folder, 'a', 'study.csv'))];
  writeFileSync(network, 'something else');
  expect(answered(folder, args)).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(network).equals(bytes)).toBe(true);
  expect(readFileSync(join(folder, 'a', 'study.csv')).equals(csv)).toBe(true);
});
