import { didYouMean } from '../text/nearest.js';
import type { Recipe } from '../quantize/contract/recipe.js';
import { RECIPES } from '../recipes/catalog.js';
import type { TrainRecipe } from '../recipes/trainRecipe.js';
import { TRAIN_RECIPES } from '../recipes/training/catalog.js';
import { UsageError } from './errors.js';

/** Recipes of both catalogues by the name that the user gave. */

/** One that quantizes after training. @throws UsageError, which says so where it is one that trains */
export function quantizeRecipeFrom(name: string): Recipe {
  const recipe = RECIPES.find((candidate) => candidate.name === name);
  if (recipe !== undefined) return recipe;
  if (TRAIN_RECIPES.some((candidate) => candidate.name === name))
    throw new UsageError(`${name} is a recipe of train: take "lastbit train --recipe ${name}"`);
  throw new UsageError(`unknown recipe "${name}": there are ${namesOf(RECIPES).join(' ')}${nearOf(name)}`);
}

/** One that trains. @throws UsageError, which says so where it is one that quantizes afterwards */
export function trainRecipeFrom(name: string): TrainRecipe {
  const recipe = TRAIN_RECIPES.find((candidate) => candidate.name === name);
  if (recipe !== undefined) return recipe;
  if (RECIPES.some((candidate) => candidate.name === name))
    throw new UsageError(`${name} is a recipe of quantize: take "lastbit quantize NET.onnx --recipe ${name}"`);
  throw new UsageError(
    `there is no training recipe "${name}"; there are ${namesOf(TRAIN_RECIPES).join(', ')}${nearOf(name)}`,
  );
}

export interface ChosenRecipes {
  afterwards: readonly Recipe[];
  training: readonly TrainRecipe[];
}

/** By names with commas, or all; those that train only where there are epochs. @throws UsageError for a name of neither kind */
export function chosenRecipes(names: string | undefined, epochs: number): ChosenRecipes {
  if (names === undefined) return { afterwards: RECIPES, training: epochs > 0 ? TRAIN_RECIPES : [] };
  const wanted = names.split(',').map((name) => name.trim());
  const training = wanted.filter((name) => TRAIN_RECIPES.some((recipe) => recipe.name === name));
  const others = wanted.filter((name) => !training.includes(name));
  if (training.length > 0 && epochs === 0) throw new UsageError(`${training[0]} trains: take --epochs of at least 1`);
  return { afterwards: others.map(quantizeRecipeFrom), training: training.map(trainRecipeFrom) };
}

const namesOf = (recipes: readonly { name: string }[]) => recipes.map(({ name }) => name);

/** The nearest of both kinds, and whose it is. */
function nearOf(name: string): string {
  return didYouMean(name, [...namesOf(RECIPES), ...namesOf(TRAIN_RECIPES)]);
}
