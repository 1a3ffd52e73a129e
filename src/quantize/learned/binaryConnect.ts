import { fitTo } from '../../formats/codec.js';
import { binary } from '../../formats/catalog.js';
import { perTensor } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { clamp, mapped, type Reals } from '../algebra/reals.js';

/** BinaryConnect (Courbariaux et al., NeurIPS 2015): sign(w), sign(0) = +1. */
export function binaryConnect<T extends Reals>(w: T): T {
  return mapped(w, (value) => (value >= 0 ? 1 : -1));
}

/** +1 with probability clip((w + 1) / 2, 0, 1), else -1. @param unit draws from [0, 1) */
export function binaryConnectStochastic<T extends Reals>(w: T, unit: () => number): T {
  return mapped(w, (value) => (unit() < clamp((value + 1) / 2, 0, 1) ? 1 : -1));
}

/** The latent weights are clipped to [-1, 1] after each step, so that they cannot run where no sign will change. */
export const LATENT_LIMIT = 1;

/**
 * Binary weights as training uses them; the gradient by the binary weights goes to the latent ones as it is.
 * @param unit draws for the stochastic rule; without it signs are taken. Where the network is judged, weights that were
 *   drawn in training are their means, the real ones (recalled: the paper's second method, for its stochastic rule)
 */
export function binaryWeights(unit?: () => number): FakeQuantizer {
  const fit = fitTo(binary, { overflow: 'saturate' });
  return {
    forward(w, training = true) {
      if (unit !== undefined && !training)
        return {
          values: floatTensor(
            w.shape,
            mapped(w.data, (x) => clamp(x, -1, 1)),
          ),
          quantization: undefined,
        };
      const values = unit === undefined ? binaryConnect(w.data) : binaryConnectStochastic(w.data, unit);
      return { values: floatTensor(w.shape, values), quantization: perTensor(fit, 1) };
    },
    backward() {},
  };
}
