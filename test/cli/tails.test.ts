import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { op } from '../networks/readers/onnx/graphs.js';
import { many, type TailCase, tailCases, tailModel } from '../networks/readers/onnx/tailCases.js';
import { answered } from './answered.js';
import { folderWith, npy } from './command.js';

/** A detector whose last part has shapes that the data of an image decide (test/networks/readers/onnx/tailCases.ts). */

const float = tailCases().find(({ name }) => name === 'boxes that are kept, float');
const codes = tailCases().find(({ name }) => name === 'boxes that are kept, of codes');
if (float === undefined || codes === undefined) throw new Error('there are no such cases');

const RUN = ['--target', 'uint8', '--data', 'x.npy'];

/** The networks and their images. */
function folderOf({ bytes, images }: TailCase, other: TailCase): string {
  const folder = folderWith();
  writeFileSync(join(folder, 'float.onnx'), bytes);
  writeFileSync(join(folder, 'codes.onnx'), other.bytes);
  const numbers = images.flatMap((image) => [...image]);
  writeFileSync(join(folder, 'x.npy'), npy([images.length, 3, 6, 7], numbers));
  return folder;
}

it('show has ? for lengths that a run decides, and says who decides them', () => {
  const folder = folderOf(float, codes);
  const { stdout } = answered(folder, ['show', 'float.onnx']);
  expect(stdout).toContain('?: as long as the data of an image say, from kept_node (NonMaxSuppression) on');
  expect(stdout).toMatch(/kept_node +NonMaxSuppression +1x86x4 float +\?x3 int64/);
  const { network } = JSON.parse(answered(folder, ['show', 'float.onnx', '--json']).stdout);
  expect(network.layers.at(-1)).toMatchObject({ op: 'GatherND', output: '? float' });
});

it('counts that part as beside the array', () => {
  const folder = folderOf(float, codes);
  expect(answered(folder, ['run', 'codes.onnx', '--check', ...RUN.slice(0, 2)])).toMatchObject({
    ...{ status: 0, stdout: '2 layers on the array, 23 beside it, 0 refused: it can run\n' },
  });
});

it.each([
  ['0', undefined],
  ['5', 0],
])('writes tensors as long as they are for image %s', (image, rows) => {
  const folder = folderOf(float, codes);
  const out = `image${image}`;
  expect(
    answered(folder, ['run', 'codes.onnx', ...RUN, '--out', out, '--tensors', 'outputs', '--image', image]).status,
  ).toBe(0);
  const listed: { name: string; shape: number[] }[] = JSON.parse(
    readFileSync(join(folder, out, 'tensors.json'), 'utf8'),
  );
  const [kept, found, sure] = listed.map(({ shape }) => shape);
  if (rows === undefined) expect(kept[0]).toBeGreaterThan(0);
  else expect(kept[0]).toBe(rows);
  expect([found, sure]).toEqual([[kept[0], 4], [kept[0]]]);
});

it('compares what has the same shapes for every image, and names the rest', () => {
  const folder = folderOf(float, codes);
  const same = answered(folder, ['run', 'codes.onnx', ...RUN, '--reference', 'codes.onnx']);
  expect(same.stdout).not.toContain('Not compared');
  const other = answered(folder, ['run', 'codes.onnx', ...RUN, '--reference', 'float.onnx']);
  expect(other.stdout).toContain(
    '\nNot compared, since of another shape for some image than what it is held against: found, sure\n',
  );
  const json = JSON.parse(
    answered(folder, ['run', 'codes.onnx', ...RUN, '--reference', 'float.onnx', '--json']).stdout,
  );
  expect(json).toMatchObject({ images: 6, uncompared: 'found sure', coverage: { array: 2, beside: 23 } });
});

it('quantizes the part before it', () => {
  const folder = folderOf(float, codes);
  const made = answered(folder, [
    'quantize',
    'float.onnx',
    '--recipe',
    'int8',
    '--data',
    'x.npy',
    '--images',
    '3',
    '--out',
    'q.onnx',
  ]);
  expect([made.status, made.stdout]).toEqual([
    0,
    'int8: no output of the same shape in both to compare (3 images, sums exact)\n',
  ]);
  const run = answered(folder, ['run', 'q.onnx', '--target', 'int8', '--data', 'x.npy', '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ exact: true, coverage: { array: 2, refused: [] } });
});

it('judges labels by the first output of one size, and says so where there is none', () => {
  const folder = folderOf(float, codes);
  const places = many('NonZero', 'x', 'places');
  const nodes = [places, op('Cast', 'places', 'reals', { to: 1 })];
  const shape = [1, 3];
  writeFileSync(
    join(folder, 'places.onnx'),
    tailModel({ nodes, initializers: [], shape, outputs: { reals: 'FLOAT' } }),
  );
  const both = { reals: 'FLOAT', sums: 'FLOAT' };
  const sums = [...nodes, op('Add', 'x x', 'sums')];
  writeFileSync(join(folder, 'both.onnx'), tailModel({ nodes: sums, initializers: [], shape, outputs: both }));
  writeFileSync(join(folder, 'labelled.csv'), 'a,b,c,label\n0,1,0,1\n3,1,2,1\n');
  const judged = answered(folder, ['run', 'both.onnx', '--target', 'int8', '--data', 'labelled.csv', '--json']);
  expect(JSON.parse(judged.stdout)).toMatchObject({ accuracyPercent: 50 });
  const none = answered(folder, ['run', 'places.onnx', '--target', 'int8', '--data', 'labelled.csv']);
  expect(none.stderr).toContain('places gives no real numbers of one size for every image');
});
