import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { aciq, aciqFactor, erf, gaussError, laplaceError } from '../../../src/quantize/ranges/aciq.js';
import { clippedBy } from '../../../src/quantize/ranges/clip.js';
import { entropy, entropyThreshold } from '../../../src/quantize/ranges/entropy.js';
import { maximum } from '../../../src/quantize/ranges/maximum.js';
import { minMax } from '../../../src/quantize/ranges/minmax.js';
import { clippedByError } from '../../../src/quantize/ranges/mseClip.js';
import { omse, squaredError } from '../../../src/quantize/ranges/omse.js';
import { randomFrom } from '../../../src/random/random.js';

const fit = (name: string) => fitTo(formatNamed(name), { overflow: 'saturate' });
/** Heavy tails without a library function: u / (0.26 - u^2), u in [-1/2, 1/2). */
const tailed = Float32Array.from({ length: 20000 }, (_, i) => {
  const u = ((i * 7919) % 20011) / 20011 - 0.5;
  return u / (0.26 - u * u);
});
const oneSided = tailed.map((x) => Math.max(x, 0));

describe('relative entropy', () => {
  // The procedure in Python in float64: numpy 2.4.6 histograms, scipy.stats.entropy 1.17.1, of the same values.
  it.each([
    ['both signs, 15 levels', tailed, 15, true, 0.16573836764394, 42.05397033691406],
    ['both signs, 15 levels, last bin kept', tailed, 15, false, 0.133683888807985, 33.408294677734375],
    ['one sign, 15 levels', oneSided, 15, true, 1.0496252483136892, 5.9417266845703125],
    ['one sign, 15 levels, last bin kept', oneSided, 15, false, 0.24005153717287, 5.9417266845703125],
  ] as const)('%s', (_name, values, levels, dropsLastBin, divergence, threshold) => {
    const found = entropyThreshold(values, { bins: 2001, levels, dropsLastBin, precision: 'float64' });
    expect(found.divergence).toBeCloseTo(divergence, 9);
    expect(Math.abs(found.threshold / threshold - 1)).toBeLessThan(1e-6);
  });

  it.each([
    [255, 0.0026152125247911402, 49.7215461730957],
    [511, 0.0018068761073083703, 49.6096305847168],
  ])('one sign, 8001 bins, %i levels', (levels, divergence, threshold) => {
    const found = entropyThreshold(oneSided, { levels, precision: 'float64' });
    expect(found.divergence).toBeCloseTo(divergence, 9);
    expect(Math.abs(found.threshold / threshold - 1)).toBeLessThan(1e-6);
  });

  it('as a rule has the levels of the format, twice as many for one sign', () => {
    const of = (values: Float32Array, format: string, options = {}) => entropy(options)(values, fit(format)).high;
    expect(of(oneSided, 'int8')).toBe(entropyThreshold(oneSided, { levels: 511 }).threshold);
    expect(of(oneSided, 'int4', { bins: 2001, widensOneSided: false })).toBe(
      entropyThreshold(oneSided, { bins: 2001, levels: 15 }).threshold,
    );
    expect(entropy({ bins: 2001 })(tailed, fit('int4'))).toEqual({
      low: -of(tailed, 'int4', { bins: 2001 }),
      high: of(tailed, 'int4', { bins: 2001 }),
    });
  });

  it('wants an odd number of bins, at least as many as levels, and clips zeros nowhere', () => {
    expect(() => entropyThreshold(tailed, { bins: 8000 })).toThrow(RangeError);
    expect(() => entropyThreshold(tailed, { bins: 101 })).toThrow('101 bins for 255 levels');
    expect(entropyThreshold(new Float32Array(9)).threshold).toBe(0);
  });
});

describe('ACIQ', () => {
  // The authors' table (submission2019/cnn-quantization, int_quantizer.py), two to eight bits.
  const laplace = [2.83068299, 3.89722946, 5.02864014, 6.20476633, 7.41312622, 8.64561995, 9.89675982];
  const gauss = [1.71063519, 2.15159277, 2.55913646, 2.93620062, 3.28691474, 3.6151146, 3.92403714];

  it('has the levels of the table', () => {
    laplace.forEach((level, i) => expect(aciqFactor('laplace', i + 2)).toBeCloseTo(level, 5));
    gauss.forEach((level, i) => expect(aciqFactor('gauss', i + 2)).toBeCloseTo(level, 4));
  });

  it('which have the least error of their neighbours, in any unit', () => {
    for (const bits of [2, 4, 8]) {
      const [a, b] = [aciqFactor('laplace', bits), aciqFactor('gauss', bits)];
      for (const off of [0.97, 1.03]) {
        expect(laplaceError(3 * a, bits, 3)).toBeLessThan(laplaceError(3 * a * off, bits, 3));
        expect(gaussError(0.1 * b, bits, 0.1)).toBeLessThan(gaussError(0.1 * b * off, bits, 0.1));
      }
    }
    expect(laplaceError(2, 3, 1)).toBeCloseTo(2 * Math.exp(-2) + 4 / 192, 12);
  });

  it('erf is the error function (Abramowitz and Stegun, table 7.1)', () => {
    expect(erf(0)).toBe(0);
    expect(erf(0.5)).toBeCloseTo(0.5204998778, 10);
    expect(erf(1)).toBeCloseTo(0.8427007929, 10);
    expect(erf(2)).toBeCloseTo(0.995322265, 9);
    expect(erf(8)).toBe(1);
  });

  it('clips around the mean, and above it for one sign with the level of a bit more', () => {
    // mean 1, E|x - 1| = 1: window 1 +- 5.02864 beyond the values; scaled to two bits 1 +- 2.83068.
    const values = Float32Array.of(0, 2, 0, 2, -3, 5, 1, 1, 1, 1);
    const spread = 1.2; // E|x - 1|
    const { low, high } = aciq('laplace', { bits: 2 })(values, fit('int8'));
    expect([low, high]).toEqual([-2.396819588, 4.396819588].map((x) => expect.closeTo(x, 5)));
    expect(high - 1).toBeCloseTo(spread * laplace[0], 5);
    const half = Float32Array.of(0, 0, 0, 4);
    expect(aciq('laplace', { bits: 1 })(half, fit('int8'))).toEqual({ low: 0, high: 4 });
    expect(aciq('laplace', { bits: 1, oneSided: false })(half, fit('int8')).low).toBe(0);
    expect(aciq('gauss', { bits: 1 })(half, fit('int8')).high).toBeCloseTo(1 + Math.sqrt(3) * gauss[0], 4);
  });

  it('serves any grid', () => {
    const values = Float32Array.of(-1, 0, 1, 30);
    const rule = () => ({ low: -2, high: 8 });
    expect(clippedBy(rule, maximum())(values, fit('int8')).scale).toBe(Math.fround(8 / 127));
    expect(clippedBy(rule, minMax)(values, fit('uint4'))).toEqual({ scale: Math.fround(9 / 15), zeroPoint: 2 });
  });
});

describe('least squared error', () => {
  const random = randomFrom(11);
  const normal = Float32Array.from({ length: 4000 }, () => random.normal());

  it('OMSE comes within a hundredth of the best of a thousand levels', () => {
    for (const format of ['int2', 'ternary', 'int4', 'int8', 'e2m1fn']) {
      const top = { int2: 1, ternary: 1, int4: 7, int8: 127, e2m1fn: 6 }[format] as number;
      const most = normal.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
      const errors = Array.from({ length: 1000 }, (_, i) =>
        squaredError(normal, fit(format), (most * (i + 1)) / 1000 / top),
      );
      const { scale } = omse()(normal, fit(format));
      expect(squaredError(normal, fit(format), scale)).toBeLessThan(1.01 * Math.min(...errors));
    }
  });

  it('puts four bits of a normal distribution near 2.5 deviations', () => {
    expect(omse()(normal, fit('int4')).scale * 7).toBeGreaterThan(2.2);
    expect(omse()(normal, fit('int4')).scale * 7).toBeLessThan(2.8);
  });

  it('the error without codes is that with them', () => {
    const x = Float32Array.of(0.3, -0.9, 5, 1.5, 2.5);
    // Scale 1, int4 with zero point -8 holds 0..15: errors 0.3, 0.9, 0, 0.5 (to 2), 0.5 (to 2).
    expect(squaredError(x, fit('int4'), 1, -8)).toBeCloseTo(0.09 + 0.81 + 0.25 + 0.25, 6);
  });

  it('of a window is the least there is over the hundredths of its extent, on both sides of zero', () => {
    const values = normal.slice(0, 300).map((x, i) => (i === 5 ? -9 : i === 6 ? 4 : x));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const grids = Array.from({ length: 100 }, (_, i) =>
      minMax(Float32Array.of((low * (i + 1)) / 100, (high * (i + 1)) / 100), fit('int4')),
    );
    const errors = grids.map(({ scale, zeroPoint }) => squaredError(values, fit('int4'), scale, zeroPoint));
    const clipped = clippedByError(minMax)(values, fit('int4'));
    expect(squaredError(values, fit('int4'), clipped.scale, clipped.zeroPoint)).toBeCloseTo(Math.min(...errors), 4);
    expect(errors.indexOf(Math.min(...errors))).toBeLessThan(90);
  });

  it('of an asymmetric window is never above that of the whole', () => {
    const relu = normal.map((x) => Math.max(x, 0));
    relu[7] = 40;
    const whole = minMax(relu, fit('int4'));
    const clipped = clippedByError(minMax)(relu, fit('int4'));
    expect(clipped.scale).toBeLessThan(whole.scale);
    expect(squaredError(relu, fit('int4'), clipped.scale, clipped.zeroPoint)).toBeLessThan(
      squaredError(relu, fit('int4'), whole.scale, whole.zeroPoint),
    );
  });
});
