import { fitTo } from '../../formats/codec.js';
import { int } from '../../formats/catalog.js';
import { exp } from '../../networks/elementary.js';
import { perTensor } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { clamp, largestMagnitude, mapped, meanMagnitude, type Reals, roundEven } from '../algebra/reals.js';

/**
 * DoReFa-Net (Zhou et al. 2016, arXiv 1606.06160), on q_k(r) = round((2^k - 1) r) / (2^k - 1) for r in [0, 1], ties to
 * even; its gradient is passed straight through.
 */
export function dorefaRound(r: number, bits: number): number {
  const steps = 2 ** bits - 1;
  return roundEven(steps * r) / steps;
}

/** tanh by the project's own exponential: Math.tanh is the engine's. */
function tanh(x: number): number {
  const e = exp(-2 * Math.abs(x));
  return (Math.sign(x) * (1 - e)) / (1 + e);
}

/** w = 2 q_k(tanh w / (2 max|tanh w|) + 1/2) - 1: odd multiples of 1 / (2^k - 1); with one bit sign(w) E|w|. */
export function dorefaWeights<T extends Reals>(w: T, bits: number): T {
  if (bits === 1) {
    const mean = meanMagnitude(w);
    return mapped(w, (value) => (value >= 0 ? mean : -mean));
  }
  const most = tanh(largestMagnitude(w)) || 1;
  return mapped(w, (value) => 2 * dorefaRound(tanh(value) / (2 * most) + 0.5, bits) - 1);
}

/** By the chain rule through tanh / max, the maximum taken for a constant: g (1 - tanh(w)^2) / max|tanh w|; one bit: g. */
export function dorefaWeightGradient<T extends Reals>(w: T, bits: number, gradient: T): T {
  if (bits === 1) return mapped(gradient, (g) => g);
  const most = tanh(largestMagnitude(w)) || 1;
  return mapped(gradient, (g, i) => (g * (1 - tanh(w[i]) ** 2)) / most);
}

/** a = q_k(clip(x, 0, 1)). */
export function dorefaActivations<T extends Reals>(x: T, bits: number): T {
  return mapped(x, (value) => dorefaRound(clamp(value, 0, 1), bits));
}

/** g inside [0, 1], 0 outside. */
export function dorefaActivationGradient<T extends Reals>(x: T, gradient: T): T {
  return mapped(gradient, (g, i) => (x[i] >= 0 && x[i] <= 1 ? g : 0));
}

/**
 * Gradients on k bits: 2 max|g| (q_k(g / (2 max|g|) + 1/2 + N) - 1/2), N = u / (2^k - 1).
 * @param noise draws u, uniform in [-1/2, 1/2)
 * @param images one after another in the gradient; each has a maximum of its own (tensorpack, examples/DoReFa-Net)
 */
export function dorefaGradients<T extends Reals>(gradient: T, bits: number, noise: () => number, images = 1): T {
  const size = gradient.length / images;
  const twice = Float64Array.from(
    { length: images },
    (_, image) => 2 * largestMagnitude(gradient.subarray(image * size, (image + 1) * size)),
  );
  const step = 1 / (2 ** bits - 1);
  return mapped(gradient, (g, i) => {
    const span = twice[Math.floor(i / size)];
    return span === 0 ? g : span * (dorefaRound(clamp(g / span + 0.5 + noise() * step, 0, 1), bits) - 0.5);
  });
}

/**
 * The weights as integers for an array: odd ones from -(2^k - 1) to 2^k - 1 with scale 1 / (2^k - 1), which need k + 1
 * bits; one bit is +-1 with scale E|w|.
 * @param container bits of the integer format
 */
export function dorefaWeightQuantizer(bits: number, container = bits + 1): FakeQuantizer {
  const fit = fitTo(int(container), { overflow: 'saturate' });
  return {
    forward(w) {
      const scale = bits === 1 ? meanMagnitude(w.data) || 1 : 1 / (2 ** bits - 1);
      return { values: floatTensor(w.shape, dorefaWeights(w.data, bits)), quantization: perTensor(fit, scale) };
    },
    backward: (w, gradient) => gradient.set(dorefaWeightGradient(w.data, bits, gradient)),
  };
}

export function dorefaActivationQuantizer(bits: number, format = int(bits, false)): FakeQuantizer {
  const fit = fitTo(format, { overflow: 'saturate' });
  return {
    forward: (x) => ({
      values: floatTensor(x.shape, dorefaActivations(x.data, bits)),
      quantization: perTensor(fit, 1 / (2 ** bits - 1)),
    }),
    backward: (x, gradient) => gradient.set(dorefaActivationGradient(x.data, gradient)),
  };
}
