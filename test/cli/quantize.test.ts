import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answered } from './answered.js';
import { folderWith } from './command.js';

const float = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');

it('quantizes a network, says what that costs, and writes what other commands read', () => {
  const folder = folderWith();
  const line = answered(folder, ['quantize', float, '--recipe', 'int8-minmax', '--images', '50', '--out', 'int8.onnx']);
  expect(line).toMatchObject({ status: 0, stderr: '' });
  expect(line.stdout).toMatch(
    /^int8-minmax: accuracy 96\.60% before, 9[67]\.\d\d% after \(1000 images, sums exact\)\n$/,
  );
  const { network } = JSON.parse(answered(folder, ['show', 'int8.onnx', '--json']).stdout);
  expect(network.metadata.recipe).toBe('int8 weights by max, int8 activations by min and max');
  expect(network.metadata.accuracy).toMatch(/^9[67]\.\d\d% of 1000 generated digits, sums exact$/);
  const run = answered(folder, ['run', 'int8.onnx', '--target', 'int8', '--images', '20', '--json']);
  const result = JSON.parse(run.stdout);
  expect(result.floatAccuracyPercent).toBeGreaterThan(90); // it finds the float network by the file's own word
});

it('speaks JSON, and blocks survive the file', () => {
  const folder = folderWith();
  const args = ['quantize', float, '--recipe', 'mxfp4', '--images', '10', '--out', 'mx.onnx', '--json'];
  const result = JSON.parse(answered(folder, args).stdout);
  expect(result).toMatchObject({
    recipe: 'mxfp4',
    calibrationImages: 10,
    images: 1000,
    floatAccuracyPercent: 96.6,
    out: 'mx.onnx',
  });
  expect(result.accuracyPercent).toBeLessThan(result.floatAccuracyPercent);
  const wrong = answered(folder, ['run', 'mx.onnx', '--target', 'int8', '--images', '1', '--strict']);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('layer conv1 multiplies blocks of mxfp4');
});

it('says what is wrong in one line', () => {
  const folder = folderWith();
  const recipe = answered(folder, ['quantize', float, '--recipe', 'int8-minmix']);
  expect(recipe.status).toBe(2);
  expect(recipe.stderr).toMatch(
    /^lastbit: unknown recipe "int8-minmix": there are int8 .*; did you mean "int8-minmax"\?\n$/,
  );
  const twice = answered(folder, ['quantize', float.replace('fp32', 'int4'), '--recipe', 'int8', '--images', '1']);
  expect(twice.status).toBe(2);
  expect(twice.stderr).toBe('lastbit: layer conv1 is quantized already (int4): take the float network\n');
  expect(answered(folder, ['quantize', float, '--recipe', 'int8', '--images', '0']).stderr).toContain('--images');
});

it('knows the recipes of train, and says where it cannot write before it works', () => {
  const folder = folderWith();
  const failing = (...args: string[]) => {
    const { status, stdout, stderr } = answered(folder, ['quantize', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    return stderr;
  };
  expect(failing(float, '--recipe', 'lsq')).toBe(
    'lastbit: lsq is a recipe of train: take "lastbit train --recipe lsq"\n',
  );
  expect(failing(float, '--recipe', 'lqs')).toMatch(/^lastbit: unknown recipe "lqs".*; did you mean "lsq"\?\n$/);
  // No network there: what cannot be written is seen before it is read.
  expect(failing('none.onnx', '--recipe', 'int8', '--out', 'no/x.onnx')).toBe(
    'lastbit: cannot write no/x.onnx: there is no folder no\n',
  );
  expect(failing('none.onnx', '--recipe', 'int8', '--out', '.')).toBe('lastbit: cannot write .: it is a folder\n');
});

it('recipes are listed and shown', () => {
  const folder = folderWith();
  const recipes = JSON.parse(answered(folder, ['list', 'recipes', '--json']).stdout).rows as Record<string, string>[];
  expect(recipes.find(({ name }) => name === 'nvfp4')).toMatchObject({
    activations: 'e2m1fn',
    betweenLayers: 'real',
  });
  expect(answered(folder, ['show', 'int4-gptq']).stdout).toContain('afterwards: true');
  expect(answered(folder, ['show', 'mxfp8']).stdout).toContain('# recipe mxfp8\n');
});
