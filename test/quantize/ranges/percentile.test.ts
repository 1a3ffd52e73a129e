import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import type { Calibrator } from '../../../src/quantize/contract/scheme.js';
import { percentile } from '../../../src/quantize/ranges/percentile.js';
import { fromNumber } from '../../../src/formats/raw.js';
import { randomFrom } from '../../../src/random/random.js';

/** A percentage is the float64 that it is given as: 99.9 is more than 999 of 1000 by 6e-17. */
const PERCENTS = [100, 99.999, 99.99, 99.9, 99, 90, 66.6, 50, 33.3, 12.5, 0.5];

/** As a fraction, without rounding. */
function fractionOf(percent: number): { over: bigint; under: bigint } {
  const over = fromNumber(percent);
  if (over.kind !== 'finite') throw new Error('a percentage is finite');
  return { over: over.significand, under: 1n << BigInt(-Math.min(over.exponent, 0)) };
}

const LENGTHS = [
  ...Array.from({ length: 60 }, (_, i) => i + 1),
  99,
  100,
  101,
  199,
  200,
  250,
  999,
  1000,
  1001,
  2000,
  4096,
];

/** What the method behind is given. */
function clippedBy(percent: number, values: Float32Array): Float32Array {
  let seen: Float32Array | undefined;
  const then: Calibrator = (given) => {
    seen = given;
    return { scale: 1, zeroPoint: 0 };
  };
  percentile(percent, then)(values, fitTo(formatNamed('int8')));
  if (seen === undefined) throw new Error('the method behind was not asked');
  return seen;
}

describe.each(PERCENTS)('percentile %d', (percent) => {
  const { over, under } = fractionOf(percent);
  it('clips at the smallest magnitude that so many are at or below, of all lengths (draws of seed 12)', () => {
    const draw = randomFrom(12);
    for (const length of LENGTHS) {
      // Integers, so that many magnitudes are equal, and both signs of them.
      const values = Float32Array.from({ length }, () => draw.below(2 * length + 1) - length);
      const magnitudes = Array.from(values, Math.abs).sort((a, b) => a - b);
      const enough = (bound: number) =>
        100n * under * BigInt(magnitudes.filter((m) => m <= bound).length) >= over * BigInt(length);
      const clip = magnitudes.find(enough) as number;
      const expected = clip === 0 ? values : values.map((value) => Math.max(-clip, Math.min(value, clip)));
      expect(clippedBy(percent, values), `${length} values`).toEqual(expected);
    }
  });
});

it('leaves values alone where most of them are zero', () => {
  const values = Float32Array.of(0, 0, 0, -0, 5);
  expect(clippedBy(80, values)).toEqual(values);
  expect(clippedBy(80.1, values)).toEqual(values);
  expect(clippedBy(60, Float32Array.of(0, 1, -2, 3, 5))).toEqual(Float32Array.of(0, 1, -2, 2, 2));
});

it('takes percentages above 0 and up to 100', () => {
  for (const wrong of [0, -1, 100.1, Number.NaN])
    expect(() => percentile(wrong, () => ({ scale: 1, zeroPoint: 0 }))).toThrow(
      `percentile: ${wrong} does not lie in (0, 100]`,
    );
});
