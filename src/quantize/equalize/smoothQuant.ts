import { isMacLayer, type Network } from '../../networks/network.js';
import { floatWeights } from '../contract/calibrate.js';
import { channelOf, type Link, linksOf, scaleChannels } from './channelScales.js';
import { gatherInputs } from '../contract/inputs.js';
import type { Images } from '../contract/images.js';

/**
 * SmoothQuant (Xiao et al., ICML 2023, arXiv 2211.10438, equation 4): the range of activations moves to the weights,
 * channel by channel, s_j = max |X_j|^alpha / max |W_j|^(1 - alpha), X / s and W s. The division is folded into the layer
 * before. A channel that is never used, or not read, keeps its scale.
 */
export function smoothed(network: Network, images: Images, alpha = 0.5): Network {
  const { gathered } = gatherInputs(network, images, (most, x) => Math.max(most, Math.abs(x)));
  return linksOf(network).reduce((whole, link) => {
    const largest = gathered.get(link.to.name);
    if (largest === undefined) return whole;
    // An earlier link may have changed the rows of `from`; the columns of `to` and what it reads are as they were.
    return scaleChannels(whole, link, smoothingFactors(whole, link, largest, alpha));
  }, network);
}

/** s_j of a link, from the largest magnitude of each k that `link.to` reads. */
function smoothingFactors(network: Network, link: Link, largest: Float64Array, alpha: number): Float64Array {
  const to = network.layers.filter(isMacLayer).find((layer) => layer.name === link.to.name) ?? link.to;
  const { shape, data } = floatWeights(to);
  const width = data.length / shape[0];
  const channels = link.from.weight.shape[0];
  const [inX, inW] = [new Float64Array(channels), new Float64Array(channels)];
  for (let k = 0; k < width; k++) {
    const c = channelOf(link, k);
    inX[c] = Math.max(inX[c], largest[k]);
    for (let f = 0; f < shape[0]; f++) inW[c] = Math.max(inW[c], Math.abs(data[f * width + k]));
  }
  return inX.map((x, c) => (x > 0 && inW[c] > 0 ? smoothingFactor(x, inW[c], alpha) : 1));
}

/** max |X_j|^alpha / max |W_j|^(1 - alpha). */
export function smoothingFactor(largestX: number, largestW: number, alpha = 0.5): number {
  return largestX ** alpha / largestW ** (1 - alpha);
}
