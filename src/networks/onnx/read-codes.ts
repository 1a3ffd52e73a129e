import { codeArray } from '../../datapaths/kernel/index.js';
import { encode, type Fit, fitTo } from '../../formats/codec.js';
import { type Format, isSigned, widthOf } from '../../formats/format.js';
import { fromNumber } from '../../formats/raw.js';
import type { Rounding } from '../../formats/rounding.js';
import { encodeAll } from '../codes.js';
import { codeTensor, dequantize, quantize, zeroCode } from '../quantization.js';
import { type CodeTensor, floatTensor, oneZeroPoint, type Quantization } from '../tensor.js';
import { codesOf, type Constant, realsOf, valuesOf } from './constant.js';
import { elementType, type ElementType, elementTypeOf, formatOf, quantizedTypeOf } from './element.js';
import { fitOfCall } from './functions.js';
import {
  type Activation,
  activation,
  type NodeReader,
  operand,
  optional,
  ownLayer,
  push,
  type Reader,
  realOf,
  renamed,
  replaceLayer,
  stored,
  type StoredValue,
  type Value,
} from './reader.js';

/** A quantization from stored scale and zero point. @throws Error where a scale is no positive number */
export function quantizationOf(fit: Fit, scale: Constant, zero: Constant | undefined, axis = 0): Quantization {
  const scales = realsOf(scale);
  const bad = scales.findIndex((value) => !(value > 0));
  if (bad >= 0) throw new Error(`has the scale ${scales[bad]} in ${scale.name}: scales must be positive`);
  const zeros = zero === undefined ? [0] : [...valuesOf(zero)];
  const alike = zeros.every((value) => value === zeros[0]);
  if (!alike && zeros.length !== scales.length)
    throw new Error(
      `has ${zeros.length} zero points in ${zero?.name} and ${scales.length} scales: one for each is wanted`,
    );
  const zeroPoint = alike ? zeros[0] + 0 : Int32Array.from(zeros);
  return { fit, scale: scales, axis: scales.length === 1 ? 0 : axis, zeroPoint };
}

export function saturating(format: Format): Fit {
  return fitTo(format, { overflow: 'saturate' });
}

function axisOf(node: NodeReader, rank: number): number {
  if (node.int('block_size', 0) !== 0)
    throw new Error('has blocked scales (block_size): one scale for a tensor or a channel is supported');
  const axis = node.int('axis', 1);
  return axis < 0 ? axis + rank : axis;
}

export function readQuantizeLinear(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const zero = optional(reader, node, 2);
  const type = zero?.type ?? elementTypeOf(node.int('output_dtype', 0)) ?? elementType('UINT8');
  const fit = fitTo(formatOf(type), { overflow: node.int('saturate', 1) === 1 ? 'saturate' : 'ieee' });
  const rank = x.kind === 'stored' ? x.constant.shape.length : 0;
  const q = quantizationOf(fit, stored(reader, node, 1), zero, axisOf(node, rank));
  if (x.kind === 'stored') return { kind: 'stored', constant: quantizeStored(x.constant, q, type, node.output) };
  if (x.kind === 'weights') throw new Error('quantizes weights a second time');
  return quantizeActivation(reader, node, x, q, 'codes');
}

function quantizeStored(constant: Constant, q: Quantization, type: ElementType, name: string): Constant {
  return { name, type, shape: constant.shape, data: quantize(floatTensor(constant.shape, realsOf(constant)), q).data };
}

function quantizeActivation(
  reader: Reader,
  node: NodeReader,
  x: Activation,
  q: Quantization,
  as: 'codes' | 'carried',
): Activation {
  if (q.scale.length !== 1) throw new Error(`quantizes activations with ${q.scale.length} scales: one is supported`);
  const known = x.as === 'carried' || x.as === 'dequantized' ? x.quantization : undefined;
  if (known !== undefined && sameMeaning(known, q)) return { ...x, as: 'codes' };
  return push(reader, { op: 'quantize', name: node.output, input: realOf(reader, x), quantization: q }, x.shape, {
    as,
    quantization: q,
  });
}

/** Whether codes of `known` can be read by an operator that was told `q`: the same numbers, in the same or a wider integer. */
function sameMeaning(known: Quantization, q: Quantization): boolean {
  const [narrow, wide] = [known.fit.format, q.fit.format];
  const fits =
    narrow.kind === 'int' && wide.kind === 'int' && narrow.signed === wide.signed && narrow.bits <= wide.bits;
  const scales = known.scale.length === q.scale.length && known.scale.every((value, i) => value === q.scale[i]);
  return (fits || narrow.name === wide.name) && scales && known.zeroPoint === q.zeroPoint;
}

/** The quantization of an input of an operator that is given scale and zero point again. @throws Error where they differ */
export function checkedCodes(x: Activation, scale: Constant, zero: Constant | undefined): Activation {
  const known = x.quantization;
  if (known === undefined || x.as !== 'codes') throw new Error(`reads ${x.name} as codes, but it holds real numbers`);
  const q = quantizationOf(saturating(zero === undefined ? known.fit.format : formatOf(zero.type)), scale, zero);
  if (!sameMeaning(known, q))
    throw new Error(
      `reads ${x.name} with scale ${q.scale[0]}, zero point ${String(q.zeroPoint)}, but it was written with ${known.scale[0]}, ${String(known.zeroPoint)}`,
    );
  return x;
}

export function readDequantizeLinear(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const scale = stored(reader, node, 1);
  const zero = optional(reader, node, 2);
  if (x.kind === 'weights') throw new Error(`reads ${node.inputs[0]}, which is real already`);
  if (x.kind === 'activation') return { ...checkedCodes(x, scale, zero), as: 'dequantized', realName: node.output };
  const fit = saturating(x.format ?? formatOf(x.constant.type));
  const q = quantizationOf(fit, scale, zero, axisOf(node, x.constant.shape.length));
  const tensor = storedCodes(x, q);
  if (x.constant.type.bits <= 16) return { kind: 'weights', tensor };
  const { data } = dequantize(tensor);
  return { kind: 'stored', constant: { name: node.output, type: elementType('FLOAT'), shape: tensor.shape, data } };
}

/** Stored codes with their meaning, checked to be finite. */
export function storedCodes({ constant, format }: StoredValue, q: Quantization): CodeTensor {
  realsOf(constant);
  const codes = codesOf(constant);
  if (format === undefined) return codeTensor(constant.shape, codes, q);
  const mask = 2 ** widthOf(format) - 1; // the copies of the sign go
  return codeTensor(
    constant.shape,
    codes.map((code) => code & mask),
    q,
  );
}

/** A quantizer function (functions.ts), over weights or activations; undefined where the operator is none. */
export function readQuantizerCall(reader: Reader, node: NodeReader): Value | undefined {
  const attributes = {
    signed: node.int('signed', 1),
    narrow: node.int('narrow', 0),
    roundingMode: node.string('rounding_mode', 'ROUND'),
  };
  const scalars = node.inputs.slice(2).map((_, i) => valuesOf(stored(reader, node, i + 2))[0]);
  const fit = fitOfCall(node.domain, node.opType, attributes, scalars);
  if (fit === undefined) return undefined;
  const scale = stored(reader, node, 1);
  const q = quantizationOf(
    fit,
    scale,
    undefined,
    scale.shape.findIndex((length) => length > 1),
  );
  const x = operand(reader, node, 0);
  if (x.kind === 'activation') return quantizeActivation(reader, node, x, q, 'carried');
  const reals = x.kind === 'stored' ? floatTensor(x.constant.shape, realsOf(x.constant)) : dequantize(x.tensor);
  return { kind: 'weights', tensor: quantize(reals, q) };
}

export function readCast(reader: Reader, node: NodeReader): Value {
  const x = operand(reader, node, 0);
  const type = elementTypeOf(node.int('to', 0));
  if (type === undefined) throw new Error(`casts to element type ${node.int('to', 0)}, which is not supported`);
  if (x.kind === 'stored') return { ...x, constant: castStored(node, x.constant, type) };
  const format = x.kind === 'activation' && x.as === 'codes' ? x.quantization?.fit.format : undefined;
  if (x.kind === 'weights' || format === undefined) {
    if (type.name === 'FLOAT') return x;
    throw new Error(`casts real numbers to ${type.name}: only FLOAT is supported`);
  }
  if (quantizedTypeOf(format) === type) return renamed(reader, node, x);
  const holds = type.name === 'FLOAT' || (format.kind === 'int' && fitsIn(format, formatOf(type)));
  if (!holds) throw new Error(`casts ${format.name} codes to ${type.name}, which cannot hold them all`);
  return x;
}

function fitsIn(narrow: Format, wide: Format): boolean {
  return wide.kind === 'int' && isSigned(narrow) === isSigned(wide) && widthOf(narrow) <= widthOf(wide);
}

/** How Cast-25 rounds e8m0: ties of `nearest` go up. */
const ROUND_MODES: Readonly<Record<string, Rounding>> = { up: 'rup', down: 'rtz', nearest: 'rna' };

/**
 * Cast's rules: float8 types saturate, infinities too, unless told otherwise; other floats overflow to infinity; an
 * integer drops the higher bits of another one. A float beyond an integer's range, which is not defined, saturates.
 */
function castFit(node: NodeReader, from: ElementType, to: ElementType): Fit {
  const format = formatOf(to);
  if (format.kind === 'int') {
    const wraps = formatOf(from).kind === 'int';
    return fitTo(format, { overflow: wraps ? 'wrap' : 'saturate', rounding: 'rtz' });
  }
  if (!to.name.startsWith('FLOAT8')) return fitTo(format, { overflow: 'ieee' });
  const overflow = node.int('saturate', 1) === 1 ? 'saturate' : 'ieee';
  const mode = node.string('round_mode', 'up');
  const rounding = to.name === 'FLOAT8E8M0' ? ROUND_MODES[mode] : 'rne';
  if (rounding === undefined) throw new Error(`rounds by "${mode}": up, down and nearest are known`);
  return fitTo(format, { overflow, rounding });
}

function castStored(node: NodeReader, constant: Constant, type: ElementType): Constant {
  const name = node.output;
  const values = valuesOf(constant);
  if (type.name === 'FLOAT') return { name, type, shape: constant.shape, data: Float32Array.from(values) };
  if (type.bits === 64)
    return { name, type, shape: constant.shape, data: values.map(type.name === 'DOUBLE' ? (v) => v : Math.trunc) };
  const fit = castFit(node, constant.type, type);
  // Integers of 32 bits, and what is wider, hold more than float32 does.
  const wide = constant.type.bits > 32 || formatOf(constant.type).kind === 'int';
  const data = wide
    ? codeArray(fit.format, values.length).map((_, i) => Number(encode(fromNumber(values[i]), fit).code))
    : encodeAll(Float32Array.from(values), fit);
  return { name, type, shape: constant.shape, data };
}

/** Clip of real numbers is ReLU or refused; of codes it says that they are narrower than the bytes that hold them. */
export function readClip(reader: Reader, node: NodeReader): Value {
  const bound = (index: number, name: string, absent: number) => {
    const constant = optional(reader, node, index);
    return constant === undefined ? node.float(name, absent) : valuesOf(constant)[0];
  };
  const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  const x = operand(reader, node, 0);
  const format =
    x.kind === 'weights' || (x.kind === 'activation' && x.as !== 'codes') ? undefined : integerOfRange(low, high);
  if (format !== undefined && x.kind === 'stored') return clipStored(x, format, low, high);
  if (format !== undefined && x.kind === 'activation') return clipCodes(reader, node, x, format);
  if (low === 0 && high >= 3.4e38) return readRelu(reader, node);
  throw new Error(
    `clips to [${low}, ${high}]: real numbers can be clipped below 0 only (ReLU), integers to the range of 2 to 8 bits`,
  );
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

function clipCodes(reader: Reader, node: NodeReader, x: Activation, format: Format): Activation {
  const layer = ownLayer(reader, x);
  const narrow = (q: Quantization) => ({ ...q, fit: saturating(format) });
  if (layer?.op === 'quantize') {
    const quantization = narrow(layer.quantization);
    return { ...replaceLayer(reader, x, { ...layer, name: node.output, quantization }), quantization };
  }
  if ((layer?.op === 'conv' || layer?.op === 'dense') && layer.result.kind === 'requantize') {
    const output = narrow(layer.result.output);
    const result = { ...layer.result, output };
    return { ...replaceLayer(reader, x, { ...layer, name: node.output, result }), quantization: output };
  }
  throw new Error(`clips the codes ${x.name} to ${format.name}: only what was just quantized can be clipped`);
}

/** The number that padding has in the file. Where the format has no zero it is that of the code nearest to zero. */
export function zeroOf({ as, quantization: q }: Activation): number {
  if (q === undefined || as === 'real') return 0;
  if (as === 'codes') return oneZeroPoint(q);
  return dequantize(codeTensor([1], Uint32Array.of(zeroCode(q)), q)).data[0];
}

/** Over reals, and over codes whose zero is code 0. */
export function readRelu(reader: Reader, node: NodeReader): Value {
  const x = activation(reader, node);
  if (x.as === 'codes' && x.quantization?.fit.format.kind === 'int' && x.quantization.zeroPoint !== 0)
    throw new Error(
      `is a ReLU at code 0 over codes with zero point ${String(x.quantization.zeroPoint)}: use Max with the zero point`,
    );
  return keepingCodes(reader, x, (input) => ({ op: 'relu', name: node.output, input }));
}

/** A layer that moves or compares elements: codes stay codes. */
export function keepingCodes(
  reader: Reader,
  x: Activation,
  layer: (input: string) => Parameters<typeof push>[1],
  shape = x.shape,
): Activation {
  const { as, quantization, column } = x;
  if (as === 'codes' || as === 'carried') return push(reader, layer(x.name), shape, { as, quantization, column });
  return push(reader, layer(realOf(reader, x)), shape, { column });
}
