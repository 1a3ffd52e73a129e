import { type Activation, called, keepingCodes, perImage, push, realFacts, realOf } from '../../build/builder.js';
import { affine, normalized, shifted } from '../../build/scales.js';
import type { Layer } from '../../network.js';
import { integerTensor } from '../../tensor.js';
import { type Constant, floatsOf, valuesOf } from './constant.js';
import { readRelu } from './readCodes.js';
import {
  axisAmong,
  computing,
  fileShape,
  type NodeReader,
  operand,
  optional,
  type Reader,
  stored,
  type Value,
} from './reader.js';

/** Sum of two activations of one shape, a bias for the layer before, or a shift of every channel. */
export function readAdd(reader: Reader, node: NodeReader): Value | undefined {
  const { x, constant } = withConstant(reader, node);
  if (x === undefined || x.as === 'codes') return undefined;
  if (constant !== undefined) {
    const shift = channelVector(constant, x);
    return shift && shifted(reader, node.output, x, shift);
  }
  const other = computing(reader, node, 1);
  if (other === undefined || other.as === 'codes') return undefined;
  if (x.shape[0] !== other.shape[0] || fileShape(x).join() !== fileShape(other).join()) return undefined;
  const inputs = [realOf(reader, x), realOf(reader, other)];
  const reads = [realFacts(x), realFacts(other)];
  return push(reader, { op: 'add', ...called(node.output), inputs }, reads, { column: x.column });
}

export function readSub(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  const { constant } = withConstant(reader, node);
  if (x === undefined || x.as === 'codes' || constant === undefined) return undefined;
  const shift = channelVector(constant, x);
  return (
    shift &&
    shifted(
      reader,
      node.output,
      x,
      shift.map((value) => -value),
    )
  );
}

export function readMul(reader: Reader, node: NodeReader): Value | undefined {
  const { x, constant } = withConstant(reader, node);
  if (x === undefined || x.as === 'codes' || constant === undefined) return undefined;
  const scale = channelVector(constant, x);
  if (scale === undefined) return undefined;
  // A sum with -0 changes nothing, not even the sign of a zero.
  return affine(reader, node.output, x, scale, new Float32Array(scale.length).fill(-0));
}

/** Max with zero (or the zero point, over codes) is ReLU. */
export function readMax(reader: Reader, node: NodeReader): Value | undefined {
  const { x, constant } = withConstant(reader, node);
  const bound = x && constant && channelVector(constant, x);
  const zero = x?.as === 'codes' ? x.quantization?.zeroPoint : 0;
  if (x === undefined || bound === undefined || bound.some((value) => !Object.is(value, zero))) return undefined;
  return x.as === 'codes'
    ? keepingCodes(reader, x, (input) => ({ op: 'relu', ...called(node.output), inputs: [input] }))
    : readRelu(reader, node);
}

/** Of two operands the first that is computed, and the other where it is stored; nothing where a function has to do it. */
function withConstant(reader: Reader, node: NodeReader): { x?: Activation; constant?: Constant } {
  if (node.inputs.length !== 2) return {};
  const [a, b] = [operand(reader, node, 0), operand(reader, node, 1)];
  const x = computing(reader, node, a.kind === 'activation' ? 0 : 1);
  const other = a.kind === 'activation' ? b : a;
  if (other.kind === 'activation') return x === undefined ? {} : { x };
  return x === undefined || other.kind !== 'stored' ? {} : { x, constant: other.constant };
}

/** A constant that is the same over height and width, as one finite number for each channel; undefined where it is another. */
function channelVector(constant: Constant, x: Activation): Float32Array | undefined {
  if (x.shape.length < 2) return undefined;
  const shape = fileShape(x);
  if (x.as !== 'codes' && constant.type.name !== 'FLOAT') return undefined;
  const values = Float32Array.from(valuesOf(constant));
  if (!values.every(Number.isFinite)) return undefined;
  const channels = shape[0];
  const from = constant.shape.length - shape.length;
  if (values.length === 1 && from <= 1) return new Float32Array(channels).fill(values[0]);
  const dims = constant.shape.slice(Math.max(from, 0));
  const spread = values.length === channels && (from === 0 || from === 1) && dims[0] === channels;
  return spread ? values : undefined;
}

/** Folded into a float layer before it; kept as a layer of its own elsewhere. @throws Error where it would train */
export function readBatchNormalization(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  if (x === undefined || [1, 2, 3, 4].some((index) => operand(reader, node, index).kind !== 'stored')) return undefined;
  checkInference(node);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => {
    const constant = stored(reader, node, index);
    if (constant.shape.length === 1) return floatsOf(constant);
    throw new Error(`reads ${constant.name} of shape ${constant.shape.join('x') || 'scalar'}: a vector is wanted`);
  });
  const epsilon = node.float('epsilon', Math.fround(1e-5));
  const [channels] = perImage(x);
  const wrong = [gamma, beta, mean, variance].find(({ length }) => length !== channels);
  if (wrong !== undefined) throw new Error(`has ${wrong.length} channels, its input ${channels}`);
  const spread = variance.findIndex((value) => !(value + epsilon > 0 && value + epsilon < Infinity));
  if (spread >= 0)
    throw new Error(
      `has the variance ${variance[spread]} at channel ${spread} and epsilon ${epsilon}: their sum must be positive`,
    );
  const scales = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shifts = Float64Array.from(beta, (value, c) => value - mean[c] * scales[c]);
  return normalized(reader, node.output, x, scales, shifts);
}

/** Momentum is for training. Until opset 14 the outputs besides the first said that it trains; before 9 there was `spatial`. */
function checkInference(node: NodeReader): void {
  node.ignore('momentum');
  if (node.flag('training_mode', false)) throw new Error('has training_mode = 1: it is read for inference only, as 0');
  if (node.outputs.slice(1).some((name) => name !== ''))
    throw new Error('writes statistics beside its result, as in training: one output is supported');
  if (!node.flag('spatial', true)) throw new Error('has spatial = 0, statistics of each pixel: 1 is supported');
}

/** What it drops, it drops in training. */
export function readDropout(reader: Reader, node: NodeReader): Value {
  node.ignore(node.opset < 12 ? 'ratio' : 'seed');
  if ((node.inputs[1] ?? '') !== '') stored(reader, node, 1);
  const training = optional(reader, node, 2);
  if (training !== undefined && valuesOf(training).some((value) => value !== 0))
    throw new Error('has training_mode = true: it is read for inference only');
  const x = operand(reader, node, 0);
  const mask = node.outputs[1] ?? '';
  if (mask !== '' && reader.uses.has(mask)) reader.values.set(mask, allKept(reader, node, x, mask));
  return x;
}

/** The mask of a Dropout outside of training: it keeps every number. Before opset 12 the standard leaves it unfilled. */
function allKept(reader: Reader, { opset }: NodeReader, x: Value, mask: string): Activation {
  if (opset < 12) throw new Error(`has its mask ${mask} read, which opset ${opset} fills in training only`);
  if (x.kind !== 'activation') throw new Error(`has its mask ${mask} read and drops the constant of a file`);
  const general = { op: 'general', attributes: {} } as const;
  const part = `${mask}/part`;
  const isNaN = { ...general, ...called(part), inputs: [realOf(reader, x)], function: 'IsNaN', operands: [0] };
  const compared = push(reader, isNaN, [realFacts(x)], { as: 'integers' });
  const all = integerTensor([], 'bool', Float64Array.of(1));
  const kept = { ...general, ...called(mask), inputs: [part], function: 'Or', operands: [0, all] };
  return push(reader, kept, [compared], { as: 'integers', column: x.column });
}

/** ONNX's: of either zero it is 0. */
export function readSign(reader: Reader, node: NodeReader): Value | undefined {
  return signLayer(reader, node, { ofZero: 0 });
}

/** `lastbit.Sign`, by which binary networks are written: of either zero it is 1. */
export function readOwnSign(reader: Reader, node: NodeReader): Value | undefined {
  return signLayer(reader, node, {});
}

function signLayer(reader: Reader, node: NodeReader, rule: { ofZero?: 0 }): Value | undefined {
  const x = computing(reader, node);
  if (x === undefined || x.as === 'codes') return undefined;
  const layer: Layer = { op: 'sign', ...called(node.output), inputs: [realOf(reader, x)], ...rule };
  return push(reader, layer, [realFacts(x)], { column: x.column });
}

/** Over the channels. Before opset 13 the axis was where rows begin, 1 by default. */
export function readSoftmax(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  if (x === undefined) return undefined;
  const rank = fileShape(x).length + 1;
  const asked = node.int('axis', node.opset < 13 ? 1 : -1);
  const axis = axisAmong(asked, rank);
  if (x.shape.length !== 2 || axis !== 1 || x.as === 'codes') return undefined;
  const layer: Layer = { op: 'softmax', ...called(node.output), inputs: [realOf(reader, x)] };
  return push(reader, layer, [realFacts(x)], { column: x.column });
}
