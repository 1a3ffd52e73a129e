import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { isMacLayer, type Network } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { dequantize } from '../../src/networks/quantization.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { RECIPES, recipeNamed } from '../../src/recipes/catalog.js';
import { lenet } from '../../src/training/networks/architectures.js';
import { imagesOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';
import { runOnnx, withoutRuntime } from '../networks/readers/onnx/runtime.js';

const images = imagesOf(digits(4, 5));
const float = foldBatchNorm(lenet(1));
const made = (name: string) => quantizeNetwork(float, recipeNamed(name), images);

it.each(RECIPES.map(({ name }) => name))('%s: the file says what the network in memory says', (name) => {
  const network = made(name);
  const bytes = writeOnnx(network);
  const read = readOnnx(bytes, network.name);
  expect(writeOnnx(read)).toEqual(bytes);
  const [x, y] = [network, read].map((each) => dequantize(execute(each, images, exactArithmetic)).data);
  expect(y).toEqual(x);
});

describe.skipIf(withoutRuntime)('in ONNX Runtime', () => {
  const largest = (x: Float32Array) => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

  it.each(['int8-symmetric', 'int8-smooth', 'int8-entropy'])('%s: equal bit for bit', async (name) => {
    const network = made(name);
    const { data } = await runOnnx(writeOnnx(network), images.data, images.shape);
    expect(Float32Array.from(data)).toEqual(dequantize(execute(network, images, exactArithmetic)).data);
  });

  // Real sums are rounded to float32 there: a code in the middle may be its neighbour now and then.
  it.each([
    'int8-asymmetric-channel',
    'int4-asymmetric-channel',
    'int4-corrected',
    'int4-allocated',
    'int4-gptq',
    'bitnet',
    'e3m2-sqnr',
    'adaptivfloat6',
    'adaptivfloat4',
  ])('%s: near', async (name) => {
    const network = made(name);
    const { data } = await runOnnx(writeOnnx(network), images.data, images.shape);
    const ours = dequantize(execute(network, images, exactArithmetic)).data;
    const error = ours.reduce((sum, y, i) => sum + Math.abs(y - data[i]), 0) / ours.length;
    expect(error).toBeLessThan(0.02 * largest(ours));
  });

  it.each(['mxfp4', 'nvfp4'])('%s: weights on their blocks, activations left real', async (name) => {
    const network = made(name);
    const { data } = await runOnnx(writeOnnx(network), images.data, images.shape);
    const layers = network.layers.map((layer) =>
      isMacLayer(layer) ? { ...layer, result: { kind: 'float' } as const } : layer,
    );
    const plain: Network = { ...network, layers };
    const ours = dequantize(execute(plain, images, float32Arithmetic)).data;
    ours.forEach((y, i) => expect(Math.abs(y - data[i])).toBeLessThan(1e-5 * largest(ours)));
  });
});
