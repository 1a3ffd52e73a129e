import { type Fit, keepsInfinity, saturates, stopsAtLargest } from '../../../formats/codec.js';
import type { FloatFormat, IntFormat } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { toNumber } from '../../../formats/raw.js';
import { randomBitsOf } from '../../../formats/rounding.js';
import type { Draw, Tally } from '../contract/engine.js';
import { snapperOf, unitInFirstPlace } from './snap.js';

/**
 * A fit on float64: `round` takes an exact value (or one rounded to odd with at least two bits to spare) to the value
 * that the fit gives. Formats without infinity have a NaN whose sign tells which way the sum overflowed; here that NaN
 * is carried as an infinity, and `read` turns it into NaN when it is added to anything.
 */
export interface Rounder {
  round: (x: number) => number;
  read: (carried: number) => number;
}

/** @returns undefined where float64 cannot carry the fit's values with the bits to spare */
export function rounderOf(fit: Fit, tally: Tally, draw?: Draw): Rounder | undefined {
  const { format } = fit;
  const bits = randomBitsOf(fit.rounding);
  const own = draw === undefined || bits === 0 ? undefined : () => draw(bits);
  if (format.kind === 'int') return format.bits <= 48 ? intRounder(fit, format, tally, own) : undefined;
  return format.kind === 'float' && isCarried(fit, format) ? floatRounder(fit, format, tally, own) : undefined;
}

/** Whether sums up to a magnitude wrap exactly: beyond 2^50 quanta float64 no longer holds what modulo needs. */
export function wrapsExactly({ format, overflow }: Fit, max: number): boolean {
  return format.kind !== 'int' || overflow !== 'wrap' || max < 2 ** (49 + format.exponent);
}

function isCarried({ overflow, rounding }: Fit, format: FloatFormat): boolean {
  const { signed, radix, mantissaBits, exponentBits, lowest, specials } = format;
  const random = typeof rounding === 'string' ? 0 : rounding.stochastic.bits + 1;
  if (!signed || radix !== 2 || mantissaBits < 1 || mantissaBits + random > 48 || exponentBits > 9) return false;
  if (lowest === 'none') return false;
  return overflow !== 'wrap' && !(specials === 'ieee' && overflow === 'nan') && Math.abs(format.bias) < 512;
}

function floatRounder(fit: Fit, format: FloatFormat, tally: Tally, draw?: () => number): Rounder {
  const { mantissaBits: m, bias, lowest, specials } = format;
  const lattice = latticeOf(format);
  const max = toNumber(lattice.valueAt(lattice.maxIndex(false)));
  const smallest = toNumber(lattice.valueAt(lattice.next(0n)));
  const minNormal = 2 ** (1 - bias + (format.shift ?? 0));
  const quantum = lowest === 'normal' ? 2 ** (-bias - m + (format.shift ?? 0)) : minNormal * 2 ** -m;
  const scale = 2 ** -m;
  const snap = snapperOf(fit.rounding);
  const gap = lowest === 'subnormal' ? 0 : smallest;
  const flush = fit.subnormals === 'flush' && (lowest === 'subnormal' || lowest === 'zero-only');
  const early = fit.tininess === 'before';
  const overflow = overflowOf(fit, format, max);
  const infinity = infinityOf(fit, format, max);
  const nan = specials === 'none' ? max : Number.NaN;

  function spill(x: number): number {
    tally.overflowed++;
    return overflow(x);
  }

  const span = typeof fit.rounding === 'string' ? 0 : 2 ** fit.rounding.stochastic.bits;

  /** Between zero and the smallest number of a format without subnormals; only the side of the middle matters. */
  function inGap(x: number, magnitude: number, drawn: number): number {
    // floor(span magnitude / gap) + drawn >= span, without the quotient.
    if (span > 0) return magnitude * span >= (span - drawn) * gap ? Math.sign(x) * gap : 0;
    const place = magnitude * 2 < gap ? 0.25 : magnitude * 2 > gap ? 0.75 : 0.5;
    return snap(x < 0 ? -place : place, 1, 0) * gap;
  }

  function round(x: number): number {
    const drawn = draw === undefined || x - x !== 0 ? 0 : draw();
    if (x - x !== 0) return x === x ? infinity(x) : nan;
    if (x === 0) return specials === 'fnuz' ? 0 : x;
    const magnitude = Math.abs(x);
    const unit = unitInFirstPlace(magnitude) * scale;
    let r = magnitude < gap ? inGap(x, magnitude, drawn) : snap(x, unit > quantum ? unit : quantum, drawn);
    if (flush && magnitude < minNormal && (early || Math.abs(snap(x, unit, drawn)) < minNormal)) r = 0;
    if (r === 0) return x < 0 && specials !== 'fnuz' ? -0 : 0;
    return Math.abs(r) > max ? spill(x) : r;
  }
  const signedNan = specials === 'fn' || specials === 'merged';
  return { round, read: signedNan ? (x) => (x - x === 0 ? x : Number.NaN) : (x) => x };
}

/** What a finite value beyond the largest becomes, as the codec's `overflowed` has it. */
function overflowOf(fit: Fit, { specials }: FloatFormat, max: number): (x: number) => number {
  const largest = (x: number) => (x < 0 ? -max : max);
  const beyond = (x: number) =>
    specials === 'none' ? largest(x) : specials === 'fnuz' ? Number.NaN : x < 0 ? -Infinity : Infinity;
  return (x) => (stopsAtLargest(fit, x < 0) ? largest(x) : beyond(x));
}

/** What an infinite value becomes, as the codec's `encodeInfinity` has it; no rounding has a say, and it is no overflow. */
function infinityOf(fit: Fit, { specials }: FloatFormat, max: number): (x: number) => number {
  if (keepsInfinity(fit)) return (x) => x;
  if (saturates(fit.overflow) || specials === 'none') return (x) => (x < 0 ? -max : max);
  return specials === 'fnuz' ? () => Number.NaN : (x) => x;
}

function intRounder(fit: Fit, format: IntFormat, tally: Tally, draw?: () => number): Rounder {
  const quantum = 2 ** format.exponent;
  const span = 2 ** format.bits;
  const low = format.signed ? -span / 2 : 0;
  const high = low + span - 1;
  const snap = snapperOf(fit.rounding);
  const wrap = fit.overflow === 'wrap';
  const beyond = 2 ** (50 + format.exponent);

  function spill(count: number): number {
    if (count - count !== 0) return count < 0 ? low : high;
    tally.overflowed++;
    if (wrap) return count - Math.floor((count - low) / span) * span;
    return count < 0 ? low : high;
  }

  function round(x: number): number {
    if (x !== x) return 0;
    const drawn = draw === undefined || x - x !== 0 ? 0 : draw();
    const count = Math.abs(x) < beyond ? snap(x, quantum, drawn) / quantum : x / quantum;
    return (count < low || count > high ? spill(count) : count) * quantum + 0;
  }
  return { round, read: (x) => x };
}
