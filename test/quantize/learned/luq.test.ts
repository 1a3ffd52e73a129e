import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../src/random/random.js';
import { luq, luqAlpha } from '../../../src/quantize/learned/luq.js';

describe('LUQ', () => {
  it('alpha is the largest gradient over 2^7, or the largest value, or over 2^6 for levels that fit three bits', () => {
    const g = Float64Array.of(0.5, -2);
    expect(luqAlpha(g)).toBe(2 / 128);
    expect(luqAlpha(g, { levels: 8, maximum: 'value' })).toBe(0.5 / 128);
    expect(luqAlpha(g, { levels: 7, maximum: 'magnitude' })).toBe(2 / 64);
  });

  it('by hand: underflow to alpha or zero, else to a power of two', () => {
    const g = Float64Array.of(128, 0.25, -0.25, 3, 3, -3);
    const units = [0.99, 0.2, 0.3, 0.4, 0.6, 0.6];
    let at = 0;
    // 3 lies half way between 2 and 4: up from u = 1/2 on.
    expect(Array.from(luq(g, () => units[at++]))).toEqual([128, 1, 0, 2, 4, -4]);
  });

  it('levels are zero and alpha 2^0 .. 2^7, however the draws fall', () => {
    const random = randomFrom(6);
    const g = Float64Array.from({ length: 5000 }, () => random.normal() ** 3);
    const alpha = luqAlpha(g);
    const levels = new Set(
      Array.from(
        luq(g, () => random.unit()),
        (x) => Math.abs(x) / alpha,
      ),
    );
    expect([...levels].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it('has no bias: means over draws are the gradients', () => {
    const random = randomFrom(8);
    const g = Float64Array.of(128, 0.1, 0.9, 1.3, 5.5, 100);
    const sums = new Float64Array(g.length);
    const draws = 40_000;
    for (let i = 0; i < draws; i++) luq(g, () => random.unit()).forEach((x, j) => (sums[j] += x));
    // The deviation of a level is at most half of its value.
    sums.forEach((sum, j) =>
      expect(Math.abs(sum / draws - g[j])).toBeLessThan((4 * Math.max(g[j], 1)) / Math.sqrt(draws)),
    );
  });

  it('zeros stay', () => {
    expect(Array.from(luq(Float64Array.of(0, 0), () => 0.5))).toEqual([0, 0]);
  });
});
