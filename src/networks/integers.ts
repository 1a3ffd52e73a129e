/**
 * Integer arrays take any number and keep its last bits: 2^31 becomes -2^31, NaN 0, 1.5 1. So every computed number that
 * becomes an integer of a file, a bias or a zero point goes through here, and is an error where it does not fit.
 */
interface Width {
  name: string;
  bits: number;
  signed: boolean;
}

/** @param what names the number in the error. @throws RangeError where the width does not hold it, or float64 not exactly */
export function wholeNumber(value: number, { name, bits, signed }: Width, what: string): number {
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  const highest = lowest + 2 ** bits - 1;
  if (Number.isSafeInteger(value) && value >= lowest && value <= highest) return value;
  const range = bits > 53 ? 'integers up to 2^53' : `integers from ${lowest} to ${highest}`;
  throw new RangeError(`${what} is ${value}, which ${name} cannot hold: ${range}`);
}

/** The two's complement code of an integer of up to 32 bits. @throws RangeError as `wholeNumber` */
export function integerCode(value: number, width: Width, what: string): number {
  const whole = wholeNumber(value, width, what);
  return whole < 0 ? whole + 2 ** width.bits : whole;
}

const INT32: Width = { name: 'int32', bits: 32, signed: true };

/** Biases and zero points. @throws RangeError naming the channel and the value that int32 does not hold */
export function int32s(values: ArrayLike<number>, what: string): Int32Array {
  return Int32Array.from(values, (value, i) => wholeNumber(value, INT32, `${what} of channel ${i}`));
}
