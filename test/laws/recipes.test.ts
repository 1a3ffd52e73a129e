import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { executeAll, executeLayer } from '../../src/networks/execute.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { lower } from '../../src/networks/lower.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Network } from '../../src/networks/network.js';
import { dequantize, quantize } from '../../src/networks/quantization.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { floatTensor, type Tensor } from '../../src/networks/tensor.js';
import { leftReal } from '../../src/quantize/contract/left.js';
import { quantizationOf, type Scheme } from '../../src/quantize/contract/scheme.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { randomFrom } from '../../src/random/random.js';
import { RECIPES, recipeNamed } from '../../src/recipes/catalog.js';
import type { AfterRecipe } from '../../src/recipes/method.js';
import { ARCHITECTURES, samplesFor } from '../recipes/architectures.js';

/** Every method after training on every network of architectures.ts, which nobody trained for it. */

const SAMPLES = 4;

/** 10 log10 of signal over error power. */
function sqnrDb(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [signal, error] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    signal += x[i] ** 2;
    error += (x[i] - y[i]) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

/** Normal numbers through the grid of one operand, 64 channels of 64. */
function operandDb(scheme: Scheme): number {
  const random = randomFrom(3);
  const x = floatTensor(
    [64, 64],
    Float32Array.from({ length: 4096 }, () => random.normal()),
  );
  return sqnrDb(x.data, dequantize(scheme.codes?.(x) ?? quantize(x, quantizationOf(x, scheme))).data);
}

/**
 * The errors of so many operands add up: nine products of two. Twice as much power again may be made of them by what lies
 * between, such as a mean that the signal cancels in.
 */
const LOST_DB = 10 * Math.log10(9 * 2 * 2);

/** Methods that take a format as it is, whatever the numbers: what they lose has no bound. */
const UNSCALED = (name: string) => name === 'binary' || name.endsWith('-fixed');

/** Beyond it what a method clips on purpose, of few numbers more than of many, is more than the steps of its format. */
const ENOUGH_DB = 20;

function floorOf({ name, operands, blocks }: AfterRecipe): number {
  if (UNSCALED(name)) return -Infinity;
  const { input, weight } = operands({ index: 0, count: 1 });
  // Elements in blocks have scales of powers of two: up to one bit less.
  const own = Math.min(operandDb(input), operandDb(weight)) - LOST_DB - (blocks === undefined ? 0 : 6);
  return Math.min(ENOUGH_DB, own);
}

const outputsOf = (network: Network, inputs: ReadonlyMap<string, Tensor>, arithmetic = exactArithmetic) =>
  [...executeAll(network, inputs, arithmetic).values()].flatMap((tensor) => [...dequantize(tensor).data]);

const floors = new Map(RECIPES.map((recipe) => [recipe.name, floorOf(recipe)]));

describe.each(Object.entries(ARCHITECTURES))('%s', (name, bytes) => {
  const float = foldBatchNorm(readOnnx(bytes, name));
  const samples = samplesFor(float.inputs, SAMPLES, 1);
  const products = lower(float).map(({ layer }) => layer);

  it.each(RECIPES.map((recipe) => [recipe.name, recipe] as const))('%s', (_name, recipe) => {
    const made = quantizeNetwork(float, recipe, [samples]);
    const read = readOnnx(writeOnnx(made), name);
    const outputs = outputsOf(made, samples);
    expect(outputsOf(read, samples)).toEqual(outputs);
    // Against the float network after what a method changes on purpose: fewer weights.
    const wanted = outputsOf(recipe.prepare?.(float, [samples]) ?? float, samples, float32Arithmetic);
    expect(sqnrDb(wanted, outputs)).toBeGreaterThan(floors.get(recipe.name) as number);
    expect(outputs.every(Number.isFinite)).toBe(true);

    const nodes = new Map(read.layers.map((layer) => [layer.name, layer.node]));
    for (const layer of float.layers) if (products.includes(layer.name)) expect(nodes.get(layer.name)).toBe(layer.node);
    const real = leftReal(read).map((layer) => layer.op);
    if (recipe.result === 'blocks') expect(real.every((op) => op === 'general')).toBe(true);
    else expect(real).toEqual([]);
  });

  /** Weights of a layer as they are held, and as they were. */
  const heldBy = (recipe: string, by = samples) => {
    const made = quantizeNetwork(float, recipeNamed(recipe), [by]);
    return float.layers.filter(isMacLayer).map((layer) => {
      const own = made.layers.find((each) => each.name === layer.name) as typeof layer;
      return { layer, own, real: dequantize(layer.weight).data, held: dequantize(own.weight).data };
    });
  };
  const squares = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);

  it.each([
    ['int8-mse', 'int8-minmax'],
    ['int4-mse', 'int4-minmax'],
    ['e3m2-sqnr', 'e3m2-max'],
    ['e2m1-sqnr', 'e2m1-fixed'],
  ])('%s leaves no more error in any layer of weights than %s', (method, plain) => {
    const others = heldBy(plain);
    heldBy(method).forEach(({ real, held }, i) =>
      expect(squares(real, held)).toBeLessThanOrEqual(squares(real, others[i].held) * (1 + 1e-6)),
    );
  });

  /** All tensors of the float network. */
  const seenWith = (by: ReadonlyMap<string, Tensor>) => {
    const seen = new Map(by);
    executeAll(float, by, float32Arithmetic, (tensor, value) => seen.set(tensor, value));
    return seen;
  };
  /** What a layer writes of what it reads in the float network, with other weights and biases. */
  const written = (
    layer: ConvLayer | DenseLayer,
    seen: ReadonlyMap<string, Tensor>,
    weight: Float32Array,
    bias = layer.bias,
  ) => {
    const other = { ...layer, weight: floatTensor(layer.weight.shape, weight), ...(bias && { bias }) };
    return executeLayer(other, [seen.get(layer.inputs[0]) as Tensor], float32Arithmetic)[0];
  };

  it('GPTQ leaves less error in what its layers write than rounding to nearest on the same grids', () => {
    // More rows than the widest layer has inputs: of fewer the method makes what it likes.
    const many = samplesFor(float.inputs, 64, 1);
    const seen = seenWith(many);
    const error = (recipe: string) =>
      heldBy(recipe, many).reduce((sum, { layer, real, held }) => {
        const wanted = written(layer, seen, real).data as Float32Array;
        return (
          sum +
          squares(wanted, written(layer, seen, held).data as Float32Array) /
            squares(
              wanted,
              wanted.map(() => 0),
            )
        );
      }, 0);
    expect(error('int4-gptq')).toBeLessThanOrEqual(error('int4-mse'));
  });

  it('bias correction leaves no mean error in any channel', () => {
    const seen = seenWith(samples);
    for (const { layer, own, real, held } of heldBy('int4-corrected')) {
      const [wanted, found] = [written(layer, seen, real), written(layer, seen, held, own.bias)];
      const [images, filters, ...rest] = wanted.shape;
      const pixels = rest.reduce((size, length) => size * length, 1);
      for (let f = 0; f < filters; f++) {
        let [mean, size] = [0, 0];
        for (let n = 0; n < images; n++)
          for (let i = (n * filters + f) * pixels; i < (n * filters + f + 1) * pixels; i++) {
            mean += found.data[i] - wanted.data[i];
            size += Math.abs(wanted.data[i]);
          }
        expect(Math.abs(mean)).toBeLessThanOrEqual(1e-5 * size + 1e-6);
      }
    }
  });
});
