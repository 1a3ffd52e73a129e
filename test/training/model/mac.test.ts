import { expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import type { ConvLayer } from '../../../src/networks/network.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { binaryActivations } from '../../../src/quantize/learned/bnn.js';
import { luqGradients, switchedGradients } from '../../../src/quantize/learned/gradients.js';
import {
  xnorInputScales,
  xnorOutputScale,
  xnorWeightQuantizer,
  xnorWeights,
} from '../../../src/quantize/learned/xnor.js';
import { macModule } from '../../../src/training/model/mac.js';
import { randomFrom } from '../../../src/random/random.js';

const random = randomFrom(9);
const normal = (length: number) => Float32Array.from({ length }, () => random.normal());

const conv: ConvLayer = {
  op: 'conv',
  name: 'conv',
  inputs: ['x'],
  outputs: ['conv'],
  weight: floatTensor([4, 3, 3, 3], normal(108)),
  result: { kind: 'float' },
  stride: [2, 1],
  pad: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
};
const x = floatTensor([2, 3, 7, 5], normal(210));

it("XNOR-Net's convolution is K alpha times the convolution of signs, its gradient that of the same", () => {
  const parts = { input: binaryActivations(), weight: xnorWeightQuantizer() };
  const plain = macModule(conv, float32Arithmetic, parts, true);
  const scaled = macModule(conv, float32Arithmetic, { ...parts, outputScale: xnorOutputScale }, true);
  const [y, wanted] = [scaled.forward(x, true), plain.forward(x, true)];
  const k = xnorInputScales(x.data, x.shape, { kernel: [3, 3], stride: [2, 1], pad: [0, 0] });
  expect(k).toHaveLength(2 * 9);
  y.data.forEach((value, i) => {
    const [image, pixel] = [Math.floor(i / 36), i % 9];
    expect(value).toBe(Math.fround(wanted.data[i] * k[image * 9 + pixel]));
  });
  const dy = floatTensor(y.shape, normal(72));
  const byHand = floatTensor(
    y.shape,
    dy.data.map((g, i) => g * k[Math.floor(i / 36) * 9 + (i % 9)]),
  );
  expect(scaled.backward(dy)).toEqual(plain.backward(byHand));
  expect(scaled.parameters[0].gradient).toEqual(plain.parameters[0].gradient);
  // In the file the mean of K goes into the filters' scales.
  const { weight } = scaled.operands?.() ?? {};
  const mean = k.reduce((sum, value) => sum + value, 0) / k.length;
  const { values } = xnorWeights(conv.weight.data as Float32Array, 4);
  dequantize(weight as NonNullable<typeof weight>).data.forEach((value, i) =>
    expect(value).toBeCloseTo(values[i] * mean, 5),
  );
});

it('more samples of a gradient are more products for the weights, of which the mean is taken', () => {
  const draws = randomFrom(4);
  const seen: Float32Array[] = [];
  const counting = {
    ...float32Arithmetic,
    values: (...args: Parameters<typeof float32Arithmetic.values>) => {
      const sums = float32Arithmetic.values(...args);
      if (args[2].pass === 'weightGradient') seen.push(sums);
      return sums;
    },
  };
  const module = macModule(conv, counting, { gradient: luqGradients(() => draws.unit(), 3) }, true);
  const y = module.forward(x, true);
  module.backward(floatTensor(y.shape, normal(72)));
  expect(seen).toHaveLength(3);
  expect(seen[1]).not.toEqual(seen[0]);
  // In float32, one after another.
  module.parameters[0].gradient.forEach((g, i) =>
    expect(g).toBe(seen.reduce((mean, sums) => Math.fround(mean + sums[i] / 3), 0)),
  );
});

it('a quantizer gives way to another late in training', () => {
  const gradient = floatTensor([3], Float32Array.of(1, -0.3, 0.001));
  let late = false;
  const real = { values: gradient, quantization: undefined };
  const exact = { forward: () => ({ inputGradient: real, weightGradient: real }) };
  const both = switchedGradients(
    luqGradients(() => 0.5),
    exact,
    () => late,
  );
  expect(both.forward(gradient).weightGradient.values.data).not.toEqual(gradient.data);
  late = true;
  expect(both.forward(gradient).weightGradient.values.data).toEqual(gradient.data);
});
