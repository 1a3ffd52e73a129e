import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { isMacLayer, type Network } from '../../../src/networks/network.js';
import { dequantize, perTensor, quantize } from '../../../src/networks/quantization.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { biasCorrected, correctedWeights, correctionOf } from '../../../src/quantize/codes/biasCorrection.js';
import { quantizationOf, scheme } from '../../../src/quantize/contract/scheme.js';
import { maximum } from '../../../src/quantize/ranges/maximum.js';
import { randomFrom } from '../../../src/random/random.js';
import { conv, dense, network } from '../../networks/readers/onnx/samples.js';

const draw = randomFrom(51);
const normal = (shape: readonly number[]): FloatTensor =>
  floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => draw.normal()),
  );

/** Groups, biases, scales for each channel or one, and whether the norm is corrected; more images than one batch of 50. */
const CASES = [1, 2, 4].flatMap((groups) =>
  [true, false].flatMap((biased) =>
    (['channel', 'tensor'] as const).flatMap((per) =>
      [true, false].map((norm) => [groups, biased, per, norm] as const),
    ),
  ),
);

/** Images of integers, which int8 holds as they are: weights alone err. None of their means is zero. */
const images = floatTensor(
  [60, 4, 5, 5],
  Float32Array.from({ length: 6000 }, (_, i) => draw.below(20) + (Math.floor(i / 25) % 4)),
);

describe.each(CASES)(
  'bias correction of %i groups, biases %s, a scale for each %s, norm %s',
  (groups, biased, per, norm) => {
    const weight = normal([8, 4 / groups, 3, 3]);
    const bias = biased ? normal([8]).data : undefined;
    const layer = conv('y', 'image', weight, { groups, bias, pad: [1, 0, 1, 0] });
    const float = network('float', [4, 5, 5], [layer]);
    const held = quantize(weight, quantizationOf(weight, scheme('int3', maximum(), per)));
    const quantized: Network = {
      ...float,
      layers: [
        {
          op: 'quantize',
          name: 'q',
          inputs: ['image'],
          outputs: ['q'],
          quantization: perTensor(scheme('int8', maximum()).fit, 1),
        },
        conv('y', 'q', held, { groups, bias, pad: [1, 0, 1, 0] }),
      ],
    };
    const corrected = biasCorrected(quantized, float, images, norm);
    const real = execute(float, images, float32Arithmetic).data;
    const pixels = real.length / images.shape[0] / 8;

    /** Mean error of each channel over images and pixels. */
    function meanErrors(made: Network): number[] {
      const found = execute(made, images, exactArithmetic).data;
      const errors = new Array<number>(8).fill(0);
      found.forEach(
        (value, i) => (errors[Math.floor(i / pixels) % 8] += (value - real[i]) / (images.shape[0] * pixels)),
      );
      return errors;
    }

    it('leaves no mean error in any channel', () => {
      for (const error of meanErrors(quantized)) expect(Math.abs(error)).toBeGreaterThan(0.01);
      for (const error of meanErrors(corrected)) expect(Math.abs(error)).toBeLessThan(2e-5);
    });

    it('gives each channel the deviation of its weights by its scale, and codes stay', () => {
      const made = corrected.layers.filter(isMacLayer)[0];
      if (made.weight.kind !== 'codes') throw new Error('the codes are lost');
      expect(made.weight.data).toEqual(held.data);
      const deviation = (w: Float32Array) => {
        const mean = w.reduce((sum, value) => sum + value, 0) / w.length;
        return Math.sqrt(w.reduce((sum, value) => sum + (value - mean) ** 2, 0));
      };
      const row = weight.data.length / 8;
      const [before, after] = [dequantize(held).data, dequantize(made.weight).data];
      for (let f = 0; f < 8; f++) {
        const rows = [weight.data, before, after].map((w) => deviation(w.subarray(f * row, (f + 1) * row)));
        expect(rows[2] / (norm ? rows[0] : rows[1])).toBeCloseTo(1, 5);
      }
    });
  },
);

describe('the corrected weights of a channel', () => {
  const w = Float32Array.of(0.5, -1, 2.25, 3, -0.75, 1.5);
  const rounded = Float32Array.of(1, -1, 2, 3, -1, 2);
  const moments = (x: Float32Array) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    return [mean, Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0))];
  };
  const [mean, deviation] = moments(w);
  const [own, spread] = moments(rounded);

  it('has both moments of the real ones as the authors compute it, and norm E[w] by the paper', () => {
    const correction = correctionOf(w, rounded);
    expect(correction.mean).toBeCloseTo(mean - own, 12);
    expect(correction.norm).toBeCloseTo(deviation / spread, 12);
    const [codeMean, codeDeviation] = moments(correctedWeights(rounded, correction, 'code'));
    expect(codeMean).toBeCloseTo(mean, 6);
    expect(codeDeviation).toBeCloseTo(deviation, 6);
    const [paperMean, paperDeviation] = moments(correctedWeights(rounded, correction));
    expect(paperMean).toBeCloseTo((deviation / spread) * mean, 6);
    expect(paperDeviation).toBeCloseTo(deviation, 6);
  });

  it('keeps its norm where all rounded weights are equal', () => {
    expect(correctionOf(w, new Float32Array(6).fill(2))).toEqual({ mean: mean - 2, norm: 1 });
  });
});

it('of a dense layer without a bias makes its mean output that of the float one; a layer that requantizes is refused', () => {
  const rows = floatTensor(
    [60, 12],
    Float32Array.from({ length: 720 }, (_, i) => draw.below(20) + (i % 12)),
  );
  const weight = normal([6, 12]);
  const float = network('float', [12], [dense('y', 'image', weight)]);
  for (const per of ['channel', 'tensor'] as const) {
    const held = quantize(weight, quantizationOf(weight, scheme('int3', maximum(), per)));
    const q = { op: 'quantize' as const, name: 'q', inputs: ['image'], outputs: ['q'] };
    const quantization = perTensor(scheme('int8', maximum()).fit, 1);
    const layers = [{ ...q, quantization }, dense('y', 'q', held)];
    const corrected = biasCorrected({ ...float, layers }, float, rows);
    const [real, found] = [
      execute(float, rows, float32Arithmetic).data,
      execute(corrected, rows, exactArithmetic).data,
    ];
    for (let f = 0; f < 6; f++) {
      let error = 0;
      for (let i = f; i < real.length; i += 6) error += (found[i] - real[i]) / 60;
      expect(Math.abs(error)).toBeLessThan(2e-5);
    }
    const fixed = dense('y', 'q', held, { result: { kind: 'requantize', output: quantization, convention: 'onnx' } });
    expect(() => biasCorrected({ ...float, layers: [layers[0], fixed] }, float, rows)).toThrow(
      'layer y: bias correction needs real results: take a recipe that dequantizes',
    );
  }
});

it('leaves alone what has no codes, or no counterpart', () => {
  const float = network('float', [4, 5, 5], [conv('y', 'image', normal([8, 4, 3, 3]))]);
  expect(biasCorrected(float, float, images)).toEqual(float);
});
