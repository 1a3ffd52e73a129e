import { type Format, hasInfinity, hasNan, type FloatFormat, widthOf } from './format.js';
import { type Lattice, latticeOf } from './lattice.js';
import {
  compareMagnitudes,
  finite,
  type FiniteRaw,
  fromNumber,
  INVALID,
  infinite,
  isSignaling,
  magnitudeExponent,
  NAN,
  type NanRaw,
  type Raw,
} from './raw.js';
import { overflowsToInfinity, type RandomBits, type Rounding, roundsUp } from './rounding.js';

/** How an exact value is forced into a format. */
export interface Fit {
  format: Format;
  rounding: Rounding;
  overflow: Overflow;
  subnormals: Subnormals;
  /** Whether a result counts as tiny before or after rounding (IEEE 754-2019 section 7.5); `after` by default. */
  tininess?: 'before' | 'after';
}

/**
 * `ieee`: infinity, but directed roundings stop at the largest finite value; `infinity`: always; `saturate`; `nan`;
 * `wrap`: modulo 2^bits, integers only. Where the format has no infinity its NaN is given instead, and where it has
 * neither, the largest finite value. In an integer format `ieee`, `infinity` and `nan` saturate. An infinite value in a
 * format without infinity is such an overflow.
 */
export type Overflow = 'ieee' | 'infinity' | 'saturate' | 'nan' | 'wrap';
/**
 * `flush`: subnormal operands are read as zero and tiny results become zero, both keeping their sign; also in formats
 * whose lowest exponent field holds zeros alone.
 */
export type Subnormals = 'keep' | 'flush';

export const OVERFLOWS = ['ieee', 'infinity', 'saturate', 'nan', 'wrap'] as const;

/** Exception flags as bits, with SoftFloat's values. */
export const INEXACT = 1;
export const UNDERFLOW = 2;
export const OVERFLOW = 4;
export const INVALID_FLAG = 16;

const FLAG_NAMES: readonly [number, string][] = [
  [INEXACT, 'inexact'],
  [OVERFLOW, 'overflow'],
  [UNDERFLOW, 'underflow'],
  [INVALID_FLAG, 'invalid'],
];

/** "inexact overflow": the names of the flags that are set, separated by a space. */
export function flagNames(flags: number): string {
  return FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');
}

/** A fit with the defaults of the field: nearest even, IEEE overflow (integers wrap), subnormals kept. */
export function fitTo(format: Format, parts: Partial<Omit<Fit, 'format'>> = {}): Fit {
  const overflow = format.kind === 'int' ? 'wrap' : 'ieee';
  return { format, rounding: 'rne', overflow, subnormals: 'keep', ...parts };
}

export interface Encoded {
  code: bigint;
  /** OR of INEXACT, UNDERFLOW, OVERFLOW, INVALID_FLAG. */
  flags: number;
}

/** Exact value of a code. The code must lie in [0, 2^width); subnormals read as signed zero under `flush`. */
export function decode(format: Format, code: bigint | number, subnormals: Subnormals = 'keep'): Raw {
  const bits = BigInt(code);
  if (bits < 0n || bits >> BigInt(widthOf(format)) !== 0n)
    throw new RangeError(`decode: ${format.name} codes have ${widthOf(format)} bits, found ${code}`);
  if (format.kind === 'int') {
    const value = format.signed ? BigInt.asIntN(format.bits, bits) : bits;
    return value < 0n ? finite(true, -value, format.exponent) : finite(false, value, format.exponent);
  }
  if (format.kind === 'table') {
    const value = format.values[Number(bits)];
    if (value === null || value === undefined) return INVALID;
    return Number.isInteger(value) ? finite(value < 0, BigInt(Math.abs(value)), 0) : fromNumber(value);
  }
  const raw = decodeFloat(format, bits >> BigInt(format.paddingBits ?? 0));
  return subnormals === 'flush' && isSubnormal(format, raw) ? finite(raw.sign, 0n, 0) : raw;
}

function decodeFloat(format: FloatFormat, bits: bigint): Raw {
  const { exponentBits, mantissaBits, specials } = format;
  const all = (1n << BigInt(exponentBits + mantissaBits)) - 1n;
  const index = bits & all;
  const sign = bits !== index;
  if (specials === 'fnuz' && sign && index === 0n) return NAN;
  if ((specials === 'fn' || specials === 'merged') && index === all) return { ...NAN, sign };
  if (specials === 'ieee' && index >> BigInt(mantissaBits) === (1n << BigInt(exponentBits)) - 1n) {
    const fraction = index & ((1n << BigInt(mantissaBits)) - 1n);
    if (fraction === 0n) return infinite(sign);
    const payload = fraction << BigInt(64 - mantissaBits);
    return { kind: 'nan', sign, signaling: payload >> 63n === 0n, payload };
  }
  return { ...latticeOf(format).valueAt(index), sign };
}

/** The smallest exponent of a normal number, as a power of two. */
function normalExponent(format: FloatFormat): number {
  return 1 - format.bias + (format.shift ?? 0);
}

function isSubnormal(format: Format, raw: Raw): raw is FiniteRaw {
  if (format.kind !== 'float' || format.lowest !== 'subnormal') return false;
  return raw.kind === 'finite' && raw.significand !== 0n && magnitudeExponent(raw) < normalExponent(format);
}

/**
 * Forces an exact value into a format: the one place where bits are dropped.
 * @param random the random bits of stochastic rounding; needed for that rounding only
 * @throws RangeError when a fit cannot be applied (wrap on a float, stochastic without a source)
 */
export function encode(raw: Raw, fit: Fit, random?: RandomBits): Encoded {
  const { format } = fit;
  if (raw.kind === 'nan') return encodeNan(format, raw);
  const lattice = latticeOf(format);
  if (raw.kind === 'inf') {
    if (hasInfinity(format)) return { code: infinityCode(format, raw.sign), flags: 0 };
    return overflowed(fit, raw.sign, undefined);
  }
  const { rounding } = fit;
  // Integers and tables know no negative zero.
  const sign = raw.sign && (format.kind === 'float' || raw.significand !== 0n);
  const drawn = typeof rounding === 'string' ? 0n : draw(rounding.stochastic.bits, random);
  const { index, at } = lattice.locate(raw);
  const up = roundsUp(rounding, sign, (index & 1n) === 1n, at, drawn);
  const rounded = up ? lattice.next(index) : index;
  // A float without a sign bit has no negative side, but negative values may still round to its zero.
  if (rounded > lattice.maxIndex(sign) && !(rounded === 0n && isZeroIndex(lattice, raw)))
    return overflowed(fit, sign, rounded);
  const inexact = at.remainder !== 0n || !isRepresented(lattice, raw, rounded);
  if (!inexact && fit.subnormals === 'keep') return { code: lattice.codeOf(sign, rounded), flags: 0 };
  const tiny = isTiny(fit, raw, rounded, drawn);
  if (tiny && fit.subnormals === 'flush' && flushes(format))
    return { code: lattice.codeOf(sign, 0n), flags: UNDERFLOW | INEXACT };
  const flags = inexact ? (tiny ? INEXACT | UNDERFLOW : INEXACT) : 0;
  return { code: lattice.codeOf(sign, rounded), flags };
}

function draw(bits: number, random: RandomBits | undefined): bigint {
  if (random === undefined) throw new RangeError('encode: stochastic rounding needs a source of random bits');
  return random(bits);
}

/** False where a format has no zero and the value lies below its smallest magnitude (e8m0fnu, binary). */
function isRepresented(lattice: Lattice, raw: FiniteRaw, index: bigint): boolean {
  return index !== 0n || lattice.valueAt(0n).significand === 0n || compareMagnitudes(lattice.valueAt(0n), raw) === 0;
}

/** Whether index 0 serves for a value without a side of its own: it is zero, or the value is. */
function isZeroIndex(lattice: Lattice, raw: FiniteRaw): boolean {
  return raw.significand === 0n || lattice.valueAt(0n).significand === 0n;
}

/** Formats whose binade below the normal numbers can be flushed: dlfloat16's holds normal numbers. */
function flushes(format: Format): boolean {
  return format.kind === 'float' && (format.lowest === 'subnormal' || format.lowest === 'zero-only');
}

function isTiny(fit: Fit, raw: FiniteRaw, rounded: bigint, drawn: bigint): boolean {
  const { format } = fit;
  if (format.kind !== 'float' || raw.significand === 0n) return false;
  if (!flushes(format)) return rounded === 0n || belowSmallest(format, raw);
  const below = normalExponent(format) - 1 - magnitudeExponent(raw);
  if (below < 0) return false;
  if (below > 0 || fit.tininess === 'before') return true;
  // The last binade below the normal numbers: tiny unless rounding to full precision carries out of it.
  const whole = latticeOf({ ...format, bias: format.bias + 1, exponentBits: format.exponentBits + 1 });
  const { index, at } = whole.locate(raw);
  const full = (1n << BigInt(format.mantissaBits + 1)) - 1n;
  return !(index === full && roundsUp(fit.rounding, raw.sign, true, at, drawn));
}

function belowSmallest(format: FloatFormat, raw: FiniteRaw): boolean {
  const lattice = latticeOf(format);
  const smallest = lattice.valueAt(format.lowest === 'none' ? 0n : lattice.next(0n));
  return magnitudeExponent(raw) < magnitudeExponent(smallest) || lattice.locate(raw).index === 0n;
}

function infinityCode(format: Format, sign: boolean): bigint {
  const lattice = latticeOf(format);
  return lattice.codeOf(sign, lattice.maxIndex(false) + 1n);
}

/** Quiet NaN code; where there is none, the largest positive value (as PTX cvt to e2m1), or 0 in an integer. */
function encodeNan(format: Format, raw: NanRaw): Encoded {
  const lost = format.kind !== 'float' || !hasNan(format);
  const flags = raw.signaling || lost ? INVALID_FLAG : 0;
  return { code: nanCode(format, raw), flags };
}

function nanCode(format: Format, raw: NanRaw): bigint {
  const lattice = latticeOf(format);
  if (format.kind !== 'float') return format.kind === 'int' ? 0n : lattice.codeOf(false, lattice.maxIndex(false));
  const max = lattice.maxIndex(false);
  switch (format.specials) {
    case 'none':
      return lattice.codeOf(false, max);
    case 'fnuz':
      return (1n << BigInt(format.exponentBits + format.mantissaBits)) << BigInt(format.paddingBits ?? 0);
    case 'ieee': {
      const quiet = 1n << BigInt(format.mantissaBits - 1);
      return lattice.codeOf(raw.sign, (max + 1n) | quiet | (raw.payload >> BigInt(64 - format.mantissaBits)));
    }
    default:
      return lattice.codeOf(raw.sign, max + 1n);
  }
}

/** @param index where rounding without a limit on the exponent would have gone; undefined for an infinite value */
function overflowed(fit: Fit, sign: boolean, index: bigint | undefined): Encoded {
  const { format } = fit;
  const lattice = latticeOf(format);
  const flags = OVERFLOW | INEXACT;
  const max = lattice.maxIndex(sign);
  const largest = lattice.codeOf(sign && max >= 0n, max < 0n ? 0n : max);
  if (fit.overflow === 'wrap') {
    if (format.kind !== 'int')
      throw new RangeError(`encode: overflow "wrap" is for integers, ${format.name} is not one`);
    return { code: index === undefined ? largest : lattice.codeOf(sign, index), flags };
  }
  if (format.kind !== 'float' || fit.overflow === 'saturate') return { code: largest, flags };
  if (fit.overflow === 'ieee' && !overflowsToInfinity(fit.rounding, sign)) return { code: largest, flags };
  if (max < 0n) return { code: nanCode(format, NAN), flags: INVALID_FLAG };
  if (hasInfinity(format) && fit.overflow !== 'nan') return { code: infinityCode(format, sign), flags };
  if (!hasNan(format)) return { code: largest, flags };
  return { code: nanCode(format, { ...NAN, sign }), flags };
}

/** Rounds a value to a format and back to an exact value. */
export function round(raw: Raw, fit: Fit, random?: RandomBits): { raw: Raw; flags: number } {
  const { code, flags } = encode(raw, fit, random);
  return { raw: decode(fit.format, code), flags };
}

/**
 * Converts a code from one format to another with IEEE 754's flags: out of range into an integer is `invalid` alone
 * (section 5.8) when the source is a float, and `overflow` when it is an integer.
 */
export function convert(from: Format, code: bigint | number, fit: Fit, random?: RandomBits): Encoded {
  const raw = decode(from, code, fit.subnormals);
  const encoded = encode(raw, fit, random);
  const signaled = isSignaling(raw) ? encoded.flags | INVALID_FLAG : encoded.flags;
  if (fit.format.kind === 'int' && from.kind === 'float' && (signaled & OVERFLOW) !== 0)
    return { code: encoded.code, flags: INVALID_FLAG };
  return { code: encoded.code, flags: signaled };
}
