import {
  floatTensor,
  type FloatTensor,
  type IntegerTensor,
  type IntegerType,
  integerTensor,
  type TensorFacts,
} from '../tensor.js';
import type { Tensor } from '../tensor.js';
import type { OperandFacts } from './function.js';

/** What holds numbers: float32 of reals, float64 of integers. */
export type Numbers = Float32Array | Float64Array;
/** A tensor of numbers: codes are none. */
export type NumberTensor = FloatTensor | IntegerTensor;

/** An operand that must be there and hold numbers. @throws Error naming its place */
export function numbersOf(operand: Tensor | undefined, place: number): NumberTensor {
  if (operand === undefined) throw new Error(`lacks operand ${place + 1}`);
  if (operand.kind !== 'codes') return operand;
  throw new Error(`wants numbers as operand ${place + 1}, found codes of ${operand.quantization.fit.format.name}`);
}

/** The facts of an operand that must be there. @throws Error naming its place */
export function factsAt(operands: readonly (OperandFacts | undefined)[], place: number): OperandFacts {
  const found = operands[place];
  if (found === undefined) throw new Error(`lacks operand ${place + 1}`);
  return found;
}

/** The type of integers; undefined of reals and of codes, which are dequantized. */
export function integerTypeOf({ type }: Pick<TensorFacts, 'type'>): IntegerType | undefined {
  return type === undefined || type.includes('float') ? undefined : (type as IntegerType);
}

/** The type that operands have together; undefined where they are reals. @throws Error where they differ */
export function typeTogether(operands: readonly Pick<TensorFacts, 'type'>[]): IntegerType | undefined {
  const types = operands.map(integerTypeOf);
  if (types.every((type) => type === types[0])) return types[0];
  throw new Error(`takes ${types.map((type) => type ?? 'real numbers').join(' and ')}: one type is wanted`);
}

/** Facts of numbers of a shape: integers of a type, or reals of the operands' type. */
export function numberFacts(shape: readonly number[], type: IntegerType | undefined): TensorFacts {
  return type === undefined ? { shape } : { shape, type };
}

/** A tensor of zeros: integers of a type, or reals. */
export function emptyNumbers(shape: readonly number[], type: IntegerType | undefined): NumberTensor {
  return type === undefined ? floatTensor(shape) : integerTensor(shape, type);
}

export function bitsOf(type: IntegerType): number {
  return type === 'bool' ? 1 : Number(/\d+/.exec(type)?.[0]);
}

export function isSignedType(type: IntegerType): boolean {
  return type.startsWith('int');
}

/** The least and the largest integer of a type. */
export function rangeOf(type: IntegerType): readonly [number, number] {
  const bits = bitsOf(type);
  return isSignedType(type) ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/**
 * Integers as their type holds them, in place: higher bits are dropped.
 * @throws Error for integers of 64 bits beyond 2^53, which cannot be held exactly
 */
export function wrapped(data: Float64Array, type: IntegerType): void {
  const bits = bitsOf(type);
  if (type === 'bool') for (let i = 0; i < data.length; i++) data[i] = Number(data[i] !== 0);
  else if (bits === 64) checkHeld(data, type);
  else if (isSignedType(type)) for (let i = 0; i < data.length; i++) data[i] = (data[i] << (32 - bits)) >> (32 - bits);
  else for (let i = 0; i < data.length; i++) data[i] = (data[i] << (32 - bits)) >>> (32 - bits);
}

/** The extremes of int64, by which "all" and "none" are said, are powers of two, and held. */
function checkHeld(data: Float64Array, type: IntegerType): void {
  const [least] = rangeOf(type);
  for (let i = 0; i < data.length; i++) {
    data[i] += 0;
    if (!(data[i] >= least && Math.abs(data[i]) <= 2 ** 63))
      throw new Error(`gives ${data[i]}, which ${type} cannot hold: integers of 64 bits are held up to 2^53`);
    if (Math.abs(data[i]) > 2 ** 53 && Math.abs(data[i]) !== 2 ** 63)
      throw new Error(`gives ${data[i]} in ${type}: integers of 64 bits are held up to 2^53`);
  }
}
