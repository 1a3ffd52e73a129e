import { meanMagnitude } from '../algebra/reals.js';
import type { Calibrator } from '../contract/scheme.js';

/**
 * BitNet b1.58 (Ma et al. 2024, arXiv 2402.17764): w ~ s t, t = clip(round(w / (s + eps)), -1, 1), s = E|w|. In the
 * ternary format: values beyond half the mean magnitude become +-s. One scale for the tensor there, any here. The paper's
 * eps keeps it from dividing by zero; here s is 1 where all values are zero, and no constant is added.
 */
export function absmean(): Calibrator {
  return (values) => ({ scale: Math.fround(meanMagnitude(values)) || 1, zeroPoint: 0 });
}
