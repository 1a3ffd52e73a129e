import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import type { Calibrator } from '../../../src/quantize/contract/scheme.js';
import { percentile } from '../../../src/quantize/ranges/percentile.js';
import { randomFrom } from '../../../src/random/random.js';

/** Percentages as decimals: over / under. */
const PERCENTS: readonly (readonly [percent: number, over: number, under: number])[] = [
  [100, 100, 1],
  [99.999, 99999, 1000],
  [99.99, 9999, 100],
  [99.9, 999, 10],
  [99, 99, 1],
  [90, 90, 1],
  [66.6, 666, 10],
  [50, 50, 1],
  [33.3, 333, 10],
  [12.5, 125, 10],
  [0.1, 1, 10],
];
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

describe.each(PERCENTS)('percentile %d', (percent, over, under) => {
  it('clips at the smallest magnitude that so many are at or below, of all lengths (draws of seed 12)', () => {
    const draw = randomFrom(12);
    for (const length of LENGTHS) {
      // Integers, so that many magnitudes are equal, and both signs of them.
      const values = Float32Array.from({ length }, () => draw.below(2 * length + 1) - length);
      const magnitudes = Array.from(values, Math.abs).sort((a, b) => a - b);
      const enough = (bound: number) => magnitudes.filter((m) => m <= bound).length * 100 * under >= over * length;
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
