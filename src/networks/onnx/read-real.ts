import type { BatchNormLayer, ConvLayer, DenseLayer, Layer } from '../network.js';
import { type Constant, realsOf } from './constant.js';
import { keepingCodes, readRelu } from './read-codes.js';
import {
  type Activation,
  activation,
  type NodeReader,
  operand,
  ownLayer,
  push,
  type Reader,
  realOf,
  replaceLayer,
  stored,
  type Value,
} from './reader.js';

/** Sum of two activations, a bias for the layer before, or a shift of every channel. */
export function readAdd(reader: Reader, node: NodeReader): Value {
  if (node.inputs.length !== 2) throw new Error(`adds ${node.inputs.length} tensors: two are supported`);
  const { x, constant } = withConstant(reader, node);
  if (constant !== undefined) return addConstant(reader, node, x, channelVector(constant, x));
  const other = activation(reader, node, 1);
  if (x.shape.join() !== other.shape.join())
    throw new Error(`adds shapes ${x.shape.join('x')} and ${other.shape.join('x')}: they must be equal`);
  return push(
    reader,
    { op: 'add', name: node.output, input: realOf(reader, x), other: realOf(reader, other) },
    x.shape,
  );
}

export function readSub(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  return addConstant(
    reader,
    node,
    x,
    channelVector(stored(reader, node, 1), x).map((value) => -value),
  );
}

export function readMul(reader: Reader, node: NodeReader): Value {
  const { x, constant } = withConstant(reader, node);
  if (constant === undefined) throw new Error('multiplies two computed tensors: one must be a constant');
  const scale = channelVector(constant, x);
  return affine(reader, node, x, scale, new Float32Array(scale.length));
}

/** Max with zero (or the zero point, over codes) is ReLU. */
export function readMax(reader: Reader, node: NodeReader): Value {
  const { x, constant } = withConstant(reader, node);
  const bound = constant === undefined ? undefined : channelVector(constant, x);
  const zero = x.as === 'codes' ? x.quantization?.zeroPoint : 0;
  if (node.inputs.length !== 2 || bound === undefined || bound.some((value) => value !== zero))
    throw new Error(`takes the maximum with something else than ${String(zero)}: only ReLU is supported`);
  return x.as === 'codes'
    ? keepingCodes(reader, x, (input) => ({ op: 'relu', name: node.output, input }))
    : readRelu(reader, node);
}

function withConstant(reader: Reader, node: NodeReader): { x: Activation; constant?: Constant } {
  const [a, b] = [operand(reader, node, 0), operand(reader, node, 1)];
  if (a.kind === 'activation' && b.kind === 'activation') return { x: a };
  const [x, constant] = a.kind === 'activation' ? [0, 1] : [1, 0];
  return { x: activation(reader, node, x), constant: stored(reader, node, constant) };
}

/** A constant that is the same over height and width, as one number for each channel. */
function channelVector(constant: Constant, { shape }: Activation): Float32Array {
  const values = realsOf(constant);
  const channels = shape[0];
  if (values.length === 1) return new Float32Array(channels).fill(values[0]);
  const from = constant.shape.length - shape.length;
  const dims = constant.shape.slice(Math.max(from, 0));
  const spread = values.length === channels && from >= 0 && dims[0] === channels;
  if (!spread)
    throw new Error(
      `has a constant of shape ${constant.shape.join('x')} over ${shape.join('x')}: one number for each channel is supported`,
    );
  return values;
}

function addConstant(reader: Reader, node: NodeReader, x: Activation, shift: Float32Array): Activation {
  const layer = x.as === 'real' ? ownLayer(reader, x) : undefined;
  if (isMac(layer) && layer.bias === undefined && layer.result.kind !== 'requantize')
    return replaceLayer(reader, x, { ...layer, name: node.output, bias: shift });
  if (layer?.op === 'batchNorm' && layer.shift.every((value) => value === 0))
    return replaceLayer(reader, x, { ...layer, name: node.output, shift });
  return affine(reader, node, x, new Float32Array(shift.length).fill(1), shift);
}

function isMac(layer: Layer | undefined): layer is ConvLayer | DenseLayer {
  return layer?.op === 'conv' || layer?.op === 'dense';
}

function affine(reader: Reader, node: NodeReader, x: Activation, scale: Float32Array, shift: Float32Array): Activation {
  const layer: BatchNormLayer = { op: 'batchNorm', name: node.output, input: realOf(reader, x), scale, shift };
  return push(reader, layer, x.shape, { column: x.column });
}

/** Folded into a float layer before it; kept as a layer of its own elsewhere. */
export function readBatchNormalization(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => realsOf(stored(reader, node, index)));
  const epsilon = node.float('epsilon', Math.fround(1e-5));
  const scales = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shifts = Float64Array.from(beta, (value, c) => value - mean[c] * scales[c]);
  if (gamma.length !== x.shape[0]) throw new Error(`has ${gamma.length} channels, its input ${x.shape[0]}`);
  const layer = x.as === 'real' ? ownLayer(reader, x) : undefined;
  if (isMac(layer) && layer.result.kind === 'float' && layer.weight.kind === 'float')
    return replaceLayer(reader, x, { ...folded(layer, scales, shifts), name: node.output });
  return affine(reader, node, x, Float32Array.from(scales), Float32Array.from(shifts));
}

function folded<L extends ConvLayer | DenseLayer>(layer: L, scales: Float64Array, shifts: Float64Array): L {
  const each = layer.weight.data.length / scales.length;
  const data = Float32Array.from(layer.weight.data, (value, i) => value * scales[Math.floor(i / each)]);
  const bias = Float32Array.from(shifts, (shift, c) => (layer.bias?.[c] ?? 0) * scales[c] + shift);
  return { ...layer, weight: { kind: 'float', shape: layer.weight.shape, data }, bias };
}

/** sign(0) is +1 in this project and in `lastbit.Sign`, 0 in ONNX's operator: they differ on exact zeros only. */
export function readSign(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  return push(reader, { op: 'sign', name: node.output, input: realOf(reader, x) }, x.shape, { column: x.column });
}

export function readSoftmax(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const axis = node.int('axis', -1);
  if (x.shape.length !== 1 || (axis !== 1 && axis !== -1))
    throw new Error(`runs over axis ${axis} of shape ${x.shape.join('x')}: features are supported`);
  return push(reader, { op: 'softmax', name: node.output, input: realOf(reader, x) }, x.shape);
}
