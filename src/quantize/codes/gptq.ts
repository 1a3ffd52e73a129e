import { encodeAll } from '../../networks/codes.js';
import { gemm, transpose } from '../../networks/products/gemm.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Network } from '../../networks/network.js';
import { decoderOf } from '../../datapaths/kernel/index.js';
import { zeroPointAt } from '../../networks/quantization.js';
import type { CodeTensor, FloatTensor, Quantization } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { choleskyOf, inverseOf } from '../algebra/cholesky.js';
import { watchInputs } from '../contract/inputs.js';
import type { Images } from '../contract/images.js';

/**
 * GPTQ (Frantar et al., ICLR 2023, arXiv 2210.17323): weights are rounded one k after the other, and each rounding error
 * is made up for by the weights not yet rounded, as far as the inputs allow: with U the upper Cholesky factor of H^-1,
 * H = 2 X' X + damp, err = (w_i - q_i) / U_ii and w_j -= err U_ij for j > i. Grids stay as they are, so what comes out
 * is a plain quantized network. In the order of k, one grid for each channel.
 */
export interface GptqOptions {
  /** Added to the diagonal of H, as a share of its mean. */
  damp?: number;
}

/** Rounds the weights of a quantized network again, by the inputs of the float one that it was made from. */
export function gptq(quantized: Network, float: Network, images: Images, { damp = 0.01 }: GptqOptions = {}): Network {
  const hessians = hessiansOf(float, images);
  const originals = new Map(float.layers.filter(isMacLayer).map((layer) => [layer.name, layer]));
  const layers = quantized.layers.map((layer) => {
    const original = originals.get(layer.name);
    const own = hessians.get(layer.name);
    if (!isMacLayer(layer) || layer.weight.kind === 'float' || original === undefined || own === undefined)
      return layer;
    return rounded(layer, layer.weight, floatWeights(original), own, damp);
  });
  return { ...quantized, layers };
}

/** 2 X' X of each product of each layer, [k, k]. */
function hessiansOf(network: Network, images: Images): Map<string, Float64Array[]> {
  const all = new Map<string, Float64Array[]>();
  watchInputs(network, images, ({ job: { layer, m, k }, group, a }) => {
    const groups = all.get(layer) ?? [];
    all.set(layer, groups);
    groups[group] ??= new Float64Array(k * k);
    addGram(groups[group], a, m, k);
  });
  return all;
}

function addGram(gram: Float64Array, a: Float32Array, m: number, k: number): void {
  const x = Float64Array.from(a);
  const product = gemm(transpose(x, m, k, new Float64Array(m * k)), x, k, k, m);
  for (let i = 0; i < gram.length; i++) gram[i] += 2 * product[i];
}

function rounded<L extends ConvLayer | DenseLayer>(
  layer: L,
  codes: CodeTensor,
  real: FloatTensor,
  hessians: readonly Float64Array[],
  damp: number,
): L {
  const filters = real.shape[0];
  const k = real.data.length / filters;
  const data = codes.data.slice();
  hessians.forEach((hessian, group) => {
    const factor = choleskyOf(inverseOf(damped(hessian, k, damp), k), k, 'upper');
    const each = filters / hessians.length;
    for (let f = group * each; f < (group + 1) * each; f++)
      data.set(gptqRow(real.data.subarray(f * k, (f + 1) * k), factor, codes.quantization, f), f * k);
  });
  return { ...layer, weight: { ...codes, data } };
}

/** With inputs that are always zero given a one, so that H can be inverted. */
function damped(hessian: Float64Array, k: number, damp: number): Float64Array {
  const h = hessian.slice();
  let mean = 0;
  for (let i = 0; i < k; i++) mean += h[i * k + i] / k;
  for (let i = 0; i < k; i++) h[i * k + i] = h[i * k + i] === 0 ? Math.max(mean, 1) : h[i * k + i] + damp * mean;
  return h;
}

/** Codes of one channel's weights [k]. @param factor the upper Cholesky factor of H^-1, [k, k] */
export function gptqRow(w: Float32Array, factor: Float64Array, q: Quantization, channel = 0): CodeTensor['data'] {
  const k = w.length;
  const scale = q.scale[q.scale.length === 1 ? 0 : channel];
  const zeroPoint = zeroPointAt(q, channel);
  const value = decoderOf(q.fit.format);
  const left = Float64Array.from(w);
  const codes = encodeAll(w, q.fit, zeroPoint);
  for (let i = 0; i < k; i++) {
    const [code] = encodeAll(Float32Array.of(left[i] / scale), q.fit, zeroPoint);
    codes[i] = code;
    const error = (left[i] - (value(code) - zeroPoint) * scale) / factor[i * k + i];
    for (let j = i + 1; j < k; j++) left[j] -= error * factor[i * k + j];
  }
  return codes;
}
