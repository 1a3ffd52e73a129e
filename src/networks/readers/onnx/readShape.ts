import {
  type Activation,
  called,
  keepingCodes,
  perImage,
  push,
  realFacts,
  realOf,
  renamed,
} from '../../build/builder.js';
import type { AveragePoolLayer, PoolLayer } from '../../network.js';
import { LARGEST, sizeOf } from '../../tensor.js';
import { reshaped } from '../../functions/moves.js';
import { type Constant, scalarOf } from './constant.js';
import { elementType } from './element.js';

import { zeroOf } from '../../build/products.js';
import { pairOf, windowOf } from './readMac.js';
import {
  axisAmong,
  computing,
  isComputed,
  fileShape,
  type NodeReader,
  operand,
  optional,
  type Reader,
  stored,
  type StoredValue,
  type Value,
} from './reader.js';

export function readMaxPool(reader: Reader, node: NodeReader): Value | undefined {
  const x = planes(reader, node);
  const indices = (node.outputs[1] ?? '') !== '';
  if (x === undefined || indices || node.ints('dilations', [1, 1]).some((step) => step !== 1)) return undefined;
  node.ignore('storage_order'); // of the indices alone
  const window = poolWindow(node, x);
  return keepingCodes(reader, x, (input) => ({ op: 'maxPool', ...called(node.output), inputs: [input], ...window }));
}

export function readAveragePool(reader: Reader, node: NodeReader): Value | undefined {
  const x = planes(reader, node);
  if (x === undefined || x.as === 'codes' || node.ints('dilations', [1, 1]).some((step) => step !== 1))
    return undefined;
  const window = poolWindow(node, x);
  if (node.flag('count_include_pad', false) && window.pad.some((length) => length > 0)) return undefined;
  const covers =
    [0, 1].every((axis) => window.kernel[axis] === x.shape[axis + 2]) && window.pad.every((pad) => pad === 0);
  const sums = reader.rules.name === 'onnx' || node.opset >= 19 ? undefined : covers ? 'plane' : 'rows';
  return averaged(reader, node.output, x, { ...window, sums });
}

/** What pools in two dimensions read; undefined where it is of another rank. */
function planes(reader: Reader, node: NodeReader): Activation | undefined {
  const x = computing(reader, node);
  return x?.shape.length === 4 ? x : undefined;
}

type PoolWindow = Pick<PoolLayer, 'kernel' | 'stride' | 'pad'> & Pick<AveragePoolLayer, 'sums'>;

function averaged(reader: Reader, name: string, x: Activation, { sums, ...window }: PoolWindow): Activation {
  const layer: AveragePoolLayer = {
    ...{ op: 'averagePool', ...called(name), inputs: [realOf(reader, x)], ...window },
    ...(sums && { sums }),
  };
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

export function readGlobalAveragePool(reader: Reader, node: NodeReader): Value | undefined {
  const x = planes(reader, node);
  return x === undefined || x.as === 'codes' ? undefined : averageAll(reader, x, node.output);
}

/** The mean over height and width; that over other axes, and by a runtime's own order of additions, is a function. */
export function readReduceMean(reader: Reader, node: NodeReader): Value | undefined {
  const x = planes(reader, node);
  if (x === undefined || x.as === 'codes') return undefined;
  const given = optional(reader, node, 1);
  const axes = given === undefined ? (node.opset < 18 ? node.ints('axes', []) : []) : wholesOf(given);
  node.ignore('noop_with_empty_axes'); // of empty axes alone
  const places = new Set(axes.map((axis) => axisAmong(axis, 4)));
  if (axes.length !== 2 || places.size !== 2 || !places.has(2) || !places.has(3)) return undefined;
  if (reader.rules.name !== 'onnx') return undefined;
  if (node.flag('keepdims', true)) return averageAll(reader, x, node.output);
  const pooled = averageAll(reader, x, `${node.output}/pool`);
  return push(reader, { op: 'flatten', ...called(node.output), inputs: [pooled.name] }, [pooled]);
}

function averageAll(reader: Reader, x: Activation, name: string): Activation {
  const [, , height, width] = x.shape;
  const sums = reader.rules.name === 'onnx' ? undefined : 'plane';
  return averaged(reader, name, x, { kernel: [height, width], stride: [1, 1], pad: [0, 0, 0, 0], sums });
}

/** Padding of height and width with what stands for zero, which the Conv that reads it takes over. */
export function readPad(reader: Reader, node: NodeReader): Value | undefined {
  const x = planes(reader, node);
  const convolved = reader.readers.get(node.output)?.every((opType) => opType.endsWith('Conv')) === true;
  if (x === undefined || !convolved || [1, 2].some((index) => isComputed(reader, node, index))) return undefined;
  const given = optional(reader, node, 1);
  const old = node.opset < 11;
  const pads = given === undefined ? (old ? node.ints('pads', []) : []) : wholesOf(given);
  const [, , top, left, , , bottom, right] = pads;
  const constant = optional(reader, node, 2);
  const value = constant === undefined ? (old ? node.float('value', 0) : 0) : scalarOf(constant);
  const [mode, zero] = [node.string('mode', 'constant'), zeroOf(x)];
  const whole = pads.every((length) => Number.isInteger(length) && length >= 0 && length <= LARGEST);
  const around = pads.length === 8 && whole && x.pad === undefined && [0, 1, 4, 5].every((place) => pads[place] === 0);
  if (!around || (node.inputs[3] ?? '') !== '' || mode !== 'constant' || value !== zero) return undefined;
  return { ...x, pad: [top, left, bottom, right] };
}

export function readFlatten(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  if (x === undefined || ![1, -fileShape(x).length].includes(node.int('axis', 1))) return undefined;
  return flattened(reader, node, x);
}

function flattened(reader: Reader, node: NodeReader, x: Activation): Activation {
  if (x.shape.length === 2) return { ...(x.column ? renamed(reader, node.output, x) : x), column: false };
  return keepingCodes(reader, x, (input) => ({ op: 'flatten', ...called(node.output), inputs: [input] }));
}

/** Flattening, and features as features x 1 x 1, which a convolution reads; other forms are a function of their own. */
export function readReshape(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  const zeros = node.flag('allowzero', false);
  if (x === undefined || isComputed(reader, node, 1)) return undefined;
  const target = wholesOf(stored(reader, node, 1));
  if (zeros && target.includes(0)) return undefined;
  const full = fileShape(x);
  const rest = withoutBatch(target, [x.shape[0], ...full]);
  if (rest === undefined) return undefined;
  if (rest.length === 1 && x.shape.length > 1) return flattened(reader, node, x);
  if (rest.join() === full.join()) return x;
  const column = x.shape.length === 2 && !x.column && rest.length === 3 && rest[0] === x.shape[1];
  return column ? { ...x, column } : undefined;
}

/** What a target leaves of one image's shape, whatever the batch is; undefined where it does not come first. */
function withoutBatch(target: readonly number[], shape: readonly number[]): readonly number[] | undefined {
  const [batch, ...lengths] = target;
  const [, ...full] = shape;
  const known = lengths.map((length, i) => (length === 0 ? full[i] : length));
  const rest = batch === -1 ? known : reshaped(shape, target).slice(1);
  const first = batch === -1 || batch === 0 || batch === 1;
  return first && sizeOf(rest) === sizeOf(full) && rest.every((length) => length >= 1) ? rest : undefined;
}

/** Channels x 1 x 1 as features; what else is squeezed is a function of its own. */
export function readSqueeze(reader: Reader, node: NodeReader): Value | undefined {
  const x = planes(reader, node);
  if (x === undefined || isComputed(reader, node, 1)) return undefined;
  const given = optional(reader, node, 1);
  const axes = given !== undefined ? wholesOf(given) : node.opset < 13 ? node.ints('axes', []) : [];
  const gone = axes.map((axis) => axisAmong(axis, 4)).sort((a, b) => a - b);
  const [, , height, width] = x.shape;
  return gone.join() === '2,3' && height === 1 && width === 1 ? flattened(reader, node, x) : undefined;
}

/** Shape as a stored tensor, with 1 where the batch is free. */
export function readShape(reader: Reader, node: NodeReader): Value {
  const dims = dimsOf(operand(reader, node, 0));
  const end = node.int('end', dims.length);
  const kept = dims.slice(node.int('start', 0), end);
  return storedInts(node, kept, [kept.length]);
}

export function readSize(reader: Reader, node: NodeReader): Value {
  return storedInts(node, [sizeOf(dimsOf(operand(reader, node, 0)))], []);
}

function dimsOf(x: Value): readonly number[] {
  if (x.kind === 'activation') return [x.shape[0], ...fileShape(x)].slice(0, x.shape.length + (x.column ? 2 : 0));
  return x.kind === 'weights' ? x.tensor.shape : x.constant.shape;
}

function storedInts(node: NodeReader, values: readonly number[], shape: readonly number[]): StoredValue {
  const constant: Constant = { name: node.output, type: elementType('INT64'), shape, data: Float64Array.from(values) };
  return { kind: 'stored', constant };
}

/** The integers of a stored vector, a shape or axes. */
function wholesOf({ name, type, shape, data }: Constant): number[] {
  if (type.name !== 'INT64')
    throw new Error(`reads ${name}, which holds ${type.name}, as a shape or axes: INT64 is supported`);
  if (shape.length === 1) return [...data];
  throw new Error(`reads ${name} of shape ${shape.join('x') || 'scalar'}: a vector, as a shape is, is supported`);
}
