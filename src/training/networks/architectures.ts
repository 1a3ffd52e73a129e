import type { Style } from './style.js';
import type { Layer, MaxPoolLayer, Network } from '../../networks/network.js';
import { withoutSigns } from './restyle.js';
import { normedSeparable, separable } from './separable.js';
import { conv, dense, norm } from './starts.js';

/** The networks that the project trains, with their weights as they start. */

const INPUT = { name: 'image', shape: [1, 1, 28, 28] };

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
    { op: 'relu', name: 'relu1', inputs: ['pool1'], outputs: ['relu1'] },
    conv('conv2', 'relu1', [16, 16, 5, 5], 0, seed + 1),
    norm('norm2', 'conv2', 16),
    pool('pool2', 'norm2'),
    { op: 'flatten', name: 'flat', inputs: ['pool2'], outputs: ['flat'] },
    { op: 'relu', name: 'relu2', inputs: ['flat'], outputs: ['relu2'] },
    dense('dense1', 'relu2', [120, 400], seed + 2),
    { op: 'relu', name: 'relu3', inputs: ['dense1'], outputs: ['relu3'] },
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
    { op: 'sign', name: 'sign1', inputs: ['pool1'], outputs: ['sign1'] },
    conv('conv2', 'sign1', [16, 16, 5, 5], 0, seed + 1),
    norm('norm2', 'conv2', 16),
    pool('pool2', 'norm2'),
    { op: 'sign', name: 'sign2', inputs: ['pool2'], outputs: ['sign2'] },
    { op: 'flatten', name: 'flat', inputs: ['sign2'], outputs: ['flat'] },
    dense('dense1', 'flat', [120, 400], seed + 2),
    norm('norm3', 'dense1', 120),
    { op: 'relu', name: 'relu3', inputs: ['norm3'], outputs: ['relu3'] },
    dense('dense2', 'relu3', [10, 120], seed + 3),
  ]);
}

/** LeNet with a batch-norm after every product, for weights that have no scale of their own. */
export function normedLenet(seed: number): Network {
  return network('lenet-normed', [
    ...lenet(seed).layers.slice(0, -2),
    norm('norm3', 'dense1', 120),
    { op: 'relu', name: 'relu3', inputs: ['norm3'], outputs: ['relu3'] },
    dense('dense2', 'relu3', [10, 120], seed + 3),
    norm('norm4', 'dense2', 10),
  ]);
}

/** Three dense layers, 784-128-64-10, with a batch-norm between them: 109,184 multiply-accumulates an image. */
export function mlp(seed: number): Network {
  return network('mlp', [...mlpTrunk(seed, 'relu'), dense('dense3', 'act2', [10, 64], seed + 2)]);
}

/** With a sign before the middle layer, the one that is binary. */
export function binaryMlp(seed: number): Network {
  return network('mlp-binary', [...mlpTrunk(seed, 'sign'), dense('dense3', 'act2', [10, 64], seed + 2)]);
}

export function normedMlp(seed: number): Network {
  return network('mlp-normed', [...mlp(seed).layers, norm('norm3', 'dense3', 10)]);
}

function mlpTrunk(seed: number, first: 'relu' | 'sign'): Layer[] {
  return [
    { op: 'flatten', name: 'flat', inputs: ['image'], outputs: ['flat'] },
    dense('dense1', 'flat', [128, 784], seed),
    norm('norm1', 'dense1', 128),
    { op: first, name: 'act1', inputs: ['norm1'], outputs: ['act1'] },
    dense('dense2', 'act1', [64, 128], seed + 1),
    norm('norm2', 'dense2', 64),
    { op: 'relu', name: 'act2', inputs: ['norm2'], outputs: ['act2'] },
  ];
}

/**
 * A residual net (He et al. 2016) of one block: a 3 x 3 convolution of 8 filters and a pooling, two 3 x 3 convolutions
 * beside a shortcut, a pooling, a dense layer: 286,160 multiply-accumulates an image.
 */
export function residual(seed: number): Network {
  return network('residual', residualLayers(seed));
}

export function normedResidual(seed: number): Network {
  return network('residual-normed', [...residualLayers(seed), norm('norm5', 'dense', 10)]);
}

function residualLayers(seed: number): Layer[] {
  return [
    conv('conv1', 'image', [8, 1, 3, 3], 1, seed),
    norm('norm1', 'conv1', 8),
    pool('pool1', 'norm1'),
    { op: 'relu', name: 'relu1', inputs: ['pool1'], outputs: ['relu1'] },
    conv('conv2', 'relu1', [8, 8, 3, 3], 1, seed + 1),
    norm('norm2', 'conv2', 8),
    { op: 'relu', name: 'relu2', inputs: ['norm2'], outputs: ['relu2'] },
    conv('conv3', 'relu2', [8, 8, 3, 3], 1, seed + 2),
    norm('norm3', 'conv3', 8),
    { op: 'add', name: 'sum', inputs: ['norm3', 'relu1'], outputs: ['sum'] },
    // Without it the dense layer's first steps are too long for the rate of the other networks (measured: they diverge).
    norm('norm4', 'sum', 8),
    pool('pool2', 'norm4'),
    { op: 'flatten', name: 'flat', inputs: ['pool2'], outputs: ['flat'] },
    { op: 'relu', name: 'relu3', inputs: ['flat'], outputs: ['relu3'] },
    dense('dense', 'relu3', [10, 392], seed + 3),
  ];
}

export const ARCHITECTURES: Readonly<Record<string, Partial<Record<Style, (seed: number) => Network>>>> = {
  lenet: { relu: lenet, normed: normedLenet, sign: binaryLenet, bare: (seed) => withoutSigns(binaryLenet(seed)) },
  mlp: { relu: mlp, normed: normedMlp, sign: binaryMlp, bare: (seed) => withoutSigns(binaryMlp(seed)) },
  // No padding before a binary layer: there is no code for zero.
  residual: { relu: residual, normed: normedResidual },
  separable: { relu: separable, normed: normedSeparable },
};

/** @throws RangeError naming the architecture, or the style that it does not come in */
export function architecture(name: string, style: Style): (seed: number) => Network {
  const styles = ARCHITECTURES[name];
  if (styles === undefined)
    throw new RangeError(`there is no network "${name}"; there are ${Object.keys(ARCHITECTURES).join(', ')}`);
  const make = styles[style];
  if (make !== undefined) return make;
  const others = Object.keys(ARCHITECTURES).filter((other) => ARCHITECTURES[other][style] !== undefined);
  throw new RangeError(`network ${name} has no version with ${style} activations; take ${others.join(' or ')}`);
}

function network(name: string, layers: readonly Layer[]): Network {
  return { name, inputs: [INPUT], outputs: [layers[layers.length - 1].name], batch: 'free', layers, metadata: {} };
}

function pool(name: string, input: string): MaxPoolLayer {
  return { op: 'maxPool', name, inputs: [input], outputs: [name], kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] };
}
