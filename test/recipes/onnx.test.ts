import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { isMacLayer, type Layer, type Network } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { dequantize } from '../../src/networks/quantization.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { RECIPES, recipeNamed } from '../../src/recipes/catalog.js';
import { lenet } from '../../src/training/networks/architectures.js';
import { imagesOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';
import { floatTensor, sizeOf } from '../../src/networks/tensor.js';
import { conv, dense, network, random, reals } from '../networks/readers/onnx/samples.js';
import { runOnnx, withoutRuntime } from '../networks/readers/onnx/runtime.js';

const images = imagesOf(digits(4, 5));
const float = foldBatchNorm(lenet(1));
const made = (name: string) => quantizeNetwork(float, recipeNamed(name), images);

/** LeNet's layers with few channels: what a file says does not depend on how many there are. */
function small(): Network {
  const draw = random(41);
  const weight = (...shape: number[]) => floatTensor(shape, reals(draw, sizeOf(shape), 0.4));
  const biased = (filters: number) => ({ bias: reals(draw, filters, 0.1) });
  const pool = (name: string, input: string): Layer => {
    return { op: 'maxPool', name, inputs: [input], outputs: [name], kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] };
  };
  const plain = (op: 'relu' | 'flatten', name: string, input: string): Layer => ({
    op,
    name,
    inputs: [input],
    outputs: [name],
  });
  return network(
    'small',
    [1, 28, 28],
    [
      conv('conv1', 'image', weight(4, 1, 5, 5), { pad: [2, 2, 2, 2], ...biased(4) }),
      pool('pool1', 'conv1'),
      plain('relu', 'relu1', 'pool1'),
      conv('conv2', 'relu1', weight(4, 4, 5, 5), biased(4)),
      pool('pool2', 'conv2'),
      plain('flatten', 'flat', 'pool2'),
      plain('relu', 'relu2', 'flat'),
      dense('dense1', 'relu2', weight(24, 100), biased(24)),
      plain('relu', 'relu3', 'dense1'),
      dense('dense2', 'relu3', weight(10, 24), biased(10)),
    ],
  );
}

const smallFloat = small();

it.each(RECIPES.map(({ name }) => name))('%s: the file says what the network in memory says', (name) => {
  const network = quantizeNetwork(smallFloat, recipeNamed(name), images);
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
    'w8a16',
    'w4a16',
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
