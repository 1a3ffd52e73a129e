/**
 * Exact values. A finite Raw is (-1)^sign * significand * 2^exponent with no limit on either part, so products and sums
 * of decoded codes are exact; nothing is rounded until `encode` (codec.ts) is called.
 */
export type Raw = FiniteRaw | InfiniteRaw | NanRaw;

export interface FiniteRaw {
  readonly kind: 'finite';
  /** Sign of the value; kept for zero, which has significand 0n. */
  readonly sign: boolean;
  readonly exponent: number;
  readonly significand: bigint;
}
export interface InfiniteRaw {
  readonly kind: 'inf';
  readonly sign: boolean;
}
export interface NanRaw {
  readonly kind: 'nan';
  readonly sign: boolean;
  /** A signaling NaN raises `invalid` in every operation that reads it (IEEE 754-2019 section 7.2). */
  readonly signaling: boolean;
  /** The fraction field, left-aligned in 64 bits, so that conversions can carry it. */
  readonly payload: bigint;
}

export const NAN: NanRaw = { kind: 'nan', sign: false, signaling: false, payload: 0n };

export function finite(sign: boolean, significand: bigint, exponent: number): FiniteRaw {
  return { kind: 'finite', sign, exponent, significand };
}

export function infinite(sign: boolean): InfiniteRaw {
  return { kind: 'inf', sign };
}

export function isZero(raw: Raw): raw is FiniteRaw {
  return raw.kind === 'finite' && raw.significand === 0n;
}

export function bitLength(n: bigint): number {
  if (n === 0n) return 0;
  if (n <= 0x1fffffffffffffn) {
    const small = Number(n);
    return small < 2 ** 32 ? 32 - Math.clz32(small) : 64 - Math.clz32(Math.floor(small / 2 ** 32));
  }
  const hex = n.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0], 16)));
}

/** floor(log2 |value|) of a nonzero finite value. */
export function magnitudeExponent(raw: FiniteRaw): number {
  return raw.exponent + bitLength(raw.significand) - 1;
}

export function negate(raw: Raw): Raw {
  return { ...raw, sign: !raw.sign };
}

/** The value as an integer count of 2^exponent; exponent must not exceed the raw's own. */
export function alignedTo(raw: FiniteRaw, exponent: number): bigint {
  const magnitude = raw.significand << BigInt(raw.exponent - exponent);
  return raw.sign ? -magnitude : magnitude;
}

/** From a signed count of 2^exponent. `zeroSign` is the sign given to an exact zero. */
export function fromAligned(total: bigint, exponent: number, zeroSign = false): FiniteRaw {
  if (total === 0n) return finite(zeroSign, 0n, exponent);
  return total < 0n ? finite(true, -total, exponent) : finite(false, total, exponent);
}

/** Exact product. NaN operands and 0 * Inf give NaN (the latter signaling, so that `invalid` is raised). */
export function multiply(a: Raw, b: Raw): Raw {
  const sign = a.sign !== b.sign;
  if (a.kind === 'nan' || b.kind === 'nan') return nanOf(a, b);
  if (a.kind === 'inf' || b.kind === 'inf') return isZero(a) || isZero(b) ? INVALID : infinite(sign);
  return finite(sign, a.significand * b.significand, a.exponent + b.exponent);
}

/**
 * Exact sum of any number of terms. Inf - Inf gives a signaling NaN. An exact zero is negative when every term is a
 * negative zero, and otherwise has `zeroSign` (IEEE 754: true only when rounding down).
 */
export function sum(terms: readonly Raw[], zeroSign = false): Raw {
  let nan: Raw | undefined;
  let infinity: Raw | undefined;
  let exponent = Infinity;
  let allNegative = terms.length > 0;
  let allPositive = terms.length > 0;
  for (const term of terms) {
    if (term.kind === 'nan') nan = nan === undefined ? nanOf(term, term) : nanOf(nan, term);
    else if (term.kind === 'inf') {
      if (infinity !== undefined && infinity.sign !== term.sign)
        nan = nan === undefined ? INVALID : nanOf(nan, INVALID);
      infinity = term;
    } else {
      if (term.significand !== 0n) exponent = Math.min(exponent, term.exponent);
      if (term.sign) allPositive = false;
      else allNegative = false;
    }
  }
  if (nan !== undefined) return nan;
  if (infinity !== undefined) return infinity;
  const sign = allNegative || (zeroSign && !allPositive);
  if (exponent === Infinity) return finite(sign, 0n, 0);
  let total = 0n;
  for (const term of terms) if (term.kind === 'finite' && term.significand !== 0n) total += alignedTo(term, exponent);
  return fromAligned(total, exponent, zeroSign);
}

/** The NaN that an invalid operation makes: quiet when encoded, and it raises the flag on the way. */
export const INVALID: NanRaw = { kind: 'nan', sign: false, signaling: true, payload: 0n };

/** Result NaN of an operation on a and b: canonical, and signaling when either operand was. */
function nanOf(a: Raw, b: Raw): NanRaw {
  return isSignaling(a) || isSignaling(b) ? INVALID : NAN;
}

export function isSignaling(raw: Raw): boolean {
  return raw.kind === 'nan' && raw.signaling;
}

/** Compares two finite magnitudes: negative, zero or positive as |a| is below, at or above |b|. */
export function compareMagnitudes(a: FiniteRaw, b: FiniteRaw): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const x = a.significand << BigInt(a.exponent - exponent);
  const y = b.significand << BigInt(b.exponent - exponent);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Exact when the value fits a float64, else rounded to nearest even (subnormal float64 results are exact or rounded too). */
export function toNumber(raw: Raw): number {
  if (raw.kind === 'nan') return Number.NaN;
  if (raw.kind === 'inf') return raw.sign ? -Infinity : Infinity;
  if (raw.significand === 0n) return raw.sign ? -0 : 0;
  let { significand, exponent } = raw;
  const top = magnitudeExponent(raw);
  const drop = Math.max(top - 52, -1074) - exponent;
  if (drop > 0) {
    const half = 1n << BigInt(drop - 1);
    const rest = significand & ((half << 1n) - 1n);
    significand >>= BigInt(drop);
    if (rest > half || (rest === half && (significand & 1n) === 1n)) significand += 1n;
    exponent += drop;
  }
  const magnitude = Number(significand) * 2 ** exponent;
  return raw.sign ? -magnitude : magnitude;
}

const word = new DataView(new ArrayBuffer(8));

/** Exact: every float64 is a dyadic rational. */
export function fromNumber(value: number): Raw {
  if (Number.isNaN(value)) return NAN;
  if (!Number.isFinite(value)) return infinite(value < 0);
  word.setFloat64(0, value);
  const bits = word.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const sign = bits >> 63n === 1n;
  return field === 0 ? finite(sign, fraction, -1074) : finite(sign, fraction | (1n << 52n), field - 1075);
}

/** The exact decimal expansion, as in "-0.0625"; every dyadic rational has a finite one. */
export function toDecimal(raw: Raw): string {
  if (raw.kind === 'nan') return 'nan';
  const minus = raw.sign ? '-' : '';
  if (raw.kind === 'inf') return `${minus}inf`;
  if (raw.significand === 0n) return `${minus}0`;
  if (raw.exponent >= 0) return `${minus}${raw.significand << BigInt(raw.exponent)}`;
  const places = -raw.exponent;
  const digits = (raw.significand * 5n ** BigInt(places)).toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${minus}${digits.slice(0, -places)}${fraction === '' ? '' : `.${fraction}`}`;
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** floor(log2 |value|) of a nonzero finite float64, exact where Math.log2 rounds up. */
export function floorLog2(value: number): number {
  float64[0] = value;
  const field = (words[1] >>> 20) & 0x7ff;
  if (field !== 0) return field - 1023;
  float64[0] = value * 2 ** 64;
  return ((words[1] >>> 20) & 0x7ff) - 1087;
}
