import { unitInFirstPlace } from '../../datapaths/kernel/index.js';
import type { FloatFormat } from '../../formats/format.js';
import { largestOf } from '../contract/range.js';

/**
 * Stochastic rounding to a float format without a bias: x goes to the number above with a probability equal to its
 * distance from the one below, in units of the gap between them (weight updates of Wang et al., NeurIPS 2018). Beyond the
 * largest number it saturates.
 * @param unit draws from [0, 1); one draw for each rounding
 */
export function stochasticRounder(format: FloatFormat, unit: () => number): (x: number) => number {
  const { mantissaBits, bias, lowest, shift = 0 } = format;
  const largest = largestOf(format);
  const step = 2 ** -mantissaBits;
  const lowestUnit = 2 ** ((lowest === 'normal' ? 0 : 1) - bias + shift);
  // Without subnormals the first number after zero is one mantissa step into the lowest binade.
  const smallest = lowestUnit * (lowest === 'normal' ? 1 + step : step);
  return (x) => {
    if (x === 0 || x - x !== 0) return x;
    const magnitude = Math.abs(x);
    const gap = magnitude < smallest ? smallest : Math.max(unitInFirstPlace(magnitude), lowestUnit) * step;
    const rounded = Math.floor(magnitude / gap + unit()) * gap;
    return Math.sign(x) * Math.min(rounded, largest);
  };
}
