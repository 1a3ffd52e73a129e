import { expect, it } from 'vitest';
import { lookUpPairs } from '../../src/networks/lookUp.js';
import { sum } from '../../src/networks/operators/add.js';
import { positive } from '../../src/networks/operators/relu.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';

const random = randomFrom(8);
const SPECIAL = [0, -0, Number.NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -149), 3.4e38, -3.4e38];
const drawn = (length: number) =>
  Float32Array.from({ length }, (_, i) => (i % 3 === 0 ? SPECIAL[random.below(SPECIAL.length)] : random.normal() * 9));

/** Lengths about vectors, and about what is in the kernels' memory together. */
const LENGTHS = [0, 1, 3, 4, 5, 16383, 16384, 16385, 40001];

it.each(LENGTHS)('%i reals: what is below 0 becomes 0, and sums are rounded to float32', (length) => {
  const [x, y] = [drawn(length), drawn(length)];
  const [left, right] = [floatTensor([length], x), floatTensor([length], y)];
  expect(positive(left).data).toEqual(x.map((value) => (value < 0 ? 0 : value)));
  expect(sum(left, right).data).toEqual(x.map((value, i) => Math.fround(value + y[i])));
  const words = (data: Float32Array) => [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
  const kept = words(x).filter((word) => word >>> 0 === 0x80000000).length;
  expect(words(positive(left).data).filter((word) => word === 0x80000000).length).toBe(kept);
});

it.each([1, 4, 65535, 65536, 65539, 200001])('%i pairs of bytes are looked up', (length) => {
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.below(256));
  const [table, a, b] = [bytes(65536), bytes(length), bytes(length)];
  const out = new Uint8Array(length);
  lookUpPairs(table, 256, a, b, out);
  expect(out).toEqual(a.map((code, i) => table[256 * code + b[i]]));
});
