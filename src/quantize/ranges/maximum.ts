import type { Calibrator } from '../contract/scheme.js';
import { largestOf } from '../contract/range.js';

/** The largest magnitude of some values; 1 where all are zero, so that a scale can be made of it. */
export function magnitudeOf(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest > 0 ? largest : 1;
}

/**
 * Symmetric, by the largest magnitude: scale = max |x| / top, no zero point. A signed integer leaves its lowest code out
 * (the restricted range).
 * @param top the format's value that max |x| becomes: its largest by default. A float format loses nothing with a lower
 *   one until subnormals are reached, and its sums of products stay further from the accumulator's overflow.
 */
export function maximum(top?: number): Calibrator {
  return (values, { format }) => ({
    scale: Math.fround(magnitudeOf(values) / (top ?? largestOf(format))),
    zeroPoint: 0,
  });
}
