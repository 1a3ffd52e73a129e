import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { factsOf } from '../../src/networks/facts.js';
import { lower } from '../../src/networks/lower.js';
import { isMacLayer, type Network } from '../../src/networks/network.js';
import { dequantize } from '../../src/networks/quantization.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { RECIPES, recipeNamed } from '../../src/recipes/catalog.js';
import { binaryLenet, lenet } from '../../src/training/networks/architectures.js';
import { imagesOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';

const images = imagesOf(digits(20, 5));

/** 10 log10 of signal over error power of a quantized network's logits against the float one's. */
function sqnrDb(float: Network, quantized: Network): number {
  const x = dequantize(execute(float, images, float32Arithmetic)).data;
  const y = dequantize(execute(quantized, images, exactArithmetic)).data;
  const power = (values: Float32Array) => values.reduce((total, value) => total + value * value, 0);
  return 10 * Math.log10(power(x) / power(x.map((value, i) => value - y[i])));
}

describe('recipes', () => {
  it.each(RECIPES.map((recipe) => [recipe.name]))('%s gives codes of its formats to every product', (name) => {
    const recipe = recipeNamed(name);
    const network = quantizeNetwork(name === 'binary' ? binaryLenet(1) : lenet(1), recipe, images);
    const jobs = lower(network);
    jobs.forEach(({ aFormat, bFormat }, index) => {
      const { input, weight } = recipe.operands({ index, count: jobs.length });
      expect([aFormat?.name, bFormat?.name]).toEqual([input.fit.format.name, weight.fit.format.name]);
    });
    expect(network.layers.some((layer) => layer.op === 'batchNorm')).toBe(false);
    expect(dequantize(execute(network, images, exactArithmetic)).shape).toEqual([20, 10]);
  });

  it('eight bits lose little, four bits more; fp8 with three bits of mantissa less than with two', () => {
    const float = foldBatchNorm(lenet(1));
    const db = Object.fromEntries(
      ['int8', 'int4', 'e4m3fn', 'e5m2', 'radix4'].map((name) => [
        name,
        sqnrDb(float, quantizeNetwork(float, recipeNamed(name), images)),
      ]),
    );
    expect(db.int8).toBeGreaterThan(28);
    expect(db.int8).toBeGreaterThan(db.int4 + 10);
    expect(db.e4m3fn).toBeGreaterThan(db.e5m2 + 3);
    expect(db.int4).toBeGreaterThan(db.radix4);
  });

  it('int8 runs on codes from the first layer to the last, relu in the saturation', () => {
    const network = quantizeNetwork(lenet(1), recipeNamed('int8'), images);
    expect(network.layers.map((layer) => layer.op)).toEqual([
      ...['quantize', 'conv', 'maxPool', 'conv', 'maxPool', 'flatten', 'dense', 'dense', 'dequantize'],
    ]);
    const states = factsOf(network);
    for (const layer of network.layers.filter(isMacLayer)) {
      if (layer.result.kind !== 'requantize') throw new Error(`${layer.name} does not requantize`);
      expect(layer.bias).toBeInstanceOf(Int32Array);
      if (layer.name !== 'dense2') expect(layer.result.output.zeroPoint).toBe(-128);
      expect(states.get(layer.name)?.quantization).toBe(layer.result.output);
    }
  });

  it('int8 gives what works on real numbers the numbers of its codes, and makes codes of the result', () => {
    const network = quantizeNetwork(binaryLenet(1), recipeNamed('int8'), images);
    const ops = network.layers.map((layer) => layer.op);
    expect(ops.slice(0, 2)).toEqual(['quantize', 'conv']);
    const signs = ops.flatMap((op, i) => (op === 'sign' ? [i] : []));
    expect(signs.length).toBeGreaterThan(0);
    for (const at of signs) expect(ops.slice(at - 2, at)).toContain('dequantize');
    expect(lower(network).map(({ aFormat, bFormat }) => [aFormat?.name, bFormat?.name])).toEqual(
      network.layers.filter(isMacLayer).map(() => ['int8', 'int8']),
    );
  });

  it('int4 sums fit 16 bits whatever the input: 15 codes of weights times 16 of activations', () => {
    const network = quantizeNetwork(lenet(1), recipeNamed('int4'), images);
    for (const layer of network.layers.filter(isMacLayer)) {
      const weights = layer.weight.data as Uint8Array;
      const k = weights.length / layer.weight.shape[0];
      for (let f = 0; f < layer.weight.shape[0]; f++) {
        let bound = 0;
        for (let i = f * k; i < (f + 1) * k; i++) bound += 8 * Math.abs(weights[i] >= 8 ? weights[i] - 16 : weights[i]);
        expect(bound).toBeLessThan(2 ** 15);
      }
    }
  });

  it('says what it cannot do, and what there is', () => {
    expect(() => recipeNamed('int9')).toThrow(/^unknown recipe "int9": there are int8 int4 binary/);
    const twice = quantizeNetwork(lenet(1), recipeNamed('int4'), images);
    expect(() => quantizeNetwork(twice, recipeNamed('int4'), images)).toThrow(
      /^layer conv1 is quantized already \(int4\)/,
    );
  });
});
