import { fitTo } from '../../formats/codec.js';
import { int } from '../../formats/catalog.js';
import type { IntFormat } from '../../formats/format.js';
import { perTensor } from '../../networks/quantization.js';
import { parameter } from '../../networks/parameter.js';
import { floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { clamp, largestMagnitude, mapped, narrowed, type Reals, roundEven, total } from '../algebra/reals.js';

/**
 * PACT, parameterized clipping activation (Choi et al. 2018, arXiv 1805.06085). An activation is clipped at a level that
 * is learned, y = clip(x, 0, a), and rounded on 2^k - 1 steps: yq = round(y (2^k - 1) / a) a / (2^k - 1), ties to even.
 * In the order of IBM's public code (fms-model-optimizer, PACT_STE): a scale (1 / a) (2^k - 1), a product and a quotient.
 */
export function pactForward<T extends Reals>(x: T, alpha: number, bits: number): T {
  const own = narrowed(x);
  const scale = own(own(1 / alpha) * (2 ** bits - 1));
  return mapped(x, (value) => roundEven(own(clamp(value, 0, alpha) * scale)) / scale);
}

/**
 * Straight through: dx = g where 0 <= x <= a, and da = sum of g where x >= a. Both ends belong to both, as in IBM's
 * public code; weight decay of `alpha` is left to the optimizer.
 * @param gradient of the loss by the quantized activations
 */
export function pactGradient<T extends Reals>(x: T, alpha: number, gradient: T): { x: T; alpha: number } {
  return {
    x: mapped(gradient, (g, i) => (x[i] >= 0 && x[i] <= alpha ? g : 0)),
    alpha: total(gradient, (g, i) => (x[i] >= alpha ? g : 0)),
  };
}

export interface PactOptions {
  bits: number;
  /** Clipping level at the start; by default the largest activation of the first batch. */
  initial?: number;
  /** What holds the codes 0 .. 2^k - 1: unsigned integers of k bits by default. */
  format?: IntFormat;
}

/** PACT as training uses it: codes with scale a / (2^k - 1). */
export function pact(name: string, { bits, initial = 0, format = int(bits, false) }: PactOptions): FakeQuantizer {
  const alpha = parameter(`${name}.alpha`, Float32Array.of(initial), { decays: true });
  const fit = fitTo(format, { overflow: 'saturate' });
  return {
    parameters: [alpha],
    forward(x) {
      if (!(alpha.value[0] > 0)) alpha.value[0] = largestMagnitude(x.data) || 1;
      const [clip] = alpha.value;
      const values = floatTensor(x.shape, pactForward(x.data, clip, bits));
      return { values, quantization: perTensor(fit, clip / (2 ** bits - 1)) };
    },
    backward(x, gradient) {
      const by = pactGradient(x.data, alpha.value[0], gradient);
      alpha.gradient[0] += by.alpha;
      gradient.set(by.x);
    },
  };
}
