import { floorLog2 } from '../../formats/raw.js';
import { largestMagnitude, mapped, type Reals, roundEven } from '../algebra/reals.js';

/**
 * AdaptivFloat<n, e> (Tambe et al., DAC 2020, arXiv 1909.13271, algorithm 1; ttambe/AdaptivFloat, adaptivfloat.py): no
 * subnormals, all codes are finite, and the bias puts the top exponent on that of max |x|.
 *
 * `paper` (and the public code of 2020): the smallest code is zero, exponents b to b + 2^e - 1 with
 * b = floor(log2 max |x|) - (2^e - 1), magnitudes 2^b (1 + 2^-m) .. 2^(b + 2^e - 1) (2 - 2^-m). As a network's format it is
 * `e<e>m<m>af` of the catalogue with `adaptiveBias('max')`.
 *
 * `code2022` (the public code since April 2022): exponents -2^(e-1) + 2 - b to 2^(e-1) - 1 - b with
 * b = 2^(e-1) - 1 - floor(log2 max |x|), two fewer; magnitudes below the smallest power of two are zero.
 */
export type AdaptivFloatVersion = 'paper' | 'code2022';

export interface AdaptivFloatOptions {
  bits: number;
  exponentBits: number;
  version?: AdaptivFloatVersion;
  /** b as the version defines it; by default from the largest magnitude. */
  bias?: number;
  /** Magnitudes below the smallest, in `paper`: `nearest` of zero and it (the public code), or always `zero`. */
  below?: 'nearest' | 'zero';
}

/** The bias that the method takes for some values. */
export function adaptivFloatBias(x: Reals, exponentBits: number, version: AdaptivFloatVersion = 'paper'): number {
  const top = floorLog2(largestMagnitude(x) || 1);
  return version === 'paper' ? top - (2 ** exponentBits - 1) : 2 ** (exponentBits - 1) - 1 - top;
}

/** The smallest and largest magnitude beside zero. */
function rangeOf(version: AdaptivFloatVersion, exponentBits: number, mantissaBits: number, bias: number) {
  const half = 2 ** (exponentBits - 1);
  const [lowest, highest] = version === 'paper' ? [bias, bias + 2 * half - 1] : [2 - half - bias, half - 1 - bias];
  const smallest = 2 ** lowest * (version === 'paper' ? 1 + 2 ** -mantissaBits : 1);
  return { smallest, largest: 2 ** highest * (2 - 2 ** -mantissaBits) };
}

/** The values rounded to the format: larger ones are clipped to its largest first, then mantissas round half to even. */
export function adaptivFloat<T extends Reals>(
  x: T,
  {
    bits,
    exponentBits,
    version = 'paper',
    bias,
    below = version === 'paper' ? 'nearest' : 'zero',
  }: AdaptivFloatOptions,
): T {
  const mantissaBits = bits - 1 - exponentBits;
  if (mantissaBits < 0) throw new RangeError(`AdaptivFloat: ${bits} bits do not hold ${exponentBits} exponent bits`);
  if (version === 'code2022' && exponentBits < 2)
    throw new RangeError('AdaptivFloat: code2022 has no exponents below 2 exponent bits');
  const own = bias ?? adaptivFloatBias(x, exponentBits, version);
  const { smallest, largest } = rangeOf(version, exponentBits, mantissaBits, own);
  const limit = below === 'zero' ? smallest : smallest / 2;
  return mapped(x, (value) => {
    const magnitude = Math.min(Math.abs(value), largest);
    // The public code leaves a magnitude of exactly half the smallest as it is, off the grid; here it is zero.
    if (magnitude < smallest) return below === 'nearest' && magnitude > limit ? Math.sign(value) * smallest : 0;
    const step = 2 ** (floorLog2(magnitude) - mantissaBits);
    return Math.sign(value) * roundEven(magnitude / step) * step;
  });
}
