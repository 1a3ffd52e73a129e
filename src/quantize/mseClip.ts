import { quantize, dequantize, perTensor } from '../networks/quantization.js';
import { floatTensor } from '../networks/tensor.js';
import { extentOf } from './clip.js';
import { total } from './reals.js';
import type { Calibrator, Grid } from './scheme.js';

/** Clipping levels i / 100 of the extent, i = 1..100. */
const HUNDREDTHS = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);

/**
 * Clips the values at the fraction of their extent that leaves the least squared error on the grid that `then` makes, an
 * asymmetric one too; the first of equals.
 */
export function clippedByError(then: Calibrator, fractions: readonly number[] = HUNDREDTHS): Calibrator {
  return (values, fit) => {
    const { low, high } = extentOf(values);
    const x = floatTensor([values.length], values);
    let best: Grid = then(values, fit);
    let least = Infinity;
    for (const fraction of fractions) {
      const [from, to] = [low * fraction, high * fraction];
      const grid = then(Float32Array.of(Math.min(from, 0), Math.max(to, 0)), fit);
      const held = dequantize(quantize(x, perTensor(fit, grid.scale, grid.zeroPoint))).data;
      const error = total(values, (value, i) => (value - held[i]) ** 2);
      if (error < least) [best, least] = [grid, error];
    }
    return best;
  };
}
