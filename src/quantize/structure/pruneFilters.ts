import { foldBatchNorm } from '../../networks/fold.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Network } from '../../networks/network.js';
import { floatTensor, sizeOf } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { channelOf, type Link, linksOf } from '../equalize/channelScales.js';
import { total } from '../algebra/reals.js';

type Mac = ConvLayer | DenseLayer;

/**
 * Structured pruning: of each layer whose output one product alone reads, the filters with the least L1 norm are taken out
 * (Li et al., ICLR 2017, "Pruning filters for efficient ConvNets"), and with them the weights that read them. What is left
 * is a smaller dense network: every array gains. At least one filter stays.
 * @param share of the filters that go, 0..1
 */
export function pruneFilters(network: Network, share: number): Network {
  if (!(share >= 0 && share < 1)) throw new RangeError(`pruning: a share of ${share} does not lie in [0, 1)`);
  const folded = foldBatchNorm(network);
  const links = linksOf(folded).filter(({ from }) => from.op === 'dense' || from.groups === 1);
  return links.reduce((whole, link) => {
    const find = (name: string) => whole.layers.filter(isMacLayer).find((layer) => layer.name === name);
    const current = { from: find(link.from.name) ?? link.from, to: find(link.to.name) ?? link.to };
    return withoutFilters(whole, current, strongest(current.from, share));
  }, folded);
}

/** The filters that stay, in their order. */
function strongest(layer: Mac, share: number): number[] {
  const { shape, data } = floatWeights(layer);
  const size = data.length / shape[0];
  const norms = Array.from({ length: shape[0] }, (_, f) => total(data.subarray(f * size, (f + 1) * size), Math.abs));
  const order = [...norms.keys()].sort((x, y) => norms[y] - norms[x] || x - y);
  return order.slice(0, Math.max(1, shape[0] - Math.floor(share * shape[0]))).sort((x, y) => x - y);
}

function withoutFilters(network: Network, link: Link, kept: readonly number[]): Network {
  const { from, to } = link;
  const rows = selectedRows(from, kept);
  const columns = selectedColumns(to, (k) => kept.includes(channelOf(link, k)), kept.length);
  const layers = network.layers.map((layer) =>
    layer.name === from.name ? rows : layer.name === to.name ? columns : layer,
  );
  return { ...network, layers };
}

function selectedRows(layer: Mac, kept: readonly number[]): Mac {
  const { shape, data } = floatWeights(layer);
  const size = data.length / shape[0];
  const weight = floatTensor([kept.length, ...shape.slice(1)]);
  kept.forEach((f, i) => weight.data.set(data.subarray(f * size, (f + 1) * size), i * size));
  return { ...layer, weight, bias: layer.bias && Float32Array.from(kept, (f) => layer.bias?.[f] ?? 0) };
}

function selectedColumns(layer: Mac, keeps: (k: number) => boolean, channels: number): Mac {
  const { shape, data } = floatWeights(layer);
  const width = data.length / shape[0];
  const rest = layer.op === 'conv' ? [channels, ...shape.slice(2)] : [];
  const selected = data.filter((_, i) => keeps(i % width));
  const patch = rest.length > 0 ? rest : [selected.length / shape[0]];
  return { ...layer, weight: floatTensor([shape[0], ...patch], selected.subarray(0, shape[0] * sizeOf(patch))) };
}
