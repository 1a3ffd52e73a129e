import { decode, type Fit, saturates, saturatesWhole } from '../../../formats/codec.js';
import { toNumber } from '../../../formats/raw.js';
import { hasInfinity, type IntFormat } from '../../../formats/format.js';
import { integerCode } from '../../integers.js';
import { isMacLayer } from '../../network.js';
import { dequantize, zeroPointAt } from '../../quantization.js';
import type { CodeArray, CodeTensor, Operand, Quantization } from '../../tensor.js';
import { type ElementType, formatOf, quantizedTypeOf } from './element.js';
import { type LocalQuantizer, localQuantizer } from './functions.js';
import { emit, FLOAT, INT8, need, type Sheet, store, UINT8, type Written } from './sheet.js';

/**
 * Scale and zero point as stored tensors; scalars, or one entry for each channel.
 * @param type element type of the zero point, which decides that of the codes
 */
export function storeQuantization(sheet: Sheet, name: string, q: Quantization, type: ElementType): [string, string] {
  const shape = q.scale.length === 1 ? [] : [q.scale.length];
  const zeros = emptyCodes(type, q.scale.length).map((_, i) => codeOfInteger(type, zeroPointAt(q, i), name));
  const own = type === quantizedTypeOf(q.fit.format);
  const zeroPoint = own ? `${name}/zero_point` : `${name}/zero_point_${type.name.toLowerCase()}`;
  return [store(sheet, `${name}/scale`, FLOAT, shape, q.scale), store(sheet, zeroPoint, type, shape, zeros)];
}

function emptyCodes(type: ElementType, length: number): CodeArray {
  return type.bits <= 8 ? new Uint8Array(length) : new Uint16Array(length);
}

/** The code of a zero point. @throws RangeError where the type has none such */
function codeOfInteger(type: ElementType, value: number, name: string): number {
  const what = `the zero point of ${name}`;
  const format = formatOf(type);
  if (format.kind === 'int') return integerCode(value, format, what);
  if (value === 0) return 0;
  throw new RangeError(`${what} is ${value}: that of ${format.name} must be 0`);
}

/** Checks that QuantizeLinear rounds as the fit asks, and gives its `saturate`. */
export function saturateOf(fit: Fit, type: ElementType): number {
  const isFloat8 = type.name.startsWith('FLOAT8');
  const saturate = saturatesWhole(fit);
  // Without it a float8 overflows to infinity, or to NaN where it has none.
  const overflows = !saturates(fit.overflow) && fit.overflow !== (hasInfinity(fit.format) ? 'nan' : 'wrap');
  const known = saturate || (isFloat8 && overflows);
  if (fit.rounding !== 'rne' || fit.subnormals !== 'keep' || !known)
    throw new Error(
      `QuantizeLinear to ${type.name} rounds half to even, saturates and keeps subnormals; found rounding ${JSON.stringify(fit.rounding)}, overflow ${fit.overflow}, subnormals ${fit.subnormals}`,
    );
  return Number(saturate);
}

/** Quantizes a real tensor: QuantizeLinear where there is a type, else a call of a model-local function. */
export function writeQuantize(sheet: Sheet, input: string, name: string, q: Quantization): ElementType {
  const type = quantizedTypeOf(q.fit.format);
  if (q.scale.length !== 1)
    throw new Error(
      `layer ${name} quantizes activations with ${q.scale.length} scales: only weights can have more than one`,
    );
  if (q.fit.format.kind === 'int' && q.fit.format.bits < 8 && wantsBytes(sheet, name, q, type))
    return quantizeToBytes(sheet, input, name, q, q.fit.format);
  if (type === undefined) {
    callQuantizer(sheet, input, name, q, []);
    return FLOAT;
  }
  const attributes: Record<string, number> = saturateOf(q.fit, type) ? {} : { saturate: 0 };
  emit(sheet, 'QuantizeLinear', [input, ...storeQuantization(sheet, name, q, type)], name, attributes);
  need(sheet, type.quantizeSince ?? 13);
  return type;
}

/**
 * Whether integers narrower than a byte are better kept in clipped bytes. INT4 and INT2 tensors are for layers that
 * dequantize them: no other operator here takes them, and ONNX Runtime (1.30) gives the memory of such a tensor, half of
 * what is needed, to a byte tensor of the same shape. QONNX's Quant adds the zero point before it rounds, ONNX after.
 */
function wantsBytes(sheet: Sheet, name: string, q: Quantization, type: ElementType | undefined): boolean {
  if (type === undefined) return q.zeroPoint !== 0;
  const readers = sheet.layers.filter((layer) => layer.inputs.includes(name));
  return (
    readers.length === 0 ||
    !readers.every(
      (layer) =>
        layer.op === 'dequantize' ||
        layer.op === 'general' ||
        (isMacLayer(layer) && layer.result.kind === 'dequantize'),
    )
  );
}

function quantizeToBytes(sheet: Sheet, input: string, name: string, q: Quantization, format: IntFormat): ElementType {
  const byte = byteTypeOf(format, name);
  saturateOf(q.fit, byte);
  const wide = emit(sheet, 'QuantizeLinear', [input, ...storeQuantization(sheet, name, q, byte)], `${name}/wide`);
  clipTo(sheet, wide, format, name);
  return byte;
}

/** @param channels shape that the scales are spread over, [] for one scale */
export function callQuantizer(
  sheet: Sheet,
  input: string,
  name: string,
  q: Quantization,
  channels: readonly number[],
): void {
  if (q.zeroPoint !== 0)
    throw new Error(
      `layer ${name} has the zero point ${String(q.zeroPoint)}: with ${q.fit.format.name}, which ONNX has no type for, it must be 0`,
    );
  const quantizer = localQuantizer(q.fit);
  const scale = store(sheet, `${name}/scale`, FLOAT, channels, q.scale);
  const more = quantizer.inputs.map((input) =>
    store(sheet, `${name}/${input.name}`, FLOAT, [], new Float32Array([input.value])),
  );
  define(sheet, quantizer);
  emit(sheet, quantizer.opType, [input, scale, ...more], name, quantizer.attributes, quantizer.domain);
}

/** Stored numbers as a real tensor, codes to be read off the file again; gives its name. */
export function storeReals(sheet: Sheet, name: string, weight: Operand): string {
  if (weight.kind === 'float') return store(sheet, name, FLOAT, weight.shape, weight.data);
  const q = weight.quantization;
  const type = quantizedTypeOf(q.fit.format);
  if (type !== undefined) {
    store(sheet, name, type, weight.shape, weight.data);
    need(sheet, type.quantizeSince ?? 13);
    return dequantized(sheet, name, q, type);
  }
  const x = realLevels(sheet, name, weight);
  const channels = q.scale.length === 1 ? [] : weight.shape.map((length, axis) => (axis === q.axis ? length : 1));
  callQuantizer(sheet, x, `${name}/real`, q, channels);
  return `${name}/real`;
}

function dequantized(sheet: Sheet, name: string, q: Quantization, type: ElementType, output = `${name}/real`): string {
  const axis: Record<string, number> = q.scale.length === 1 ? {} : { axis: q.axis };
  return emit(sheet, 'DequantizeLinear', [name, ...storeQuantization(sheet, name, q, type)], output, axis);
}

/** Codes whose format ONNX lacks: small integers in bytes, anything else as real numbers. */
function realLevels(sheet: Sheet, name: string, weight: CodeTensor): string {
  const { data, shape, quantization } = weight;
  const { format } = quantization.fit;
  const levels = Float32Array.from(data, (code) => toNumber(decode(format, code)));
  if (levels.every((level) => Number.isInteger(level) && Math.abs(level) < 128 && !Object.is(level, -0))) {
    store(sheet, name, INT8, shape, new Uint8Array(Int8Array.from(levels).buffer));
    return dequantized(sheet, name, quantization, INT8, `${name}/scaled`);
  }
  return store(sheet, name, FLOAT, shape, dequantize(weight).data);
}

export function define(sheet: Sheet, quantizer: Pick<LocalQuantizer, 'domain' | 'opType' | 'define'>): void {
  sheet.functions.set(`${quantizer.domain} ${quantizer.opType}`, quantizer.define);
}

/** The tensor as real numbers; codes get one DequantizeLinear, however many layers read them. */
export function asReals(sheet: Sheet, tensor: Written): string {
  if (tensor.quantization === undefined || tensor.type === FLOAT) return tensor.name;
  const name = `${tensor.name}/real`;
  if (!sheet.names.has(name)) writeDequantize(sheet, tensor, name);
  return name;
}

export function writeDequantize(sheet: Sheet, tensor: Written, name: string): void {
  const q = tensor.quantization;
  if (q === undefined) throw new Error(`layer ${name} dequantizes ${tensor.name}, which is real already`);
  if (tensor.type === FLOAT) emit(sheet, 'Identity', [tensor.name], name);
  else emit(sheet, 'DequantizeLinear', [tensor.name, ...storeQuantization(sheet, tensor.name, q, tensor.type)], name);
}

/** Integers of up to 8 bits in an INT8 or UINT8 tensor, as the QLinear operators and MaxPool want them. */
export function asBytes(sheet: Sheet, tensor: Written): string {
  const { quantization, type } = tensor;
  if (type === INT8 || type === UINT8) return tensor.name;
  const byte = byteTypeOf(quantization?.fit.format, tensor.name);
  const name = `${tensor.name}/${byte.name.toLowerCase()}`;
  if (sheet.names.has(name) || quantization === undefined) return name;
  const codes = storeQuantization(sheet, name, quantization, byte);
  return emit(sheet, 'QuantizeLinear', [asReals(sheet, tensor), ...codes], name);
}

/** @throws Error naming the tensor where the format is no integer of up to 8 bits */
export function byteTypeOf(format: Quantization['fit']['format'] | undefined, name: string): ElementType {
  if (format?.kind !== 'int' || format.bits > 8 || format.exponent !== 0)
    throw new Error(
      `${name} is ${format?.name ?? 'real'}: QLinearConv, which 'requantize' layers become, takes integers of up to 8 bits; use 'dequantize'`,
    );
  return format.signed ? INT8 : UINT8;
}

/** Integers narrower than a byte are bytes that were clipped to their range. */
export function clipTo(sheet: Sheet, input: string, format: IntFormat, name: string): string {
  const byte = format.signed ? INT8 : UINT8;
  const low = format.signed ? -(2 ** (format.bits - 1)) : 0;
  const bound = (value: number) =>
    store(sheet, `${format.name}/${value === low ? 'lowest' : 'highest'}`, byte, [], new Uint8Array([value & 0xff]));
  return emit(sheet, 'Clip', [input, bound(low), bound(low + 2 ** format.bits - 1)], name);
}
