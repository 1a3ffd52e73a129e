import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { executeAll } from '../../src/networks/execute.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { lower } from '../../src/networks/lower.js';
import type { Network } from '../../src/networks/network.js';
import { dequantize, quantize } from '../../src/networks/quantization.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { floatTensor, type Tensor } from '../../src/networks/tensor.js';
import { leftReal } from '../../src/quantize/contract/left.js';
import { quantizationOf, type Scheme } from '../../src/quantize/contract/scheme.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { randomFrom } from '../../src/random/random.js';
import { RECIPES } from '../../src/recipes/catalog.js';
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

function floorOf({ name, operands, blocks }: AfterRecipe): number {
  if (UNSCALED(name)) return -Infinity;
  const { input, weight } = operands({ index: 0, count: 1 });
  // Elements in blocks have scales of powers of two: up to one bit less.
  return Math.min(operandDb(input), operandDb(weight)) - LOST_DB - (blocks === undefined ? 0 : 6);
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
});
