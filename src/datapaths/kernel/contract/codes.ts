import { type Format, widthOf } from '../../../formats/format.js';

/** Operand codes, one for each element; the narrowest array that holds the format's width is the usual one. */
export type CodeArray = Uint8Array | Uint16Array | Uint32Array;
/** Codes of sums: 32 bits, or 64 where the format is wider. */
export type SumArray = Uint32Array | BigUint64Array;

/** The most bits of an operand of matrix products: codes of more are left to the reference's `reduce`. */
export const OPERAND_BITS = 32;

/**
 * An array for codes of operands.
 * @throws RangeError for formats of more than OPERAND_BITS
 */
export function codeArray(format: Format, length: number): CodeArray {
  const bits = widthOf(format);
  if (bits > OPERAND_BITS)
    throw new RangeError(
      `codeArray: ${format.name} has ${bits} bits; operands of products have at most ${OPERAND_BITS}`,
    );
  return bits <= 8 ? new Uint8Array(length) : bits <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** An array for codes of sums. */
export function sumArray(format: Format, length: number): SumArray {
  return widthOf(format) <= 32 ? new Uint32Array(length) : new BigUint64Array(length);
}
