import { describe, expect, it } from 'vitest';
import { fitTo } from '../../src/formats/codec.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { dequantize, perTensor, quantize } from '../../src/networks/quantization.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { straightThrough } from '../../src/quantize/contract/fake.js';
import { maximum } from '../../src/quantize/ranges/maximum.js';
import { minMax } from '../../src/quantize/ranges/minmax.js';
import { leastSquares } from '../../src/quantize/ranges/mse.js';
import { percentile } from '../../src/quantize/ranges/percentile.js';
import { largestOf, rangeOf } from '../../src/quantize/contract/range.js';
import { sawb } from '../../src/quantize/ranges/sawb.js';
import { quantizationOf, scheme } from '../../src/quantize/contract/scheme.js';
import { signs } from '../../src/quantize/ranges/signs.js';
import { randomFrom } from '../../src/random/random.js';

const fit = (name: string) => fitTo(formatNamed(name), { overflow: 'saturate' });
const f = Math.fround;

describe('ranges', () => {
  it('are those of the formats', () => {
    expect(['int8', 'uint4', 'e4m3fn', 'e5m2', 'radix4', 'binary'].map((name) => largestOf(formatNamed(name)))).toEqual(
      [127, 15, 448, 57344, 64, 1],
    );
    expect(rangeOf(perTensor(fit('int4'), 1, -8))).toEqual([0, 15]);
    expect(rangeOf(perTensor(fit('e4m3fn'), 1))).toEqual([-448, 448]);
  });
});

describe('maximum', () => {
  it('puts the largest magnitude on the top of the format, or on the value given', () => {
    const values = Float32Array.of(0.5, -3, 2);
    expect(maximum()(values, fit('int8'))).toEqual({ scale: f(3 / 127), zeroPoint: 0 });
    expect(maximum()(values, fit('int4'))).toEqual({ scale: f(3 / 7), zeroPoint: 0 });
    expect(maximum(16)(values, fit('e4m3fn'))).toEqual({ scale: f(3 / 16), zeroPoint: 0 });
  });

  it('has a positive scale for zeros', () => {
    expect(maximum()(new Float32Array(3), fit('int8')).scale).toBeGreaterThan(0);
    expect(minMax(new Float32Array(3), fit('int8'))).toEqual({ scale: 1, zeroPoint: -128 });
  });
});

describe('minMax', () => {
  it('is asymmetric and holds zero exactly', () => {
    // [-1, 3] over 255 steps: scale 4 / 255, zero at -128 + round(63.75) = -64.
    expect(minMax(Float32Array.of(-1, 3), fit('int8'))).toEqual({ scale: f(4 / 255), zeroPoint: -64 });
    expect(minMax(Float32Array.of(1, 3), fit('uint8'))).toEqual({ scale: f(3 / 255), zeroPoint: 0 });
    expect(minMax(Float32Array.of(0, 7.5), fit('int4'))).toEqual({ scale: 0.5, zeroPoint: -8 });
    expect(minMax(Float32Array.of(-3, -1), fit('int8')).zeroPoint).toBe(127);
  });

  it('is for integers', () => {
    expect(() => minMax(Float32Array.of(1), fit('e4m3fn'))).toThrow('min-max needs an integer format, found e4m3fn');
  });
});

describe('percentile', () => {
  it('clips the magnitudes above it', () => {
    const values = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (i + 1));
    expect(percentile(90, maximum())(values, fit('int8')).scale).toBe(f(90 / 127));
    expect(percentile(100, maximum())(values, fit('int8')).scale).toBe(f(100 / 127));
    expect(() => percentile(0, maximum())).toThrow(RangeError);
  });
});

describe('least squares', () => {
  it('takes the clipping level whose grid lies nearest', () => {
    // Levels -7..7 over 7: all but one value lie on the grid of scale 1; with scale 2 the odd ones are off by 1.
    const values = Float32Array.of(1, 2, 3, 5, -7, -3, 14);
    const errorWith = (scale: number) =>
      dequantize(quantize(floatTensor([7], values), perTensor(fit('int4'), scale))).data.reduce(
        (s, y, i) => s + (y - values[i]) ** 2,
        0,
      );
    const { scale } = leastSquares([1, 0.75, 0.5], 7)(values, fit('int4'));
    expect(errorWith(scale)).toBe(Math.min(errorWith(2), errorWith(1.5), errorWith(1)));
    expect(scale).toBe(2);
  });
});

describe('SAWB', () => {
  it('has the clipping level of its formula: 12.035 sqrt(E w^2) - 12.03 E|w|', () => {
    // w = +-1, +-3: E w^2 = 5, E|w| = 2.
    const clip = 12.035 * Math.sqrt(5) - 12.03 * 2;
    expect(sawb()(Float32Array.of(1, -1, 3, -3), fit('int4')).scale).toBe(f(clip / 7));
  });

  it('lies near the best clipping level of a normal distribution, 2.5 deviations', () => {
    const random = randomFrom(4);
    const values = Float32Array.from({ length: 20000 }, () => random.normal());
    const clip = sawb()(values, fit('int4')).scale * 7;
    expect(clip).toBeGreaterThan(2.2);
    expect(clip).toBeLessThan(2.8);
  });

  it('falls back to max |w| where the formula gives nothing', () => {
    expect(sawb(1, -2)(Float32Array.of(1, -1, 1), fit('int4')).scale).toBe(f(1 / 7));
  });
});

describe('quantize and dequantize', () => {
  it('divide in float32 and round half to even', () => {
    const q = perTensor(fit('int8'), 0.25);
    const codes = quantize(floatTensor([4], Float32Array.of(0.125, 0.375, -0.625, 100)), q);
    expect(Array.from(dequantize(codes).data)).toEqual([0, 0.5, -0.5, 31.75]);
  });

  it('follow the scale of each channel', () => {
    const x = floatTensor([2, 3], Float32Array.of(1, 2, 4, 10, 20, 40));
    const q = quantizationOf(x, scheme('int8', maximum(), 'channel'));
    expect(Array.from(q.scale)).toEqual([f(4 / 127), f(40 / 127)]);
    const codes = quantize(x, q);
    expect(Array.from(codes.data)).toEqual([32, 64, 127, 32, 64, 127]);
  });

  it('radix-4 levels have their thresholds at the arithmetic midpoint, 0.625 of the upper', () => {
    const q = perTensor(fit('radix4'), 1);
    const x = floatTensor([6], Float32Array.of(0.62, 0.63, 2.49, 2.51, 41, 1000));
    expect(Array.from(dequantize(quantize(x, q)).data)).toEqual([0.25, 1, 1, 4, 64, 64]);
  });
});

describe('straight-through estimator', () => {
  it('passes inside of the grid and stops beyond its ends', () => {
    const fake = straightThrough(() => perTensor(fit('int4'), 0.5, -8));
    const x = floatTensor([5], Float32Array.of(-0.1, 0, 3.3, 7.5, 7.6));
    expect(Array.from(fake.forward(x).values.data)).toEqual([0, 0, 3.5, 7.5, 7.5]);
    const gradient = new Float32Array(5).fill(1);
    fake.backward(x, gradient);
    expect(Array.from(gradient)).toEqual([0, 1, 1, 1, 0]);
  });

  it('passes everywhere to binary weights, whose latent values are clipped instead', () => {
    const fake = straightThrough((x) => quantizationOf(x, scheme('binary', signs, 'channel')));
    const x = floatTensor([2, 2], Float32Array.of(-3, 0.1, 0, 3));
    expect(Array.from(fake.forward(x).values.data)).toEqual([-1, 1, 1, 1]);
    const gradient = new Float32Array(4).fill(1);
    fake.backward(x, gradient);
    expect(Array.from(gradient)).toEqual([1, 1, 1, 1]);
  });
});
