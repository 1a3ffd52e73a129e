import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { type Fit, fitTo } from '../../../src/formats/codec.js';
import { dequantize, perTensor, quantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import { biasFor, compareBiases, plainFloat } from '../../../src/quantize/ranges/adaptiveBias.js';
import { clippedBy, extentOf } from '../../../src/quantize/ranges/clip.js';
import { minMax } from '../../../src/quantize/ranges/minmax.js';
import { leastSquares } from '../../../src/quantize/ranges/mse.js';
import { clippedByError } from '../../../src/quantize/ranges/mseClip.js';
import { goldenSection, omse, squaredError } from '../../../src/quantize/ranges/omse.js';

const fit = (name: string, rest: Partial<Fit> = {}): Fit => ({
  ...fitTo(formatNamed(name), { overflow: 'saturate' }),
  ...rest,
});

/** Values with long tails, some of them alike, drawn from a seed. */
function drawn(seed: number, length: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => Math.round(random.normal() ** 3 * 16) / 16);
}

/** Sum of squares of what the grid leaves, by the codes themselves. */
function errorOf(values: Float32Array, own: Fit, scale: number, zeroPoint = 0): number {
  const held = dequantize(quantize(floatTensor([values.length], values), perTensor(own, scale, zeroPoint))).data;
  return values.reduce((sum, x, i) => sum + (x - held[i]) ** 2, 0);
}

it('the error on a grid is that of its codes, whatever the format, the rounding and the zero point', () => {
  const values = Float32Array.of(...drawn(1, 60), 0.5, 1.5, 2.5, -0.5, -1.5, 127.5, 128, -128.5, 1e6, -1e6);
  for (const own of [
    ...['int8', 'uint8', 'int4', 'uint4', 'int2', 'ternary', 'binary', 'int24q6', 'e4m3fn', 'e2m1fn', 'radix4'].map(
      (name) => fit(name),
    ),
    fit('int8', { rounding: 'rtz' }),
    fit('int8', { rounding: 'rna' }),
    fit('int8', { rounding: 'rup' }),
  ])
    for (const scale of [1, 0.37, 3].map(Math.fround))
      for (const zeroPoint of own.format.kind === 'int' ? [0, 1] : [0]) {
        const wanted = errorOf(values, own, scale, zeroPoint);
        expect(squaredError(values, own, scale, zeroPoint), `${own.format.name} ${scale}`).toBeCloseTo(wanted, 6);
        expect(Math.abs(squaredError(values, own, scale, zeroPoint) / wanted - 1)).toBeLessThan(1e-12);
      }
});

describe('a golden-section search', () => {
  it.each([2, 3, 5, 12, 24])('of %i evaluations closes in on the least value by 0.618 with each', (steps) => {
    for (const [low, high] of [
      [0, 1],
      [2, 10],
      [-3, 5],
    ])
      for (let at = 0; at <= 20; at++) {
        const least = low + ((high - low) * at) / 20;
        for (const f of [(x: number) => Math.abs(x - least), (x: number) => (x - least) ** 2]) {
          const asked: number[] = [];
          const found = goldenSection(
            (x) => {
              asked.push(x);
              return f(x);
            },
            low,
            high,
            steps,
          );
          expect(asked).toHaveLength(steps);
          expect(asked).toContain(found);
          for (const x of asked) expect(x > low && x < high).toBe(true);
          expect(f(found)).toBe(Math.min(...asked.map(f)));
          const width = (high - low) * ((Math.sqrt(5) - 1) / 2) ** (steps - 1);
          expect(Math.abs(found - least)).toBeLessThan(width * (1 + 1e-6));
        }
      }
  });

  it('takes the lower of two that are alike', () => {
    expect(goldenSection(() => 1, 0, 1, 2)).toBeCloseTo(1 - (Math.sqrt(5) - 1) / 2, 12);
    expect(goldenSection(() => 1, 0, 1, 24)).toBeLessThan(1e-4);
  });
});

it('OMSE searches from a code’s width, or a sixteenth where codes are few, and is never worse than the whole range', () => {
  for (const [name, largest] of [
    ['int2', 1],
    ['int3', 3],
    ['e2m1fn', 6],
    ['int4', 7],
    ['int8', 127],
  ] as const)
    for (let seed = 1; seed <= 8; seed++)
      for (const top of [undefined, largest / 2]) {
        const values = drawn(seed, 40);
        const most = Math.max(...Array.from(values, Math.abs));
        const highest = top ?? largest;
        const errorAt = (clip: number) => squaredError(values, fit(name), Math.fround(clip / highest));
        const clip = goldenSection(errorAt, most / (highest < 7 ? 16 : highest), most, 24);
        const wanted = errorAt(clip) <= errorAt(most) ? clip : most;
        expect(omse(24, top)(values, fit(name))).toEqual({ scale: Math.fround(wanted / highest), zeroPoint: 0 });
        expect(omse(undefined, top)(values, fit(name))).toEqual(omse(24, top)(values, fit(name)));
      }
});

it('least squares is the first of the fractions whose grid leaves the least', () => {
  const fractions = [1, 0.9, 0.75, 0.5, 0.5, 0.25, 0.1];
  const seen = new Set<number>();
  for (let seed = 1; seed <= 30; seed++)
    for (const [name, largest] of [
      ['int4', 7],
      ['e2m1fn', 6],
    ] as const) {
      const values = drawn(seed, 20);
      const most = Math.max(...Array.from(values, Math.abs));
      for (const top of [undefined, 4]) {
        const scales = fractions.map((fraction) => Math.fround((most / (top ?? largest)) * fraction));
        const errors = scales.map((scale) => errorOf(values, fit(name), scale));
        const at = errors.indexOf(Math.min(...errors));
        expect(leastSquares(fractions, top)(values, fit(name))).toEqual({ scale: scales[at], zeroPoint: 0 });
        seen.add(at);
      }
    }
  // Nothing and ones alone: all grids hold them, and the first is taken.
  expect(leastSquares([0.5, 1])(new Float32Array(3), fit('int4')).scale).toBe(Math.fround(0.5 / 7));
  expect(seen.size).toBeGreaterThan(3);
});

it('a window by its error is the first fraction of the extent, with zero in it, whose grid leaves the least', () => {
  const fractions = [1, 0.8, 0.6, 0.4, 0.2];
  const seen = new Set<number>();
  for (let seed = 1; seed <= 30; seed++)
    for (const [sign, name] of [
      [0, 'int2'],
      [1, 'uint3'],
      [-1, 'int3'],
    ] as const) {
      const values = drawn(seed, 50).map((x) => (sign === 0 ? x : sign * (Math.abs(x) + 0.5)));
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const grids = fractions.map((fraction) =>
        minMax(Float32Array.of(Math.min(low * fraction, 0), Math.max(high * fraction, 0)), fit(name)),
      );
      const errors = grids.map(({ scale, zeroPoint }) => squaredError(values, fit(name), scale, zeroPoint));
      const at = errors.indexOf(Math.min(...errors));
      expect(clippedByError(minMax, fractions)(values, fit(name))).toEqual(grids[at]);
      seen.add(at);
    }
  expect(seen.size).toBeGreaterThan(2);
  expect(clippedByError(minMax, [])(Float32Array.of(0, 15), fit('uint4'))).toEqual({ scale: 1, zeroPoint: 0 });
  // By default the hundredths.
  const values = drawn(4, 50);
  const hundredths = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
  expect(clippedByError(minMax)(values, fit('int4'))).toEqual(clippedByError(minMax, hundredths)(values, fit('int4')));
});

it('a bias by SQNR is the smallest of the best in its range, and its row says how good it is', () => {
  const seen = new Set<number>();
  for (let seed = 1; seed <= 10; seed++)
    for (const [e, m] of [
      [2, 1],
      [3, 2],
    ]) {
      const format = plainFloat(e, m);
      const own = fitTo(format, { overflow: 'saturate' });
      const values = drawn(seed, 60);
      const errorAt = (bias: number) => errorOf(values, own, 2 ** (format.bias - bias));
      // The top exponent of all codes is 2^e - 1.
      const fitting = 2 ** e - 1 - Math.floor(Math.log2(Math.max(...Array.from(values, Math.abs))));
      expect(biasFor(values, own, 'max')).toBe(fitting);
      for (const [below, above] of [
        [undefined, undefined],
        [0, 0],
        [1, 0],
        [0, 1],
        [2, 4],
      ]) {
        const range = Array.from({ length: (below ?? 3) + (above ?? 5) + 1 }, (_, i) => fitting - (below ?? 3) + i);
        const errors = range.map(errorAt);
        const best = range[errors.indexOf(Math.min(...errors))];
        expect(biasFor(values, own, 'sqnr', { below, above })).toBe(best);
        seen.add(best - fitting);
      }
      const power = values.reduce((sum, x) => sum + x * x, 0);
      for (const row of compareBiases(values, [format], { below: 0, above: 2 })) {
        expect(row).toMatchObject({ format: `e${e}m${m}`, bits: 1 + e + m });
        expect(row.bias).toBe(biasFor(values, own, row.rule, { below: 0, above: 2 }));
        expect(row.sqnrDb).toBeCloseTo(10 * Math.log10(power / errorAt(row.bias)), 9);
      }
    }
  expect(seen.size).toBeGreaterThan(1);
});

it('min-max holds zero and both ends, whatever the values', () => {
  for (let seed = 1; seed <= 20; seed++)
    for (const [name, lowest, highest] of [
      ['int8', -128, 127],
      ['uint8', 0, 255],
      ['int4', -8, 7],
      ['uint4', 0, 15],
    ] as const)
      for (const shift of [-40, 0, 40]) {
        const values = drawn(seed, 9).map((x) => x + shift);
        const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
        const { scale, zeroPoint } = minMax(values, fit(name));
        expect(scale).toBe(Math.fround((high - low) / (highest - lowest)));
        expect(Number.isInteger(zeroPoint) && zeroPoint >= lowest && zeroPoint <= highest).toBe(true);
        // Half a step off at most, at either end.
        expect(Math.abs(scale * (lowest - zeroPoint) - low)).toBeLessThanOrEqual(0.5001 * scale);
        expect(Math.abs(scale * (highest - zeroPoint) - high)).toBeLessThanOrEqual(0.5001 * scale);
      }
});

it('a window clips on both sides, and that of no values is zero', () => {
  const values = Float32Array.of(-3, -2, -1, 0, 1, 2, 3);
  let seen = new Float32Array();
  const then = (given: Float32Array) => {
    seen = Float32Array.from(given);
    return { scale: 1, zeroPoint: 0 };
  };
  clippedBy(() => ({ low: -2, high: 1 }), then)(values, fit('int8'));
  expect(seen).toEqual(Float32Array.of(-2, -2, -1, 0, 1, 1, 1));
  expect(extentOf(values)).toEqual({ low: -3, high: 3 });
  expect(extentOf(Float32Array.of(2, 5, 4))).toEqual({ low: 2, high: 5 });
  expect(extentOf(Float32Array.of(-2, -5, -4))).toEqual({ low: -5, high: -2 });
  expect(extentOf(new Float32Array())).toEqual({ low: 0, high: 0 });
});
