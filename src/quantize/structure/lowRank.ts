import { foldBatchNorm } from '../../networks/fold.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { floatTensor } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { type Svd, svdOf } from '../algebra/svd.js';

type Mac = ConvLayer | DenseLayer;

/**
 * Low-rank factorisation: a layer's weights [M, N] become [M, k] [k, N] by the k largest singular values, so its M N
 * products become k (M + N), and what lies between is written, read and quantized once more. It pays where
 * k < M N / (M + N); other layers stay. A convolution becomes one of k filters and one of 1 x 1 (Zhang et al. 2015).
 */
export interface LowRankOptions {
  /** Share of the squared singular values that is kept, 0..1, where no rank is given. */
  energy?: number;
  /** The rank of a layer by its name, or undefined to leave it. */
  rank?: (layer: string) => number | undefined;
}

/** The layer that holds the rank-k result has `.rank` behind its name. */
export function lowRank(network: Network, { energy = 0.9, rank }: LowRankOptions = {}): Network {
  const folded = foldBatchNorm(network);
  const layers = folded.layers.flatMap((layer): Layer[] => {
    if (!isMacLayer(layer) || (layer.op === 'conv' && layer.groups > 1)) return [layer];
    const { shape, data } = floatWeights(layer);
    const [m, n] = [shape[0], data.length / shape[0]];
    const svd = svdOf(data, m, n);
    const k = rank === undefined ? rankFor(svd.s, energy) : rank(layer.name);
    return k === undefined || k >= (m * n) / (m + n) ? [layer] : factors(layer, svd, k);
  });
  return { ...folded, layers };
}

/** The least k whose singular values hold the share of all squares. */
export function rankFor(s: Float64Array, energy: number): number {
  const all = s.reduce((sum, value) => sum + value * value, 0);
  let kept = 0;
  for (let k = 0; k < s.length; k++) {
    kept += s[k] * s[k];
    if (kept >= energy * all) return k + 1;
  }
  return s.length;
}

function factors(layer: Mac, { u, s, v, rank }: Svd, k: number): [Mac, Mac] {
  const { shape } = floatWeights(layer);
  const [m, n] = [shape[0], v.length / rank];
  const right = Float32Array.from(
    { length: k * n },
    (_, i) => Math.sqrt(s[Math.floor(i / n)]) * v[(i % n) * rank + Math.floor(i / n)],
  );
  const left = Float32Array.from(
    { length: m * k },
    (_, i) => u[Math.floor(i / k) * rank + (i % k)] * Math.sqrt(s[i % k]),
  );
  const name = `${layer.name}.rank`;
  const own = { name, outputs: [name], ...(layer.node !== undefined && { node: `${layer.node}.rank` }) };
  if (layer.op === 'dense')
    return [
      { ...layer, ...own, weight: floatTensor([k, n], right), bias: undefined },
      { ...layer, inputs: [name], weight: floatTensor([m, k], left) },
    ];
  return [
    { ...layer, ...own, weight: floatTensor([k, ...shape.slice(1)], right), bias: undefined },
    {
      ...layer,
      inputs: [name],
      weight: floatTensor([m, k, 1, 1], left),
      stride: [1, 1],
      pad: [0, 0, 0, 0],
      dilation: [1, 1],
    },
  ];
}
