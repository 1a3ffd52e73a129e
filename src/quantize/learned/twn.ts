import { fitTo } from '../../formats/codec.js';
import { ternary } from '../../formats/catalog.js';
import { perTensor } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { mapped, meanMagnitude, type Reals } from '../algebra/reals.js';

/** w ~ alpha t with t in {-1, 0, 1}: t = sign(w) where |w| > delta. */
export interface Ternary {
  delta: number;
  alpha: number;
}

/**
 * Ternary weight networks (Li and Liu 2016, arXiv 1605.04711): delta = 0.7 E|w|, and alpha the mean of |w| beyond it,
 * which has the least squared error for that delta.
 */
export function twnThreshold(w: Reals, factor = 0.7): Ternary {
  const delta = factor * meanMagnitude(w);
  let [sum, count] = [0, 0];
  for (let i = 0; i < w.length; i++)
    if (Math.abs(w[i]) > delta) {
      sum += Math.abs(w[i]);
      count++;
    }
  return { delta, alpha: count === 0 ? 0 : sum / count };
}

/**
 * The delta of least squared error, which the paper's 0.7 E|w| approximates: it maximises (sum of |w| > delta)^2 over
 * their number, found on the sorted magnitudes.
 */
export function ternaryOptimum(w: Reals): Ternary {
  const sorted = Float64Array.from(w, Math.abs).sort().reverse();
  let [sum, best, kept] = [0, -1, 0];
  let alpha = 0;
  sorted.forEach((magnitude, i) => {
    sum += magnitude;
    // Equal magnitudes stay together: a threshold cannot part them.
    if (sorted[i + 1] === magnitude || (sum * sum) / (i + 1) <= best) return;
    [best, kept, alpha] = [(sum * sum) / (i + 1), i + 1, sum / (i + 1)];
  });
  return { delta: sorted[kept] ?? 0, alpha };
}

/** alpha sign(w) beyond delta, else 0. */
export function ternaryForward<T extends Reals>(w: T, { delta, alpha }: Ternary): T {
  return mapped(w, (value) => (Math.abs(value) > delta ? Math.sign(value) * alpha : 0));
}

/** TWN as training uses it: ternary codes with scale alpha, the gradient straight through to all weights. */
export function twn(factor = 0.7): FakeQuantizer {
  const fit = fitTo(ternary, { overflow: 'saturate' });
  return {
    forward(w) {
      const found = twnThreshold(w.data, factor);
      const alpha = Math.fround(found.alpha) || 1;
      const values = floatTensor(w.shape, ternaryForward(w.data, { ...found, alpha }));
      return { values, quantization: perTensor(fit, alpha) };
    },
    backward() {},
  };
}
