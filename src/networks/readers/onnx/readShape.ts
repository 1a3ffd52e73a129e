import {
  type Activation,
  called,
  keepingCodes,
  LARGEST,
  perImage,
  push,
  realFacts,
  realOf,
  renamed,
} from '../../build/builder.js';
import type { PoolLayer } from '../../network.js';
import { sizeOf } from '../../tensor.js';
import { type Constant, scalarOf } from './constant.js';
import { elementType } from './element.js';

import { zeroOf } from '../../build/products.js';
import { pairOf, windowOf } from './readMac.js';
import {
  activation,
  axisAmong,
  fileShape,
  type NodeReader,
  operand,
  optional,
  type Reader,
  stored,
  type StoredValue,
  type Value,
} from './reader.js';

export function readMaxPool(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  if (node.flag('storage_order', false)) throw new Error('has storage_order = 1: only 0 is supported');
  const window = poolWindow(node, x);
  return keepingCodes(reader, x, (input) => ({ op: 'maxPool', ...called(node.output), inputs: [input], ...window }));
}

export function readAveragePool(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const window = poolWindow(node, x);
  if (node.flag('count_include_pad', false) && window.pad.some((length) => length > 0))
    throw new Error('counts the padding in its averages (count_include_pad 1): only 0 is supported');
  return averaged(reader, node.output, x, window);
}

type PoolWindow = Pick<PoolLayer, 'kernel' | 'stride' | 'pad'>;

function averaged(reader: Reader, name: string, x: Activation, window: PoolWindow): Activation {
  const layer: PoolLayer = { op: 'averagePool', ...called(name), inputs: [realOf(reader, x)], ...window };
  return push(reader, layer, [realFacts(x)]);
}

function poolWindow(node: NodeReader, x: Activation): PoolWindow {
  if (!node.has('kernel_shape')) throw new Error('has no kernel_shape');
  const kernel = pairOf(node, 'kernel_shape');
  const { stride, dilation, pad } = windowOf(node, perImage(x), kernel);
  if (dilation.some((step) => step !== 1))
    throw new Error(`has dilations ${dilation.join('x')}: pooling is supported without`);
  const outside = [0, 1, 2, 3].find((side) => pad[side] >= kernel[side % 2]);
  if (outside !== undefined)
    throw new Error(
      `has pads = ${pad.join(' ')} and kernel ${kernel.join('x')}: a window may not lie in the padding alone`,
    );
  if (sizeOf(kernel) * sizeOf(x.shape.slice(2)) > LARGEST)
    throw new Error(
      `has kernel ${kernel.join('x')} over ${perImage(x).join('x')}: up to ${LARGEST} places of windows are supported`,
    );
  const more = node.flag('ceil_mode', false)
    ? [0, 1].map((axis) => missing(x.shape[axis + 2], kernel[axis], stride[axis], pad[axis], pad[axis + 2]))
    : [0, 0];
  return { kernel, stride, pad: [pad[0], pad[1], pad[2] + more[0], pad[3] + more[1]] };
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
  const axes = given === undefined ? (node.opset < 18 ? node.ints('axes', []) : []) : wholesOf(given);
  node.ignore('noop_with_empty_axes'); // empty axes are refused
  const places = new Set(axes.map((axis) => axisAmong(axis, 4)));
  if (axes.length !== 2 || places.size !== 2 || !places.has(2) || !places.has(3))
    throw new Error(`averages over axes ${axes.join(' ')}: height and width (2 3) are supported`);
  if (node.flag('keepdims', true)) return averageAll(reader, node, node.output);
  const pooled = averageAll(reader, node, `${node.output}/pool`);
  return push(reader, { op: 'flatten', ...called(node.output), inputs: [pooled.name] }, [pooled]);
}

function averageAll(reader: Reader, node: NodeReader, name: string): Activation {
  const x = activation(reader, node);
  const [, , height, width] = x.shape;
  if (x.shape.length !== 4)
    throw new Error(`averages over shape ${perImage(x).join('x')}: channels x height x width is needed`);
  return averaged(reader, name, x, { kernel: [height, width], stride: [1, 1], pad: [0, 0, 0, 0] });
}

/** Padding of height and width with what stands for zero, which the Conv that reads it takes over. */
export function readPad(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const given = optional(reader, node, 1);
  const old = node.opset < 11;
  const pads = given === undefined ? (old ? node.ints('pads', []) : []) : wholesOf(given);
  const [, , top, left, , , bottom, right] = pads;
  const constant = optional(reader, node, 2);
  const value = constant === undefined ? (old ? node.float('value', 0) : 0) : scalarOf(constant);
  const [mode, zero] = [node.string('mode', 'constant'), zeroOf(x)];
  const whole = pads.every((length) => Number.isInteger(length) && length >= 0 && length <= LARGEST);
  const around = pads.length === 8 && whole && x.pad === undefined && [0, 1, 4, 5].every((place) => pads[place] === 0);
  if (!around || x.shape.length !== 4 || (node.inputs[3] ?? '') !== '' || mode !== 'constant' || value !== zero)
    throw new Error(
      `has pads = ${pads.join(' ')} with mode ${mode} and value ${value}: height and width, once, with the constant ${zero} that stands for zero, are supported`,
    );
  return { ...x, pad: [top, left, bottom, right] };
}

export function readFlatten(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  const axis = node.int('axis', 1);
  if (axis !== 1 && axisAmong(axis, fileShape(x).length + 1) !== 1)
    throw new Error(`flattens from axis ${axis}: only 1, which keeps the batch, is supported`);
  return flattened(reader, node, x);
}

function flattened(reader: Reader, node: NodeReader, x: Activation): Activation {
  if (x.shape.length === 2) return { ...(x.column ? renamed(reader, node.output, x) : x), column: false };
  return keepingCodes(reader, x, (input) => ({ op: 'flatten', ...called(node.output), inputs: [input] }));
}

export function readReshape(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const target = wholesOf(stored(reader, node, 1));
  if (node.flag('allowzero', false) && target.includes(0))
    throw new Error(`has allowzero = 1 and a 0 in the shape ${target.join('x')}: no tensor here is empty`);
  if (x.kind === 'stored') return { ...x, constant: { ...x.constant, shape: resolved(target, x.constant.shape) } };
  if (x.kind === 'weights') throw new Error('reshapes dequantized weights: reshape their codes');
  const full = fileShape(x);
  const rest = withoutBatch(target, full);
  if (rest.length === 1) return flattened(reader, node, x);
  if (rest.join() === full.join()) return x;
  if (x.shape.length === 2 && !x.column && rest.length === 3 && rest[0] === x.shape[1]) return { ...x, column: true };
  throw new Error(`reshapes ${full.join('x')} to ${rest.join('x')}: only flattening is supported`);
}

/** What a target leaves of one image's shape, whatever the batch is. */
function withoutBatch(target: readonly number[], full: readonly number[]): readonly number[] {
  const [batch, ...shape] = target;
  const known = shape.map((length, i) => (length === 0 ? full[i] : length));
  const rest = batch === -1 ? known : resolved([batch === 0 ? 0 : batch, ...shape], [1, ...full]).slice(1);
  if (batch !== undefined && sizeOf(rest) === sizeOf(full) && rest.every((length) => length >= 1)) return rest;
  throw new Error(`reshapes ${full.join('x')} to ${target.join('x')}: the batch must stay first`);
}

/** A target shape with 0 (as in the input) and -1 (what is left) replaced. @throws Error where it is not as large as the input */
function resolved(target: readonly number[], shape: readonly number[]): number[] {
  const copied = target.map((length, i) => (length === 0 ? (shape[i] ?? -2) : length));
  const known = copied.filter((length) => length !== -1).reduce((size, length) => size * length, 1);
  const full = copied.map((length) => (length === -1 ? sizeOf(shape) / known : length));
  const free = copied.filter((length) => length === -1).length;
  if (free > 1 || full.some((length) => !Number.isInteger(length) || length < 0) || sizeOf(full) !== sizeOf(shape))
    throw new Error(`reshapes ${shape.join('x') || 'a scalar'} to ${target.join('x')}: the sizes differ`);
  return full;
}

/** Takes away axes of length 1; without axes all of them, and so a batch of 1 too. */
export function readSqueeze(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const axes = axesOf(reader, node);
  if (x.kind === 'stored') return squeezed(x, node, axes);
  const value = activation(reader, node);
  const full = fileShape(value);
  const gone = axes?.map((axis) => axisAmong(axis, full.length + 1)).sort((a, b) => a - b);
  if (full.length === 3 && gone?.join() === '2,3' && full[1] === 1 && full[2] === 1)
    return flattened(reader, node, value);
  throw new Error(
    `squeezes ${axes === undefined ? 'all axes' : `axes ${axes.join(' ')}`} of Nx${full.join('x')}: axes 2 3 of channels x 1 x 1 are supported`,
  );
}

/** Axes as an input, since opset 13, or as an attribute. */
function axesOf(reader: Reader, node: NodeReader): readonly number[] | undefined {
  const given = optional(reader, node, 1);
  if (given !== undefined) return wholesOf(given);
  return node.has('axes') && node.opset < 13 ? node.ints('axes', []) : undefined;
}

function squeezed(x: StoredValue, node: NodeReader, axes: readonly number[] | undefined): StoredValue {
  const { shape } = x.constant;
  const gone =
    axes?.map((axis) => axisAmong(axis, shape.length)) ?? shape.flatMap((length, i) => (length === 1 ? [i] : []));
  const long = gone.find((axis) => shape[axis] !== 1);
  if (long !== undefined) throw new Error(`squeezes axis ${long} of ${shape.join('x')}: its length must be 1`);
  return withShape(
    x,
    node,
    shape.filter((_, axis) => !gone.includes(axis)),
  );
}

function withShape(x: StoredValue, node: NodeReader, shape: readonly number[]): StoredValue {
  return { ...x, constant: { ...x.constant, name: node.output, shape } };
}

/** Shape as a stored tensor; the batch is 0 in it, which Reshape takes for "as it was". */
export function readShape(reader: Reader, node: NodeReader): Value {
  const dims = [0, ...fileShape(activation(reader, node))];
  return storedInts(node, dims, [dims.length]);
}

function storedInts(node: NodeReader, values: readonly number[], shape: readonly number[]): StoredValue {
  const constant: Constant = { name: node.output, type: elementType('INT64'), shape, data: Float64Array.from(values) };
  return { kind: 'stored', constant };
}

export function readConstantOfShape(reader: Reader, node: NodeReader): Value {
  const shape = wholesOf(stored(reader, node, 0));
  const value = node.constant();
  if (value !== undefined && value.type.name !== 'FLOAT')
    throw new Error(`makes ${value.type.name}: FLOAT is supported`);
  if (shape.some((length) => length < 0) || sizeOf(shape) > LARGEST)
    throw new Error(`makes shape ${shape.join('x')}: up to ${LARGEST} elements are supported`);
  const data = new Float32Array(sizeOf(shape)).fill(value === undefined ? 0 : scalarOf(value));
  return { kind: 'stored', constant: { name: node.output, type: elementType('FLOAT'), shape, data } };
}

/** The integers of a stored tensor. @throws Error where it holds other numbers */
function integersIn({ name, type, data }: Constant): number[] {
  if (type.name === 'INT64') return [...data];
  throw new Error(`reads ${name}, which holds ${type.name}, as a shape or axes: INT64 is supported`);
}

/** The integers of a stored vector, a shape or axes. */
function wholesOf(constant: Constant): number[] {
  if (constant.shape.length === 1) return integersIn(constant);
  throw new Error(
    `reads ${constant.name} of shape ${constant.shape.join('x') || 'scalar'}: a vector, as a shape is, is supported`,
  );
}

export function readGather(reader: Reader, node: NodeReader): Value {
  const data = wholesOf(stored(reader, node, 0));
  axisAmong(node.int('axis', 0), 1);
  const indices = stored(reader, node, 1);
  const values = integersIn(indices).map((i) => data[i < 0 ? i + data.length : i]);
  if (values.includes(undefined as never))
    throw new Error(`takes elements ${integersIn(indices).join(' ')} of the ${data.length} in ${node.inputs[0]}`);
  return storedInts(node, values, indices.shape);
}

/** Runs on any stored tensor. */
export function readUnsqueeze(reader: Reader, node: NodeReader): Value {
  const x = stored(reader, node, 0);
  const axes = axesOf(reader, node) ?? [];
  const rank = x.shape.length + axes.length;
  const places = new Set(axes.map((axis) => axisAmong(axis, rank)));
  if (places.size !== axes.length || axes.length === 0)
    throw new Error(`has axes = ${axes.join(' ')}: each once is wanted`);
  const kept = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : (kept.shift() ?? 1)));
  return withShape({ kind: 'stored', constant: x }, node, shape);
}

export function readConcat(reader: Reader, node: NodeReader): Value {
  if (node.inputs.some((_, i) => operand(reader, node, i).kind !== 'stored'))
    throw new Error('joins activations: Concat is supported for shapes only');
  axisAmong(node.int('axis', Number.NaN), 1);
  const values = node.inputs.flatMap((_, i) => wholesOf(stored(reader, node, i)));
  return storedInts(node, values, [values.length]);
}

/** Since opset 10 all is in inputs: starts, ends, axes, steps. */
export function readSlice(reader: Reader, node: NodeReader): Value {
  const data = wholesOf(stored(reader, node, 0));
  const [starts, ends] = [1, 2].map((i) => wholesOf(stored(reader, node, i)));
  const [axes, steps] = [3, 4].map((i) => optional(reader, node, i)).map((given) => given && wholesOf(given));
  for (const axis of axes ?? []) axisAmong(axis, 1);
  if (starts.length !== 1 || ends.length !== 1 || (axes ?? [0]).length !== 1 || (steps ?? [1]).join() !== '1')
    throw new Error(
      `slices by steps ${(steps ?? [1]).join(' ')} along ${starts.length} axes: one axis by 1 is supported`,
    );
  const values = data.slice(starts[0], ends[0]);
  return storedInts(node, values, [values.length]);
}
