import { didYouMean } from '../../text/nearest.js';
import { FLOAT_RECIPES } from './floats.js';
import { FP4_RECIPES } from './fp4.js';
import { QAT_RECIPES } from './fewBits.js';
import { STRUCTURE_TRAIN_RECIPES } from './structure.js';
import type { TrainRecipe } from '../trainRecipe.js';

/** Every training recipe, in the order of the history that they tell. */
export const TRAIN_RECIPES: readonly TrainRecipe[] = [
  ...FLOAT_RECIPES,
  ...FP4_RECIPES,
  ...QAT_RECIPES,
  ...STRUCTURE_TRAIN_RECIPES,
];

/** @throws RangeError naming the recipe and what there is */
export function trainRecipeNamed(name: string): TrainRecipe {
  const recipe = TRAIN_RECIPES.find((candidate) => candidate.name === name);
  if (recipe !== undefined) return recipe;
  const names = TRAIN_RECIPES.map((r) => r.name);
  throw new RangeError(
    `there is no training recipe "${name}"; there are ${names.join(', ')}${didYouMean(name, names)}`,
  );
}
