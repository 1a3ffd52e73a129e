import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import { total } from '../../../src/quantize/algebra/reals.js';
import { ternaryForward, ternaryOptimum, twn, twnThreshold } from '../../../src/quantize/learned/twn.js';
import { ttq, ttqForward, ttqGradient, ttqThreshold } from '../../../src/quantize/learned/ttq.js';

const w = Float64Array.of(0.1, -0.2, 0.9, -1.2, 0.6);
const squared = (x: Float64Array, t: { delta: number; alpha: number }) => {
  const y = ternaryForward(x, t);
  return total(x, (value, i) => (value - y[i]) ** 2);
};

describe('TWN', () => {
  it('delta is 0.7 E|w|, alpha the mean beyond it', () => {
    const found = twnThreshold(w);
    expect(found.delta).toBeCloseTo(0.42, 12);
    expect(found.alpha).toBeCloseTo(0.9, 12);
    expect(Array.from(ternaryForward(w, { delta: 0.42, alpha: 2 }))).toEqual([0, 0, 2, -2, 2]);
  });

  it('the optimum is no worse than any threshold, and the rule of thumb comes near', () => {
    const random = randomFrom(3);
    const x = Float64Array.from({ length: 400 }, () => random.normal());
    const best = squared(x, ternaryOptimum(x));
    for (let factor = 0; factor < 2; factor += 0.05)
      expect(squared(x, twnThreshold(x, factor))).toBeGreaterThanOrEqual(best - 1e-9);
    expect(squared(x, twnThreshold(x)) / best).toBeLessThan(1.05);
  });

  it('the optimum is that of all thresholds, the largest of equals (draws of seed 5)', () => {
    const random = randomFrom(5);
    for (let trial = 0; trial < 300; trial++) {
      // Integers, so that squares are exact and magnitudes meet.
      const x = Float64Array.from({ length: random.below(9) }, () => random.below(13) - 6);
      let [most, wanted] = [-1, { delta: 0, alpha: 0 }];
      for (const lowest of [...new Set(Array.from(x, Math.abs))].sort((a, b) => b - a)) {
        const kept = Array.from(x, Math.abs).filter((magnitude) => magnitude >= lowest);
        const sum = kept.reduce((a, b) => a + b, 0);
        if (sum ** 2 / kept.length <= most) continue;
        const below = Array.from(x, Math.abs).filter((magnitude) => magnitude < lowest);
        [most, wanted] = [sum ** 2 / kept.length, { delta: Math.max(0, ...below), alpha: sum / kept.length }];
      }
      expect(ternaryOptimum(x), x.join(' ')).toEqual(wanted);
    }
  });

  it('the optimum keeps equal magnitudes together', () => {
    const t = ternaryOptimum(Float64Array.of(1, -1, 1, 0));
    expect(t.alpha).toBe(1);
    expect(squared(Float64Array.of(1, -1, 1, 0), t)).toBe(0);
  });

  it('in training: ternary codes with scale alpha', () => {
    const { values, quantization } = twn().forward(floatTensor([5], Float32Array.from(w)));
    expect(quantization?.fit.format.name).toBe('ternary');
    expect(quantization?.scale[0]).toBeCloseTo(0.9, 6);
    expect(Array.from(values.data, Math.sign)).toEqual([0, 0, 1, -1, 1]);
  });
});

describe('TTQ', () => {
  const scales = { positive: 2, negative: 3 };

  it('delta is a share of max|w|, and the parts have a scale each', () => {
    expect(ttqThreshold(w, 0.5)).toBe(0.6);
    // 0.6 itself is not beyond 0.6.
    expect(Array.from(ttqForward(w, 0.6, scales))).toEqual([0, 0, 2, -3, 0]);
  });

  it('gradients: scaled on the parts, summed for the scales; the sign of Wn is a choice', () => {
    const g = Float64Array.of(1, 1, 1, 1, 1);
    const by = ttqGradient(w, 0.5, scales, g);
    expect(Array.from(by.w)).toEqual([1, 1, 2, 3, 2]);
    expect([by.positive, by.negative]).toEqual([2, -1]);
    expect(ttqGradient(w, 0.5, scales, g, 1).negative).toBe(1);
  });

  it('weights at either threshold belong to the middle, forward and back', () => {
    const [delta, scales_] = [0.5, { positive: 2, negative: 3 }];
    const x = Float64Array.of(-0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75);
    const part = (value: number) => (Math.abs(value) <= delta ? 0 : Math.sign(value));
    const g = Float64Array.of(1, 2, 4, 8, 16, 32, 64);
    expect(Array.from(ttqForward(x, delta, scales_))).toEqual(Array.from(x, (value) => [-3, 0, 2][part(value) + 1]));
    const by = ttqGradient(x, delta, scales_, g);
    expect(Array.from(by.w)).toEqual(Array.from(x, (value, i) => g[i] * [3, 1, 2][part(value) + 1]));
    expect([by.positive, by.negative]).toEqual([64, -1]);
    // The same of ternary weights with one scale.
    expect(Array.from(ternaryForward(x, { delta, alpha: 1 }), (value) => value + 0)).toEqual(
      Array.from(x, (value) => part(value) + 0),
    );
  });

  it('in training: gradients of the scales add up, a part without weights begins at 1', () => {
    const quantizer = ttq('w', 0.5);
    const x = floatTensor([3], Float32Array.of(1, 0.75, -0.5));
    expect(Array.from(quantizer.forward(x, true).values.data)).toEqual([0.875, 0.875, 0]);
    const [scales_] = quantizer.parameters ?? [];
    expect(Array.from(scales_.value)).toEqual([0.875, 1]);
    scales_.value.set([2, 0]);
    // They are found once: a scale of 0 stays.
    expect(Array.from(quantizer.forward(x, true).values.data)).toEqual([2, 2, 0]);
    for (const times of [1, 2]) {
      const gradient = Float32Array.of(1, 2, 4);
      quantizer.backward(x, gradient);
      expect(Array.from(gradient)).toEqual([2, 4, 4]);
      expect(Array.from(scales_.gradient)).toEqual([3 * times, 0]);
    }
    scales_.value.set([0, 2]);
    expect(Array.from(quantizer.forward(floatTensor([2], Float32Array.of(1, -1)), true).values.data)).toEqual([0, -2]);
  });

  it('in training: no codes hold two scales; the scales start at their parts’ means', () => {
    const quantizer = ttq('w', 0.5);
    const { values, quantization } = quantizer.forward(floatTensor([5], Float32Array.from(w)));
    expect(quantization).toBeUndefined();
    expect(values.data[2]).toBeCloseTo(0.9, 6);
    expect(values.data[3]).toBeCloseTo(-1.2, 6);
    expect(values.data[4]).toBe(0);
  });
});
