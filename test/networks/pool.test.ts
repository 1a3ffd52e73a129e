import { expect, it } from 'vitest';
import { encodeAll } from '../../src/networks/codes.js';
import { fitTo } from '../../src/formats/codec.js';
import { formatNamed } from '../../src/formats/catalog.js';
import type { MaxPoolLayer } from '../../src/networks/network.js';
import { largestOf as maxPool, maxPlaces, pick } from '../../src/networks/operators/maxPool.js';
import { codeTensor, perTensor } from '../../src/networks/quantization.js';
import { floatTensor, sizeOf } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';
import { sharedMemory } from '../../src/wasm/memory.js';

const LAYERS: readonly Pick<MaxPoolLayer, 'kernel' | 'stride' | 'pad'>[] = [
  { kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] },
  { kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] },
  { kernel: [1, 4], stride: [1, 3], pad: [0, 2, 0, 1] },
];

/** Few values, so that equals, both zeros and NaN meet in windows. */
function values(length: number): Float32Array {
  const random = randomFrom(length);
  return Float32Array.from({ length }, () => [0, -0, 1, -1, 1.5, Number.NaN, -Infinity, 0][random.below(8)]);
}

/** The definition: the first NaN, else the first of the largest. */
function largest(x: Float32Array, shape: number[], { kernel, stride, pad }: (typeof LAYERS)[number]): number[] {
  const [images, channels, height, width] = shape;
  const p = Math.floor((height + pad[0] + pad[2] - kernel[0]) / stride[0]) + 1;
  const q = Math.floor((width + pad[1] + pad[3] - kernel[1]) / stride[1]) + 1;
  return Array.from({ length: images * channels * p * q }, (_, o) => {
    const [plane, row, column] = [Math.floor(o / (p * q)), Math.floor(o / q) % p, o % q];
    const window: number[] = [];
    for (let i = row * stride[0] - pad[0]; i < row * stride[0] - pad[0] + kernel[0]; i++)
      for (let j = column * stride[1] - pad[1]; j < column * stride[1] - pad[1] + kernel[1]; j++)
        if (i >= 0 && i < height && j >= 0 && j < width) window.push(x[(plane * height + i) * width + j]);
    if (window.some(Number.isNaN)) return Number.NaN;
    return window.reduce((most, value) => (value > most ? value : most));
  });
}

it.each(LAYERS)('max pooling keeps the first of equals, signs of zeros and NaN: %o', (window) => {
  const layer: MaxPoolLayer = { op: 'maxPool', name: 'p', inputs: ['x'], outputs: ['p'], ...window };
  // More than one chunk of planes.
  const shape = [2, 30, 37, 41];
  const x = floatTensor(shape, values(sizeOf(shape)));
  const found = maxPool(layer, x).data;
  const expected = Float32Array.from(largest(x.data, shape, layer));
  expect(found).toEqual(expected);
  expect(pick(x.data, maxPlaces(layer, x.data, shape), new Float32Array(found.length))).toEqual(expected);
});

it('codes are pooled by their values, -0 below +0 and NaN above all', () => {
  const fit = fitTo(formatNamed('e4m3fn'), {});
  const layer: MaxPoolLayer = { op: 'maxPool', name: 'p', inputs: ['x'], outputs: ['p'], ...LAYERS[0] };
  const pooled = (...four: number[]) => {
    const codes = encodeAll(Float32Array.from(four), fit);
    return maxPool(layer, codeTensor([1, 1, 2, 2], codes, perTensor(fit, 1))).data[0];
  };
  const codeOf = (value: number) => encodeAll(Float32Array.of(value), fit)[0];
  expect(pooled(-1, 2, -448, 1.5)).toBe(codeOf(2));
  expect(pooled(-0, 0, -0, -1)).toBe(codeOf(0));
  expect(pooled(-0, -2, -0, -1)).toBe(codeOf(-0));
  expect(pooled(448, Number.NaN, 1, 2)).toBe(codeOf(Number.NaN));
});

it("takes planes into the kernels' memory a few at a time", () => {
  const layer: MaxPoolLayer = { op: 'maxPool', name: 'p', inputs: ['x'], outputs: ['p'], ...LAYERS[0] };
  // 16 MiB in planes of 256 KiB, each of them a chunk.
  const x = floatTensor([1, 64, 256, 256]);
  for (let plane = 0; plane < 64; plane++) x.data[plane * 65536 + 259] = plane + 1;
  const { data } = maxPool(layer, x);
  for (let plane = 0; plane < 64; plane++) expect(data[plane * 16384 + 1]).toBe(plane + 1);
  expect(sharedMemory().buffer.byteLength).toBeLessThanOrEqual(2 ** 21);
});

it('a plane larger than the memory is taken whole: input, places and output', () => {
  const layer: MaxPoolLayer = {
    op: 'maxPool',
    name: 'p',
    inputs: ['x'],
    outputs: ['p'],
    kernel: [1, 2],
    stride: [1, 1],
    pad: [0, 0, 0, 0],
  };
  const [height, width] = [1024, 1025];
  const x = floatTensor([1, 1, height, width], values(height * width));
  const { data } = maxPool(layer, x);
  expect(data).toHaveLength(height * (width - 1));
  const wrong = data.findIndex((found, o) => {
    const at = o + Math.floor(o / (width - 1));
    const [left, right] = [x.data[at], x.data[at + 1]];
    const larger = Number.isNaN(left) ? left : Number.isNaN(right) || right > left ? right : left;
    return !Object.is(found, larger);
  });
  expect(wrong).toBe(-1);
});
