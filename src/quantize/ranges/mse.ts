import { dequantize, perTensor, quantize } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import { magnitudeOf } from './maximum.js';
import { largestOf } from '../contract/range.js';
import type { Calibrator } from '../contract/scheme.js';

/**
 * Symmetric, by least squared error: of some clipping levels, fractions of max |x|, the one whose grid lies nearest to
 * the values (OMSE). The first of equals.
 * @param fractions of max |x| that become `top`
 * @param top the format's value that the clipping level is put on: its largest by default
 */
export function leastSquares(fractions: readonly number[], top?: number): Calibrator {
  return (values, fit) => {
    const x = floatTensor([values.length], values);
    const highest = magnitudeOf(values) / (top ?? largestOf(fit.format));
    let [best, least] = [0, Infinity];
    for (const fraction of fractions) {
      const scale = Math.fround(highest * fraction);
      const error = squaredError(values, dequantize(quantize(x, perTensor(fit, scale))).data);
      if (error < least) [best, least] = [scale, error];
    }
    return { scale: best, zeroPoint: 0 };
  };
}

function squaredError(x: Float32Array, y: Float32Array): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += (x[i] - y[i]) * (x[i] - y[i]);
  return total;
}
