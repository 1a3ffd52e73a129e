/**
 * Integer arrays take any number and keep its last bits: 2^31 becomes -2^31, NaN 0, 1.5 1. So every computed number that
 * becomes an integer of a file, a bias, or a zero point goes in through here.
 */
interface Integers {
  name: string;
  lowest: number;
  highest: number;
}

export const INTEGERS = {
  int8: integers('int8', 8, true),
  uint8: integers('uint8', 8, false),
  int16: integers('int16', 16, true),
  uint16: integers('uint16', 16, false),
  int32: integers('int32', 32, true),
  uint32: integers('uint32', 32, false),
  /** Held as float64 here, which knows each integer up to 2^53 only. */
  int64: { name: 'int64', lowest: Number.MIN_SAFE_INTEGER, highest: Number.MAX_SAFE_INTEGER },
} as const;

function integers(name: string, bits: number, signed: boolean): Integers {
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  return { name, lowest, highest: lowest + 2 ** bits - 1 };
}

/**
 * The values in an array that holds them unchanged.
 * @param what names the tensor in the error, as `layer conv1: the bias`
 * @throws RangeError naming it, the place and the value that is no such integer
 */
export function wholeNumbers<T extends { length: number; [index: number]: number }>(
  into: T,
  kind: keyof typeof INTEGERS,
  values: ArrayLike<number>,
  what: string,
): T {
  for (let i = 0; i < values.length; i++)
    into[i] = wholeNumber(kind, values[i], values.length === 1 ? what : `${what} of channel ${i}`);
  return into;
}

/** @throws RangeError naming what it is, where the value is no integer of that kind */
export function wholeNumber(kind: keyof typeof INTEGERS, value: number, what: string): number {
  const { name, lowest, highest } = INTEGERS[kind];
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new RangeError(`${what} is ${value}, which ${name} cannot hold: integers from ${lowest} to ${highest}`);
}

/** int32 values, for biases and zero points. */
export function int32s(values: ArrayLike<number>, what: string): Int32Array {
  return wholeNumbers(new Int32Array(values.length), 'int32', values, what);
}
