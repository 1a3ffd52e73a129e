import { codeArray, decoderOf } from '../../../datapaths/kernel/index.js';
import { wholeNumber } from '../../integers.js';
import { type CodeArray, sizeOf } from '../../tensor.js';
import { type ElementType, elementTypeOf, formatOf } from './element.js';
import type { Proto, ProtoInit } from './proto.js';

/**
 * A tensor stored in the file. `data`: floats for FLOAT; float64 for DOUBLE and the 64-bit integers (beyond 2^53 they
 * are refused); codes, one element each, for every other type.
 */
export interface Constant {
  name: string;
  type: ElementType;
  shape: readonly number[];
  data: Float32Array | Float64Array | CodeArray;
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** @throws Error naming the tensor where its data is missing, of the wrong length, kept in another file, or of no known type */
export function readConstant(proto: Proto<'TensorProto'>, name = proto.name): Constant {
  const shape = proto.dims.map(Number);
  if (shape.some((length) => !(length >= 0 && length <= Number.MAX_SAFE_INTEGER)) || sizeOf(shape) > 2 ** 31)
    throw new Error(
      `tensor ${name} has shape ${shape.join('x')}: lengths of 0 and more, up to 2^31 elements, are supported`,
    );
  const type = elementTypeOf(proto.dataType);
  if (type === undefined)
    throw new Error(`tensor ${name} has element type ${proto.dataType}, which holds no numbers that a network can use`);
  if (proto.dataLocation === 1) {
    const file = proto.externalData.find((entry) => entry.key === 'location')?.value ?? 'another file';
    throw new Error(`tensor ${name} is kept in ${file}: save the model as one file, without external data`);
  }
  const size = sizeOf(shape);
  const data = proto.rawData.length > 0 ? fromRaw(proto.rawData, type, size) : fromFields(proto, type, size);
  if (data === undefined || data.length !== size) {
    const found = proto.rawData.length > 0 ? `${proto.rawData.length} bytes` : `${data?.length ?? 0} elements`;
    throw new Error(
      `tensor ${name} (${type.name}, shape ${shape.join('x') || 'scalar'}) needs ${size} elements, found ${found}`,
    );
  }
  return { name, type, shape, data };
}

function fromRaw(raw: Uint8Array, type: ElementType, size: number): Constant['data'] | undefined {
  if (raw.length !== Math.ceil((size * type.bits) / 8)) return undefined;
  if (type.bits < 8) return unpack(raw, type, size);
  // A copy begins where elements of any width may, and does not keep the whole file alive; threads share it.
  const copy = new Uint8Array(new SharedArrayBuffer(raw.length));
  copy.set(raw);
  const { buffer } = inOrder(copy, type.bits / 8);
  switch (type.name) {
    case 'FLOAT':
      return new Float32Array(buffer);
    case 'DOUBLE':
      return new Float64Array(buffer);
    case 'INT64':
      return Float64Array.from(new BigInt64Array(buffer), safe);
    case 'UINT64':
      return Float64Array.from(new BigUint64Array(buffer), safe);
    default:
      return type.bits === 8
        ? new Uint8Array(buffer)
        : type.bits === 16
          ? new Uint16Array(buffer)
          : new Uint32Array(buffer);
  }
}

function fromFields(proto: Proto<'TensorProto'>, type: ElementType, size: number): Constant['data'] | undefined {
  if (type.name === 'FLOAT') return Float32Array.from(proto.floatData);
  if (type.name === 'DOUBLE') return Float64Array.from(proto.doubleData);
  if (type.name === 'INT64') return Float64Array.from(proto.int64Data, safe);
  if (type.name === 'UINT64') return Float64Array.from(proto.uint64Data, safe);
  const held = (word: number) => {
    if (word >= -(2 ** (type.bits - 1)) && word < 2 ** type.bits) return word;
    throw new Error(`tensor ${proto.name} (${type.name}) holds ${word}, which has more than ${type.bits} bits`);
  };
  if (type.name === 'UINT32') return Uint32Array.from(proto.uint64Data, (word) => held(safe(word)));
  const words = proto.int32Data;
  if (type.bits === 32) return Uint32Array.from(words, (word) => word >>> 0);
  if (type.bits === 16) return Uint16Array.from(words, (word) => held(word) & 0xffff);
  if (type.bits === 8) return Uint8Array.from(words, (word) => held(word) & 0xff);
  const bytes = Uint8Array.from(words, (word) => word & 0xff);
  return bytes.length === Math.ceil((size * type.bits) / 8) ? unpack(bytes, type, size) : undefined;
}

/** Integers near the ends of 64 bits stand for "to the end", as in Slice: any number as large does. */
function safe(value: bigint): number {
  const number = Number(value);
  if (Math.abs(number) >= 2 ** 62) return number;
  if (!Number.isSafeInteger(number)) throw new Error(`the integer ${value} is beyond 2^53`);
  return number;
}

/** Elements below 8 bits are packed from the least significant bits of each byte on. */
function unpack(bytes: Uint8Array, type: ElementType, size: number): Uint8Array {
  const perByte = 8 / type.bits;
  const mask = 2 ** type.bits - 1;
  return Uint8Array.from(
    { length: size },
    (_, i) => (bytes[Math.floor(i / perByte)] >> ((i % perByte) * type.bits)) & mask,
  );
}

function pack(codes: ArrayLike<number>, type: ElementType): Uint8Array {
  const perByte = 8 / type.bits;
  const bytes = new Uint8Array(Math.ceil(codes.length / perByte));
  for (let i = 0; i < codes.length; i++) bytes[Math.floor(i / perByte)] |= codes[i] << ((i % perByte) * type.bits);
  return bytes;
}

export function writeConstant({ name, type, shape, data }: Constant): ProtoInit<'TensorProto'> {
  return { name, dims: shape.map(BigInt), dataType: type.number, rawData: rawOf(type, data, name) };
}

function rawOf(type: ElementType, data: Constant['data'], name: string): Uint8Array {
  if (type.bits < 8) return pack(data, type);
  if (type.name === 'INT64') return bytesOf(BigInt64Array.from(data, (value) => int64Of(value, name)));
  if (type.bits < 64 || type.name === 'DOUBLE') return bytesOf(data);
  const width = { name: type.name, bits: type.bits, signed: false };
  return bytesOf(BigInt64Array.from(data, (value) => BigInt(wholeNumber(value, width, name))));
}

const INT64 = { name: 'INT64', bits: 64, signed: true };

/** What is read as "to the end" (`safe`) is written so. */
function int64Of(value: number, name: string): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  return Math.abs(value) >= 2 ** 62 ? BigInt(value) : BigInt(wholeNumber(value, INT64, name));
}

function bytesOf(data: Constant['data'] | BigInt64Array): Uint8Array {
  return inOrder(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(), data.BYTES_PER_ELEMENT);
}

/** The machine's order of bytes for the file's, which is little-endian, or back; in place. */
function inOrder<T extends Uint8Array>(bytes: T, each: number): T {
  if (!littleEndian && each > 1)
    for (let at = 0; at < bytes.length; at += each) bytes.subarray(at, at + each).reverse();
  return bytes;
}

/** The values as float64; exact for every type. */
export function valuesOf(constant: Constant): Float64Array {
  const { data, type } = constant;
  if (data instanceof Float32Array || data instanceof Float64Array) return Float64Array.from(data);
  return Float64Array.from(data, decoderOf(formatOf(type)));
}

/** The only element of a tensor. @throws Error naming it where there are more */
export function scalarOf(constant: Constant): number {
  const values = valuesOf(constant);
  if (values.length === 1) return values[0];
  throw new Error(`reads ${constant.name}, which holds ${values.length} numbers: one is wanted`);
}

/** The values as float32, checked to be finite. @throws Error naming the tensor and the first NaN or infinity */
export function realsOf(constant: Constant): Float32Array {
  const reals = constant.data instanceof Float32Array ? constant.data.slice() : Float32Array.from(valuesOf(constant));
  const bad = reals.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new Error(
      `tensor ${constant.name} holds ${reals[bad]} at index ${bad} of ${reals.length}: weights must be finite numbers`,
    );
  return reals;
}

/** The same, of a tensor of float32, as the standard wants operands of real numbers. */
export function floatsOf(constant: Constant): Float32Array {
  const reals = realsOf(constant);
  if (constant.type.name === 'FLOAT') return reals;
  throw new Error(`reads ${constant.name}, which holds ${constant.type.name}, beside float32: FLOAT is supported`);
}

/** Codes in the smallest array of their format: the constant's own where it is that. */
export function codesOf(constant: Constant): CodeArray {
  if (constant.data instanceof Uint8Array) return constant.data;
  const codes = codeArray(formatOf(constant.type), constant.data.length);
  codes.set(constant.data);
  return codes;
}
