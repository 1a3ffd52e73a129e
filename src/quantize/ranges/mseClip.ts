import { extentOf } from './clip.js';
import { squaredError } from './omse.js';
import type { Calibrator, Grid } from '../contract/scheme.js';

/** Clipping levels i / 100 of the extent, i = 1..100. */
const HUNDREDTHS = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);

/**
 * Clips the values at the fraction of their extent that leaves the least squared error on the grid that `then` makes, an
 * asymmetric one too; the first of equals.
 */
export function clippedByError(then: Calibrator, fractions: readonly number[] = HUNDREDTHS): Calibrator {
  return (values, fit) => {
    const { low, high } = extentOf(values);
    let best: Grid = then(values, fit);
    let least = Infinity;
    for (const fraction of fractions) {
      const [from, to] = [low * fraction, high * fraction];
      const grid = then(Float32Array.of(Math.min(from, 0), Math.max(to, 0)), fit);
      const error = squaredError(values, fit, grid.scale, grid.zeroPoint);
      if (error < least) [best, least] = [grid, error];
    }
    return best;
  };
}
