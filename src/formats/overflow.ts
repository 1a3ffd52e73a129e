import { type Fit, type Overflow, OVERFLOW_RULES } from './fit.js';
import { INEXACT, INVALID_FLAG, OVERFLOW, UNDERFLOW } from './flags.js';
import { type Format, hasInfinity, hasNan, hasZero } from './format.js';
import { latticeOf } from './lattice.js';
import { NAN, type NanRaw } from './raw.js';
import { overflowsToInfinity } from './rounding.js';

export interface Encoded {
  code: bigint;
  /** OR of INEXACT, UNDERFLOW, OVERFLOW, INVALID_FLAG. */
  flags: number;
}

/** Whether finite overflow gives the largest finite value whatever the rounding and the sign. */
export function saturates(overflow: Overflow): boolean {
  return OVERFLOW_RULES[overflow].finite === 'largest';
}

/** Whether finite overflow on that side gives the largest finite value, though the format may have an infinity or a NaN. */
export function stopsAtLargest({ overflow, rounding }: Pick<Fit, 'overflow' | 'rounding'>, sign: boolean): boolean {
  const { finite } = OVERFLOW_RULES[overflow];
  return finite === 'largest' || (finite === 'rounding' && !overflowsToInfinity(rounding, sign));
}

/** Whether infinities go through a fit as they are. */
export function keepsInfinity({ format, overflow }: Pick<Fit, 'format' | 'overflow'>): boolean {
  return hasInfinity(format) && OVERFLOW_RULES[overflow].keepsInfinity;
}

/** Whether whatever lies outside becomes a finite value, infinities too, as ONNX means it by saturate = 1. */
export function saturatesWhole(fit: Pick<Fit, 'format' | 'overflow'>): boolean {
  return saturates(fit.overflow) && !keepsInfinity(fit);
}

/** @throws RangeError for `wrap` on anything but an integer */
function checkWrap({ format, overflow }: Fit): void {
  if (overflow === 'wrap' && format.kind !== 'int')
    throw new RangeError(`encode: overflow "wrap" is for integers, ${format.name} is not one`);
}

/** The code of the finite value furthest out on that side; of the lowest one where the side is empty. */
function largestOn(format: Format, sign: boolean): bigint {
  const lattice = latticeOf(format);
  const max = lattice.maxIndex(sign);
  return max < 0n ? lattice.codeOf(false, 0n) : lattice.codeOf(sign, max);
}

/** Whether the fit gives a finite value for what lies outside, or has nothing else to give. */
function stays({ format, overflow }: Fit): boolean {
  return format.kind !== 'float' || saturates(overflow) || !hasNan(format);
}

/** @param index where rounding without a limit on the exponent would have gone */
export function overflowed(fit: Fit, sign: boolean, index: bigint): Encoded {
  const { format } = fit;
  checkWrap(fit);
  const { finite } = OVERFLOW_RULES[fit.overflow];
  const flags = OVERFLOW | INEXACT;
  if (finite === 'wrap') return { code: latticeOf(format).codeOf(sign, index), flags };
  if (stays(fit) || stopsAtLargest(fit, sign)) return { code: largestOn(format, sign), flags };
  if (hasInfinity(format) && finite !== 'nan') return { code: infinityCode(format, sign), flags };
  return { code: nanCode(format, { ...NAN, sign }), flags };
}

/**
 * An infinite value. What does not come out infinite is `invalid` and nothing else: infinite operands signal no other
 * exception (IEEE 754-2019 section 6.1), and one that cannot be represented in the destination signals this one
 * (section 5.8), be it answered by a NaN or by a number.
 */
export function encodeInfinity(fit: Fit, sign: boolean): Encoded {
  const { format } = fit;
  checkWrap(fit);
  const held = !sign || (format.kind === 'float' && format.signed);
  if (held && keepsInfinity(fit)) return { code: infinityCode(format, sign), flags: 0 };
  const code = stays(fit) ? largestOn(format, sign) : nanCode(format, { ...NAN, sign });
  return { code, flags: INVALID_FLAG };
}

/** Zero in a float without one, or a negative value in a float without a sign. */
export function encodeMissing(fit: Fit, sign: boolean): Encoded {
  const { format } = fit;
  checkWrap(fit);
  if (!stays(fit)) return { code: nanCode(format, { ...NAN, sign }), flags: INVALID_FLAG };
  const lattice = latticeOf(format);
  // The smallest number stands for all that lies below it where there is no zero; else the range ends at zero.
  const flags = hasZero(format) ? OVERFLOW | INEXACT : UNDERFLOW | INEXACT;
  return { code: lattice.codeOf(sign && lattice.maxIndex(true) >= 0n, 0n), flags };
}

function infinityCode(format: Format, sign: boolean): bigint {
  const lattice = latticeOf(format);
  return lattice.codeOf(sign, lattice.maxIndex(false) + 1n);
}

/** Quiet NaN code; where there is none, the largest positive value (as PTX cvt to e2m1), or 0 in an integer. */
export function encodeNan(format: Format, raw: NanRaw): Encoded {
  const lost = format.kind !== 'float' || !hasNan(format);
  const flags = raw.signaling || lost ? INVALID_FLAG : 0;
  return { code: nanCode(format, raw), flags };
}

function nanCode(format: Format, raw: NanRaw): bigint {
  const lattice = latticeOf(format);
  const max = lattice.maxIndex(false);
  if (format.kind !== 'float') return format.kind === 'int' ? 0n : lattice.codeOf(false, max);
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
