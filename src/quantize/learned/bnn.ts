import { fitTo } from '../../formats/codec.js';
import { binary } from '../../formats/catalog.js';
import { perTensor } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import { binaryConnect } from './binaryConnect.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { mapped, type Reals } from '../algebra/reals.js';

/**
 * BNN, binarized neural networks (Courbariaux et al. 2016, arXiv 1602.02830): weights and activations are signs. The
 * gradient of sign(x) is that of the hard tanh: g where |x| <= 1, the ends included, else 0.
 */
export function hardTanhGradient<T extends Reals>(x: T, gradient: T): T {
  return mapped(gradient, (g, i) => (Math.abs(x[i]) <= 1 ? g : 0));
}

/** Signs of activations as training uses them. Of signs they are the signs, with the gradient passed. */
export function binaryActivations(): FakeQuantizer {
  const fit = fitTo(binary, { overflow: 'saturate' });
  return {
    forward: (x) => ({ values: floatTensor(x.shape, binaryConnect(x.data)), quantization: perTensor(fit, 1) }),
    backward: (x, gradient) => gradient.set(hardTanhGradient(x.data, gradient)),
  };
}

/** Dot product of n signs as packed bits (1 for +1): 2 popcount(xnor) - n, bits beyond n masked out. */
export function xnorDot(a: Uint32Array, b: Uint32Array, n: number): number {
  let equal = 0;
  for (let word = 0; word * 32 < n; word++) {
    const left = n - word * 32;
    const mask = left >= 32 ? 0xffffffff : 2 ** left - 1;
    equal += popcount(~(a[word] ^ b[word]) & mask);
  }
  return 2 * equal - n;
}

function popcount(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

/** Batch-norm of one channel before a sign. */
export interface ChannelNorm {
  gamma: number;
  beta: number;
  mean: number;
  sigma: number;
}

/**
 * sign(gamma (d - mean) / sigma + beta) of an integer dot product d as one comparison: +1 where d >= threshold, or where
 * d <= threshold for a negative gamma (`flipped`); with gamma 0 the sign of beta for every d.
 * `popcount` is the threshold for the number of equal bits of n, (threshold + n) / 2, rounded inwards.
 */
export interface Threshold {
  threshold: number;
  popcount: number;
  flipped: boolean;
}

export function foldThreshold({ gamma, beta, mean, sigma }: ChannelNorm, n: number): Threshold {
  if (gamma === 0) {
    const always = beta >= 0;
    return { threshold: always ? -Infinity : Infinity, popcount: always ? -Infinity : Infinity, flipped: false };
  }
  const flipped = gamma < 0;
  const edge = mean - (beta * sigma) / gamma;
  const threshold = flipped ? Math.floor(edge) : Math.ceil(edge);
  const half = (threshold + n) / 2;
  return { threshold, popcount: flipped ? Math.floor(half) : Math.ceil(half), flipped };
}

/** What lies outside of a binary image: no term at all, or a sign. FINN and larq offer `plus` (pad_values = 1). */
export type BinaryPadding = 'zero' | 'minus' | 'plus';

/**
 * Dot product of a patch of signs with a filter.
 * @param patch -1 and +1, 0 where it lies outside of the image
 * @returns `valid`: terms that took part, which a popcount needs in place of n
 */
export function paddedDot(patch: Int8Array, filter: Int8Array, padding: BinaryPadding): { sum: number; valid: number } {
  const outside = { zero: 0, minus: -1, plus: 1 }[padding];
  let [sum, valid] = [0, 0];
  for (let i = 0; i < patch.length; i++) {
    const value = patch[i] === 0 ? outside : patch[i];
    sum += value * filter[i];
    if (value !== 0) valid++;
  }
  return { sum, valid };
}
