import { expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { valuesOf } from '../../src/datapaths/kernel/index.js';
import { powerAbove } from '../../src/simulate/magnitude.js';
import type { LayerSums } from '../../src/simulate/arithmetic.js';
import { randomFrom } from '../../src/random/random.js';

const random = randomFrom(3);
const below = (limit: number, length: number) => Uint8Array.from({ length }, () => random.below(limit));

function sumsOf(name: string, [m, n, k]: readonly number[], codes: number): LayerSums {
  const unit = datapathNamed(name);
  const job = { layer: 'l', m, n, k };
  return { job, unit, a: below(codes, m * k), b: below(codes, k * n) } as unknown as LayerSums;
}

/** The definition: magnitudes of all products of an output, added up; one output after the other. */
function largest({ job: { m, n, k }, unit, a, b }: LayerSums): number {
  const [x, y] = [valuesOf(unit.a), valuesOf(unit.b)];
  let most = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += Math.abs(x[a[i * k + p]] * y[b[p * n + j]]);
      most = Math.max(most, sum);
    }
  return most;
}

it.each([
  ['int8', 256],
  ['xnor', 2],
  ['fp8-fp16', 0x78],
  ['radix4', 8],
])('the power of two above all sums of magnitudes of %s, over batches', (name, codes) => {
  let known = 0;
  let most = 0;
  for (let batch = 0; batch < 40; batch++) {
    // Batches that grow, and do not.
    const sums = sumsOf(name, [7, 5, 33], batch % 3 === 0 ? codes : Math.ceil((codes * batch) / 40));
    most = Math.max(most, largest(sums));
    known = powerAbove(sums, known);
    expect(known).toBe(most === 0 ? 0 : 2 ** (Math.floor(Math.log2(most)) + 1));
  }
  expect(known).toBeGreaterThan(1);
});

it.each([1, 2, 7, 32])(
  'of products of %d reals or codes, whatever is known before and whichever row is the largest',
  (k) => {
    const [m, n] = [6, 4];
    for (let batch = 0; batch < 60; batch++) {
      const [x, y] = [m * k, k * n].map((length) => Float32Array.from({ length }, () => random.normal()));
      // One row stands out, and in it one element or all.
      const row = batch % m;
      for (let p = 0; p < k; p++) if (batch % 2 === 0 || p === batch % k) x[row * k + p] *= 9;
      const job = { layer: 'l', m, n, k };
      const unit = datapathNamed('int8');
      let most = 0;
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++) sum += Math.abs(x[i * k + p] * y[p * n + j]);
          most = Math.max(most, sum);
        }
      const wanted = 2 ** (Math.floor(Math.log2(most)) + 1);
      const reals = { job, unit, values: { a: x, b: y } } as unknown as LayerSums;
      // The power itself, those below and one above.
      for (const known of [0, wanted / 4, wanted / 2, wanted, 2 * wanted])
        expect(powerAbove(reals, known)).toBe(Math.max(known, wanted));
      const sums = { job, unit, a: below(256, m * k), b: below(256, k * n) } as unknown as LayerSums;
      const size = largest(sums);
      const power = size === 0 ? 0 : 2 ** (Math.floor(Math.log2(size)) + 1);
      for (const known of [0, power / 4, power / 2, power, 2 * power])
        expect(powerAbove(sums, known)).toBe(Math.max(known, power));
    }
  },
);

it('reals in blocks count as they are, and a NaN says nothing', () => {
  const values = { a: Float32Array.of(-1.5, 2, Number.NaN, 1), b: Float32Array.of(3, -0.5) };
  const sums = { job: { layer: 'l', m: 2, n: 1, k: 2 }, unit: datapathNamed('int8'), values } as unknown as LayerSums;
  expect(powerAbove(sums)).toBe(8); // 4.5 + 1
  expect(powerAbove(sums, 16)).toBe(16);
});

it('a sum that is just a power of two reaches it, however its length is rounded', () => {
  for (const k of [1, 2, 3, 5, 8])
    for (const scale of [1 / k, 2 ** -100 / k, 2 ** 40 / k]) {
      // All elements of a row and of a column alike: their lengths' product is the sum.
      const values = { a: new Float32Array(3 * k).fill(1), b: new Float32Array(2 * k).fill(scale) };
      const sum = Array.from(values.b.subarray(0, k)).reduce((x, y) => x + y, 0);
      const reals = { job: { layer: 'l', m: 3, n: 2, k }, unit: datapathNamed('int8'), values } as unknown as LayerSums;
      const power = 2 ** Math.floor(Math.log2(sum));
      expect(powerAbove(reals, power)).toBe(2 * power);
    }
  const ones = { a: new Uint8Array(4 * 16).fill(1), b: new Uint8Array(16 * 3).fill(1) };
  const codes = { job: { layer: 'l', m: 4, n: 3, k: 16 }, unit: datapathNamed('int8'), ...ones };
  expect(powerAbove(codes as unknown as LayerSums, 16)).toBe(32);
});

it('of more rows than are multiplied first any may be the largest, also one that is not the longest', () => {
  const [m, n, k] = [150, 3, 4];
  for (const place of [0, 63, 64, 100, 149]) {
    // Long rows meet a column of zeros in their one element; a shorter one has its elements where the columns have theirs.
    const x = Float32Array.from({ length: m * k }, (_, i) => (i % k === 0 ? 100 + Math.floor(i / k) : 0.25));
    x.set([0, 20, 20, 20], place * k);
    const y = Float32Array.from({ length: k * n }, (_, i) => (i < n ? 0 : 1));
    const reals = { job: { layer: 'l', m, n, k }, unit: datapathNamed('int8'), values: { a: x, b: y } };
    for (const known of [0, 1, 32]) expect(powerAbove(reals as unknown as LayerSums, known)).toBe(64);
    const codesOf = (values: Float32Array) => Uint8Array.from(values, (value) => Math.min(127, Math.round(4 * value)));
    const codes = { ...reals, values: undefined, a: codesOf(x), b: codesOf(y) } as unknown as LayerSums;
    expect(powerAbove(codes)).toBe(2 ** (Math.floor(Math.log2(largest(codes))) + 1));
  }
});

it('magnitudes whose sums no int32 holds are added all the same', () => {
  const k = 140_000;
  const [a, b] = [new Uint8Array(k).fill(0x80), new Uint8Array(k).fill(0x80)];
  const codes = { job: { layer: 'l', m: 1, n: 1, k }, unit: datapathNamed('int8'), a, b } as unknown as LayerSums;
  // 140,000 x 2^14 lies between 2^31 and 2^32.
  expect(powerAbove(codes)).toBe(2 ** 32);
});
