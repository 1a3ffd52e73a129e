import { type Activation, saturating } from '../../build/builder.js';
import { type ProductOperands, operandsOf, pushConv, pushDense, type SlidingWindow } from '../../build/products.js';
import { int32s } from '../../integers.js';
import type { ConvLayer } from '../../network.js';
import { asPlanes } from '../../products/convolution.js';
import { transpose } from '../../products/gemm.js';
import { codeTensor, dequantize } from '../../quantization.js';
import { type CodeTensor, integerTensor, LARGEST, floatTensor, type Operand, type Quantization } from '../../tensor.js';
import { type Constant, floatsOf, valuesOf } from './constant.js';
import { elementType, formatOf } from './element.js';
import { codesOfFunction } from './overCodes.js';
import { checkedCodes, checkZeroPoint, quantizationOf, storedCodes } from './readCodes.js';
import {
  activation,
  computing,
  fileShape,
  isComputed,
  type NodeReader,
  operand,
  optional,
  type Reader,
  stored,
  type Value,
} from './reader.js';

/**
 * Strides, pads and dilations of a two-dimensional window; auto_pad is worked out from the input's shape.
 * @param axes 1 where the file has lengths along lines, which are planes of height 1 here
 */
export function windowOf(
  node: NodeReader,
  shape: readonly number[],
  kernel: readonly number[],
  axes: 1 | 2 = 2,
): SlidingWindow {
  if (shape.length !== 3 || kernel.length !== 2)
    throw new Error(
      `has kernel ${kernel.join('x')} over shape ${shape.join('x')}: two-dimensional windows over channels x height x width are supported`,
    );
  const [stride, dilation] = [pairOf(node, 'strides', axes), pairOf(node, 'dilations', axes)];
  const places = padOf(node, shape, kernel, stride, dilation, axes);
  const [height, width] = [0, 1].map((axis) => shape[axis + 1] + places[axis] + places[axis + 2]);
  const [rows, cols] = [0, 1].map((axis) => dilation[axis] * (kernel[axis] - 1) + 1);
  if (rows > height || cols > width)
    throw new Error(`has a window of ${rows}x${cols} over ${height}x${width}, padding included: it must fit`);
  if (shape[0] * height * width > LARGEST)
    throw new Error(`has pads = ${places.join(' ')}: up to ${LARGEST} elements, padding included, are supported`);
  return { stride, dilation, pad: places };
}

const AUTO_PADS = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'];

function padOf(
  node: NodeReader,
  shape: readonly number[],
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  axes: 1 | 2,
): ConvLayer['pad'] {
  const auto = node.string('auto_pad', 'NOTSET');
  if (!AUTO_PADS.includes(auto)) throw new Error(`has auto_pad = ${auto}: it is one of ${AUTO_PADS.join(' ')}`);
  if (auto === 'NOTSET') {
    const given = node.ints('pads', new Array<number>(2 * axes).fill(0));
    if (given.length !== 2 * axes || given.some((length) => !(length >= 0 && length <= LARGEST)))
      throw new Error(
        `has pads = ${given.join(' ')}: ${axes === 1 ? 'two' : 'four'} lengths of 0 and more are supported`,
      );
    const pads = axes === 1 ? [0, given[0], 0, given[1]] : given;
    return [pads[0], pads[1], pads[2], pads[3]];
  }
  if (auto === 'VALID') return [0, 0, 0, 0];
  if (dilation.some((step) => step !== 1))
    throw new Error(`has auto_pad = ${auto} with dilations = ${dilation.join(' ')}: give pads instead`);
  const [height, width] = [0, 1].map((axis) => {
    const length = shape[axis + 1];
    const covered = (Math.ceil(length / stride[axis]) - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
    const total = Math.max(covered - length, 0);
    const small = Math.floor(total / 2);
    return auto === 'SAME_LOWER' ? [total - small, small] : [small, total - small];
  });
  return [height[0], width[0], height[1], width[1]];
}

/** Two lengths of a window; 1 where the attribute is absent, and above lines. */
export function pairOf(node: NodeReader, name: string, axes: 1 | 2 = 2): [number, number] {
  const given = node.ints(name, new Array<number>(axes).fill(1));
  if (given.length !== axes || given.some((length) => !(length >= 1 && length <= LARGEST)))
    throw new Error(
      `has ${name} = ${given.join(' ')}: ${axes === 1 ? 'one length' : 'two lengths'} of 1 and more ${axes === 1 ? 'is' : 'are'} supported`,
    );
  return axes === 1 ? [1, given[0]] : [given[0], given[1]];
}

/** Conv over codes with code weights multiplies codes; else over real numbers. */
export function readConv(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  const weight = operand(reader, node, 1);
  const rank = weight.kind === 'activation' ? undefined : weightShape(weight).length;
  if (x === undefined || (rank !== 3 && rank !== 4) || fileShape(x).length + 1 !== rank || isComputed(reader, node, 2))
    return undefined;
  return convLayer(reader, node, operandsOf(reader, x, weightOf(reader, node, 1), biasOf(reader, node, 2)));
}

/** @throws Error where the node says another kernel than its weights have */
function convLayer(reader: Reader, node: NodeReader, operands: ProductOperands): Activation {
  const { shape } = operands.weight;
  const kernel = shape.slice(2);
  const lines = kernel.length === 1;
  const weight = lines ? { ...operands.weight, shape: asPlanes(shape) } : operands.weight;
  if (node.has('kernel_shape') && node.ints('kernel_shape', []).join('x') !== kernel.join('x'))
    throw new Error(`has kernel_shape = ${node.ints('kernel_shape', []).join(' ')} and weights of ${shape.join('x')}`);
  const groups = node.int('group', 1);
  if (!(groups >= 1)) throw new Error(`has group = ${groups}: it must be 1 or more`);
  return pushConv(reader, node.output, { ...operands, weight }, groups, (over, of) =>
    windowOf(node, over, of, lines ? 1 : 2),
  );
}

export function readGemm(reader: Reader, node: NodeReader): Value | undefined {
  const [alpha, beta, turnsA] = [node.float('alpha', 1), node.float('beta', 1), node.flag('transA', false)];
  const plain = alpha === 1 && beta === 1 && !turnsA;
  if (!plain || !overRows(reader, node) || isComputed(reader, node, 2)) return undefined;
  const weight = weightOf(reader, node, 1);
  const turned = node.flag('transB', false) ? weight : transposed(weight);
  return pushDense(
    reader,
    node.output,
    operandsOf(reader, rowsOf(reader, node), turned, biasOf(reader, node, 2, turned.shape[0])),
  );
}

/** The second factor must be stored; a bias comes with an Add that follows. */
export function readMatMul(reader: Reader, node: NodeReader): Value | undefined {
  if (!overRows(reader, node)) return undefined;
  return pushDense(
    reader,
    node.output,
    operandsOf(reader, rowsOf(reader, node), transposed(weightOf(reader, node, 1))),
  );
}

/** Rows of features times a stored matrix. */
function overRows(reader: Reader, node: NodeReader): boolean {
  const [x, weight] = [computing(reader, node), operand(reader, node, 1)];
  const matrix = weight.kind !== 'activation' && weightShape(weight).length === 2;
  return x !== undefined && x.as !== 'codes' && x.shape.length === 2 && !x.column && matrix;
}

function weightShape(weight: Exclude<Value, Activation>): readonly number[] {
  return weight.kind === 'weights' ? weight.tensor.shape : weight.constant.shape;
}

/** Features in rows: a matrix in the file too. */
function rowsOf(reader: Reader, node: NodeReader): Activation {
  const x = activation(reader, node);
  if (x.column) throw new Error(`multiplies shape Nx${fileShape(x).join('x')}: Flatten may be missing`);
  return x;
}

function weightOf(reader: Reader, node: NodeReader, index: number): Operand {
  const value = operand(reader, node, index);
  if (value.kind === 'weights') return value.tensor;
  if (value.kind === 'activation')
    throw new Error(`multiplies two computed tensors: ${node.inputs[index]} must be a constant`);
  return { kind: 'float', shape: value.constant.shape, data: floatsOf(value.constant) };
}

/** One for each output channel. @param channels of a Gemm, whose bias is spread over rows where it has one number, or one row */
function biasOf(reader: Reader, node: NodeReader, index: number, channels?: number): Float32Array | undefined {
  if ((node.inputs[index] ?? '') === '') return undefined;
  const value = operand(reader, node, index);
  const { shape, data } =
    value.kind === 'weights'
      ? dequantize(value.tensor)
      : floatTensor(stored(reader, node, index).shape, floatsOf(stored(reader, node, index)));
  if (data.length === 1 && channels !== undefined && shape.length <= 2) return new Float32Array(channels).fill(data[0]);
  const row = shape.length === 1 || (channels !== undefined && shape.length === 2 && shape[0] === 1);
  if (!row)
    throw new Error(`has a bias of shape ${shape.join('x') || 'scalar'}: one number for each output is supported`);
  return data;
}

/** [k, n] to [n, k], scales along with it. */
export function transposed(tensor: Operand): Operand {
  const [rows, cols] = tensor.shape;
  if (tensor.shape.length !== 2) throw new Error(`has weights of shape ${tensor.shape.join('x')}: a matrix is needed`);
  const shape = [cols, rows];
  if (tensor.kind === 'float') return floatTensor(shape, transpose(tensor.data, rows, cols, tensor.data.slice()));
  const q = tensor.quantization;
  const axis = q.scale.length === 1 ? 0 : 1 - q.axis;
  return codeTensor(shape, transpose(tensor.data, rows, cols, tensor.data.slice()), { ...q, axis });
}

/** Inputs: x, its scale and zero point, w, its scale and zero point, the output's scale and zero point, int32 bias. */
export function readQLinearConv(reader: Reader, node: NodeReader): Value {
  const parts = requantizeParts(reader, node);
  const given = optional(reader, node, 8);
  const bias = given && integersOf(given);
  const rank = parts.weight.shape.length;
  return rank === 3 || rank === 4
    ? convLayer(reader, node, { ...parts, bias })
    : convOfCodes(reader, node, { ...parts, bias });
}

export function readQLinearMatMul(reader: Reader, node: NodeReader): Value {
  const parts = requantizeParts(reader, node, 1);
  if (parts.x.column) rowsOf(reader, node);
  return pushDense(reader, node.output, { ...parts, weight: transposed(parts.weight) });
}

/** Over volumes, or any other number of axes, the function that convolves does it. */
function convOfCodes(reader: Reader, node: NodeReader, { x, weight, bias, result }: Requantizing): Activation {
  const sums = bias && integerTensor([bias.length], 'int32', Float64Array.from(bias));
  return codesOfFunction(reader, node, 'Conv', [x, weight, ...(sums === undefined ? [] : [sums])], result.output);
}

type Requantizing = ProductOperands & { weight: CodeTensor; result: { kind: 'requantize'; output: Quantization } };

function requantizeParts(reader: Reader, node: NodeReader, axis = 0): Requantizing {
  const x = checkedCodes(reader, activation(reader, node), stored(reader, node, 1), optional(reader, node, 2));
  const weight = operand(reader, node, 3);
  if (weight.kind !== 'stored') throw new Error(`needs constant weights, found the computed ${node.inputs[3]}`);
  const fit = saturating(weight.format ?? formatOf(weight.constant.type));
  const own = optional(reader, node, 5);
  checkZeroPoint(weight.constant.type, own);
  const q = quantizationOf(fit, stored(reader, node, 4), own, axis);
  const zero = optional(reader, node, 7);
  const output = quantizationOf(
    saturating(formatOf(zero?.type ?? elementType('UINT8'))),
    stored(reader, node, 6),
    zero,
  );
  if (output.scale.length !== 1) throw new Error(`has ${output.scale.length} output scales: one is supported`);
  return {
    x,
    input: x.name,
    weight: storedCodes(weight, q),
    result: { kind: 'requantize', output, convention: 'onnx' },
  };
}

export function integersOf(constant: Constant): Int32Array {
  if (constant.type.name !== 'INT32') throw new Error(`has a bias of type ${constant.type.name}: INT32 is needed`);
  if (constant.shape.length !== 1)
    throw new Error(`has a bias of shape ${constant.shape.join('x') || 'scalar'}: a vector is needed`);
  return int32s(valuesOf(constant), constant.name);
}
