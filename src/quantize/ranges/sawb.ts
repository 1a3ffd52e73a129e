import { magnitudeOf } from './maximum.js';
import { largestOf } from '../contract/range.js';
import type { Calibrator } from '../contract/scheme.js';

/**
 * Statistics-aware weight binning (Choi et al., SysML 2019): the clipping level of least squared error, estimated from
 * two moments, a = c1 sqrt(E[w^2]) + c2 E|w|. The defaults are those of the zero-aligned 15 levels k a / 7 of int4
 * ("403" in IBM's fms-model-optimizer, fms_mo/quant/quantizers.py). A level that comes out at or below zero gives way to
 * max |w|, as there.
 */
export function sawb(c1 = 12.035, c2 = -12.03): Calibrator {
  return (values, { format }) => {
    let [squares, magnitudes] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      squares += values[i] * values[i];
      magnitudes += Math.abs(values[i]);
    }
    const clip = c1 * Math.sqrt(squares / values.length) + (c2 * magnitudes) / values.length;
    return { scale: Math.fround((clip > 0 ? clip : magnitudeOf(values)) / largestOf(format)), zeroPoint: 0 };
  };
}
