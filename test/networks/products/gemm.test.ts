import { expect, it } from 'vitest';
import { gemm } from '../../../src/networks/products/gemm.js';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import { encode, fitTo } from '../../../src/formats/codec.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { decode } from '../../../src/formats/codec.js';
import { fromNumber, multiply, sum, toNumber } from '../../../src/formats/raw.js';
import { perTensor } from '../../../src/networks/quantization.js';
import { randomFrom } from '../../../src/random/random.js';

const shapes = [
  [1, 1, 1],
  [5, 3, 7],
  [13, 17, 25],
  [4, 8, 400],
  [700, 9, 2000],
];

it.each(shapes)('float32 sums are those of the plain loop in the order of k, bit for bit: %i x %i x %i', (m, n, k) => {
  const random = randomFrom(m, n, k);
  const a = Float32Array.from({ length: m * k }, () => random.normal());
  const b = Float32Array.from({ length: k * n }, () => random.normal());
  const c = gemm(a, b, m, n, k);
  const step = Math.max(1, Math.floor((m * n) / 200));
  for (let at = 0; at < m * n; at += step) {
    let total = 0;
    for (let kk = 0; kk < k; kk++)
      total = Math.fround(total + Math.fround(a[Math.floor(at / n) * k + kk] * b[kk * n + (at % n)]));
    expect(c[at]).toBe(total);
  }
});

it('float64 sums likewise', () => {
  const random = randomFrom(1);
  const [m, n, k] = [9, 10, 33];
  const a = Float64Array.from({ length: m * k }, () => random.normal());
  const b = Float64Array.from({ length: k * n }, () => random.normal());
  const expected = Array.from({ length: m * n }, (_, at) => {
    let total = 0;
    for (let kk = 0; kk < k; kk++) total += a[Math.floor(at / n) * k + kk] * b[kk * n + (at % n)];
    return total;
  });
  expect(Array.from(gemm(a, b, m, n, k))).toEqual(expected);
});

it.each([
  ['e4m3fn', 'e4m3fn'],
  ['e5m2', 'e5m2'],
  ['bf16', 'bf16'],
  ['int8', 'int4'],
  ['radix4', 'int4'],
])('exact sums of codes are the exact sums rounded once: %s x %s', (x, y) => {
  const [m, n, k] = [3, 4, 50];
  const random = randomFrom(5);
  const formats = [formatNamed(x), formatNamed(y)];
  const draw = (format: (typeof formats)[0], length: number) =>
    Array.from({ length }, () => {
      const value = random.normal() * 2 ** random.between(-12, 12);
      return Number(encode(fromNumber(value), fitTo(format, { overflow: 'saturate' })).code);
    });
  const [a, b] = [draw(formats[0], m * k), draw(formats[1], k * n)];
  const quantization = (format: (typeof formats)[0]) => perTensor(fitTo(format), 1);
  const job = { layer: 'l', m, n, k, a: quantization(formats[0]), b: quantization(formats[1]) };
  const sums = exactArithmetic.codes(Uint16Array.from(a), Uint16Array.from(b), job);
  for (let at = 0; at < m * n; at++) {
    const terms = Array.from({ length: k }, (_, kk) =>
      multiply(decode(formats[0], a[Math.floor(at / n) * k + kk]), decode(formats[1], b[kk * n + (at % n)])),
    );
    expect(sums[at]).toBe(toNumber(sum(terms)));
  }
});
