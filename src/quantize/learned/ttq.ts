import { parameter } from '../../networks/parameter.js';
import { floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { largestMagnitude, mapped, type Reals, total } from '../algebra/reals.js';

/** Trained ternary quantization (Zhu et al., ICLR 2017): {-negative, 0, positive}, both learned. */
export interface TtqScales {
  positive: number;
  negative: number;
}

/** delta = t max|w|, the paper's t = 0.05. */
export function ttqThreshold(w: Reals, t = 0.05): number {
  return t * largestMagnitude(w);
}

export function ttqForward<T extends Reals>(w: T, delta: number, { positive, negative }: TtqScales): T {
  return mapped(w, (value) => (value > delta ? positive : value < -delta ? -negative : 0));
}

/**
 * Latent weights get g times Wp, 1 or Wn, by the part that they are in; Wp gets the sum of g over its part.
 * @param sign of Wn's gradient: +1 is the paper's form, sum of g over the negative part; the chain rule through -Wn has -1
 */
export function ttqGradient<T extends Reals>(
  w: T,
  delta: number,
  { positive, negative }: TtqScales,
  gradient: T,
  sign: 1 | -1 = -1,
): { w: T; positive: number; negative: number } {
  return {
    w: mapped(gradient, (g, i) => g * (w[i] > delta ? positive : w[i] < -delta ? negative : 1)),
    positive: total(gradient, (g, i) => (w[i] > delta ? g : 0)),
    negative: sign * total(gradient, (g, i) => (w[i] < -delta ? g : 0)),
  };
}

/**
 * TTQ as training uses it. Two scales are no codes with one: an array sums the two parts apart, and here the product is
 * taken in real numbers. The scales start at the mean magnitude of their parts.
 */
export function ttq(name: string, t = 0.05): FakeQuantizer {
  const scales = parameter(`${name}.scales`, new Float32Array(2));
  const now = (): TtqScales => ({ positive: scales.value[0], negative: scales.value[1] });
  return {
    parameters: [scales],
    forward(w) {
      const delta = ttqThreshold(w.data, t);
      if (scales.value[0] === 0 && scales.value[1] === 0)
        scales.value.set([meanOf(w.data, (x) => x > delta), meanOf(w.data, (x) => x < -delta)]);
      return { values: floatTensor(w.shape, ttqForward(w.data, delta, now())), quantization: undefined };
    },
    backward(w, gradient) {
      const by = ttqGradient(w.data, ttqThreshold(w.data, t), now(), gradient);
      scales.gradient[0] += by.positive;
      scales.gradient[1] += by.negative;
      gradient.set(by.w);
    },
  };
}

function meanOf(w: Reals, belongs: (value: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < w.length; i++)
    if (belongs(w[i])) {
      sum += Math.abs(w[i]);
      count++;
    }
  return count === 0 ? 1 : sum / count;
}
