import type { Fit } from '../../../src/formats/fit.js';
import type { FloatFormat, Format } from '../../../src/formats/format.js';
import type { Rounding } from '../../../src/formats/rounding.js';
import { outcome, type Probe, wanted } from '../outside.js';
import { exponentOf, exponentOfField, FRACTION, magnitude, power, type Value } from './value.js';

/** A code and its flags. */
export interface Fitted {
  code: bigint;
  inexact: boolean;
  underflow: boolean;
  overflow: boolean;
  invalid: boolean;
}

/** Random bits as they come, most significant first. */
export type Draw = (bits: number) => bigint;

/** The magnitudes of a format by rank, whose parity is their code's; ranks beyond the largest go on as if there were no limit. */
interface Ranks {
  at(rank: bigint): bigint;
  /** The greatest rank at or below a magnitude; undefined below all. */
  below(units: bigint): bigint | undefined;
  /** That of the smallest magnitude above zero, where there is a zero. */
  first: bigint;
  /** The largest on a side; below 0n where there is none. */
  last(minus: boolean): bigint;
  code(minus: boolean, rank: bigint): bigint;
}

function ranksOf(format: Format): Ranks {
  if (format.kind === 'int') {
    const { bits, signed } = format;
    const span = 1n << BigInt(bits);
    const step = power(format.exponent);
    return {
      at: (rank) => rank * step,
      below: (units) => units / step,
      first: 1n,
      last: (minus) => (signed ? span / 2n - (minus ? 0n : 1n) : minus ? 0n : span - 1n),
      code: (minus, rank) => (((minus ? -rank : rank) % span) + span) % span,
    };
  }
  if (format.kind === 'float') return floatRanks(format);
  const { values } = format;
  const sizes = [...new Set(values.flatMap((value) => (value === null ? [] : [Math.abs(value)])))].sort(
    (x, y) => x - y,
  );
  const at = (rank: bigint) => power(0) * BigInt(sizes[Number(rank)] ?? 2 * sizes[sizes.length - 1]);
  // Twice the largest is the next, and nothing is looked for beyond.
  const ranks = Array.from({ length: sizes.length + 1 }, (_, rank) => BigInt(rank));
  return {
    at,
    below: (units) => ranks.findLast((rank) => at(rank) <= units),
    first: 1n,
    last: () => BigInt(sizes.length - 1),
    code: (minus, rank) => BigInt(values.indexOf((minus ? -1 : 1) * sizes[Number(rank)] + 0)),
  };
}

function floatRanks(format: FloatFormat): Ranks {
  const { exponentBits: e, mantissaBits: m, lowest, specials, signed, paddingBits = 0 } = format;
  const hidden = 1n << BigInt(m);
  const top = (hidden << BigInt(e)) - 1n;
  const taken = { ieee: hidden, fn: 1n, merged: 1n, fnuz: 0n, none: 0n }[specials];
  const first = lowest === 'zero-only' ? hidden : 1n;
  const at = (rank: bigint) => magnitude(format, Number(rank / hidden), rank % hidden);
  return {
    at,
    below(units) {
      if (lowest === 'none' ? units < at(0n) : units < at(first)) return lowest === 'none' ? undefined : 0n;
      let field = lowest === 'none' || lowest === 'normal' ? 0 : 1;
      const steps = (exponentOf(units) - exponentOfField(format, field)) / (format.radix === 4 ? 2 : 1);
      if (lowest === 'subnormal' && steps < 0) return units / power(exponentOfField(format, 0) - m);
      field += Math.floor(steps);
      // A radix of 4 comes without a mantissa.
      if (format.radix === 4) return BigInt(field);
      const exponent = exponentOfField({ ...format, lowest: 'normal' }, field);
      return BigInt(field - 1) * hidden + units / power(exponent - m);
    },
    first,
    last: (minus) => (minus && !signed ? -1n : top - taken),
    code: (minus, rank) =>
      (rank + (minus && signed && !(specials === 'fnuz' && rank === 0n) ? top + 1n : 0n)) << BigInt(paddingBits),
  };
}

/** Whether a magnitude between two neighbours, of which the lower has an odd code, goes to the upper one. */
function goesUp(
  rounding: Rounding,
  minus: boolean,
  odd: boolean,
  [low, units, high]: readonly bigint[],
  drawn: bigint,
) {
  if (units === low) return false;
  if (typeof rounding !== 'string') {
    const span = 1n << BigInt(rounding.stochastic.bits);
    return ((units - low) * span) / (high - low) + drawn >= span;
  }
  const half = 2n * units - low - high;
  if (rounding === 'rne') return half > 0n || (half === 0n && odd);
  if (rounding === 'rna') return half >= 0n;
  if (rounding === 'rnz') return half > 0n;
  if (rounding === 'rup') return !minus;
  if (rounding === 'rdn') return minus;
  return rounding === 'rto' && !odd;
}

/**
 * Neighbours among a format's magnitudes where something changes: at zero, around the smallest normal number, where a binade
 * ends, and at the largest and beyond; zero and the smallest magnitude too where there is no zero.
 */
export function magnitudesOf(format: Format): [bigint, bigint][] {
  const { at, first, last } = ranksOf(format);
  const hidden = format.kind === 'float' ? 1n << BigInt(format.mantissaBits) : 2n;
  const top = last(false);
  const ranks = [
    0n,
    first,
    first + 1n,
    hidden - 1n,
    hidden,
    2n * hidden - 1n,
    5n * hidden - 1n,
    top - 1n,
    top,
    top + 1n,
  ];
  const kept = [...new Set(ranks)].filter(
    (rank) => rank === 0n || (rank >= first && (format.kind !== 'table' || rank <= top)),
  );
  const next = (rank: bigint) => at(rank === 0n && at(0n) === 0n ? first : rank + 1n);
  return [
    ...(at(0n) > 0n ? [[0n, at(0n)] as [bigint, bigint]] : []),
    ...kept.map((rank): [bigint, bigint] => [at(rank), next(rank)]),
  ];
}

const CLEAR = { inexact: false, underflow: false, overflow: false, invalid: false };

/** What the definition of all that lies outside says. */
function outside({ format, overflow, rounding }: Fit, probe: Probe): Fitted {
  const name = typeof rounding === 'string' ? rounding : 'stochastic';
  const found = wanted(format, { overflow, rounding: name, probe });
  if (found === undefined) throw new Error(`nothing is said of ${probe.kind} in ${format.name}`);
  const [code, ...flags] = found.split(' ');
  const named = Object.fromEntries(Object.keys(CLEAR).map((flag) => [flag, flags.includes(flag)]));
  return { ...(named as typeof CLEAR), code: BigInt(`0x${code}`) };
}

/** The code that a value is rounded to. */
export function fit(value: Value, to: Fit, draw?: Draw): Fitted {
  const { format, rounding } = to;
  if (value.kind === 'nan') return nanIn(to, value);
  if (value.kind === 'infinity') return outside(to, { kind: 'inf', negative: value.minus });
  const { units } = value;
  const minus = value.minus && (format.kind === 'float' || units !== 0n);
  const drawn = typeof rounding === 'string' ? 0n : (draw as Draw)(rounding.stochastic.bits);
  const ranks = ranksOf(format);
  const low = ranks.below(units);
  if (low === undefined) return lowestOf(to, minus, units);
  const next = low === 0n && ranks.at(0n) === 0n ? ranks.first : low + 1n;
  if (format.kind === 'table' && low > ranks.last(minus)) return beyond(to, minus, low, ranks);
  const up = goesUp(rounding, minus, low % 2n === 1n, [ranks.at(low), units, ranks.at(next)], drawn);
  const rank = up ? next : low;
  const nothing = rank === 0n && ranks.at(0n) === 0n;
  if (rank > ranks.last(minus) && !(nothing && format.kind === 'float')) return beyond(to, minus, rank, ranks);
  const tiny = format.kind === 'float' && isTiny(format, to, value.minus, units, drawn);
  if (tiny && to.subnormals === 'flush' && (format.lowest === 'subnormal' || format.lowest === 'zero-only'))
    return { ...CLEAR, code: ranks.code(minus, 0n), inexact: true, underflow: true };
  const inexact = ranks.at(rank) !== units;
  return { ...CLEAR, code: ranks.code(minus, rank), inexact, underflow: inexact && tiny };
}

/** Below every magnitude of a format without zero: the smallest stands for it, but for zero and what is negative there. */
function lowestOf(to: Fit, minus: boolean, units: bigint): Fitted {
  if (to.format.kind === 'table') return { ...CLEAR, code: ranksOf(to.format).code(minus, 0n), inexact: true };
  return outside(to, { kind: units === 0n ? 'zero' : 'low', negative: minus });
}

/** A rank above the last one of its side. */
function beyond(to: Fit, minus: boolean, rank: bigint, ranks: Ranks): Fitted {
  const { format, overflow } = to;
  if (format.kind === 'int' && overflow === 'wrap')
    return { ...CLEAR, code: ranks.code(minus, rank), inexact: true, overflow: true };
  return outside(to, { kind: minus && ranks.last(true) < 0n ? 'one' : 'huge', negative: minus });
}

/**
 * IEEE 754-2019 section 7.5: nonzero and below the smallest normal number, before rounding or after a rounding as if the
 * exponent had no lower limit. Without subnormals that are worth the name: below the smallest number.
 */
function isTiny(
  format: FloatFormat,
  { rounding, tininess }: Fit,
  minus: boolean,
  units: bigint,
  drawn: bigint,
): boolean {
  const { lowest, mantissaBits: m, radix } = format;
  if (lowest === 'none') return units < magnitude(format, 0, 0n);
  if (lowest === 'normal') return units > 0n && units < (m === 0 ? magnitude(format, 1, 0n) : magnitude(format, 0, 1n));
  const normal = magnitude(format, 1, 0n);
  if (units === 0n || units >= normal) return false;
  if (tininess === 'before') return true;
  const last = radix === 4 ? normal / 4n : normal - normal / (2n << BigInt(m));
  return units <= last || !goesUp(rounding, minus, true, [last, units, normal], drawn);
}

/** The quiet NaN with what of the fraction there is room for. */
function nanIn(to: Fit, { minus, signaling, fraction }: Value & { kind: 'nan' }): Fitted {
  const { format } = to;
  const plain = outside(to, { kind: 'nan', negative: false });
  const invalid = plain.invalid || signaling;
  if (format.kind !== 'float' || format.specials === 'none' || format.specials === 'fnuz') return { ...plain, invalid };
  const { exponentBits: e, mantissaBits: m, paddingBits = 0, specials } = format;
  const sign = minus ? 1n << BigInt(e + m) : 0n;
  const kept = specials === 'ieee' ? fraction >> BigInt(FRACTION - m) : 0n;
  return { ...plain, code: plain.code | ((sign | kept) << BigInt(paddingBits)), invalid };
}

/** As `flagNames` has it, behind the code. */
export function shown({ code, inexact, overflow, underflow, invalid }: Fitted): string {
  const flags = Object.entries({ inexact, overflow, underflow, invalid }).filter(([, set]) => set);
  return outcome(code, flags.map(([name]) => name).join(' '));
}
