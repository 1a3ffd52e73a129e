import { isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { floatTensor } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import type { Reals } from '../algebra/reals.js';

/**
 * Pruning as a change of a float network, by magnitude (Han et al. 2015). Zeros change no product's shape, so a dense array
 * takes as long as before; what arrays gain from which zeros is said in simulate/sparsity.ts. Structured pruning is in
 * pruneFilters.ts.
 */

/** Unstructured: the smallest `share` of each layer's weights become zero. @param share 0..1 */
export function pruneMagnitude(network: Network, share: number): Network {
  if (!(share >= 0 && share < 1)) throw new RangeError(`pruning: a share of ${share} does not lie in [0, 1)`);
  return withWeights(network, (data) => withoutSmallest(data, share));
}

/** The weights of one layer with the smallest `share` of them zero. */
export function withoutSmallest<T extends Reals>(weights: T, share: number): T {
  return zeroedAt(weights, smallestFirst(weights).subarray(0, Math.floor(share * weights.length)));
}

/** n of every m weights that follow one another along k are kept: the largest, the first of equals. NVIDIA's is 2:4. */
export interface NofM {
  n: number;
  m: number;
}

/** Semi-structured: groups of m run along k within a filter; a short last group keeps its n largest too. */
export function pruneNofM(network: Network, { n, m }: NofM = { n: 2, m: 4 }): Network {
  if (!(n >= 1 && n < m)) throw new RangeError(`pruning: ${n} of ${m} cannot be kept: take 1 <= n < m`);
  return withWeights(network, (data, width) => largestOfGroups(data, width, { n, m }));
}

/** The weights [filters, width] of one layer with all but the n largest of every m zero. */
export function largestOfGroups<T extends Reals>(weights: T, width: number, { n, m }: NofM): T {
  const kept = weights.slice() as T;
  for (let row = 0; row < weights.length; row += width)
    for (let first = row; first < row + width; first += m) {
      const group = kept.subarray(first, Math.min(first + m, row + width));
      const order = smallestFirst(group);
      for (const place of order.subarray(0, Math.max(0, group.length - n))) group[place] = 0;
    }
  return kept;
}

/** Share of weights that are not zero, of each conv and dense layer. */
export function densitiesOf(network: Network): Map<string, number> {
  return new Map(
    network.layers.filter(isMacLayer).map((layer) => {
      const { data } = floatWeights(layer);
      return [layer.name, data.filter((w) => w !== 0).length / data.length];
    }),
  );
}

/** @param change of a layer's weights [filters * width] */
function withWeights(network: Network, change: (data: Float32Array, width: number) => Float32Array): Network {
  const layers = network.layers.map((layer): Layer => {
    if (!isMacLayer(layer)) return layer;
    const { shape, data } = floatWeights(layer);
    return { ...layer, weight: floatTensor(shape, change(data, data.length / shape[0])) };
  });
  return { ...network, layers };
}

/** Places by magnitude; of equals the last one first, so that the first is kept. */
function smallestFirst(data: Reals): Uint32Array {
  const places = Uint32Array.from(data, (_, i) => i);
  return places.sort((x, y) => {
    const difference = Math.abs(data[x]) - Math.abs(data[y]);
    return difference || y - x;
  });
}

function zeroedAt<T extends Reals>(data: T, places: Uint32Array): T {
  const changed = data.slice() as T;
  for (const place of places) changed[place] = 0;
  return changed;
}
