import type { Network } from '../../networks/network.js';
import { lowRank } from '../../quantize/structure/lowRank.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { minMax } from '../../quantize/ranges/minmax.js';
import { pruneMagnitude, pruneNofM } from '../../quantize/structure/prune.js';
import { pruneFilters } from '../../quantize/structure/pruneFilters.js';
import type { Recipe } from '../../quantize/contract/recipe.js';
import { scheme } from '../../quantize/contract/scheme.js';

/**
 * Fewer weights, or zeros among them, and then as int8-minmax: with no training afterwards, so that what is lost is what
 * the method takes. Training recipes of the same family give it back (training/structureRecipes.ts).
 */
function fewer(name: string, what: string, prepare: (network: Network) => Network): Recipe {
  const operands = { weight: scheme('int8', maximum(), 'channel'), input: scheme('int8', minMax) };
  return {
    name,
    family: 'fewer weights',
    description: `${what}; then as int8-minmax`,
    result: 'requantize',
    operands: () => operands,
    prepare,
  };
}

export const STRUCTURE_RECIPES: readonly Recipe[] = [
  fewer('int8-pruned', 'half of the weights zero, by magnitude', (network) => pruneMagnitude(network, 0.5)),
  fewer('int8-2of4', 'two of every four weights zero, by magnitude', (network) => pruneNofM(network)),
  fewer('int8-filters', 'a quarter of the filters taken out, by their norm', (network) => pruneFilters(network, 0.25)),
  fewer('int8-lowrank', 'factors of the rank that keeps 90% of the squares', (network) => lowRank(network)),
];
