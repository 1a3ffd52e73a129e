import type { FloatFormat, Format } from '../../../src/formats/format.js';

/**
 * The scalar definition of what units compute, written out from the documents (IEEE 754-2019, OCP MX v1.0, the descriptions
 * in src/formats/format.ts and src/datapaths/datapath.ts), against which reference and kernels stand. Nothing of theirs is
 * used but the types of records. A number is a whole count of one unit that is below everything that is computed, so that
 * there is no exponent to go wrong: products of fp64's subnormals are multiples of 2^-2148.
 */
export type Value =
  | { kind: 'number'; minus: boolean; units: bigint }
  | { kind: 'infinity'; minus: boolean }
  | { kind: 'nan'; minus: boolean; signaling: boolean; fraction: bigint };

/** A unit is 2^-UNIT. */
export const UNIT = 2200;

/** Bits that the fraction of a NaN is aligned to. */
export const FRACTION = 64;

/** `units` is a magnitude: a zero has a sign too. */
export const number = (minus: boolean, units: bigint): Value => ({ kind: 'number', minus, units });

export const QUIET: Value = { kind: 'nan', minus: false, signaling: false, fraction: 0n };
/** What an invalid operation gives (IEEE 754-2019 section 7.2). */
export const INVALID: Value = { ...QUIET, signaling: true };

const powers: bigint[] = [];

/** 2^exponent in units. */
export function power(exponent: number): bigint {
  powers[UNIT + exponent] ??= 1n << BigInt(UNIT + exponent);
  return powers[UNIT + exponent];
}

/** floor(log2) of so many units, more than none. */
export const exponentOf = (units: bigint): number => 4 * (units.toString(16).length - 1) + leading(units) - UNIT;

function leading(units: bigint): number {
  return Math.floor(Math.log2(Number.parseInt(units.toString(16)[0], 16)));
}

export const isZero = (value: Value): boolean => value.kind === 'number' && value.units === 0n;

/** Units with their sign. */
export const signed = (value: Value): bigint => {
  if (value.kind !== 'number') throw new Error('only a number has units');
  return value.minus ? -value.units : value.units;
};

/** The fields of a float's code. */
export function fieldsOf({ exponentBits: e, mantissaBits: m, paddingBits = 0 }: FloatFormat, code: bigint) {
  const word = code >> BigInt(paddingBits);
  return {
    minus: word >> BigInt(e + m) === 1n,
    field: Number((word >> BigInt(m)) % (1n << BigInt(e))),
    mantissa: word % (1n << BigInt(m)),
  };
}

/** The exponent that an exponent field stands for; 0 stands for that of the lowest normal numbers where it holds no normal ones. */
export function exponentOfField({ lowest, bias, radix, shift = 0 }: FloatFormat, field: number): number {
  const first = field === 0 && (lowest === 'subnormal' || lowest === 'zero-only') ? 1 : field;
  return (radix === 4 ? 2 : 1) * (first - bias) + shift;
}

/** The magnitude of an exponent field, which may lie beyond the format's, and a mantissa. */
export function magnitude(format: FloatFormat, field: number, mantissa: bigint): bigint {
  const { mantissaBits: m, lowest } = format;
  const step = power(exponentOfField(format, field) - m);
  if (field > 0 || lowest === 'none') return (mantissa + (1n << BigInt(m))) * step;
  if (lowest === 'subnormal') return mantissa * step;
  return lowest === 'zero-only' || mantissa === 0n ? 0n : (mantissa + (1n << BigInt(m))) * step;
}

/** What a code means. @param flush subnormal codes are zeros */
export function valueOf(format: Format, code: bigint | number, flush = false): Value {
  const word = BigInt(code);
  if (format.kind === 'int') {
    const count = format.signed && word >> BigInt(format.bits - 1) === 1n ? word - (1n << BigInt(format.bits)) : word;
    return number(count < 0n, (count < 0n ? -count : count) * power(format.exponent));
  }
  if (format.kind === 'table') {
    const value = format.values[Number(word)];
    return value === null ? INVALID : number(value < 0, BigInt(Math.abs(value)) * power(0));
  }
  const special = specialOf(format, word);
  if (special !== undefined) return special;
  const { minus, field, mantissa } = fieldsOf(format, word);
  if (flush && field === 0 && format.lowest === 'subnormal') return number(minus, 0n);
  return number(minus, magnitude(format, field, mantissa));
}

/** Infinity or NaN, where the code is one. */
function specialOf(format: FloatFormat, code: bigint): Value | undefined {
  const { specials, exponentBits: e, mantissaBits: m } = format;
  const { minus, field, mantissa } = fieldsOf(format, code);
  const top = field === 2 ** e - 1;
  const ones = mantissa === (1n << BigInt(m)) - 1n;
  if (specials === 'fnuz') return minus && field === 0 && mantissa === 0n ? QUIET : undefined;
  if (specials === 'fn' || specials === 'merged') return top && ones ? { ...QUIET, minus } : undefined;
  if (specials === 'none' || !top) return undefined;
  if (mantissa === 0n) return { kind: 'infinity', minus };
  const signaling = mantissa >> BigInt(m - 1) === 0n;
  return { kind: 'nan', minus, signaling, fraction: mantissa << BigInt(FRACTION - m) };
}

/** The NaN of an operation on NaNs: the positive quiet one, signaling where one of them was. */
function nanOf(values: readonly Value[]): Value {
  return values.some((value) => value.kind === 'nan' && value.signaling) ? INVALID : QUIET;
}

export function product(x: Value, y: Value): Value {
  if (x.kind === 'nan' || y.kind === 'nan') return nanOf([x, y]);
  const minus = x.minus !== y.minus;
  if (x.kind === 'infinity' || y.kind === 'infinity')
    return isZero(x) || isZero(y) ? INVALID : { kind: 'infinity', minus };
  return number(minus, (x.units * y.units) >> BigInt(UNIT));
}

/**
 * @param down an exact zero of terms of both signs is -0 (IEEE 754-2019 section 6.3), as it is where the rounding is
 * toward minus infinity
 */
export function sum(values: readonly Value[], down = false): Value {
  const infinities = values.filter(({ kind }) => kind === 'infinity');
  const clash = infinities.some(({ minus }) => minus) && infinities.some(({ minus }) => !minus);
  const nans = values.filter(({ kind }) => kind === 'nan');
  if (clash) return nanOf([...nans, INVALID]);
  if (nans.length > 0) return nanOf(nans);
  if (infinities.length > 0) return infinities[0];
  const total = values.reduce((units, value) => units + signed(value), 0n);
  if (total !== 0n) return number(total < 0n, total < 0n ? -total : total);
  const minuses = values.filter(({ minus }) => minus).length;
  return number(minuses > 0 && (down || minuses === values.length), 0n);
}
