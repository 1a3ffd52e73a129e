import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { ARCHITECTURES, samplesFor } from '../recipes/architectures.js';
import { answered } from './answered.js';
import { folderWith, npy } from './command.js';

/** A user's own float network and arrays without labels, through every command that takes them. */
function folderOf(...names: string[]): string {
  const folder = folderWith();
  for (const name of names) {
    writeFileSync(join(folder, `${name}.onnx`), ARCHITECTURES[name]);
    const network = readOnnx(ARCHITECTURES[name], name);
    for (const [input, { shape, data }] of samplesFor(network.inputs, 24, 3))
      writeFileSync(join(folder, `${name}.${input}.npy`), npy(shape, data));
  }
  return folder;
}

const done = (folder: string, args: readonly string[]) => {
  const { status, stdout, stderr } = answered(folder, args);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
};
const TWO = ['--input', 'picture=twofold.picture.npy', '--input', 'facts=twofold.facts.npy'];

it('quantize says how near the float network the result is, and run says the same', () => {
  const folder = folderOf('twofold');
  const args = ['quantize', 'twofold.onnx', '--recipe', 'int8', ...TWO, '--images', '16'];
  expect(done(folder, args)).toMatch(
    /^int8: SQNR 3\d\.\d dB to the float network, its largest output in 100\.00% \(8 images, sums exact\)\n$/,
  );
  const made = JSON.parse(done(folder, [...args, '--out', 'int8.onnx', '--json']));
  expect(made).toMatchObject({ calibrationImages: 16, images: 8, leftReal: [], out: 'int8.onnx' });
  expect(made).not.toHaveProperty('accuracyPercent');
  const run = JSON.parse(
    done(folder, ['run', 'int8.onnx', '--target', 'int8', ...TWO, '--json', '--reference', 'twofold.onnx']),
  );
  expect(run.images).toBe(24);
  expect(run.sqnrFloatDb).toBeGreaterThan(30);
  expect(run.coverage.refused).toEqual([]);
  const products = run.layers.filter(({ place }: { place: string }) => place === 'array');
  expect(products.map(({ layer }: { layer: string }) => layer)).toEqual(
    ['c1/Conv', 'd1/Gemm', 'd2/Gemm', 'logits/Gemm', 'd3/Gemm'].map((name) => `/${name}`),
  );
});

it('weights alone run on the units for them', () => {
  const folder = folderOf('residual');
  for (const [recipe, floor] of [
    ['w8a16', 30],
    ['w4a16', 10],
  ] as const) {
    const input = ['--input', 'residual.x.npy'];
    done(folder, ['quantize', 'residual.onnx', '--recipe', recipe, ...input, '--images', '16', '--out', 'w.onnx']);
    const run = JSON.parse(done(folder, ['run', 'w.onnx', '--target', recipe, '--strict', ...input, '--json']));
    expect(run).toMatchObject({ target: recipe, coverage: { array: 6, refused: [] } });
    expect(run.sqnrFloatDb).toBeGreaterThan(floor);
    expect(run.sqnrExactDb ?? Infinity).toBeGreaterThan(140); // float32 sums of exact products
  }
});

it('quantize names the layers that a recipe leaves real', () => {
  const folder = folderOf('attention');
  const args = ['quantize', 'attention.onnx', '--recipe', 'mxfp8', '--input', 'attention.x.npy', '--images', '8'];
  const [, left] = done(folder, args).split('\n');
  expect(left).toMatch(/^left real: \/q\.product\/MatMul \(MatMul\), .*, \/narrow\/MatMul \(MatMul\)$/);
  expect(JSON.parse(done(folder, [...args, '--json'])).leftReal).toHaveLength(8);
});

it('all images calibrating is one line, as is data of nobody', () => {
  const folder = folderOf('residual');
  const line = (...args: string[]) => {
    const { status, stderr } = answered(folder, ['quantize', 'residual.onnx', '--recipe', 'int8', ...args]);
    expect([status, stderr.split('\n').length]).toEqual([2, 2]);
    return stderr;
  };
  expect(line('--input', 'residual.x.npy', '--images', '24')).toBe(
    'lastbit: residual.x.npy holds 24 images and 24 go to calibration: take fewer --images\n',
  );
  expect(line()).toContain(
    'reads x (1x3x8x8), and generated digits are 1x28x28 and flags are 3x24x24: give data of your own',
  );
  expect(line('--mean', '3')).toContain('--mean is for data of your own');
});

it('trace and vectors find layers by their nodes, and take the image from arrays', () => {
  const folder = folderOf('attention');
  const input = ['--input', 'attention.x.npy'];
  done(folder, ['quantize', 'attention.onnx', '--recipe', 'int8', ...input, '--images', '8', '--out', 'q.onnx']);
  const traced = (image: string) =>
    done(folder, ['trace', 'q.onnx', '--layer', '/scores/MatMul', ...input, '--image', image, '--cycles', '0-3']);
  expect(traced('0').split('\n')[0]).toBe('cycle,row,col,lanes,aCode,a,bCode,b,sumCode,sum');
  expect(traced('1')).not.toBe(traced('0'));
  const words = ['vectors', '--network', 'q.onnx', '--layer', '/q.product/MatMul', ...input, '--image', '2'];
  done(folder, [...words, '--shape', 'x=1x6x16', '--out', 'v']);
  const manifest = JSON.parse(readFileSync(join(folder, 'v/manifest.json'), 'utf8'));
  expect(manifest.command).toContain('--image 2 --input attention.x.npy --shape x=1x6x16 --layer /q.product/MatMul');
  expect(manifest.product).toEqual({ m: 6, n: 16, k: 16, groups: 1 });
  const beyond = answered(folder, ['trace', 'q.onnx', '--layer', '/scores/MatMul', ...input, '--image', '24']);
  expect([beyond.status, beyond.stderr.split('\n').length]).toEqual([2, 2]);
});

it('sweep and study judge by the float network where there are no labels', () => {
  const folder = folderOf('twofold');
  writeFileSync(
    join(folder, 's.yaml'),
    'networks: [q.onnx]\ndatapaths: [int8]\nrows: [4, 8]\ncols: 8\nreference: twofold.onnx\n',
  );
  done(folder, ['quantize', 'twofold.onnx', '--recipe', 'int8', ...TWO, '--images', '16', '--out', 'q.onnx']);
  const { rows } = JSON.parse(done(folder, ['sweep', 's.yaml', ...TWO, '--threads', '1', '--json']));
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row).toMatchObject({ images: 24, agreementFloatPercent: 100 });
  const study = answered(folder, [
    ...['study', 'twofold.onnx', '--recipes', 'int8,e4m3fn,lsq', '--targets', 'int8,fp8-fp16', ...TWO],
    ...['--images', '8', '--threads', '1', '--json'],
  ]);
  expect(study.status).toBe(0);
  expect(study.stderr.split('\n')).toEqual([
    "lastbit: the data has no labels: accuracy is how often the largest output is the float network's",
    'lastbit: left out lsq: it trains, for which the data has no images with labels left',
    '',
  ]);
  const judged = JSON.parse(study.stdout).rows as Record<string, unknown>[];
  expect(judged.map(({ recipe, target, images }) => [recipe, target, images])).toEqual([
    ['int8', 'int8', 8],
    ['e4m3fn', 'fp8-fp16', 8],
  ]);
  for (const { accuracyPercent } of judged) expect(accuracyPercent).toBeGreaterThanOrEqual(75);
});
