import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import type { ConvLayer, Network } from '../../../src/networks/network.js';
import { writeOnnx } from '../../../src/networks/readers/onnx/write.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import type { CodeTensor } from '../../../src/networks/tensor.js';
import { integerBias, scalesForBias } from '../../../src/quantize/codes/integerBias.js';
import { quantizeNetwork } from '../../../src/quantize/quantize.js';
import { RECIPES, recipeNamed } from '../../../src/recipes/catalog.js';
import { conv, network, quantization, random, reals } from '../../networks/readers/onnx/samples.js';

const images = floatTensor([4, 1, 5, 5], reals(random(3), 100));
const tiny = (bias: number[], size = 1e-7): Network =>
  network(
    'tiny',
    [1, 5, 5],
    [conv('c', 'image', floatTensor([2, 1, 3, 3], reals(random(1), 18, size)), { bias: Float32Array.from(bias) })],
  );

function biasOf(quantized: Network): ConvLayer {
  return quantized.layers.find(({ op }) => op === 'conv') as ConvLayer;
}

describe('integers for biases', () => {
  const layerOf = (bias: readonly number[] | undefined) =>
    conv('c', 'image', floatTensor([3, 1, 1, 1]), { bias: bias && Float32Array.from(bias) });

  it('are the nearest multiples of the scales’ product, zero where there is no bias', () => {
    const draw = random(9);
    for (let time = 0; time < 50; time++)
      for (const scales of [1, 3]) {
        const input = quantization('int8', 0.01 + draw());
        const weight = quantization(
          'int8',
          Float32Array.from({ length: scales }, () => 0.001 + draw() / 100),
        );
        const biases = [100 * draw() - 50, draw(), -draw()];
        const found = integerBias(layerOf(biases), weight, input, 3);
        found.forEach((count, f) => {
          const unit = input.scale[0] * weight.scale[scales === 1 ? 0 : f];
          expect(Math.abs(count * unit - biases[f])).toBeLessThanOrEqual(0.5001 * unit);
        });
        expect(integerBias(layerOf(undefined), weight, input, 3)).toEqual(new Int32Array(3));
      }
  });

  it('there are none where the product of the scales is no float32 above zero', () => {
    const [tiny1, one] = [quantization('int8', 2 ** -100), quantization('int8', Float32Array.of(1, 2 ** -100, 1))];
    expect(() => integerBias(layerOf([1, 1, 1]), one, tiny1, 3)).toThrow(
      'of its weights in channel 1 have a product of 0 in float32',
    );
    expect(integerBias(layerOf([0, 0, 0]), quantization('int8', 1), tiny1, 3)).toEqual(new Int32Array(3));
  });

  it('scales grow until each bias is 2^30 at most: each channel’s alone, or the one that all have', () => {
    const input = quantization('int8', 2 ** -7);
    const codesOf = (...scales: number[]): CodeTensor => ({
      ...{ kind: 'codes', shape: [3, 1, 1, 1], data: new Uint8Array(3) },
      quantization: quantization('int8', Float32Array.from(scales)),
    });
    const needed = (bias: number) => bias / 2 ** 30 / 2 ** -7;
    const isJust = (scale: number, bias: number) => {
      expect(scale / needed(bias)).toBeGreaterThanOrEqual(1);
      expect(scale / needed(bias)).toBeLessThan(1 + 2 ** -19);
    };
    const each = scalesForBias(layerOf([5, -700, 2 ** -9]), codesOf(1e-9, 1e-9, 0.25), input);
    expect(each).toHaveLength(3);
    isJust(each?.[0] ?? 0, 5);
    isJust(each?.[1] ?? 0, 700);
    expect(each?.[2]).toBe(0.25);
    const one = scalesForBias(layerOf([5, -700, 3]), codesOf(1e-9), input);
    expect(one).toHaveLength(1);
    isJust(one?.[0] ?? 0, 700);
    // Exactly enough, no bias, or no need.
    expect(scalesForBias(layerOf([2 ** 23, 1, 1]), codesOf(1), input)).toBeUndefined();
    expect(scalesForBias(layerOf([2 ** 23 + 1, 1, 1]), codesOf(1), input)).toBeDefined();
    expect(scalesForBias(layerOf(undefined), codesOf(1e-9), input)).toBeUndefined();
  });
});

describe('a bias that int32 does not hold at the usual scale', () => {
  it.each(RECIPES.filter(({ result }) => result === 'requantize').map(({ name }) => [name]))(
    '%s: takes a larger weight scale, and gives what the float network gives',
    (name) => {
      const float = tiny([5, -4.5]);
      const quantized = quantizeNetwork(float, recipeNamed(name), images);
      const { bias, weight } = biasOf(quantized);
      expect(bias?.every((value, f) => Math.sign(value) === [1, -1][f] && Math.abs(value) <= 2 ** 30)).toBe(true);
      expect(weight.kind).toBe('codes');
      const [theirs, ours] = [float32Arithmetic, exactArithmetic].map(
        (arithmetic, i) => dequantize(execute(i === 0 ? float : quantized, images, arithmetic)).data,
      );
      // Half a step of the output's codes, which span 9.5 in 255 steps.
      ours.forEach((value, i) => expect(Math.abs(value - theirs[i])).toBeLessThan(0.6 * (9.5 / 255)));
      const again = readOnnx(writeOnnx(quantized), 'tiny');
      expect(dequantize(execute(again, images, exactArithmetic)).data).toEqual(ours);
    },
  );

  it('leaves the scale of a channel whose bias fits', () => {
    const [one, both] = [tiny([5, 0]), tiny([0, 0])].map((float) => {
      const { weight } = biasOf(quantizeNetwork(float, recipeNamed('int8'), images));
      return weight.kind === 'codes' ? weight.quantization.scale : [];
    });
    expect(one[1]).toBe(both[1]);
    expect(one[0]).toBeGreaterThan(both[0]);
  });

  it('names what no scale can hold', () => {
    expect(() => quantizeNetwork(tiny([Number.NaN, 0]), recipeNamed('int8'), images)).toThrow(
      /^[^\n]*layer c: the bias of channel 0 is NaN[^\n]*$/,
    );
    expect(() => quantizeNetwork(tiny([0, Number.POSITIVE_INFINITY]), recipeNamed('int8'), images)).toThrow(/Infinity/);
    const fraction = quantizeNetwork(tiny([1, 2], 1), recipeNamed('int8'), images);
    const layers = fraction.layers.map((layer) =>
      layer.op === 'conv' ? { ...layer, bias: Float32Array.of(1, 2.5) } : layer,
    );
    expect(() => writeOnnx({ ...fraction, layers })).toThrow(
      'layer c: the bias of channel 1 is 2.5, which int32 cannot hold',
    );
  });
});
