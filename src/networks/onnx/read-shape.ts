import type { PoolLayer } from '../network.js';
import { sizeOf } from '../tensor.js';
import { type Constant, valuesOf } from './constant.js';
import { elementType } from './element.js';
import { keepingCodes, zeroOf } from './read-codes.js';
import { pairOf, windowOf } from './read-mac.js';
import {
  type Activation,
  activation,
  type NodeReader,
  operand,
  optional,
  push,
  type Reader,
  realOf,
  renamed,
  stored,
  type StoredValue,
  type Value,
} from './reader.js';
import { shapeAfter } from './shapes.js';

export function readMaxPool(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const layer = poolLayer(node, x, 'maxPool');
  return keepingCodes(reader, x, (input) => ({ ...layer, input }), shapeAfter(layer, x.shape));
}

export function readAveragePool(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const layer = poolLayer(node, x, 'averagePool');
  if (node.int('count_include_pad', 0) === 1 && layer.pad.some((length) => length > 0))
    throw new Error('counts the padding in its averages (count_include_pad 1): only 0 is supported');
  return push(reader, { ...layer, input: realOf(reader, x) }, shapeAfter(layer, x.shape));
}

function poolLayer(node: NodeReader, x: Activation, op: PoolLayer['op']): PoolLayer {
  const kernel = pairOf(node, 'kernel_shape');
  const { stride, dilation, pad } = windowOf(node, x.shape, kernel);
  if (dilation.some((step) => step !== 1))
    throw new Error(`has dilations ${dilation.join('x')}: pooling is supported without`);
  const more =
    node.int('ceil_mode', 0) === 1
      ? [0, 1].map((axis) => missing(x.shape[axis + 1], kernel[axis], stride[axis], pad[axis], pad[axis + 2]))
      : [0, 0];
  return {
    op,
    name: node.output,
    input: x.name,
    kernel,
    stride,
    pad: [pad[0], pad[1], pad[2] + more[0], pad[3] + more[1]],
  };
}

/** Padding at the end that gives as many windows as rounding up does; a window must not start in the padding. */
function missing(length: number, kernel: number, stride: number, before: number, after: number): number {
  const rest = (length + before + after - kernel) % stride;
  const start = length + before + after - kernel - rest + stride;
  return rest === 0 || start >= length + before ? 0 : stride - rest;
}

export function readGlobalAveragePool(reader: Reader, node: NodeReader): Value {
  return averageAll(reader, node, node.output);
}

/** The mean over height and width; other axes are refused. */
export function readReduceMean(reader: Reader, node: NodeReader): Value {
  const given = optional(reader, node, 1);
  const axes = given === undefined ? node.ints('axes', []) : [...valuesOf(given)];
  const places = new Set(axes.map((axis) => (axis < 0 ? axis + 4 : axis)));
  if (places.size !== 2 || !places.has(2) || !places.has(3))
    throw new Error(`averages over axes ${axes.join(' ')}: height and width (2 3) are supported`);
  if (node.int('keepdims', 1) === 1) return averageAll(reader, node, node.output);
  const pooled = averageAll(reader, node, `${node.output}/pool`);
  return push(reader, { op: 'flatten', name: node.output, input: pooled.name }, [pooled.shape[0]]);
}

function averageAll(reader: Reader, node: NodeReader, name: string): Activation {
  const x = activation(reader, node);
  const [channels, height, width] = x.shape;
  if (x.shape.length !== 3)
    throw new Error(`averages over shape ${x.shape.join('x')}: channels x height x width is needed`);
  const layer: PoolLayer = {
    op: 'averagePool',
    name,
    input: realOf(reader, x),
    kernel: [height, width],
    stride: [1, 1],
    pad: [0, 0, 0, 0],
  };
  return push(reader, layer, [channels, 1, 1]);
}

/** Padding of height and width with what stands for zero, which the Conv that reads it takes over. */
export function readPad(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const given = optional(reader, node, 1);
  const pads = given === undefined ? node.ints('pads', []) : [...valuesOf(given)];
  const [, , top, left, , , bottom, right] = pads;
  const constant = optional(reader, node, 2);
  const value = constant === undefined ? node.float('value', 0) : valuesOf(constant)[0];
  const [mode, zero] = [node.string('mode', 'constant'), zeroOf(x)];
  const around = pads.length === 8 && [0, 1, 4, 5].every((place) => pads[place] === 0);
  if (!around || x.shape.length !== 3 || (node.inputs[3] ?? '') !== '' || mode !== 'constant' || value !== zero)
    throw new Error(
      `pads ${pads.join(' ')} with ${mode} ${value}: height and width, with the constant ${zero} that stands for zero, are supported`,
    );
  return { ...x, pad: [top, left, bottom, right] };
}

export function readFlatten(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const axis = node.int('axis', 1);
  if (axis !== 1 && axis + x.shape.length + 1 !== 1)
    throw new Error(`flattens from axis ${axis}: only 1, which keeps the batch, is supported`);
  return flattened(reader, node, x);
}

function flattened(reader: Reader, node: NodeReader, x: Activation): Activation {
  if (x.shape.length === 1) return { ...(x.column ? renamed(reader, node, x) : x), column: false };
  return keepingCodes(reader, x, (input) => ({ op: 'flatten', name: node.output, input }), [sizeOf(x.shape)]);
}

export function readReshape(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const target = [...valuesOf(stored(reader, node, 1))];
  if (x.kind === 'stored') return { ...x, constant: { ...x.constant, shape: resolved(target, x.constant.shape) } };
  if (x.kind === 'weights') throw new Error('reshapes dequantized weights: reshape their codes');
  const full = x.column ? [...x.shape, 1, 1] : x.shape;
  const [batch, ...shape] = target;
  const asked = resolved(batch === -1 ? shape : target, [1, ...full], batch === -1 ? 1 : 0);
  const rest = batch === -1 ? asked : asked.slice(1);
  if (sizeOf(rest) !== sizeOf(x.shape))
    throw new Error(`reshapes ${full.join('x')} to ${target.join('x')}: the batch must stay first`);
  if (rest.length === 1) return flattened(reader, node, x);
  if (rest.join() === full.join()) return x;
  if (x.shape.length === 1 && rest.length === 3 && rest[0] === x.shape[0]) return { ...x, column: true };
  throw new Error(`reshapes ${full.join('x')} to ${rest.join('x')}: only flattening is supported`);
}

/** A target shape with 0 (as in the input) and -1 (what is left) replaced. @param offset position of its first entry in the input's shape */
function resolved(target: readonly number[], shape: readonly number[], offset = 0): number[] {
  const copied = target.map((length, i) => (length === 0 ? shape[i + offset] : length));
  const known = copied.filter((length) => length !== -1).reduce((size, length) => size * length, 1);
  return copied.map((length) => (length === -1 ? sizeOf(shape) / known : length));
}

export function readSqueeze(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  if (x.kind === 'stored')
    return withShape(
      x,
      node,
      x.constant.shape.filter((length) => length !== 1),
    );
  const value = activation(reader, node);
  if (value.shape.slice(1).some((length) => length !== 1))
    throw new Error(`squeezes shape ${value.shape.join('x')}: only channels x 1 x 1 is supported`);
  return flattened(reader, node, value);
}

function withShape(x: StoredValue, node: NodeReader, shape: readonly number[]): StoredValue {
  return { ...x, constant: { ...x.constant, name: node.output, shape } };
}

/** Shape as a stored tensor; the batch is 0 in it, which Reshape takes for "as it was". */
export function readShape(reader: Reader, node: NodeReader): Value {
  const { shape, column } = activation(reader, node);
  const dims = [0, ...shape, ...(column ? [1, 1] : [])];
  return storedInts(node, dims, [dims.length]);
}

function storedInts(node: NodeReader, values: readonly number[], shape: readonly number[]): StoredValue {
  const constant: Constant = { name: node.output, type: elementType('INT64'), shape, data: Float64Array.from(values) };
  return { kind: 'stored', constant };
}

export function readConstantOfShape(reader: Reader, node: NodeReader): Value {
  const shape = [...valuesOf(stored(reader, node, 0))];
  const value = node.constant();
  const data = new Float32Array(sizeOf(shape)).fill(value === undefined ? 0 : valuesOf(value)[0]);
  if (value !== undefined && value.type.name !== 'FLOAT')
    throw new Error(`makes ${value.type.name}: FLOAT is supported`);
  return { kind: 'stored', constant: { name: node.output, type: elementType('FLOAT'), shape, data } };
}

/** Gather, Concat and Slice run on stored vectors, which shapes are; Unsqueeze on any stored tensor. */
export function readGather(reader: Reader, node: NodeReader): Value {
  const data = valuesOf(stored(reader, node, 0));
  const indices = stored(reader, node, 1);
  return storedInts(
    node,
    [...valuesOf(indices)].map((i) => data[i < 0 ? i + data.length : i]),
    indices.shape,
  );
}

export function readUnsqueeze(reader: Reader, node: NodeReader): Value {
  const x = stored(reader, node, 0);
  const axes = optional(reader, node, 1);
  const rank = x.shape.length + (axes === undefined ? node.ints('axes', []).length : axes.data.length);
  const places = (axes === undefined ? node.ints('axes', []) : [...valuesOf(axes)]).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
  const kept = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) => (places.includes(axis) ? 1 : (kept.shift() ?? 1)));
  return withShape({ kind: 'stored', constant: x }, node, shape);
}

export function readConcat(reader: Reader, node: NodeReader): Value {
  if (node.inputs.some((_, i) => operand(reader, node, i).kind !== 'stored'))
    throw new Error('joins activations: Concat is supported for shapes only');
  const values = node.inputs.flatMap((_, i) => [...valuesOf(stored(reader, node, i))]);
  return storedInts(node, values, [values.length]);
}

export function readSlice(reader: Reader, node: NodeReader): Value {
  const [data, starts, ends] = [0, 1, 2].map((i) => [...valuesOf(stored(reader, node, i))]);
  const values = data.slice(starts[0], ends[0]);
  return storedInts(node, values, [values.length]);
}
