import { isMacLayer, type ConvLayer, type DenseLayer, type Network } from '../../networks/network.js';
import { floatTensor, sizeOf } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { readersOf } from '../../networks/facts.js';
import { operatorOf } from '../../networks/operators/index.js';

type Mac = ConvLayer | DenseLayer;

/** Two products with nothing between them but layers that a positive factor passes through. */
export interface Link {
  from: Mac;
  to: Mac;
}

/** The links of a network along which channels can be scaled: every tensor between has one reader. */
export function linksOf(network: Network): Link[] {
  const producers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const readers = (name: string) => readersOf(network, name) + Number(network.outputs.includes(name));
  return network.layers.filter(isMacLayer).flatMap((to) => {
    let before = producers.get(to.inputs[0]);
    while (before !== undefined && readers(before.name) === 1) {
      if (isMacLayer(before)) return to.op === 'conv' && to.groups > 1 ? [] : [{ from: before, to }];
      if (operatorOf(before).homogeneous !== true) return [];
      before = producers.get(before.inputs[0]);
    }
    return [];
  });
}

/** Which channel of `from` each k of `to` reads: k is [c r s], and a flattened plane's elements are of one channel. */
export function channelOf({ from, to }: Link, k: number): number {
  const width = sizeOf(to.weight.shape.slice(1));
  return Math.floor(k / (width / from.weight.shape[0]));
}

/**
 * Divides what a layer writes in a channel by its factor, and multiplies the weights that read it: the same function in
 * real numbers, at no cost where it runs (SmoothQuant, AWQ).
 * @param factors positive, one for each channel of `link.from`
 */
export function scaleChannels(network: Network, link: Link, factors: Float64Array): Network {
  const layers = network.layers.map((layer) => {
    if (layer.name === link.from.name && isMacLayer(layer)) return dividedRows(layer, factors);
    if (layer.name === link.to.name && isMacLayer(layer))
      return scaledColumns(layer, (k) => factors[channelOf(link, k)]);
    return layer;
  });
  return { ...network, layers };
}

function dividedRows(layer: Mac, factors: Float64Array): Mac {
  const { shape, data } = floatWeights(layer);
  const size = data.length / shape[0];
  const weight = floatTensor(
    shape,
    data.map((w, i) => w / factors[Math.floor(i / size)]),
  );
  return { ...layer, weight, bias: layer.bias && Float32Array.from(layer.bias, (b, f) => b / factors[f]) };
}

function scaledColumns(layer: Mac, factor: (k: number) => number): Mac {
  const { shape, data } = floatWeights(layer);
  const size = data.length / shape[0];
  return {
    ...layer,
    weight: floatTensor(
      shape,
      data.map((w, i) => w * factor(i % size)),
    ),
  };
}
