import type { FloatFormat, Format, IntFormat, TableFormat } from '../../src/formats/format.js';
import { finite, infinite, NAN, type Raw } from '../../src/formats/raw.js';

/**
 * What becomes of values that a format does not reach, written out from the documents: IEEE 754-2019 (4.3 and 7.4: where
 * finite overflow goes by rounding; 6.1: infinite operands signal `invalid` or nothing; 5.8: and `invalid` where the
 * destination cannot represent them), OCP OFP8 v1.0 table 3 and the ONNX table of Cast-25 (saturating or not), IEEE P3109's
 * SatFinite and SatPropagate, ml_dtypes 0.5 (e8m0: zero and negative values are NaN, small ones 2^-127). Codes are put
 * together from the fields of a record; nothing of the codec is used.
 */
export interface Case {
  overflow: 'ieee' | 'infinity' | 'saturate' | 'saturate-propagate' | 'nan' | 'wrap';
  rounding: string;
  probe: Probe;
}

/** `huge`: far beyond the largest finite value; `above`: a hair beyond it; `low`: a hair, not zero. */
export type Probe = { kind: 'huge' | 'above' | 'inf' | 'nan' | 'zero' | 'one' | 'low'; negative: boolean };

export const PROBES: readonly Probe[] = (['huge', 'above', 'inf', 'zero', 'one', 'low'] as const)
  .flatMap((kind) => [false, true].map((negative): Probe => ({ kind, negative })))
  .concat({ kind: 'nan', negative: false });

/** A code in hexadecimal and the names of its flags. */
export function outcome(code: bigint | number, flags: string): string {
  return `${code.toString(16)} ${flags}`.trim();
}

const LOST = 'invalid';
const OUT = 'inexact overflow';

/** "7b inexact overflow"; undefined where the case says nothing of what lies outside, or there is no such case. */
export function wanted(format: Format, given: Case): string | undefined {
  if (given.overflow === 'wrap' && format.kind !== 'int') return undefined;
  if (format.kind === 'int') return wantedInt(format, given);
  return format.kind === 'table' ? wantedTable(format, given) : wantedFloat(format, given);
}

/** Units of the last place beyond the largest integer; they must survive the wrap. */
const BEYOND = 5n;

function wantedInt({ bits, signed }: IntFormat, { overflow, probe: { kind, negative } }: Case): string | undefined {
  const span = 1n << BigInt(bits);
  const ends = signed ? [span / 2n, span / 2n - 1n] : [0n, span - 1n];
  const end = negative ? (span - ends[0]) % span : ends[1];
  if (kind === 'nan') return outcome(0n, LOST);
  if (kind === 'inf') return outcome(end, LOST);
  if (kind === 'zero') return outcome(0n, '');
  if (kind === 'huge') {
    const far = negative ? -(ends[0] + BEYOND) : ends[1] + BEYOND;
    return outcome(overflow === 'wrap' ? ((far % span) + span) % span : end, OUT);
  }
  if (kind === 'one' && negative && !signed) return outcome(overflow === 'wrap' ? span - 1n : 0n, OUT);
  return undefined;
}

function wantedTable({ values }: TableFormat, { probe: { kind, negative } }: Case): string | undefined {
  const known = values.filter((value) => value !== null);
  const end = values.indexOf(negative ? Math.min(...known) : Math.max(...known));
  if (kind === 'nan' || kind === 'inf') return outcome(end, LOST);
  if (kind === 'huge') return outcome(end, OUT);
  if (kind !== 'zero') return undefined;
  // A sign has no zero: +1 stands for it (Courbariaux et al. 2016).
  return values.includes(0) ? outcome(values.indexOf(0), '') : outcome(values.indexOf(1), 'inexact');
}

function wantedFloat(format: FloatFormat, { overflow, rounding, probe: { kind, negative } }: Case): string | undefined {
  const { exponentBits: e, mantissaBits: m, specials, signed, lowest, paddingBits = 0 } = format;
  const ones = (1n << BigInt(e + m)) - 1n;
  const hidden = 1n << BigInt(m);
  const side = negative && signed ? ones + 1n : 0n;
  const word = (index: bigint, flags: string) => outcome(index << BigInt(paddingBits), flags);
  const largest = { ieee: ones - hidden, fn: ones - 1n, merged: ones - 1n, fnuz: ones, none: ones }[specials];
  // The quiet NaN has the top bit of its fraction and no other.
  const quiet = ones - hidden + 1n + hidden / 2n;
  const nan = { ieee: side | quiet, fn: side | ones, merged: side | ones, fnuz: ones + 1n, none: largest }[specials];
  const stays = overflow === 'saturate' || overflow === 'saturate-propagate' || specials === 'none';
  const hasZero = lowest !== 'none';

  if (kind === 'nan') return word(nan, specials === 'none' ? LOST : '');
  const missing = kind === 'zero' ? !hasZero : negative && !signed;
  if (kind === 'inf') {
    const has = specials === 'ieee' && (signed || !negative);
    if (has && overflow !== 'saturate') return word(side | (largest + 1n), '');
    if (stays) return word(missing ? 0n : side | largest, LOST);
    return word(nan, LOST);
  }
  if (kind === 'zero' && hasZero) return word(signed && specials !== 'fnuz' ? side : 0n, '');
  if (kind === 'low') {
    if (hasZero) return undefined;
    if (!missing) return word(side, 'inexact underflow');
  }
  if (missing) {
    if (!stays) return word(nan, LOST);
    return word(hasZero ? 0n : side, hasZero ? OUT : 'inexact underflow');
  }
  if (kind === 'one') return undefined;
  const away = rounding === (negative ? 'rdn' : 'rup');
  if (kind === 'above' && !away && !(rounding === 'rto' && largest % 2n === 0n)) {
    return rounding === 'stochastic' ? undefined : word(side | largest, 'inexact');
  }
  const nearest = ['rne', 'rna', 'rnz', 'stochastic'].includes(rounding);
  if (stays || (overflow === 'ieee' && !nearest && !away)) return word(side | largest, OUT);
  if (specials === 'ieee' && overflow !== 'nan') return word(side | (largest + 1n), OUT);
  return word(nan, OUT);
}

/** The exact value of a probe. */
export function valueOf(format: Format, { kind, negative }: Probe): Raw | undefined {
  if (kind === 'nan') return NAN;
  if (kind === 'inf') return infinite(negative);
  if (kind === 'zero') return finite(negative, 0n, 0);
  if (format.kind === 'int') {
    const end = format.signed
      ? (1n << BigInt(format.bits - 1)) - (negative ? 0n : 1n)
      : (1n << BigInt(format.bits)) - 1n;
    const from = negative && !format.signed ? 0n : end;
    if (kind === 'huge') return finite(negative, from + BEYOND, format.exponent);
    return kind === 'one' ? finite(negative, 1n, format.exponent) : undefined;
  }
  if (format.kind === 'table') return kind === 'huge' ? finite(negative, 1n, 200) : undefined;
  const { exponentBits: e, mantissaBits: m, bias, specials, radix, shift = 0 } = format;
  if (kind === 'huge') return finite(negative, 1n, 2 ** e * (radix / 2) + Math.abs(bias) * radix + 20);
  if (kind === 'low') return finite(negative, 1n, -(2 ** e * (radix / 2) + Math.abs(bias) * radix + 20));
  const top =
    (1n << BigInt(e + m)) -
    1n -
    (specials === 'ieee' ? 1n << BigInt(m) : specials === 'fn' || specials === 'merged' ? 1n : 0n);
  const field = Number(top >> BigInt(m));
  // Exponent field 0 holds no normal number in a format with subnormals.
  if (field === 0 && format.lowest !== 'none' && format.lowest !== 'normal') return undefined;
  const significand = (top & ((1n << BigInt(m)) - 1n)) | (1n << BigInt(m));
  const exponent = (radix === 4 ? 2 : 1) * (field - bias) - m + shift;
  if (kind === 'one') return finite(negative, significand, exponent - 1);
  return finite(negative, (significand << 20n) | 1n, exponent - 20);
}
