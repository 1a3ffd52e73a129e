import { type Fit, keepsInfinity, saturates, stopsAtLargest } from '../../../formats/codec.js';
import type { FloatFormat, IntFormat } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { toNumber } from '../../../formats/raw.js';
import { type Rounding, randomBitsOf } from '../../../formats/rounding.js';
import { factsOf, spanBits } from '../contract/facts.js';
import { type Addends, HOLDS } from './choose.js';
import { isMode } from './modes.js';
import type { LaneRounding, Outside, Rules, Step } from './step.js';

/** The rules of a register as lanes follow them, in float64; undefined where only slower routes know them. */
export function rulesOf(fit: Fit): Rules | undefined {
  const { format, rounding, overflow, subnormals } = fit;
  if (format.kind === 'int') return fixedRules(fit, format);
  if (format.kind !== 'float' || !isHeld(format)) return undefined;
  if (overflow === 'wrap' || (overflow === 'nan' && format.specials === 'ieee')) return undefined;
  const random = randomBitsOf(rounding);
  const mode = modeOf(rounding);
  if (mode === undefined) return undefined;
  if (format.mantissaBits + random > 46) return undefined;
  const { bias, mantissaBits, lowest, specials, shift = 0 } = format;
  const lattice = latticeOf(format);
  const flushes = subnormals === 'flush' && lowest !== 'normal';
  const flush = flushes ? flushedBelow(fit, format) : undefined;
  if (flushes && flush === undefined) return undefined;
  const max = toNumber(lattice.valueAt(lattice.maxIndex(false)));
  return {
    rounding: mode,
    mantissaBits,
    randomBits: random,
    floor: (lowest === 'normal' ? 0 : 1) - bias + shift,
    max,
    beyond: beyondOf(fit, format),
    infinities: keepsInfinity(fit),
    infinite: infiniteOf(fit, format),
    signedNan: specials === 'fn' || specials === 'merged',
    nan: specials === 'none' ? max : undefined,
    gap: lowest === 'subnormal' ? undefined : toNumber(lattice.valueAt(lattice.next(0n))),
    flush,
    unsignedZero: specials === 'fnuz',
    odd: true,
  };
}

/** What lanes know a rounding by, where they do. */
function modeOf(rounding: Rounding): LaneRounding | undefined {
  if (typeof rounding !== 'string') return 'stochastic';
  return isMode(rounding) ? rounding : undefined;
}

/** A fixed-point register: one unit for every sum in its range and somewhat beyond. */
function fixedRules({ rounding, overflow }: Fit, { bits, signed, exponent }: IntFormat): Rules | undefined {
  const mode = modeOf(rounding);
  if (mode === undefined || bits + randomBitsOf(rounding) > 46 || Math.abs(exponent) > 300) return undefined;
  const unit = 2 ** exponent;
  const span = 2 ** bits * unit;
  const lowest = signed ? span / 2 : 0;
  return {
    rounding: mode,
    mantissaBits: bits,
    randomBits: randomBitsOf(rounding),
    floor: exponent + bits,
    max: span - lowest - unit,
    lowest,
    span: overflow === 'wrap' ? span : undefined,
    beyond: 'largest',
    infinities: false,
    infinite: 'largest',
    signedNan: false,
    nan: 0,
    unsignedZero: true,
    odd: true,
  };
}

/** Formats whose sums float64 lanes hold with room to spare on every side. */
function isHeld({ signed, radix, mantissaBits, exponentBits, bias, lowest, shift = 0 }: FloatFormat): boolean {
  if (!signed || radix !== 2 || mantissaBits < 1 || lowest === 'none') return false;
  return exponentBits <= 9 && Math.abs(bias) + Math.abs(shift) < 400;
}

/** What the codec's `overflowed` gives, on both sides alike. */
function beyondOf(fit: Fit, { specials }: FloatFormat): Outside {
  if (stopsAtLargest(fit, false) || specials === 'none') return 'largest';
  return specials === 'fnuz' ? 'nan' : 'infinity';
}

/** What the codec's `encodeInfinity` gives. */
function infiniteOf(fit: Fit, { specials }: FloatFormat): Outside {
  if (keepsInfinity(fit)) return 'infinity';
  if (saturates(fit.overflow) || specials === 'none') return 'largest';
  return specials === 'fnuz' ? 'nan' : 'infinity';
}

/** Tiny numbers become zero: all below the smallest normal one, or those that do not round up to it. */
function flushedBelow({ rounding, tininess }: Fit, { bias, mantissaBits, shift = 0 }: FloatFormat): number | undefined {
  const smallest = 2 ** (1 - bias + shift);
  if (tininess === 'before' || rounding === 'rtz') return smallest;
  return rounding === 'rne' || rounding === 'rna' ? smallest - 2 ** (-bias + shift - mantissaBits - 1) : undefined;
}

/** Whether float64 holds such addends, with room to spare on every side. */
export function takesAddends({ precision, quantum, max }: Addends): boolean {
  return precision <= HOLDS.f64.precision && quantum >= -900 && max <= 2 ** 900;
}

/** A step by all rules of a register; sums are rounded to odd first where float64 does not hold them. */
export function completeStep(rules: Rules, { format }: Fit, addends: Addends, carrier: Step['carrier']): Step {
  const { rounding, mantissaBits, randomBits } = rules;
  const odd =
    spanBits(rules.max + addends.max + addends.start, Math.min(addends.quantum, factsOf(format).quantum)) > 53;
  return {
    carrier,
    method: 'complete',
    rounding,
    mantissaBits,
    randomBits,
    signedZero: true,
    overflow: 'none',
    limit: 0,
    rules: { ...rules, odd },
  };
}
