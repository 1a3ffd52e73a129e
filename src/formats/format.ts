/**
 * A Format says what bits mean. It is plain data: everything else (widths, ranges, decoders) is derived.
 *
 * Codes are unsigned integers that hold the bit pattern; two's complement integers are the pattern, not the value.
 */
export type Format = IntFormat | FloatFormat | TableFormat;

/** Two's complement (or unsigned) integer; value = integer * 2^exponent, so a fixed-point register is an int with an exponent. */
export interface IntFormat {
  kind: 'int';
  name: string;
  signed: boolean;
  /** Width in bits, 1..64. */
  bits: number;
  /** Weight of the least significant bit as a power of two; 0 for plain integers. */
  exponent: number;
}

/**
 * Sign, exponent and mantissa fields; value = (-1)^s * radix^(E - bias) * (1 + M / 2^mantissaBits) for a normal code.
 *
 * `lowest` says what exponent field 0 holds: `subnormal` (IEEE), `normal` (M = 0 is zero, every other code a normal
 * number: dlfloat16), `zero-only` (every code is zero), `none` (normal numbers only, there is no zero: e8m0fnu).
 * `specials` says what the top codes hold: `ieee` (Inf and NaNs), `fn` (all ones is NaN, no Inf), `fnuz` (the code of
 * negative zero is NaN, no Inf, no -0), `merged` (all ones is NaN and Inf at once: dlfloat16), `none` (all finite).
 */
export interface FloatFormat {
  kind: 'float';
  name: string;
  signed: boolean;
  exponentBits: number;
  mantissaBits: number;
  bias: number;
  radix: 2 | 4;
  lowest: 'subnormal' | 'normal' | 'zero-only' | 'none';
  specials: 'ieee' | 'fn' | 'fnuz' | 'merged' | 'none';
  /** Low bits of the storage word that are always zero (tf32 lives in 32-bit words, 13 of them zero). Default 0. */
  paddingBits?: number;
  /** Extra power of two on every value: the odd phase of radix-4 fp4 is -1. Default 0. */
  shift?: number;
}

/** A short list of values, one for each code: binary {-1, +1}, ternary {0, +1, -1}. `null` marks a code that is not used. */
export interface TableFormat {
  kind: 'table';
  name: string;
  bits: number;
  values: readonly (number | null)[];
}

/** Width of a code in bits. */
export function widthOf(format: Format): number {
  if (format.kind !== 'float') return format.bits;
  return Number(format.signed) + format.exponentBits + format.mantissaBits + (format.paddingBits ?? 0);
}

/** Number of hexadecimal digits that a code is written with. */
export function hexDigitsOf(format: Format): number {
  return Math.ceil(widthOf(format) / 4);
}

/** A code as 0x and so many hexadecimal digits, so that no spreadsheet takes it for a number. */
export function hexCode(code: bigint | number, digits: number): string {
  return `0x${code.toString(16).padStart(digits, '0')}`;
}

export function isSigned(format: Format): boolean {
  return format.kind === 'table' ? format.values.some((value) => value !== null && value < 0) : format.signed;
}

export function hasInfinity(format: Format): boolean {
  return format.kind === 'float' && format.specials === 'ieee';
}

/** Whether a float has a code for zero. */
export function hasZero(format: Format): boolean {
  return format.kind !== 'float' || format.lowest !== 'none';
}

export function hasNan(format: Format): boolean {
  return format.kind === 'float' && format.specials !== 'none';
}

/** Exponent (of two) of the least significant bit that any finite value of the format can have. */
export function quantumExponentOf(format: Format): number {
  if (format.kind === 'int') return format.exponent;
  if (format.kind === 'table') return 0;
  const { bias, mantissaBits, radix, lowest, shift = 0 } = format;
  // Without a mantissa field 0 holds zero alone, where there is one.
  const first = lowest === 'none' || (lowest === 'normal' && mantissaBits > 0) ? 0 : 1;
  return (radix === 4 ? 2 : 1) * (first - bias) - mantissaBits + shift;
}
