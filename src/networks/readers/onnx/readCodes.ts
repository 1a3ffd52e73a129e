import {
  type Activation,
  called,
  keepingCodes,
  narrowed,
  push,
  quantized,
  sameMeaning,
  saturating,
} from '../../build/builder.js';
import { type Fit, fitTo } from '../../../formats/codec.js';
import { type Format, isSigned, widthOf } from '../../../formats/format.js';
import { formatNamed } from '../../../formats/catalog.js';
import { int32s } from '../../integers.js';
import type { Layer } from '../../network.js';
import { codeTensor, dequantize, quantize } from '../../quantization.js';
import { type CodeTensor, floatTensor, type Quantization } from '../../tensor.js';
import { codesOf, type Constant, floatsOf, realsOf, scalarOf, valuesOf } from './constant.js';
import { elementType, type ElementType, elementTypeOf, formatOf } from './element.js';
import { fusedInto } from './fuse.js';
import { dequantizedBlocks } from './readBlockScales.js';
import {
  axisAmong,
  computing,
  isComputed,
  type NodeReader,
  operand,
  optional,
  type Reader,
  stored,
  type StoredValue,
  type Value,
} from './reader.js';

/**
 * A quantization from stored scale and zero point.
 * @param shape of what is quantized, where it is stored: scales are for its axis
 * @throws Error where a scale is no positive number, a zero point is none of the format's, or their number is wrong
 */
export function quantizationOf(
  fit: Fit,
  scale: Constant,
  zero: Constant | undefined,
  axis = 0,
  shape?: readonly number[],
): Quantization {
  const scales = floatsOf(scale);
  const bad = scales.findIndex((value) => !(value > 0));
  if (bad >= 0) throw new Error(`has the scale ${scales[bad]} in ${scale.name}: scales must be positive`);
  if (scale.shape.length > 1 && scales.length > 1)
    throw new Error(`has scales of shape ${scale.shape.join('x')} in ${scale.name}: a scalar or a vector is supported`);
  if (scales.length === 0 || (scales.length > 1 && shape !== undefined && shape[axis] !== scales.length))
    throw new Error(
      `has ${scales.length} scales in ${scale.name} for axis ${axis} of ${shape?.join('x')}: one, or one for each of its indices`,
    );
  const own = scales.length === 1 ? 0 : axis;
  return { fit, scale: scales, axis: own, zeroPoint: zeroPointOf(fit, zero, scales.length) };
}

function zeroPointOf(fit: Fit, zero: Constant | undefined, scales: number): Quantization['zeroPoint'] {
  if (zero === undefined) return 0;
  const zeros = valuesOf(zero);
  if (zeros.length !== scales)
    throw new Error(`has ${zeros.length} zero points in ${zero.name} and ${scales} scales: one for each is wanted`);
  if (scales > 1 && zero.shape.length !== 1)
    throw new Error(`has zero points of shape ${zero.shape.join('x')} in ${zero.name}: a vector is wanted`);
  const wrong = zeros.find((value) => fit.format.kind !== 'int' && value !== 0);
  if (wrong !== undefined) throw new Error(`has the zero point ${wrong} in ${zero.name}: that of floats must be 0`);
  return zeros.every((value) => value === zeros[0]) ? zeros[0] + 0 : int32s(zeros, zero.name);
}

/** The axis of scales, which says nothing where there is one scale. */
function axisOf(node: NodeReader, rank: number, scale: Constant): number {
  if (node.int('block_size', 0) !== 0)
    throw new Error(
      `has block_size = ${node.int('block_size', 0)}, scales of blocks: one scale for a tensor or a channel is supported`,
    );
  const axis = node.int('axis', 1);
  return scale.data.length === 1 ? 0 : axisAmong(axis, rank);
}

/** The element type that `output_dtype` names; 0 names none. */
function outputType(node: NodeReader): ElementType | undefined {
  const number = node.int('output_dtype', 0);
  const type = elementTypeOf(number);
  if (number !== 0 && type === undefined) throw new Error(`has output_dtype = ${number}, which is no type of numbers`);
  return type;
}

export function readQuantizeLinear(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const [scale, zero, asked] = [stored(reader, node, 1), optional(reader, node, 2), outputType(node)];
  const type = zero?.type ?? asked ?? elementType('UINT8');
  if (asked !== undefined && asked !== type)
    throw new Error(`has output_dtype = ${asked.number} (${asked.name}) and a zero point of ${type.name}`);
  if (type.quantizeSince === undefined) throw new Error(`quantizes to ${type.name}: ONNX has no such QuantizeLinear`);
  const precision = node.int('precision', 0);
  if (precision > 1) throw new Error(`has precision = ${precision}: division in float32 (1) is supported`);
  const saturates = node.flag('saturate', true) || !type.name.startsWith('FLOAT8'); // it is about float8 alone
  const fit = fitTo(formatOf(type), { overflow: saturates ? 'saturate' : 'ieee' });
  const shape = x.kind === 'stored' ? x.constant.shape : x.kind === 'weights' ? x.tensor.shape : undefined;
  const q = quantizationOf(fit, scale, zero, axisOf(node, shape?.length ?? 0, scale), shape);
  if (x.kind === 'stored') return { kind: 'stored', constant: quantizeStored(x.constant, q, type, node.output) };
  if (x.kind === 'weights') {
    // What was dequantized may be quantized again, as it is where a bias is added by a node of its own.
    const { data } = quantize(dequantize(x.tensor), q);
    return { kind: 'stored', constant: { name: node.output, type, shape: x.tensor.shape, data } };
  }
  return fusedInto(reader, node, x, q) ?? quantized(reader, node.output, x, q, 'codes');
}

function quantizeStored(constant: Constant, q: Quantization, type: ElementType, name: string): Constant {
  return { name, type, shape: constant.shape, data: quantize(floatTensor(constant.shape, floatsOf(constant)), q).data };
}

/** The quantization of an input of an operator that is given scale and zero point again. @throws Error where they differ */
export function checkedCodes(reader: Reader, x: Activation, scale: Constant, zero: Constant | undefined): Activation {
  if (x.as === 'integers') return meantCodes(reader, x, scale, zero);
  const known = x.quantization;
  if (known === undefined || x.as !== 'codes') throw new Error(`reads ${x.name} as codes, but it holds real numbers`);
  const q = quantizationOf(saturating(zero === undefined ? known.fit.format : formatOf(zero.type)), scale, zero);
  if (!sameMeaning(known, q))
    throw new Error(
      `reads ${x.name} with scale ${q.scale[0]}, zero point ${String(q.zeroPoint)}, but it was written with ${known.scale[0]}, ${String(known.zeroPoint)}`,
    );
  return x;
}

/** Integers that the network reads, as codes: quantized before it. */
function meantCodes(reader: Reader, x: Activation, scale: Constant, zero: Constant | undefined): Activation {
  const format = formatNamed(String(x.type));
  if (zero !== undefined && formatOf(zero.type).name !== format.name)
    throw new Error(`reads ${String(x.type)} with a zero point of ${zero.type.name}: they must be of one type`);
  const name = `${x.name}/codes`;
  const layer: Layer = {
    ...{ op: 'quantize', ...called(name), inputs: [x.name] },
    quantization: quantizationOf(saturating(format), scale, zero),
  };
  const known = reader.layers.find((each) => each.name === name);
  if (known === undefined) return push(reader, layer, [x]);
  if (known.op === 'quantize' && sameMeaning(known.quantization, layer.quantization))
    return { ...x, name, as: 'codes', type: undefined, quantization: known.quantization };
  throw new Error(`reads ${x.name} with another scale or zero point than a node before it`);
}

export function readDequantizeLinear(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const scale = stored(reader, node, 1);
  const zero = optional(reader, node, 2);
  if (x.kind === 'weights') throw new Error(`reads ${node.inputs[0]}, which is real already`);
  const asked = outputType(node) ?? scale.type;
  if (x.kind === 'stored' && (node.int('block_size', 0) !== 0 || asked.name !== 'FLOAT')) {
    checkZeroPoint(x.constant.type, zero);
    return dequantizedBlocks(node, x.constant, scale, zero, asked);
  }
  if (asked.name !== 'FLOAT') throw new Error(`dequantizes to ${asked.name}: FLOAT is supported`);
  if (x.kind === 'activation') {
    axisOf(node, 0, scale);
    return { ...checkedCodes(reader, x, scale, zero), as: 'dequantized', realName: node.output };
  }
  const { type, shape } = x.constant;
  checkZeroPoint(type, zero);
  if (type.quantizeSince === undefined && type.name !== 'INT32')
    throw new Error(`dequantizes ${type.name}: ONNX has no such DequantizeLinear`);
  const fit = saturating(x.format ?? formatOf(type));
  const q = quantizationOf(fit, scale, zero, axisOf(node, shape.length, scale), shape);
  const tensor = storedCodes(x, q);
  if (type.bits <= 16) return { kind: 'weights', tensor };
  const { data } = dequantize(tensor);
  return {
    kind: 'stored',
    constant: { name: node.output, type: elementType('FLOAT'), shape: tensor.shape, data },
    codes: { whole: x.constant, scale: q.scale },
  };
}

/** @throws Error where stored codes are of one type and their zero point of another */
export function checkZeroPoint(type: ElementType, zero: Constant | undefined): void {
  if (zero === undefined || zero.type === type) return;
  throw new Error(`reads ${type.name} with a zero point of ${zero.type.name}: they must be of one type`);
}

/** Stored codes with their meaning, checked to be finite where their type has anything else. */
export function storedCodes({ constant, format }: StoredValue, q: Quantization): CodeTensor {
  if (formatOf(constant.type).kind === 'float') realsOf(constant);
  const codes = codesOf(constant);
  if (format === undefined) return codeTensor(constant.shape, codes, q);
  const mask = 2 ** widthOf(format) - 1; // the copies of the sign go
  return codeTensor(
    constant.shape,
    codes.map((code) => code & mask),
    q,
  );
}

/** Clip of real numbers is ReLU or refused; of codes it says that they are narrower than the bytes that hold them. */
export function readClip(reader: Reader, node: NodeReader): Value | undefined {
  const x = operand(reader, node, 0);
  if (x.kind === 'activation' && computing(reader, node) === undefined) return undefined;
  if ([1, 2].some((index) => isComputed(reader, node, index))) return undefined;
  const bound = (index: number, name: string, absent: number) => {
    const constant = optional(reader, node, index);
    if (constant === undefined) return node.opset < 11 ? node.float(name, absent) : absent;
    if (isOfKind(constant.type, x)) return scalarOf(constant);
    throw new Error(`has a bound of ${constant.type.name} in ${constant.name}: it must be of the type of its input`);
  };
  const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  const format =
    x.kind === 'weights' || (x.kind === 'activation' && x.as !== 'codes') ? undefined : integerOfRange(low, high);
  if (format !== undefined && x.kind === 'stored') return clipStored(x, format, low, high);
  if (format !== undefined && x.kind === 'activation') return narrowed(reader, node.output, x, format);
  return Object.is(low, 0) && high >= 3.4e38 && x.kind === 'activation' ? readRelu(reader, node) : undefined;
}

/** Whether numbers of a type may bound a value: narrow codes are held in bytes of their signedness. */
function isOfKind(type: ElementType, x: Value): boolean {
  if (x.kind === 'stored') return x.constant.type === type;
  const format = x.kind === 'activation' && x.as === 'codes' ? x.quantization?.fit.format : undefined;
  if (format?.kind !== 'int') return type.name === 'FLOAT';
  const bounds = formatOf(type);
  return bounds.kind === 'int' && bounds.signed === format.signed;
}

function integerOfRange(low: number, high: number): Format | undefined {
  const bits = Math.log2(high - low + 1);
  if (!Number.isInteger(bits) || bits < 2 || bits > 8 || (low !== 0 && low !== -(2 ** (bits - 1)))) return undefined;
  return { kind: 'int', name: `${low < 0 ? '' : 'u'}int${bits}`, signed: low < 0, bits, exponent: 0 };
}

function clipStored(x: StoredValue, format: Format, low: number, high: number): StoredValue {
  const outside = valuesOf(x.constant).find((value) => value < low || value > high);
  if (outside !== undefined)
    throw new Error(`clips the stored ${x.constant.name}, which holds ${outside}, to [${low}, ${high}]`);
  return { ...x, format };
}

/** Over reals, and over codes whose zero is code 0. */
export function readRelu(reader: Reader, node: NodeReader): Value | undefined {
  const x = computing(reader, node);
  if (x === undefined) return undefined;
  const format = x.as === 'codes' ? x.quantization?.fit.format : undefined;
  if (format?.kind === 'int' && x.quantization?.zeroPoint !== 0)
    throw new Error(
      `is a ReLU at code 0 over codes with zero point ${String(x.quantization?.zeroPoint)}: use Max with the zero point`,
    );
  if (format !== undefined && !isSigned(format))
    throw new Error(`is a ReLU over the unsigned codes of ${format.name}, which ONNX does not have`);
  return keepingCodes(reader, x, (input) => ({ op: 'relu', ...called(node.output), inputs: [input] }));
}
