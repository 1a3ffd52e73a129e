import { INEXACT, INVALID_FLAG, OVERFLOW, UNDERFLOW } from './flags.js';
import { type FloatFormat, type Format, hasZero, widthOf } from './format.js';
import { type Lattice, latticeOf } from './lattice.js';
import type { Fit, Subnormals } from './fit.js';
import { type Encoded, encodeInfinity, encodeMissing, encodeNan, overflowed } from './overflow.js';
import {
  compareMagnitudes,
  finite,
  type FiniteRaw,
  fromNumber,
  INVALID,
  infinite,
  magnitudeExponent,
  NAN,
  type Raw,
} from './raw.js';
import { type RandomBits, roundsUp } from './rounding.js';

export { flagNames, INEXACT, INVALID_FLAG, OVERFLOW, UNDERFLOW } from './flags.js';
export { type Fit, fitTo, type Overflow, OVERFLOW_RULES, OVERFLOWS, type Subnormals } from './fit.js';
export { type Encoded, keepsInfinity, saturates, saturatesWhole, stopsAtLargest } from './overflow.js';

/** Formats of at most so many bits keep what was decoded: the reference decodes each of their codes many times over. */
const FEW_BITS = 8;
const known = { keep: new WeakMap<Format, Raw[]>(), flush: new WeakMap<Format, Raw[]>() };

/** Exact value of a code. The code must lie in [0, 2^width); subnormals read as signed zero under `flush`. */
export function decode(format: Format, code: bigint | number, subnormals: Subnormals = 'keep'): Raw {
  let values = known[subnormals].get(format);
  if (values === undefined) {
    if (widthOf(format) > FEW_BITS) return decoded(format, code, subnormals);
    known[subnormals].set(format, (values = new Array(2 ** widthOf(format))));
  }
  return (values[Number(code)] ??= decoded(format, code, subnormals));
}

function decoded(format: Format, code: bigint | number, subnormals: Subnormals): Raw {
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

/** Masks of a float's code without its sign: all of it, its fraction, and where infinities begin. */
const masks = new WeakMap<FloatFormat, { all: bigint; fraction: bigint; top: bigint }>();

function masksOf(format: FloatFormat) {
  let known = masks.get(format);
  if (known === undefined) {
    const all = (1n << BigInt(format.exponentBits + format.mantissaBits)) - 1n;
    const fraction = (1n << BigInt(format.mantissaBits)) - 1n;
    masks.set(format, (known = { all, fraction, top: all - fraction }));
  }
  return known;
}

function decodeFloat(format: FloatFormat, bits: bigint): Raw {
  const { specials } = format;
  const { all, fraction: low, top } = masksOf(format);
  const index = bits & all;
  const sign = bits !== index;
  if (specials === 'fnuz' && sign && index === 0n) return NAN;
  if ((specials === 'fn' || specials === 'merged') && index === all) return { ...NAN, sign };
  if (specials === 'ieee' && index >= top) {
    const fraction = index & low;
    if (fraction === 0n) return infinite(sign);
    const payload = fraction << BigInt(64 - format.mantissaBits);
    return { kind: 'nan', sign, signaling: payload >> 63n === 0n, payload };
  }
  const { significand, exponent } = latticeOf(format).valueAt(index);
  return finite(sign, significand, exponent);
}

/** The exponent of the smallest number of exponent field 1, as a power of two. */
function normalExponent({ bias, radix, shift = 0 }: FloatFormat): number {
  return (radix === 4 ? 2 : 1) * (1 - bias) + shift;
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
  const { format, rounding } = fit;
  if (raw.kind === 'nan') return encodeNan(format, raw);
  if (raw.kind === 'inf') return encodeInfinity(fit, raw.sign);
  const lattice = latticeOf(format);
  // Integers and tables know no negative zero.
  const sign = raw.sign && (format.kind === 'float' || raw.significand !== 0n);
  const drawn = typeof rounding === 'string' ? 0n : draw(rounding.stochastic.bits, random);
  const { index, at } = lattice.locate(raw);
  const up = roundsUp(rounding, sign, (index & 1n) === 1n, at, drawn);
  const rounded = up ? lattice.next(index) : index;
  if (format.kind === 'float' && isMissing(format, raw, rounded)) return encodeMissing(fit, sign);
  if (rounded > lattice.maxIndex(sign) && !isUnsignedZero(format, rounded)) return overflowed(fit, sign, rounded);
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

/** Whether a float has neither the value nor, on its side, a number that it is rounded to: zero, or what is negative. */
function isMissing(format: FloatFormat, raw: FiniteRaw, rounded: bigint): boolean {
  if (raw.significand === 0n) return !hasZero(format);
  // A negative value may round to the zero of a format without a sign, as to that of an unsigned integer.
  return raw.sign && !format.signed && !(rounded === 0n && hasZero(format));
}

function isUnsignedZero(format: Format, rounded: bigint): boolean {
  return rounded === 0n && format.kind === 'float' && !format.signed;
}

/** Formats whose binade below the normal numbers can be flushed: dlfloat16's holds normal numbers. */
function flushes(format: Format): boolean {
  return format.kind === 'float' && (format.lowest === 'subnormal' || format.lowest === 'zero-only');
}

function isTiny(fit: Fit, raw: FiniteRaw, rounded: bigint, drawn: bigint): boolean {
  const { format } = fit;
  if (format.kind !== 'float' || raw.significand === 0n) return false;
  if (!hasZero(format)) return compareMagnitudes(raw, latticeOf(format).valueAt(0n)) < 0;
  if (!flushes(format)) return rounded === 0n || belowSmallest(format, raw);
  const below = Math.floor((normalExponent(format) - 1 - magnitudeExponent(raw)) / (format.radix === 4 ? 2 : 1));
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
  const smallest = lattice.valueAt(lattice.next(0n));
  return magnitudeExponent(raw) < magnitudeExponent(smallest) || lattice.locate(raw).index === 0n;
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
  const encoded = encode(decode(from, code, fit.subnormals), fit, random);
  const outside = fit.format.kind === 'int' && from.kind === 'float' && (encoded.flags & OVERFLOW) !== 0;
  return outside ? { code: encoded.code, flags: INVALID_FLAG } : encoded;
}
