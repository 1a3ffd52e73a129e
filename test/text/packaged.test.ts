import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { inputPath } from '../../src/text/packaged.js';
import { folderWith } from '../cli/command.js';

const ROOT = join(import.meta.dirname, '..', '..');

it('what comes with the package is found from any folder, and nothing else of it', () => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(folderWith({ 'own.onnx': '' }));
  const model = join('models', 'digits-int8.onnx');
  expect(inputPath(model)).toBe(join(ROOT, model));
  expect(inputPath(`./${model}`)).toBe(join(ROOT, model));
  expect(inputPath('models')).toBe(join(ROOT, 'models'));
  const others = [
    'own.onnx',
    'none.onnx',
    'README.md',
    'src/index.ts',
    'models/none.onnx',
    'xmodels',
    '../models',
    '/none/models',
  ];
  for (const path of others) expect(inputPath(path)).toBe(path);
});

it('a file of the same name in the working folder comes first', () => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(ROOT);
  expect(inputPath('models/digits-int8.onnx')).toBe('models/digits-int8.onnx');
});
