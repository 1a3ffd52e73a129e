import { expect, it } from 'vitest';
import { fitTo } from '../../../src/formats/codec.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import { executeLayer } from '../../../src/networks/execute.js';
import type { Arithmetic, ConvLayer } from '../../../src/networks/network.js';
import { addPatches } from '../../../src/networks/products/convolution.js';
import { patchesOf } from '../../../src/networks/products/patches.js';
import { perTensor, quantize } from '../../../src/networks/quantization.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';

function convLayer(kernel: readonly number[], parts: Partial<ConvLayer> = {}): ConvLayer {
  const weight = floatTensor(kernel);
  const plain = { stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
  return {
    op: 'conv',
    name: 'conv',
    inputs: ['x'],
    outputs: ['conv'],
    result: { kind: 'float' },
    weight,
    ...plain,
    ...parts,
  };
}

/** The definition of im2col, element by element. */
function patchRows(x: ArrayLike<number>, shape: number[], layer: ConvLayer, group: number, padding: number): number[] {
  const [images, channels, height, width] = shape;
  const [, depth, r, s] = layer.weight.shape;
  const { stride, pad, dilation } = layer;
  const p = Math.floor((height + pad[0] + pad[2] - dilation[0] * (r - 1) - 1) / stride[0]) + 1;
  const q = Math.floor((width + pad[1] + pad[3] - dilation[1] * (s - 1) - 1) / stride[1]) + 1;
  const rows: number[] = [];
  for (let n = 0; n < images; n++)
    for (let pixel = 0; pixel < p * q; pixel++)
      for (let tap = 0; tap < depth * r * s; tap++) {
        const [c, i, j] = [Math.floor(tap / (r * s)), Math.floor(tap / s) % r, tap % s];
        const row = Math.floor(pixel / q) * stride[0] + i * dilation[0] - pad[0];
        const column = (pixel % q) * stride[1] + j * dilation[1] - pad[1];
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        const plane = n * channels + group * depth + c;
        rows.push(inside ? x[(plane * height + row) * width + column] : padding);
      }
  return rows;
}

const SHAPES: readonly (readonly [readonly number[], Partial<ConvLayer>])[] = [
  [[2, 6, 1, 1], {}],
  [[2, 6, 5, 5], {}],
  [[2, 6, 3, 3], { pad: [1, 2, 0, 3], stride: [2, 3] }],
  [[2, 6, 2, 7], { pad: [0, 3, 1, 0], dilation: [3, 1] }],
  [[2, 6, 3, 3], { pad: [2, 2, 2, 2], dilation: [1, 2], stride: [1, 2] }],
  [[4, 2, 3, 2], { groups: 3, pad: [0, 1, 1, 0] }],
  [[2, 6, 3, 9], { pad: [1, 0, 1, 0] }],
];

it.each([
  [16, 7, 7],
  [48, 4, 4],
  [32, 1, 5],
])('pixels of %i channels of %i x %i, as rows', (channels, height, width) => {
  const layer = convLayer([3, channels, 1, 1]);
  const shape = [3, channels, height, width];
  const random = randomFrom(3);
  const x = new Uint8Array(sizeOf(shape)).map(() => random.below(256));
  const expected = patchRows(x, shape, layer, 0, 77);
  expect(Array.from(patchesOf(x, shape, layer, 0, 77))).toEqual(expected);
  const m = 3 * height * width;
  for (let first = 0; first < m; first++)
    for (const count of [1, Math.min(m - first, 17), m - first]) {
      const some = patchesOf(x, shape, layer, 0, 77, { first, count });
      expect(Array.from(some)).toEqual(expected.slice(first * channels, (first + count) * channels));
    }
});

it.each(SHAPES)('patches of %o with %o are what the definition says, for elements of every width', (kernel, parts) => {
  const layer = convLayer(kernel, parts);
  const shape = [3, 6, 9, 10];
  const random = randomFrom(1);
  for (const make of [Uint8Array, Uint16Array, Uint32Array, Float32Array]) {
    const x = new make(sizeOf(shape)).map(() => random.below(256));
    for (let group = 0; group < layer.groups; group++) {
      const expected = patchRows(x, shape, layer, group, 77);
      expect(Array.from(patchesOf(x, shape, layer, group, 77))).toEqual(expected);
      const k = sizeOf(kernel.slice(1));
      const [first, count] = [7, expected.length / k - 11];
      const some = patchesOf(x, shape, layer, group, 77, { first, count });
      expect(Array.from(some)).toEqual(expected.slice(first * k, (first + count) * k));
    }
  }
});

it('a layer of the size of ResNet-50 goes in chunks of a few megabytes, and gives what it gives as a whole', () => {
  const fit = fitTo(formatNamed('int8'), { overflow: 'saturate' });
  const random = randomFrom(2);
  const real = (shape: number[]) =>
    floatTensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.below(13) - 6),
    );
  const x = quantize(real([2, 64, 56, 56]), perTensor(fit, 1));
  const weight = quantize(real([8, 64, 3, 3]), perTensor(fit, 1));
  const layer: ConvLayer = { ...convLayer([]), weight, pad: [1, 1, 1, 1], result: { kind: 'dequantize' } };
  const rows: number[] = [];
  const watched = (whole: boolean): Arithmetic => ({
    ...exactArithmetic,
    whole,
    codes(a, b, job) {
      rows.push(job.m);
      expect(a.length).toBe(job.m * job.k);
      return exactArithmetic.codes(a, b, job);
    },
  });
  const chunked = executeLayer(layer, [x], watched(false))[0];
  const most = Math.max(...rows);
  expect(most * 64 * 9).toBeLessThanOrEqual(4 << 20);
  expect(rows.reduce((total, count) => total + count, 0)).toBe(2 * 56 * 56);
  expect(rows.length).toBe(Math.ceil((2 * 56 * 56) / most));
  const whole = executeLayer(layer, [x], watched(true))[0];
  expect(rows[rows.length - 1]).toBe(2 * 56 * 56);
  expect(chunked.data).toEqual(whole.data);
});

it.each(SHAPES)('what patches of %o with %o give back goes to where it came from, in every group', (kernel, parts) => {
  const layer = convLayer(kernel, parts);
  const shape = [3, 6, 9, 10];
  const random = randomFrom(8);
  const places = Float64Array.from({ length: sizeOf(shape) }, (_, i) => i + 1);
  const found = floatTensor(
    shape,
    Float32Array.from(places, () => random.below(9)),
  );
  const expected = Array.from(found.data);
  for (let group = 0; group < layer.groups; group++) {
    const from = patchRows(places, shape, layer, group, 0);
    const patches = Float32Array.from(from, () => random.below(17) - 8);
    from.forEach((place, i) => {
      if (place > 0) expected[place - 1] += patches[i];
    });
    addPatches(patches, found.data, shape, layer, group);
  }
  expect(Array.from(found.data)).toEqual(expected);
});
