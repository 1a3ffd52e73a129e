import { unitInFirstPlace } from '../../datapaths/kernel/index.js';
import { largestMagnitude, mapped, type Reals } from '../algebra/reals.js';

/**
 * LUQ, logarithmic unbiased quantization (Chmiel et al., ICLR 2023, arXiv 2112.10769): powers of two alpha 2^0 ..
 * alpha 2^(levels - 1), and zero, both roundings stochastic and without bias.
 */
export interface LuqOptions {
  /**
   * Magnitudes beside zero. 8 as in the authors' code, alpha = max / 2^7, which with zero is one more than three bits
   * hold; 7 fits them.
   */
  levels: number;
  /** The paper's text takes max|g|; the authors' code max(g), and larger negative gradients get the powers of two beyond. */
  maximum: 'magnitude' | 'value';
}

const LUQ: LuqOptions = { levels: 8, maximum: 'magnitude' };

export function luqAlpha(gradient: Reals, { levels, maximum }: LuqOptions = LUQ): number {
  const most = largestMagnitude(maximum === 'magnitude' ? gradient : mapped(gradient, (g) => Math.max(g, 0)));
  return most / 2 ** (levels - 1);
}

/**
 * Below alpha a magnitude becomes alpha with probability |g| / alpha, else zero. Above, with f = 2^floor(log2 |g|/alpha)
 * and noise f u it becomes the power of two below 4/3 (|g| / alpha + noise), at least f: the one above f with a
 * probability that makes the mean right. With max|g|, values beyond the largest level are clipped.
 * @param unit draws from [0, 1); one draw for each element
 */
export function luq<T extends Reals>(
  gradient: T,
  unit: () => number,
  options: LuqOptions = LUQ,
  alpha = luqAlpha(gradient, options),
): T {
  const top = options.maximum === 'magnitude' ? 2 ** (options.levels - 1) : Infinity;
  if (!(alpha > 0)) return mapped(gradient, (g) => g);
  return mapped(gradient, (g) => {
    const [magnitude, drawn] = [Math.abs(g) / alpha, unit()];
    if (magnitude < 1) return drawn < magnitude ? Math.sign(g) * alpha : 0;
    const floor = unitInFirstPlace(magnitude);
    const level = Math.max(floor, unitInFirstPlace(((magnitude + floor * (drawn - 0.5)) * 4) / 3));
    return Math.sign(g) * Math.min(level, top) * alpha;
  });
}
