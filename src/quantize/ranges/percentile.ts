import type { Calibrator } from '../contract/scheme.js';

/**
 * Clips the values at a percentile of |x| before another method looks at them: a few far values then do not cost all
 * others their resolution (McKinstry et al. 2019).
 * @param percent of the magnitudes that stay unclipped, as 99.9
 */
export function percentile(percent: number, then: Calibrator): Calibrator {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`percentile: ${percent} does not lie in (0, 100]`);
  return (values, fit) => {
    const magnitudes = values.map(Math.abs).sort();
    const clip = magnitudes[countOf(percent, magnitudes.length) - 1];
    if (!(clip > 0)) return then(values, fit);
    return then(
      values.map((value) => Math.min(Math.max(value, -clip), clip)),
      fit,
    );
  };
}

/** How many of n are at least so many percent: a percentage as 99.9 is no float64, and 99.9 % of 1000 are 999. */
function countOf(percent: number, n: number): number {
  const share = (percent * n) / 100;
  return Math.ceil(share - share * 2 ** -50);
}
