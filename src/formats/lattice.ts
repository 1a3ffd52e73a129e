import type { FloatFormat, Format, IntFormat, TableFormat } from './format.js';
import { compareMagnitudes, finite, type FiniteRaw, fromNumber, magnitudeExponent } from './raw.js';
import type { Position } from './rounding.js';

/**
 * The finite magnitudes of a format in ascending order, numbered by an index whose parity is the code's. Indices beyond
 * the largest finite one continue as if the exponent had no upper limit, which is what IEEE 754 rounds against.
 */
export interface Lattice {
  /** The greatest index at or below the magnitude, and where the magnitude lies before the next one. */
  locate(magnitude: FiniteRaw): { index: bigint; at: Position };
  valueAt(index: bigint): FiniteRaw;
  /** The next magnitude's index: index + 1 nearly everywhere. */
  next(index: bigint): bigint;
  /** Largest finite index on that side of zero; -1n when the side is empty. */
  maxIndex(sign: boolean): bigint;
  codeOf(sign: boolean, index: bigint): bigint;
}

const cache = new WeakMap<Format, Lattice>();

export function latticeOf(format: Format): Lattice {
  let lattice = cache.get(format);
  if (lattice === undefined) {
    lattice = build(format);
    cache.set(format, lattice);
  }
  return lattice;
}

function build(format: Format): Lattice {
  if (format.kind === 'int') return intLattice(format);
  return format.kind === 'table' ? tableLattice(format) : floatLattice(format);
}

const EXACT: Position = { remainder: 0n, step: 1n };

/** Splits a magnitude into whole quanta of 2^exponent and the rest. */
function quanta(magnitude: FiniteRaw, exponent: number): { whole: bigint; at: Position } {
  const shift = magnitude.exponent - exponent;
  if (shift >= 0) return { whole: magnitude.significand << BigInt(shift), at: EXACT };
  const step = 1n << BigInt(-shift);
  return {
    whole: magnitude.significand >> BigInt(-shift),
    at: { remainder: magnitude.significand & (step - 1n), step },
  };
}

function intLattice(format: IntFormat): Lattice {
  const mask = (1n << BigInt(format.bits)) - 1n;
  const negativeMax = format.signed ? 1n << BigInt(format.bits - 1) : 0n;
  const positiveMax = format.signed ? negativeMax - 1n : mask;
  return {
    locate(magnitude) {
      const { whole, at } = quanta(magnitude, format.exponent);
      return { index: whole, at };
    },
    valueAt: (index) => finite(false, index, format.exponent),
    next: (index) => index + 1n,
    maxIndex: (sign) => (sign ? negativeMax : positiveMax),
    codeOf: (sign, index) => (sign ? -index : index) & mask,
  };
}

/** @throws RangeError when a table holds an infinity or NaN */
function exactly(value: number): FiniteRaw {
  const raw = fromNumber(value);
  if (raw.kind !== 'finite') throw new RangeError(`the values of a table format are finite numbers, found ${value}`);
  return raw;
}

function tableLattice(format: TableFormat): Lattice {
  const magnitudes = [...new Set(format.values.filter((v) => v !== null).map(Math.abs))].sort((x, y) => x - y);
  const raws = magnitudes.map(exactly);
  const side = (sign: boolean) => magnitudes.findLastIndex((m) => format.values.includes(sign ? -m : m));
  return {
    locate(magnitude) {
      const index = raws.findLastIndex((raw) => compareMagnitudes(raw, magnitude) <= 0);
      if (index < 0) return { index: 0n, at: EXACT };
      const upper = raws[index + 1] ?? finite(false, raws[index].significand << 1n, raws[index].exponent);
      if (compareMagnitudes(magnitude, upper) >= 0) return { index: BigInt(index + 1), at: EXACT };
      return { index: BigInt(index), at: between(raws[index], upper, magnitude) };
    },
    valueAt: (index) => raws[Number(index)],
    next: (index) => index + 1n,
    maxIndex: (sign) => BigInt(side(sign)),
    codeOf(sign, index) {
      const value = magnitudes[Number(index)];
      const code = format.values.findIndex((v) => v === (sign && value !== 0 ? -value : value));
      return BigInt(code);
    },
  };
}

function between(lower: FiniteRaw, upper: FiniteRaw, value: FiniteRaw): Position {
  const exponent = Math.min(lower.exponent, upper.exponent, value.exponent);
  const at = (raw: FiniteRaw) => raw.significand << BigInt(raw.exponent - exponent);
  return { remainder: at(value) - at(lower), step: at(upper) - at(lower) };
}

function floatLattice(format: FloatFormat): Lattice {
  const { mantissaBits: m, bias, lowest, specials, signed } = format;
  const places = BigInt(m);
  const hidden = 1n << places;
  const fraction = hidden - 1n;
  const radixLog = format.radix === 4 ? 2 : 1;
  const shift = format.shift ?? 0;
  /** Exponent field 0 counts as binade 1 in a format with subnormals, as binade 0 where it holds normal numbers. */
  const firstBinade = lowest === 'subnormal' || lowest === 'zero-only' ? 1 : 0;
  const zeroStep = lowest === 'zero-only' ? hidden : 1n;
  const hasZero = lowest !== 'none';
  const all = (1n << BigInt(format.exponentBits + m)) - 1n;
  const topBinade = hidden;
  const max = specials === 'ieee' ? all - topBinade : specials === 'fn' || specials === 'merged' ? all - 1n : all;
  const padding = BigInt(format.paddingBits ?? 0);
  const signBit = 1n << BigInt(format.exponentBits + m);

  function valueAt(index: bigint): FiniteRaw {
    const field = Number(index >> places);
    const mantissa = index & fraction;
    if (field === 0 && lowest === 'subnormal') return finite(false, mantissa, 1 - bias - m + shift);
    if (hasZero && (index === 0n || (field === 0 && lowest === 'zero-only'))) return finite(false, 0n, 0);
    return finite(false, mantissa | hidden, radixLog * (field - bias) - m + shift);
  }

  return {
    valueAt,
    next: (index) => (index === 0n ? zeroStep : index + 1n),
    maxIndex: (sign) => (sign && !signed ? -1n : max),
    codeOf(sign, index) {
      const negative = sign && signed && !(specials === 'fnuz' && index === 0n);
      return (negative ? index | signBit : index) << padding;
    },
    locate(magnitude) {
      const lowestNormal = hasZero ? zeroStep : 0n;
      if (magnitude.significand === 0n) return { index: 0n, at: EXACT };
      if (lowest !== 'subnormal') {
        const smallest = valueAt(lowestNormal);
        if (compareMagnitudes(magnitude, smallest) < 0)
          return { index: 0n, at: hasZero ? between(finite(false, 0n, 0), smallest, magnitude) : EXACT };
      }
      if (format.radix === 4) {
        const index = BigInt(Math.floor((magnitudeExponent(magnitude) - shift) / 2) + bias);
        return { index, at: between(valueAt(index), valueAt(index + 1n), magnitude) };
      }
      const binade = Math.max(magnitudeExponent(magnitude) - shift + bias, firstBinade);
      const { whole, at } = quanta(magnitude, binade - bias - m + shift);
      return { index: (BigInt(binade - firstBinade) << places) + whole - (firstBinade === 0 ? hidden : 0n), at };
    },
  };
}

/** Significant bits of a float's normal numbers. */
export function precisionOf(format: FloatFormat): number {
  return format.mantissaBits + 1;
}
