import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import {
  lsq,
  lsqForward,
  lsqGradient,
  lsqGradientScale,
  lsqInitialStep,
  lsqLevels,
} from '../../../src/quantize/learned/lsq.js';

const v = Float64Array.of(-3, -1, -0.3, 0.25, 0.75, 5);
const levels = lsqLevels(2, true);

describe('LSQ', () => {
  it('has levels by bits and sign', () => {
    expect(levels).toEqual({ negative: 2, positive: 1 });
    expect(lsqLevels(3, false)).toEqual({ negative: 0, positive: 7 });
  });

  it('rounds to the step inside the levels', () => {
    // v / s = -6 -2 -0.6 0.5 1.5 10; half goes to even.
    expect(Array.from(lsqForward(v, 0.5, levels))).toEqual([-1, -1, -0.5, 0, 0.5, 0.5]);
  });

  it('gives the step its three cases, and passes gradients strictly inside', () => {
    const by = lsqGradient(v, 0.5, levels, Float64Array.of(1, 1, 1, 1, 1, 1), 0.5);
    // -2, -2 (the end counts as outside), -1 + 0.6, 0 - 0.5, 1, 1
    expect(by.step).toBeCloseTo(0.5 * (-2 - 2 - 0.4 - 0.5 + 1 + 1), 12);
    expect(Array.from(by.v)).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('starts at 2 E|v| / sqrt(Qp)', () => {
    expect(lsqInitialStep(Float64Array.of(-1, 3), lsqLevels(4, true))).toBeCloseTo(4 / Math.sqrt(7), 12);
  });

  it('scales the gradient by 1 / sqrt(N Qp), N with or without the batch', () => {
    const seven = lsqLevels(4, true);
    expect(lsqGradientScale(640, 10, seven, 'features')).toBeCloseTo(1 / Math.sqrt(64 * 7), 12);
    expect(lsqGradientScale(640, 10, seven, 'elements')).toBeCloseTo(1 / Math.sqrt(640 * 7), 12);
    expect(lsqGradientScale(640, 10, seven, 'none')).toBe(1);
  });

  it('in training: one step for a tensor, found on the first', () => {
    const quantizer = lsq('w', 2, 'weight');
    const w = floatTensor([2, 1], Float32Array.of(0.5, -0.75));
    const { values, quantization } = quantizer.forward(w);
    // s = 2 * 0.625 / 1; v / s = 0.4, -0.6
    expect(quantization?.scale[0]).toBe(1.25);
    expect(Array.from(values.data).map((value) => value + 0)).toEqual([0, -1.25]);
    const gradient = Float32Array.of(1, 1);
    quantizer.backward(w, gradient);
    expect(quantizer.parameters?.[0].gradient[0]).toBeCloseTo((-0.4 - 0.4) / Math.sqrt(2), 6);
  });
});
