import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, lastbit } from './command.js';

const float = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');
const SMALL = ['--images', '20', '--trained', '100', '--threads', '1'];

it('judges methods with and without training, on every target that can', () => {
  const folder = folderWith();
  const recipes = 'int8-minmax,int8-2of4,e3m2-sqnr,int4-allocated,lsq,fp16-mixed';
  const { status, stdout, stderr } = lastbit(folder, ['study', float, '--recipes', recipes, ...SMALL]);
  expect(status).toBe(0);
  expect(stderr).toContain('no target can run int4-allocated: layer conv1 multiplies int4 x int8');
  expect(stdout).toContain('wrote study.csv, study.md and study.svg in study');
  const rows: Record<string, string>[] = parse(readFileSync(join(folder, 'study/study.csv')), { columns: true });
  const at = (recipe: string, target: string) => rows.find((row) => row.recipe === recipe && row.target === target);
  // Half of the steps of k, with what fills and drains the array as before.
  expect(Number(at('int8-2of4', 'int8-2of4')?.cycles)).toBeLessThan(0.7 * Number(at('int8-2of4', 'int8')?.cycles));
  expect(at('int8-minmax', 'int8-2of4')).toBeUndefined();
  // The same unit at the same cost would say the same.
  expect(at('int8-minmax', 'xnor')).toBeUndefined();
  expect(at('e3m2-sqnr', 'fp6')).toMatchObject({ family: 'small floats after training', extrapolated: 'true' });
  expect(at('int4-allocated', '')).toMatchObject({ cycles: '', energyPj: '', pareto: 'false' });
  expect(Number(at('lsq', 'qat-int4')?.stepEnergyPj)).toBeGreaterThan(1e6);
  expect(Number(at('fp16-mixed', 'fp16')?.cycles)).toBe(Number(at('int8-minmax', 'int8')?.cycles));
  expect(rows.filter(({ pareto }) => pareto === 'true').length).toBeGreaterThan(0);
  expect(readFileSync(join(folder, 'study/study.svg'), 'utf8')).toContain('int8 after training');
});

it('names what is wrong in one line', () => {
  const folder = folderWith();
  const failing = (...args: string[]) => lastbit(folder, ['study', float, ...args]).stderr;
  expect(failing('--recipes', 'lsq', '--epochs', '0')).toBe('lastbit: lsq trains: take --epochs of at least 1\n');
  expect(lastbit(folder, ['study', float.replace('fp32', 'int8'), '--images', '1', '--epochs', '0'])).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^lastbit: no recipe makes a network of .*digits-int8.onnx: int8: layer conv1 is quantized already .*\n$/,
    ),
  });
  expect(failing('--recipes', 'int9')).toMatch(/^lastbit: unknown recipe "int9": there are int8 .*\n$/);
});
