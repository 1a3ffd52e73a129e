import type { ElementType } from '../networks/readers/onnx/element.js';
import { sizeOf } from '../networks/tensor.js';

/**
 * What numbers of a type are: reals, whole numbers of a range, or codes of a format whose values no array holds.
 * `array` is what they lie in here: float16 and bfloat16 widened to float32, 64-bit integers in float64 (beyond 2^53
 * they are refused), whatever has fewer than 8 bits in a byte each.
 */
interface NumberKind {
  kind: 'real' | 'whole' | 'code';
  array: NumberArrayType;
  bits: number;
  signed: boolean;
}

export type NumberData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

interface NumberArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (size: number): NumberData;
  new (values: NumberData): NumberData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberData;
  from(values: ArrayLike<number>, map?: (value: number, index: number) => number): NumberData;
}

const real = (bits: number, array: NumberArrayType): NumberKind => ({ kind: 'real', array, bits, signed: true });
const whole = (bits: number, signed: boolean, array: NumberArrayType): NumberKind => ({
  kind: 'whole',
  array,
  bits,
  signed,
});
const code = (bits: number): NumberKind => ({ kind: 'code', array: Uint8Array, bits, signed: false });

/** By the names that TensorProto.DataType has, in small letters, with `float32` and `float64` for FLOAT and DOUBLE. */
export const NUMBER_TYPES = {
  float32: real(32, Float32Array),
  float64: real(64, Float64Array),
  float16: real(16, Float32Array),
  bfloat16: real(16, Float32Array),
  int8: whole(8, true, Int8Array),
  uint8: whole(8, false, Uint8Array),
  int16: whole(16, true, Int16Array),
  uint16: whole(16, false, Uint16Array),
  int32: whole(32, true, Int32Array),
  uint32: whole(32, false, Uint32Array),
  int64: whole(64, true, Float64Array),
  uint64: whole(64, false, Float64Array),
  bool: whole(1, false, Uint8Array),
  int4: whole(4, true, Int8Array),
  uint4: whole(4, false, Uint8Array),
  int2: whole(2, true, Int8Array),
  uint2: whole(2, false, Uint8Array),
  float8e4m3fn: code(8),
  float8e4m3fnuz: code(8),
  float8e5m2: code(8),
  float8e5m2fnuz: code(8),
  float8e8m0: code(8),
  float4e2m1: code(4),
} as const satisfies Record<string, NumberKind>;

export type NumberType = keyof typeof NUMBER_TYPES;

/** Numbers of a file as they lie there, row-major; `data` is the array that NUMBER_TYPES names. */
export interface NumberArray {
  type: NumberType;
  shape: readonly number[];
  data: NumberData;
}

export function isNumberType(name: string): name is NumberType {
  return Object.hasOwn(NUMBER_TYPES, name);
}

/** The name here of an element type of ONNX. */
export function typeNamed({ name }: Pick<ElementType, 'name'>): NumberType | undefined {
  const small = { FLOAT: 'float32', DOUBLE: 'float64' }[name] ?? name.toLowerCase();
  return isNumberType(small) ? small : undefined;
}

/** Elements first .. first + size - 1 in the same memory, as an array of a shape of that size. */
export function partOfArray({ type, data }: NumberArray, first: number, shape: readonly number[]): NumberArray {
  return { type, shape, data: data.subarray(first, first + sizeOf(shape)) };
}

/** A shape in messages: `2x3`, or what it is called without an axis. */
export const shapeText = (shape: readonly (number | string)[]): string => shape.join('x') || 'a single number';

/**
 * The elements of an array as integers of their width, in the same memory: moved as such they keep all bits, where a
 * signalling NaN moved as a number becomes quiet.
 */
export function wordsOf(data: NumberData): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
  const { buffer, byteOffset, length } = data;
  switch (data.BYTES_PER_ELEMENT) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length);
    case 2:
      return new Uint16Array(buffer, byteOffset, length);
    case 4:
      return new Uint32Array(buffer, byteOffset, length);
    default:
      return new BigUint64Array(buffer, byteOffset, length);
  }
}
