import { isMacLayer, type ConvLayer, type DenseLayer, type Network } from '../../networks/network.js';
import { dequantize } from '../../networks/quantization.js';
import type { CodeTensor } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { gatherInputs } from '../contract/inputs.js';
import { total } from '../algebra/reals.js';
import type { Images } from '../contract/images.js';

/** What a channel's rounded weights have lost: their mean by `mean`, their deviation by the factor `norm`. */
export interface Correction {
  mean: number;
  norm: number;
}

/**
 * Bias correction of one channel (Banner et al., NeurIPS 2019, section 4): mean = E[w] - E[w_q] and
 * norm = ||w - E[w]|| / ||w_q - E[w_q]||. The norm is 1 where all rounded weights are equal.
 */
export function correctionOf(w: Float32Array, rounded: Float32Array): Correction {
  const [mean, other] = [w, rounded].map((x) => total(x) / x.length);
  const [norm, own] = [
    [w, mean],
    [rounded, other],
  ].map(([x, m]) => Math.sqrt(total(x as Float32Array, (value) => (value - (m as number)) ** 2)));
  return { mean: mean - other, norm: own > 0 ? norm / own : 1 };
}

/**
 * The rounded weights of one channel, corrected. `paper`: norm (w_q + mean), whose mean is norm E[w]. `code`: the authors'
 * norm (w_q - E[w_q]) + E[w], after which both moments are those of w (submission2019/cnn-quantization,
 * inference_quantization_manager.py).
 */
export function correctedWeights(
  rounded: Float32Array,
  { mean, norm }: Correction,
  form: 'paper' | 'code' = 'paper',
): Float32Array {
  const own = total(rounded) / rounded.length;
  return rounded.map((x) => (form === 'paper' ? norm * (x + mean) : norm * (x - own) + own + mean));
}

/**
 * Corrects the weights of a quantized network. The norm goes into the channel's scale and costs nothing. A shift of every
 * weight of a channel is no code, so the mean is corrected where it acts: the bias takes what the output has lost on
 * average, sum over k of (w_k - w'_k) E[x_k] (Nagel et al., ICCV 2019, section 4.2), E[x] over the calibration images.
 * @param float the network that it was made from, batch-norms folded
 * @param norm whether the norm is corrected too
 * @throws Error naming a layer that requantizes: its bias is rounded to integers already
 */
export function biasCorrected(quantized: Network, float: Network, images: Images, norm = true): Network {
  const { gathered, rows } = gatherInputs(float, images, (sum, x) => sum + x);
  const originals = new Map(float.layers.filter(isMacLayer).map((layer) => [layer.name, layer]));
  const layers = quantized.layers.map((layer) => {
    const original = originals.get(layer.name);
    const sums = gathered.get(layer.name);
    if (!isMacLayer(layer) || layer.weight.kind === 'float' || original === undefined || sums === undefined)
      return layer;
    const means = sums.map((sum) => sum / (rows.get(layer.name) ?? 1));
    return corrected(layer, layer.weight, floatWeights(original).data, means, norm);
  });
  return { ...quantized, layers };
}

function corrected<L extends ConvLayer | DenseLayer>(
  layer: L,
  codes: CodeTensor,
  w: Float32Array,
  means: Float64Array,
  withNorm: boolean,
): L {
  if (layer.result.kind !== 'dequantize')
    throw new Error(`layer ${layer.name}: bias correction needs real results: take a recipe that dequantizes`);
  const filters = codes.shape[0];
  const k = w.length / filters;
  const rounded = dequantize(codes).data;
  const { quantization } = codes;
  const scale = Float32Array.from(
    { length: filters },
    (_, f) => quantization.scale[quantization.scale.length === 1 ? 0 : f],
  );
  const bias = Float32Array.from({ length: filters }, (_, f) => layer.bias?.[f] ?? 0);
  const group = layer.op === 'conv' ? filters / layer.groups : filters;
  for (let f = 0; f < filters; f++) {
    const own = w.subarray(f * k, (f + 1) * k);
    const held = rounded.subarray(f * k, (f + 1) * k);
    const norm = withNorm ? correctionOf(own, held).norm : 1;
    const first = Math.floor(f / group) * k;
    scale[f] *= norm;
    bias[f] += total(own, (value, i) => (value - norm * held[i]) * means[first + i]);
  }
  return { ...layer, bias, weight: { ...codes, quantization: { ...quantization, scale, axis: 0 } } };
}
