import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import {
  luqGradients,
  radix2Gradients,
  radix4Gradients,
  scaledGradients,
} from '../../../src/quantize/learned/gradients.js';

/** The largest numbers of the formats, from their documents. */
const LARGEST: [format: string, largest: number][] = [
  ['e4m3fn', 448],
  ['e5m2', 57344],
  ['fp16', 65504],
];

describe.each(LARGEST)('gradients in %s, scaled anew', (format, largest) => {
  const gradients = scaledGradients(format);
  const forward = (...values: number[]) => gradients.forward(floatTensor([values.length], Float32Array.from(values)));

  it.each([1e-30, 0.37, 1, 448, 3e7])('the largest magnitude, %d, lies on the largest number', (most) => {
    for (const sign of [1, -1]) {
      const { inputGradient, weightGradient } = forward(most / 3, sign * most, 0);
      for (const { values, quantization } of [inputGradient, weightGradient]) {
        expect(quantization?.scale[0]).toBe(Math.fround(Math.fround(most) / largest));
        expect(values.data[1] / (sign * most)).toBeCloseTo(1, 6);
        expect(values.data[2]).toBe(0);
      }
    }
  });

  it('of zeros the scale is 1, and they stay', () => {
    const { values, quantization } = forward(0, -0, 0).inputGradient;
    expect(quantization?.scale[0]).toBe(1);
    expect(Array.from(values.data, Math.abs)).toEqual([0, 0, 0]);
  });

  it('what went astray is seen where the format can tell', () => {
    const infinite = forward(Infinity, -Infinity, 1).inputGradient;
    expect(infinite.quantization?.scale[0]).toBe(1);
    // e4m3fn has no infinity.
    const most = format === 'e4m3fn' ? 448 : Infinity;
    expect([...infinite.values.data]).toEqual([most, -most, 1]);
    expect(forward(Number.NaN, 1).inputGradient.values.data[0]).toBeNaN();
  });
});

it.each([
  ['radix-4', () => radix4Gradients('g', undefined)],
  ['radix-2', () => radix2Gradients('g')],
  ['LUQ', () => luqGradients(() => 0.5)],
])('%s: gradients that are all zero stay zero, step after step', (_name, made) => {
  const gradients = made();
  for (let step = 0; step < 3; step++) {
    const { inputGradient, weightGradient } = gradients.forward(floatTensor([2], new Float32Array(2)));
    for (const { values, quantization } of [inputGradient, weightGradient]) {
      expect(Array.from(values.data, Math.abs)).toEqual([0, 0]);
      expect(Number.isFinite(quantization?.scale[0])).toBe(true);
      expect(quantization?.scale[0]).not.toBe(0);
    }
  }
});
