import { type Fit, saturates } from '../../formats/codec.js';
import { dequantize, perTensor, quantize } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import { magnitudeOf } from './maximum.js';
import { largestOf, rangeOf } from '../contract/range.js';
import { total } from '../algebra/reals.js';
import type { Calibrator } from '../contract/scheme.js';

/** (sqrt 5 - 1) / 2: each step of a golden-section search keeps this share of the interval. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Symmetric, by least squared error, found by golden-section search over the clipping level in (0, max |x|] (Choukroun et
 * al. 2019, arXiv 1902.06822, "OMSE"). The error has small local minima, so the result is near the least one, not always
 * at it; `leastSquares` looks at every level of a list.
 * @param steps evaluations; 24 leave 10^-5 of the interval
 * @param top the format's value that the clipping level is put on: its largest by default
 */
export function omse(steps = 24, top?: number): Calibrator {
  return (values, fit) => {
    const largest = magnitudeOf(values);
    const highest = top ?? largestOf(fit.format);
    const scaleAt = (clip: number) => Math.fround(clip / highest);
    const errorAt = (clip: number) => squaredError(values, fit, scaleAt(clip));
    // With a step or two on either side of zero the best level can be a small part of the largest value.
    const clip = goldenSection(errorAt, largest / (highest < 7 ? 16 : highest), largest, steps);
    return { scale: scaleAt(errorAt(clip) <= errorAt(largest) ? clip : largest), zeroPoint: 0 };
  };
}

/** Sum of (x - q(x))^2 on a grid. */
export function squaredError(values: Float32Array, fit: Fit, scale: number, zeroPoint = 0): number {
  const { format } = fit;
  if (format.kind === 'int' && format.exponent === 0 && fit.rounding === 'rne' && saturates(fit.overflow))
    return integerError(values, scale, rangeOf(perTensor(fit, scale, zeroPoint)));
  const held = dequantize(quantize(floatTensor([values.length], values), perTensor(fit, scale, zeroPoint))).data;
  return total(values, (x, i) => (x - held[i]) ** 2);
}

/** Adding and subtracting 1.5 * 2^52 rounds a float64 of magnitude below 2^51 to the nearest integer, ties to even. */
const ROUND = 1.5 * 2 ** 52;

/** The same in one pass without the codes, for searches that ask a hundred times. */
function integerError(values: Float32Array, scale: number, [least, most]: readonly [number, number]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const scaled = Math.fround(values[i] / scale);
    const steps = (scaled < least ? least : scaled > most ? most : scaled) + ROUND - ROUND;
    const error = values[i] - Math.fround(steps * scale);
    sum += error * error;
  }
  return sum;
}

/** The argument of the least value found of a function that falls and then rises. */
export function goldenSection(f: (x: number) => number, low: number, high: number, steps: number): number {
  let [from, to] = [low, high];
  let [left, right] = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
  let [atLeft, atRight] = [f(left), f(right)];
  for (let step = 2; step < steps; step++) {
    if (atLeft <= atRight) {
      [to, right, atRight] = [right, left, atLeft];
      left = to - GOLDEN * (to - from);
      atLeft = f(left);
    } else {
      [from, left, atLeft] = [left, right, atRight];
      right = from + GOLDEN * (to - from);
      atRight = f(right);
    }
  }
  return atLeft <= atRight ? left : right;
}
