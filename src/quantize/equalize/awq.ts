import { type ConvLayer, type DenseLayer, isMacLayer, type Network } from '../../networks/network.js';
import { dequantize, quantize } from '../../networks/quantization.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { channelOf, type Link, linksOf, scaleChannels } from './channelScales.js';
import { gatherInputs } from '../contract/inputs.js';
import { total } from '../algebra/reals.js';
import { quantizationOf, type Scheme } from '../contract/scheme.js';
import type { Images } from '../contract/images.js';

/**
 * AWQ (Lin et al., MLSys 2024, arXiv 2306.00978): weights that meet large activations are scaled up before they are
 * rounded, s_j = (E|X_j|)^alpha, the activations down; alpha from a grid, the one that leaves the least error. The error
 * here is that of the weights under inputs of the measured power, sum over k of (w - q(w s) / s)_k^2 E[X_k^2], which takes
 * the inputs as uncorrelated; the authors run the layer.
 * @param weight how weights will be quantized
 * @param steps of alpha between 0 and 1
 */
export function awq(network: Network, images: Images, weight: Scheme, steps = 20): Network {
  const magnitudes = gatherInputs(network, images, (sum, x) => sum + Math.abs(x)).gathered;
  const powers = gatherInputs(network, images, (sum, x) => sum + x * x).gathered;
  return linksOf(network).reduce((whole, link) => {
    const to = whole.layers.filter(isMacLayer).find((layer) => layer.name === link.to.name) ?? link.to;
    const [sums, power] = [magnitudes.get(to.name), powers.get(to.name)];
    if (sums === undefined || power === undefined) return whole;
    return scaleChannels(whole, link, bestFactors(to, link, sums, power, weight, steps));
  }, network);
}

function bestFactors(
  to: ConvLayer | DenseLayer,
  link: Link,
  sums: Float64Array,
  powers: Float64Array,
  weight: Scheme,
  steps: number,
): Float64Array {
  const saliences = new Float64Array(link.from.weight.shape[0]);
  sums.forEach((sum, k) => (saliences[channelOf(link, k)] += sum));
  const real = floatWeights(to);
  let best: Float64Array = saliences.map(() => 1);
  let least = Infinity;
  for (let step = 0; step <= steps; step++) {
    const factors = factorsOf(saliences, step / steps);
    const error = scaledError(real, (k) => factors[channelOf(link, k)], powers, weight);
    if (error < least) [best, least] = [factors, error];
  }
  return best;
}

/** s^alpha over the geometric mean of largest and smallest, so that the scales stay around one (as the authors do). */
function factorsOf(saliences: Float64Array, alpha: number): Float64Array {
  const powers = saliences.map((salience) => (salience > 0 ? salience ** alpha : 0));
  const used = powers.filter((power) => power > 0);
  const middle = Math.sqrt(Math.max(...used) * Math.min(...used));
  return powers.map((power) => (power > 0 ? power / middle : 1));
}

/** Sum over the weights of ((w - q(w s) / s)^2 E[X_k^2]). */
function scaledError(
  { shape, data }: FloatTensor,
  factor: (k: number) => number,
  powers: Float64Array,
  weight: Scheme,
): number {
  const width = data.length / shape[0];
  const scaled = floatTensor(
    shape,
    data.map((w, i) => w * factor(i % width)),
  );
  const held = dequantize(weight.codes?.(scaled) ?? quantize(scaled, quantizationOf(scaled, weight))).data;
  return total(data, (w, i) => (w - held[i] / factor(i % width)) ** 2 * powers[i % width]);
}
