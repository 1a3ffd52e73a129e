import { expect, it } from 'vitest';
import {
  clamp,
  largestMagnitude,
  mapped,
  meanMagnitude,
  narrowed,
  roundEven,
  total,
} from '../../../src/quantize/algebra/reals.js';
import { svdOf } from '../../../src/quantize/algebra/svd.js';

it('nearest integers have ties to even, of either sign, as far as there are fractions', () => {
  for (let quarter = -40; quarter <= 40; quarter++) {
    const x = quarter / 4;
    // Every fourth is an integer, every fourth a tie.
    const below = Math.floor(x);
    const even = below % 2 === 0 ? below : below + 1;
    const wanted = { 0: below, 0.25: below, 0.5: even, 0.75: below + 1 }[x - below] as number;
    expect(roundEven(x) + 0, String(x)).toBe(wanted + 0);
  }
  for (const sign of [1, -1])
    for (const [x, wanted] of [
      [2 ** 51 + 0.5, 2 ** 51],
      [2 ** 51 + 1.5, 2 ** 51 + 2],
      [2 ** 52 - 0.5, 2 ** 52],
      [2 ** 52, 2 ** 52],
      [2 ** 52 + 1, 2 ** 52 + 1],
      [2 ** 53 - 1, 2 ** 53 - 1],
      [2 ** 53 + 2, 2 ** 53 + 2],
      [1e300, 1e300],
      [Infinity, Infinity],
    ])
      expect(roundEven(sign * x)).toBe(sign * wanted);
  expect(roundEven(Number.NaN)).toBeNaN();
  expect([roundEven(-0), roundEven(-0.3)]).toEqual([-0, -0]);
});

it('magnitudes: their mean and the largest, of nothing 0; NaN is passed over by the largest', () => {
  for (const make of [Float32Array, Float64Array]) {
    expect([meanMagnitude(new make()), largestMagnitude(new make())]).toEqual([0, 0]);
    expect([meanMagnitude(make.of(-3)), largestMagnitude(make.of(-3))]).toEqual([3, 3]);
    expect([meanMagnitude(make.of(1, -2, 6)), largestMagnitude(make.of(1, -2, 6))]).toEqual([3, 6]);
    expect([meanMagnitude(make.of(-8, 2, 2)), largestMagnitude(make.of(-8, 2, 2))]).toEqual([4, 8]);
    expect([largestMagnitude(make.of(Number.NaN, 0.5)), largestMagnitude(make.of(0.25, Number.NaN))]).toEqual([
      0.5, 0.25,
    ]);
    expect(mapped(make.of(5, 6, 7), (value, i) => 10 * value + i)).toEqual(make.of(50, 61, 72));
    expect([total(make.of(5, 6, 7)), total(make.of(5, 6, 7), (value, i) => value * i), total(new make())]).toEqual([
      18, 20, 0,
    ]);
  }
});

it('a step on float32 numbers is rounded to float32, one on float64 numbers is not', () => {
  expect(narrowed(new Float32Array(1))(0.1)).toBe(Math.fround(0.1));
  expect(narrowed(new Float64Array(1))(0.1)).toBe(0.1);
});

it('what is clamped lies between the ends, and is left where it does', () => {
  for (let low = -2; low <= 2; low++)
    for (let high = low; high <= 2; high++)
      for (let x = -3; x <= 3; x += 0.5) expect(clamp(x, low, high)).toBe([low, x, high].sort((a, b) => a - b)[1]);
});

it('singular values of a matrix without any, or with fewer than its rank could be, are zero, and their vectors too', () => {
  for (const [m, n] of [
    [2, 3],
    [3, 2],
    [1, 1],
  ]) {
    const { s, u, v, rank } = svdOf(new Float64Array(m * n), m, n);
    expect([rank, [...s]]).toEqual([Math.min(m, n), new Array(Math.min(m, n)).fill(0)]);
    expect([...u, ...v].every(Number.isFinite)).toBe(true);
  }
  // Rows (1, 2, 2) and twice that: one singular value, 3 sqrt 5.
  const { s, u, v } = svdOf(Float64Array.of(1, 2, 2, 2, 4, 4), 2, 3);
  expect([s[0], s[1]]).toEqual([expect.closeTo(3 * Math.sqrt(5), 12), expect.closeTo(0, 12)]);
  const sign = Math.sign(v[0]);
  expect([v[0], v[2], v[4]].map((x) => sign * x)).toEqual([1 / 3, 2 / 3, 2 / 3].map((x) => expect.closeTo(x, 12)));
  expect([u[0], u[2]].map((x) => sign * x)).toEqual([1, 2].map((x) => expect.closeTo(x / Math.sqrt(5), 12)));
});
