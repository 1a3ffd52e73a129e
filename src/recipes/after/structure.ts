import type { Network } from '../../networks/network.js';
import { lowRank } from '../../quantize/structure/lowRank.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { minMax } from '../../quantize/ranges/minmax.js';
import { pruneMagnitude, pruneNofM } from '../../quantize/structure/prune.js';
import { pruneFilters } from '../../quantize/structure/pruneFilters.js';
import type { AfterRecipe } from '../method.js';
import { scheme } from '../../quantize/contract/scheme.js';

/**
 * Fewer weights, or zeros among them, and then as int8-minmax: with no training afterwards, so that what is lost is what
 * the method takes. Training recipes of the same family give it back (recipes/training/structure.ts).
 */
function fewer(name: string, what: string, source: string, prepare: (network: Network) => Network): AfterRecipe {
  const operands = { weight: scheme('int8', maximum(), 'channel'), input: scheme('int8', minMax) };
  return {
    kind: 'after',
    name,
    family: 'fewer weights',
    description: `${what}; then as int8-minmax`,
    bits: { weights: 8, activations: 8 },
    source,
    result: 'requantize',
    operands: () => operands,
    prepare,
  };
}

export const STRUCTURE_RECIPES: readonly AfterRecipe[] = [
  fewer('int8-pruned', 'half of the weights zero, by magnitude', 'Han et al., NeurIPS 2015', (network) =>
    pruneMagnitude(network, 0.5),
  ),
  fewer(
    'int8-2of4',
    'two of every four weights zero, by magnitude',
    'Mishra et al. 2021, arXiv 2104.08378',
    (network) => pruneNofM(network),
  ),
  fewer('int8-filters', 'a quarter of the filters taken out, by their norm', 'Li et al., ICLR 2017', (network) =>
    pruneFilters(network, 0.25),
  ),
  fewer(
    'int8-lowrank',
    'factors of the rank that keeps 90% of the squares',
    'Zhang et al. 2015, arXiv 1505.06798',
    (network) => lowRank(network),
  ),
];
