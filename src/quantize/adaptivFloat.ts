import { floorLog2 } from '../formats/raw.js';
import { largestMagnitude, mapped, type Reals, roundEven } from './reals.js';

/**
 * AdaptivFloat<n, e> (Tambe et al., DAC 2020, arXiv 1909.13271, algorithm 1; ttambe/AdaptivFloat, adaptivfloat.py): no
 * subnormals, the smallest code is zero, all others are finite, and the bias puts the top exponent on that of max |x|:
 * exponents from b to b + 2^e - 1, b = floor(log2 max |x|) - (2^e - 1), magnitudes 2^b (1 + 2^-m) .. 2^(b + 2^e - 1) (2 - 2^-m).
 * As a network's format it is `e<e>m<m>af` of the catalogue with `adaptiveBias('max')`.
 */
export interface AdaptivFloatOptions {
  bits: number;
  exponentBits: number;
  /** The exponent of the smallest code; by default from the largest magnitude. */
  bias?: number;
  /** Magnitudes below the smallest: `nearest` of zero and it (the public code), or always `zero`. */
  below?: 'nearest' | 'zero';
}

/** The bias that the method takes for some values. */
export function adaptivFloatBias(x: Reals, exponentBits: number): number {
  return floorLog2(largestMagnitude(x) || 1) - (2 ** exponentBits - 1);
}

/** The values rounded to the format: larger ones are clipped to its largest first, then mantissas round half to even. */
export function adaptivFloat<T extends Reals>(
  x: T,
  { bits, exponentBits, bias = adaptivFloatBias(x, exponentBits), below = 'nearest' }: AdaptivFloatOptions,
): T {
  const mantissaBits = bits - 1 - exponentBits;
  if (mantissaBits < 0) throw new RangeError(`AdaptivFloat: ${bits} bits do not hold ${exponentBits} exponent bits`);
  const smallest = 2 ** bias * (1 + 2 ** -mantissaBits);
  const largest = 2 ** (bias + 2 ** exponentBits - 1) * (2 - 2 ** -mantissaBits);
  const limit = below === 'zero' ? smallest : smallest / 2;
  return mapped(x, (value) => {
    const magnitude = Math.min(Math.abs(value), largest);
    // The public code leaves a magnitude of exactly half the smallest as it is, off the grid; here it is zero.
    if (magnitude < smallest) return below === 'nearest' && magnitude > limit ? Math.sign(value) * smallest : 0;
    const step = 2 ** (floorLog2(magnitude) - mantissaBits);
    return Math.sign(value) * roundEven(magnitude / step) * step;
  });
}
