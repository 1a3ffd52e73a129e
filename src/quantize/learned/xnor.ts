import { fitTo } from '../../formats/codec.js';
import { binary } from '../../formats/catalog.js';
import type { ConvLayer, DenseLayer } from '../../networks/network.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { mapped, meanMagnitude, type Reals, total } from '../algebra/reals.js';

/**
 * XNOR-Net (Rastegari et al., ECCV 2016): each filter is alpha sign(w) with alpha = |w|_1 / n, the least squares scale.
 * @param filters of `w`, one after another
 */
export function xnorWeights<T extends Reals>(w: T, filters: number): { values: T; alpha: Float64Array } {
  const n = w.length / filters;
  const alpha = Float64Array.from({ length: filters }, (_, f) => meanMagnitude(w.subarray(f * n, (f + 1) * n)));
  return { values: mapped(w, (value, i) => (value >= 0 ? 1 : -1) * alpha[Math.floor(i / n)]), alpha };
}

/**
 * Through the scale and through the sign. `paper`: its equation g (1 / n + alpha 1[|w| <= 1]). `authors`: their code
 * (allenai/XNOR-Net, util.lua), where -1 and 1 count as outside. `chain`: the chain rule through the scale, in which every
 * gradient of the filter takes part, sign(w) mean(sign(w) g) + alpha 1[|w| <= 1] g (jiecaoyu/XNOR-Net-PyTorch, util.py).
 * Both codes multiply what they get by (1 - 1 / c) n, with c input channels.
 */
export type XnorRule = 'paper' | 'authors' | 'chain';

export function xnorWeightGradient<T extends Reals>(w: T, filters: number, gradient: T, rule: XnorRule = 'paper'): T {
  const n = w.length / filters;
  const { alpha } = xnorWeights(w, filters);
  const inside = (x: number) => (rule === 'authors' ? Math.abs(x) < 1 : Math.abs(x) <= 1);
  const means = Float64Array.from({ length: rule === 'chain' ? filters : 0 }, (_, f) => {
    const own = gradient.subarray(f * n, (f + 1) * n);
    return total(own, (g, i) => Math.sign(w[f * n + i]) * g) / n;
  });
  return mapped(gradient, (g, i) => {
    const filter = Math.floor(i / n);
    const throughScale = rule === 'chain' ? Math.sign(w[i]) * means[filter] : g / n;
    return throughScale + (inside(w[i]) ? alpha[filter] * g : 0);
  });
}

/** Sizes of a convolution whose input scales are asked for. */
export interface ConvolutionWindow {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  /** Above and left of the image; outside there are zeros. */
  pad: readonly [number, number];
}

/**
 * Scales of the inputs, K = mean over channels of |I|, averaged over each window: [n, p, q] of images [n, c, h, w]. The
 * convolution of signs is multiplied by K alpha.
 */
export function xnorInputScales<T extends Reals>(
  x: T,
  [images, channels, height, width]: readonly number[],
  { kernel: [r, s], stride, pad }: ConvolutionWindow,
): T {
  const p = Math.floor((height + 2 * pad[0] - r) / stride[0]) + 1;
  const q = Math.floor((width + 2 * pad[1] - s) / stride[1]) + 1;
  const scales = new (x.constructor as new (length: number) => T)(images * p * q);
  const plane = height * width;
  return mapped(scales, (_, at) => {
    const image = Math.floor(at / (p * q));
    const top = (Math.floor(at / q) % p) * stride[0] - pad[0];
    const left = (at % q) * stride[1] - pad[1];
    let sum = 0;
    for (let row = Math.max(top, 0); row < Math.min(top + r, height); row++)
      for (let col = Math.max(left, 0); col < Math.min(left + s, width); col++)
        for (let c = 0; c < channels; c++) sum += Math.abs(x[(image * channels + c) * plane + row * width + col]);
    return sum / (channels * r * s);
  });
}

/**
 * K of what a layer reads, one factor for each row of its product [images, pixels]: a convolution's windows, all of an
 * image for a dense layer. Its gradient is taken to be zero (the paper does not say).
 */
export function xnorOutputScale({ data, shape }: FloatTensor, layer: ConvLayer | DenseLayer): Float32Array {
  if (layer.op === 'dense') return xnorInputScales(data, [shape[0], data.length / shape[0], 1, 1], WHOLE);
  const [, , r, s] = layer.weight.shape;
  const [top, left] = layer.pad;
  return xnorInputScales(data, shape, { kernel: [r, s], stride: layer.stride, pad: [top, left] });
}

const WHOLE: ConvolutionWindow = { kernel: [1, 1], stride: [1, 1], pad: [0, 0] };

/** The weights as training uses them: binary codes, a scale for each filter. */
export function xnorWeightQuantizer(): FakeQuantizer {
  const fit = fitTo(binary, { overflow: 'saturate' });
  return {
    forward(w) {
      const [filters] = w.shape;
      const { values, alpha } = xnorWeights(w.data, filters);
      const scale = Float32Array.from(alpha, (a) => a || 1);
      return { values: floatTensor(w.shape, values), quantization: { fit, scale, axis: 0, zeroPoint: 0 } };
    },
    backward: (w, gradient) => gradient.set(xnorWeightGradient(w.data, w.shape[0], gradient)),
  };
}
