import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import type { ConvLayer, Network } from '../../../src/networks/network.js';
import { writeOnnx } from '../../../src/networks/readers/onnx/write.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { quantizeNetwork } from '../../../src/quantize/quantize.js';
import { RECIPES, recipeNamed } from '../../../src/recipes/catalog.js';
import { conv, network, random, reals } from '../../networks/readers/onnx/samples.js';

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
