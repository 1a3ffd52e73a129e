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
    const at = Math.min(Math.ceil((percent / 100) * magnitudes.length), magnitudes.length) - 1;
    const clip = magnitudes[at];
    if (!(clip > 0)) return then(values, fit);
    return then(
      values.map((value) => Math.min(Math.max(value, -clip), clip)),
      fit,
    );
  };
}
