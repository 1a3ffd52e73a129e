import { expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import { pact, pactForward, pactGradient } from '../../../src/quantize/learned/pact.js';

const x = Float64Array.of(-1, 0, 0.25, 1, 2.5, 3, 4);

it('rounds the clipped value on 2^k - 1 steps: alpha 3, 2 bits, levels 0 1 2 3', () => {
  // 2.5 is a tie between 2 and 3 and goes to the even one.
  expect(Array.from(pactForward(x, 3, 2))).toEqual([0, 0, 0, 1, 2, 3, 3]);
});

it('passes gradients on [0, alpha], and gives alpha those of x >= alpha', () => {
  const by = pactGradient(x, 3, Float64Array.of(1, 2, 4, 8, 16, 32, 64));
  expect(Array.from(by.x)).toEqual([0, 2, 4, 8, 16, 32, 0]);
  expect(by.alpha).toBe(96);
});

it('in training: the first batch gives the level, codes count in alpha / (2^k - 1), gradients reach the parameter', () => {
  const quantizer = pact('layer', { bits: 2 });
  const batch = floatTensor([1, 4], Float32Array.of(0.5, 6, -2, 3.9));
  const { values, quantization } = quantizer.forward(batch);
  expect(Array.from(values.data)).toEqual([0, 6, 0, 4]);
  expect(quantization?.scale[0]).toBe(2);
  expect(quantization?.fit.format.name).toBe('uint2');
  const gradient = Float32Array.of(1, 1, 1, 1);
  quantizer.backward(batch, gradient);
  expect(Array.from(gradient)).toEqual([1, 1, 0, 1]);
  const [alpha] = quantizer.parameters ?? [];
  expect([alpha.name, alpha.value[0], alpha.gradient[0], alpha.decays]).toEqual(['layer.alpha', 6, 1, true]);
});
