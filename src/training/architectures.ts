import type { BatchNormLayer, ConvLayer, DenseLayer, Layer, Network, PoolLayer } from '../networks/network.js';
import { floatTensor, sizeOf } from '../networks/tensor.js';
import { randomFrom } from './random.js';

/** The networks that the project trains, with their weights as they start. */

const INPUT = { name: 'image', shape: [1, 28, 28] };

/**
 * LeNet-5's shape (LeCun et al. 1998) with 16 channels in both convolutions, the size of the array: 1,002,800
 * multiply-accumulates an image. Each convolution has a batch-norm, to be folded. Relu comes last before each product,
 * after pooling (the same values, on a quarter of the elements): ONNX Runtime then finds no pattern that it would fuse
 * into operators which it has for bytes only.
 */
export function lenet(seed: number): Network {
  return network('lenet', [
    conv('conv1', 'image', [16, 1, 5, 5], 2, seed),
    norm('norm1', 'conv1', 16),
    pool('pool1', 'norm1'),
    { op: 'relu', name: 'relu1', input: 'pool1' },
    conv('conv2', 'relu1', [16, 16, 5, 5], 0, seed + 1),
    norm('norm2', 'conv2', 16),
    pool('pool2', 'norm2'),
    { op: 'flatten', name: 'flat', input: 'pool2' },
    { op: 'relu', name: 'relu2', input: 'flat' },
    dense('dense1', 'relu2', [120, 400], seed + 2),
    { op: 'relu', name: 'relu3', input: 'dense1' },
    dense('dense2', 'relu3', [10, 120], seed + 3),
  ]);
}

/**
 * The same products with signs between them, as BNN has it: conv2 and dense1 read signs, each layer but the last has a
 * batch-norm, and pooling comes before the sign, so that it works on sums. No padding before a binary layer: there is
 * no code for zero.
 */
export function binaryLenet(seed: number): Network {
  return network('lenet-binary', [
    conv('conv1', 'image', [16, 1, 5, 5], 2, seed),
    norm('norm1', 'conv1', 16),
    pool('pool1', 'norm1'),
    { op: 'sign', name: 'sign1', input: 'pool1' },
    conv('conv2', 'sign1', [16, 16, 5, 5], 0, seed + 1),
    norm('norm2', 'conv2', 16),
    pool('pool2', 'norm2'),
    { op: 'sign', name: 'sign2', input: 'pool2' },
    { op: 'flatten', name: 'flat', input: 'sign2' },
    dense('dense1', 'flat', [120, 400], seed + 2),
    norm('norm3', 'dense1', 120),
    { op: 'relu', name: 'relu3', input: 'norm3' },
    dense('dense2', 'relu3', [10, 120], seed + 3),
  ]);
}

function network(name: string, layers: readonly Layer[]): Network {
  return { name, input: INPUT, output: layers[layers.length - 1].name, layers, metadata: {} };
}

/** He's deviation sqrt(2 / inputs) (He et al. 2015). */
function weights(shape: readonly number[], seed: number) {
  const random = randomFrom(seed, 0xda7a);
  const deviation = Math.sqrt(2 / sizeOf(shape.slice(1)));
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * deviation),
  );
}

function conv(name: string, input: string, shape: readonly number[], pad: number, seed: number): ConvLayer {
  return {
    op: 'conv',
    name,
    input,
    weight: weights(shape, seed),
    bias: new Float32Array(shape[0]),
    result: { kind: 'float' },
    stride: [1, 1],
    pad: [pad, pad, pad, pad],
    dilation: [1, 1],
    groups: 1,
  };
}

function dense(name: string, input: string, shape: readonly [number, number], seed: number): DenseLayer {
  const bias = new Float32Array(shape[0]);
  return { op: 'dense', name, input, weight: weights(shape, seed), bias, result: { kind: 'float' } };
}

function norm(name: string, input: string, channels: number): BatchNormLayer {
  return { op: 'batchNorm', name, input, scale: new Float32Array(channels).fill(1), shift: new Float32Array(channels) };
}

function pool(name: string, input: string): PoolLayer {
  return { op: 'maxPool', name, input, kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] };
}
