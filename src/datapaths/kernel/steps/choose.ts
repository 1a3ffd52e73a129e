import { type Fit, stopsAtLargest } from '../../../formats/codec.js';
import type { FloatFormat } from '../../../formats/format.js';
import { floorLog2 } from '../../../formats/raw.js';
import { randomBitsOf } from '../../../formats/rounding.js';
import { type Facts, factsOf, spanBits } from '../contract/facts.js';
import type { LaneRounding, Step } from './step.js';

/** The roundings of the quick methods, which lanes.ts emits. */
const QUICK: readonly string[] = ['rne', 'rna', 'rtz', 'stochastic'] satisfies LaneRounding[];

/** A float register as kernels see it. */
export interface FloatRegister {
  fit: Fit & { format: FloatFormat };
  /** Its rounding, as lanes know it. */
  mode: LaneRounding;
  facts: Facts;
  mantissaBits: number;
  /** Exponents of the smallest normal number and of the largest. */
  lowest: number;
  highest: number;
  /** Where a sum beyond the largest number goes. */
  toInfinity: boolean;
}

/** What a register adds in one run, as far as the data tell. */
export interface Addends {
  /** All values, the start too, are multiples of 2^quantum. */
  quantum: number;
  /** Largest magnitude and significant bits of what is added. */
  max: number;
  precision: number;
  /** Largest magnitude that the register starts from. */
  start: number;
  /** Additions. */
  count: number;
  /** NaN or infinity occur among what is added or the start. */
  specials: boolean;
  /** The register starts from -0 somewhere. */
  negativeZero: boolean;
  /** The carrier holds what is rounded exactly, whatever it is. */
  exact?: boolean;
  /** Overflows are counted, so that none may pass unseen. */
  counted?: boolean;
}

/** @returns undefined for registers that only slower routes know */
export function floatRegister(fit: Fit): FloatRegister | undefined {
  const { format, rounding, overflow } = fit;
  if (format.kind !== 'float' || format.radix !== 2 || !format.signed || format.mantissaBits < 1) return undefined;
  if (format.lowest === 'none' || overflow === 'wrap' || (format.specials === 'ieee' && overflow === 'nan'))
    return undefined;
  const mode = typeof rounding === 'string' ? rounding : 'stochastic';
  if (!QUICK.includes(mode) || format.specials === 'none') return undefined;
  const facts = factsOf(format);
  return {
    fit: fit as FloatRegister['fit'],
    mode: mode as LaneRounding,
    facts,
    mantissaBits: format.mantissaBits,
    lowest: 1 - format.bias + (format.shift ?? 0),
    highest: floorLog2(facts.max),
    toInfinity: format.specials === 'ieee' && !stopsAtLargest(fit, false),
  };
}

/** The largest magnitude that a register can reach: every addend at its largest, every rounding away from zero. */
export function reachOf(
  { mantissaBits, fit }: { mantissaBits: number; fit: Fit },
  { max, start, count }: Addends,
): number {
  const drift = Math.exp(count * 2 ** -mantissaBits);
  const free = (start + count * max) * drift;
  // A register that rounds to nearest or cuts stands still once half its ulp exceeds the largest addend.
  return typeof fit.rounding === 'string' ? Math.min(free, 2 * Math.max(start, max * 2 ** (mantissaBits + 2))) : free;
}

/** What a carrier holds: significant bits, exponents of normal numbers, and that of its smallest number. */
export const HOLDS = {
  f32: { precision: 24, lowest: -126, highest: 127, smallest: -149 },
  f64: { precision: 53, lowest: -1022, highest: 1023, smallest: -1074 },
} as const;

/** The step that is exact on a carrier, or in words why there is none. */
export function chooseStep(register: FloatRegister, addends: Addends, carrier: Step['carrier']): Step | string {
  const { mantissaBits: m, facts, fit, highest, lowest } = register;
  const { precision, highest: top, smallest } = HOLDS[carrier];
  const { quantum } = addends;
  if (!addends.exact && addends.precision > precision) return `an addend has ${addends.precision} bits`;
  if (quantum < smallest || addends.max >= 2 ** top || addends.start >= 2 ** top)
    return "addends leave the carrier's range";
  if (m + 1 > precision || facts.quantum < smallest) return 'the carrier is narrower than the register';
  const belowLattice = quantum < facts.quantum;
  const tiny =
    quantum < (fit.format.lowest === 'subnormal' ? (fit.subnormals === 'flush' ? lowest : -Infinity) : lowest);
  if (tiny) return 'sums can be tiny in a register without subnormals';
  const reach = reachOf(register, addends);
  const largest = reach + addends.max;
  const rounding = register.mode;
  const randomBits = randomBitsOf(fit.rounding);
  const base = { carrier, rounding, mantissaBits: m, randomBits, signedZero: addends.negativeZero || belowLattice };

  /** Watches from 2^limit up unless the data cannot reach it. */
  const guarded = (method: Step['method'], limit: number, rest: Partial<Step> = {}): Step => {
    const quiet = largest < 2 ** limit;
    return { ...base, method, overflow: quiet ? 'none' : 'watch', limit, ...rest };
  };
  if (rounding === 'rne' && m === precision - 1 && lowest === 1 - top && highest === top && register.toInfinity)
    return addends.counted ? guarded('native', top) : { ...base, method: 'native', overflow: 'none', limit: top };
  if (m === precision - 1) return 'the register has the whole precision of the carrier and other rules';
  const capacity = top - (precision - 1 - m) - 1;
  // Where one bit is dropped, a sum and its constant come to more than the constant's octave.
  const magic = rounding === 'rne' && m < precision - 2;
  if (magic && (addends.exact || innocuous(register, addends, largest, precision)))
    return guarded('magic', Math.min(highest, capacity), belowLattice ? { floor: lowest } : {});
  if (belowLattice) return 'sums fall between two subnormals';
  if (randomBits > precision - 1 - m) return 'there are more random bits than the carrier drops';
  const exact = addends.exact ? top : precision + quantum;
  if (!addends.exact && spanBits(addends.max, quantum) > precision) return 'a sum can be inexact at once';
  return guarded('pattern', Math.min(highest, exact, top));
}

/**
 * Whether rounding to the carrier and then to the register equals one rounding (nearest even). Either no bit is lost in
 * the carrier, because all sums, rounded or not, are multiples of the addends' quantum up to the largest; or only bits of
 * an addend below a quarter ulp, which cannot decide; or bits of a term that the register holds as it is, in both roles.
 */
function innocuous(
  { mantissaBits: m, facts, highest }: FloatRegister,
  addends: Addends,
  largest: number,
  precision: number,
): boolean {
  const { precision: q, quantum } = addends;
  if (spanBits(Math.min(largest, 2 ** (highest + 2)), quantum) <= precision) return true;
  if (q > precision - m - 2 || m + 1 > precision - m - 2)
    return q <= precision - m - 2 && highest + 2 - precision <= facts.quantum;
  return q <= m + 1 || highest + 2 - precision <= facts.quantum;
}
