import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import {
  dorefaActivationGradient,
  dorefaActivationQuantizer,
  dorefaActivations,
  dorefaGradients,
  dorefaRound,
  dorefaWeightGradient,
  dorefaWeightQuantizer,
  dorefaWeights,
} from '../../../src/quantize/learned/dorefa.js';

describe('DoReFa', () => {
  it('q_k rounds on 2^k - 1 steps, ties to even', () => {
    expect([0, 0.1, 1 / 6, 0.5, 0.9, 1].map((r) => dorefaRound(r, 2) * 3)).toEqual([0, 0, 0, 2, 3, 3]);
  });

  it('weights: tanh over its largest, on odd multiples of 1 / (2^k - 1)', () => {
    const w = Float64Array.of(2, -2, 0.1, -0.4, 0);
    const most = Math.tanh(2);
    const expected = Array.from(w, (x) => (2 * Math.round((Math.tanh(x) / (2 * most) + 0.5) * 3)) / 3 - 1);
    dorefaWeights(w, 2).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
  });

  it('one bit: the sign times E|w|', () => {
    expect(Array.from(dorefaWeights(Float64Array.of(1, -3, 0), 1))).toEqual([4 / 3, -4 / 3, 4 / 3]);
  });

  it('the gradient by the weights is that of tanh / max', () => {
    const w = Float64Array.of(1, -0.5);
    const by = dorefaWeightGradient(w, 4, Float64Array.of(1, 2));
    expect(by[0]).toBeCloseTo((1 - Math.tanh(1) ** 2) / Math.tanh(1), 12);
    expect(by[1]).toBeCloseTo((2 * (1 - Math.tanh(0.5) ** 2)) / Math.tanh(1), 12);
  });

  it('the gradient of one bit passes as it is, that of more does not; weights that are all zero are divided by one', () => {
    const [w, g] = [Float64Array.of(1, -0.5, 0), Float64Array.of(1, 2, 3)];
    expect(dorefaWeightGradient(w, 1, g)).toEqual(g);
    for (const bits of [2, 3, 8])
      dorefaWeightGradient(w, bits, g).forEach((value, i) =>
        expect(value).toBeCloseTo((g[i] * (1 - Math.tanh(w[i]) ** 2)) / Math.tanh(1), 12),
      );
    expect(dorefaWeightGradient(new Float64Array(3), 2, g)).toEqual(g);
    // tanh(0) / 2 + 1/2 is half of three steps, which is rounded to two of them.
    for (const value of dorefaWeights(new Float64Array(2), 2)) expect(value).toBeCloseTo(1 / 3, 12);
  });

  it('activations are clipped to [0, 1], and so is their gradient', () => {
    const x = Float64Array.of(-0.2, 0.3, 1, 1.2);
    expect(Array.from(dorefaActivations(x, 1))).toEqual([0, 0, 1, 1]);
    expect(Array.from(dorefaActivationGradient(x, Float64Array.of(1, 2, 3, 4)))).toEqual([0, 2, 3, 0]);
  });

  it('gradients: without noise by the formula, with it right in the mean', () => {
    const g = Float64Array.of(1, -0.4, 0.1);
    // (g / 2 + 1/2) * 3 = 3, 0.9, 1.65
    expect(Array.from(dorefaGradients(g, 2, () => 0)).map((x) => Math.round(x * 1e9) / 1e9)).toEqual([
      1, -0.333333333, 0.333333333,
    ]);
    const random = randomFrom(5);
    let sum = 0;
    for (let i = 0; i < 20000; i++) sum += dorefaGradients(g, 2, () => random.unit() - 0.5)[2];
    // The deviation of one is below 1/3, of the mean below 0.0024.
    expect(Math.abs(sum / 20000 - 0.1)).toBeLessThan(0.01);
  });

  it('in training the weights are codes times 1 / (2^k - 1)', () => {
    const w = floatTensor([3], Float32Array.of(0.3, -0.9, 0.05));
    const { values, quantization } = dorefaWeightQuantizer(4).forward(w);
    expect(quantization?.fit.format.name).toBe('int5');
    for (const value of values.data) {
      const code = value / (quantization?.scale[0] ?? 1);
      expect(Math.abs(code - Math.round(code))).toBeLessThan(1e-5);
      expect(Math.abs(Math.round(code)) % 2).toBe(1);
    }
  });

  it('activations in training are codes without a sign, times 1 / (2^k - 1)', () => {
    const x = floatTensor([4], Float32Array.of(-0.2, 0.3, 0.95, 1.2));
    for (const bits of [1, 2, 4, 8]) {
      const { values, quantization } = dorefaActivationQuantizer(bits).forward(x, true);
      const most = 2 ** bits - 1;
      expect(quantization?.fit.format).toMatchObject({ kind: 'int', bits, signed: false });
      expect(quantization?.scale[0]).toBe(Math.fround(1 / most));
      expect([...values.data]).toEqual(
        [...x.data].map((v) => Math.fround(Math.round(Math.min(Math.max(v, 0), 1) * most) / most)),
      );
    }
  });
});
