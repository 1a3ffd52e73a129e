import type { Fit } from '../../formats/codec.js';
import type { Calibrator } from '../contract/scheme.js';

/** What is kept of some values: those below `low` become it, those above `high` likewise. */
export interface Window {
  low: number;
  high: number;
}

/** Chooses the window for values that are to be held in a format. */
export type ClipRule = (values: Float32Array, fit: Fit) => Window;

/**
 * Clips the values by a rule before another method makes the grid: `clippedBy(entropy(), minMax)`. Symmetric with
 * `maximum()`, asymmetric with `minMax`.
 */
export function clippedBy(rule: ClipRule, then: Calibrator): Calibrator {
  return (values, fit) => {
    const { low, high } = rule(values, fit);
    return then(
      values.map((value) => (value < low ? low : value > high ? high : value)),
      fit,
    );
  };
}

/** Least and largest of some values; 0 and 0 of none. */
export function extentOf(values: Float32Array): Window {
  if (values.length === 0) return { low: 0, high: 0 };
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return { low, high };
}
