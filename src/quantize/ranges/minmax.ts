import { roundEven } from '../algebra/reals.js';
import type { Calibrator } from '../contract/scheme.js';

/**
 * Asymmetric, for integers: the range of the values, extended to hold zero, over all codes. scale = (max - min) / (2^b - 1),
 * zero point = lowest - round(min / scale) in float32, ties to even, so that zero has a code of its own (Jacob et al. 2018, section 2.1).
 * @throws Error for a format that is not an integer: its zero cannot be moved
 */
export const minMax: Calibrator = (values, { format }) => {
  if (format.kind !== 'int') throw new Error(`min-max needs an integer format, found ${format.name}: take the maximum`);
  let [low, high] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  const levels = 2 ** format.bits - 1;
  const scale = Math.fround((high - low) / levels) || 1;
  const lowest = format.signed ? -(2 ** (format.bits - 1)) : 0;
  const zeroPoint = lowest - roundEven(Math.fround(low / scale));
  return { scale, zeroPoint: Math.min(Math.max(zeroPoint, lowest), lowest + levels) + 0 };
};
