import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import { binaryConnect, binaryConnectStochastic, binaryWeights } from '../../../src/quantize/learned/binaryConnect.js';
import { foldThreshold, hardTanhGradient, paddedDot, xnorDot } from '../../../src/quantize/learned/bnn.js';
import { xnorInputScales, xnorWeightGradient, xnorWeights } from '../../../src/quantize/learned/xnor.js';

describe('BinaryConnect', () => {
  it('takes signs, zero counts as positive', () => {
    expect(Array.from(binaryConnect(Float64Array.of(0, -0, 0.1, -0.1)))).toEqual([1, 1, 1, -1]);
  });

  it('at random: +1 with probability (w + 1) / 2, certain beyond [-1, 1]', () => {
    const random = randomFrom(9);
    const unit = () => random.unit();
    const w = Float64Array.of(0.5, -1, 2, -3);
    let positive = 0;
    for (let i = 0; i < 4000; i++) {
      const drawn = binaryConnectStochastic(w, unit);
      expect([drawn[1], drawn[2], drawn[3]]).toEqual([-1, 1, -1]);
      if (drawn[0] === 1) positive++;
    }
    // Deviation 0.007.
    expect(Math.abs(positive / 4000 - 0.75)).toBeLessThan(0.03);
  });

  it('draws in training only; judged are the means of what was drawn', () => {
    let draws = 0;
    const quantizer = binaryWeights(() => (draws++, 0.99));
    const w = floatTensor([2], Float32Array.of(0.5, -0.5));
    expect(Array.from(quantizer.forward(w, false).values.data)).toEqual([0.5, -0.5]);
    expect(draws).toBe(0);
    expect(Array.from(binaryWeights().forward(w, false).values.data)).toEqual([1, -1]);
    expect(Array.from(quantizer.forward(w, true).values.data)).toEqual([-1, -1]);
  });
});

describe('BNN', () => {
  it('passes gradients where |x| <= 1, the ends included', () => {
    expect(Array.from(hardTanhGradient(Float64Array.of(-1.1, -1, 0, 1, 1.1), Float64Array.of(1, 2, 3, 4, 5)))).toEqual([
      0, 2, 3, 4, 0,
    ]);
  });

  it('dot products of packed signs, for lengths that do not fill their last word', () => {
    const random = randomFrom(4);
    for (const n of [1, 31, 32, 33, 70]) {
      const [a, b] = [0, 1].map(() => Uint32Array.from({ length: Math.ceil(n / 32) }, () => random.word()));
      const bit = (x: Uint32Array, i: number) => ((x[i >>> 5] >>> (i & 31)) & 1) * 2 - 1;
      let expected = 0;
      for (let i = 0; i < n; i++) expected += bit(a, i) * bit(b, i);
      expect(xnorDot(a, b, n), String(n)).toBe(expected);
    }
  });

  it('a batch-norm and a sign are one comparison, for either sign of gamma, in both domains', () => {
    const n = 9;
    let compared = 0;
    for (const gamma of [0.7, -1.3, 0])
      for (const beta of [-0.5, 0, 1.1])
        for (const mean of [-2.2, 0, 3])
          for (let d = -n; d <= n; d += 2) {
            const { threshold, popcount, flipped } = foldThreshold({ gamma, beta, mean, sigma: 1.7 }, n);
            const positive = (gamma * (d - mean)) / 1.7 + beta >= 0;
            expect(flipped ? d <= threshold : d >= threshold).toBe(positive);
            const equal = (d + n) / 2;
            expect(flipped ? equal <= popcount : equal >= popcount).toBe(positive);
            compared++;
          }
    expect(compared).toBe(270);
  });

  it('three rules for padding', () => {
    const [patch, filter] = [Int8Array.of(0, 1, -1, 0), Int8Array.of(1, 1, 1, -1)];
    expect(paddedDot(patch, filter, 'zero')).toEqual({ sum: 0, valid: 2 });
    expect(paddedDot(patch, filter, 'plus')).toEqual({ sum: 0, valid: 4 });
    expect(paddedDot(Int8Array.of(0, 1), Int8Array.of(1, 1), 'plus').sum).toBe(2);
    expect(paddedDot(Int8Array.of(0, 1), Int8Array.of(1, 1), 'minus').sum).toBe(0);
  });
});

describe('XNOR-Net', () => {
  const w = Float64Array.of(1, -3, 0.5, 0.5);

  it('a scale and signs for each filter', () => {
    const { values, alpha } = xnorWeights(w, 2);
    expect(Array.from(alpha)).toEqual([2, 0.5]);
    expect(Array.from(values)).toEqual([2, -2, 0.5, 0.5]);
  });

  it('the scale is that of least squared error', () => {
    const error = (alpha: number) => (1 - alpha) ** 2 + (-3 + alpha) ** 2;
    for (const other of [1.9, 2.1]) expect(error(other)).toBeGreaterThan(error(2));
  });

  it('the gradient is g (1 / n + alpha inside [-1, 1])', () => {
    expect(Array.from(xnorWeightGradient(w, 2, Float64Array.of(1, 1, 1, 2)))).toEqual([2.5, 0.5, 1, 2]);
  });

  it("inside ends at 1 for the paper, and before it in the authors' code", () => {
    // One filter of four weights: alpha is their mean magnitude, 1.125.
    const weights = Float64Array.of(1, -1, 1.5, -1);
    const ones = Float64Array.of(1, 1, 1, 1);
    expect(Array.from(xnorWeightGradient(weights, 1, ones))).toEqual([1.375, 1.375, 0.25, 1.375]);
    expect(Array.from(xnorWeightGradient(weights, 1, ones, 'authors'))).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('input scales of several images, strides and sides that differ, by their definition', () => {
    const [images, channels, height, width] = [2, 3, 5, 7];
    const x = Float64Array.from({ length: images * channels * height * width }, (_, i) => ((i * 37) % 23) - 11);
    const [kernel, stride, pad] = [
      [3, 2],
      [2, 3],
      [1, 2],
    ] as const;
    const [p, q] = [Math.floor((height + 2 - 3) / 2) + 1, Math.floor((width + 4 - 2) / 3) + 1];
    const at = (n: number, c: number, i: number, j: number) =>
      i < 0 || i >= height || j < 0 || j >= width ? 0 : Math.abs(x[((n * channels + c) * height + i) * width + j]);
    const expected = Array.from({ length: images * p * q }, (_, index) => {
      const [n, i, j] = [Math.floor(index / (p * q)), Math.floor(index / q) % p, index % q];
      let sum = 0;
      for (let c = 0; c < channels; c++)
        for (let r = 0; r < 3; r++) for (let s = 0; s < 2; s++) sum += at(n, c, 2 * i - 1 + r, 3 * j - 2 + s);
      return sum / (channels * 6);
    });
    expect(Array.from(xnorInputScales(x, [images, channels, height, width], { kernel, stride, pad }))).toEqual(
      expected,
    );
  });

  it('input scales: the mean over channels, averaged over the window, zeros outside', () => {
    // Two channels of 2 x 2: mean magnitudes 1 2 / 3 4.
    const x = Float64Array.of(1, -2, 3, 4, -1, 2, 3, -4);
    const shape = [1, 2, 2, 2];
    const scales = xnorInputScales(x, shape, { kernel: [2, 2], stride: [1, 1], pad: [0, 0] });
    expect(Array.from(scales)).toEqual([2.5]);
    const padded = xnorInputScales(x, shape, { kernel: [3, 3], stride: [1, 1], pad: [1, 1] });
    padded.forEach((scale) => expect(scale).toBeCloseTo(10 / 9, 12));
    expect(padded).toHaveLength(4);
  });
});
