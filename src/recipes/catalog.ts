import { didYouMean } from '../text/nearest.js';
import { BLOCK_RECIPES } from './after/blocks.js';
import { FLOAT_PTQ_RECIPES } from './after/floats.js';
import { INTEGER_PTQ_RECIPES } from './after/integers.js';
import { STANDARD_RECIPES } from './after/standard.js';
import { STRUCTURE_RECIPES } from './after/structure.js';
import { WEIGHT_RECIPES } from './after/weights.js';
import type { AfterRecipe, Method, MethodKind, MethodOf } from './method.js';
import { FEW_BITS_RECIPES } from './training/fewBits.js';
import { FLOAT_RECIPES } from './training/floats.js';
import { FP4_RECIPES } from './training/fp4.js';
import { STRUCTURE_TRAIN_RECIPES } from './training/structure.js';
import type { TrainRecipe } from './trainRecipe.js';

/** Every method: those after training, then those that train, in the order of the history that they tell. */
export const METHODS: readonly Method[] = [
  ...STANDARD_RECIPES,
  ...INTEGER_PTQ_RECIPES,
  ...FLOAT_PTQ_RECIPES,
  ...BLOCK_RECIPES,
  ...WEIGHT_RECIPES,
  ...STRUCTURE_RECIPES,
  ...FLOAT_RECIPES,
  ...FP4_RECIPES,
  ...FEW_BITS_RECIPES,
  ...STRUCTURE_TRAIN_RECIPES,
];

export function methodsOf<Kind extends MethodKind>(kind: Kind): MethodOf<Kind>[] {
  return METHODS.filter((method): method is MethodOf<Kind> => method.kind === kind);
}

export const RECIPES: readonly AfterRecipe[] = methodsOf('after');
export const TRAIN_RECIPES: readonly TrainRecipe[] = methodsOf('training');

export function findMethod(name: string): Method | undefined {
  return METHODS.find((method) => method.name === name);
}

/** What is said of a name that is not of the kind that is wanted. */
const UNKNOWN: Readonly<Record<MethodKind, (name: string, names: readonly string[]) => string>> = {
  after: (name, names) => `unknown recipe "${name}": there are ${names.join(' ')}`,
  training: (name, names) => `there is no training recipe "${name}"; there are ${names.join(', ')}`,
};
const OTHER: Readonly<Record<MethodKind, (name: string) => string>> = {
  after: (name) => `recipe "${name}" quantizes after training: take recipeNamed`,
  training: (name) => `recipe "${name}" trains: take trainRecipeNamed`,
};

/** @throws RangeError naming the method and what there is, or saying that it is of the other kind */
export function methodNamed<Kind extends MethodKind>(name: string, kind: Kind): MethodOf<Kind> {
  const methods = methodsOf(kind);
  const method = methods.find((candidate) => candidate.name === name);
  if (method !== undefined) return method;
  const other = findMethod(name);
  if (other !== undefined) throw new RangeError(OTHER[other.kind](name));
  const nearest = didYouMean(
    name,
    METHODS.map((candidate) => candidate.name),
  );
  const names = methods.map((candidate) => candidate.name);
  throw new RangeError(`${UNKNOWN[kind](name, names)}${nearest}`);
}

/** @throws RangeError naming the recipe and what there is */
export const recipeNamed = (name: string): AfterRecipe => methodNamed(name, 'after');

/** @throws RangeError naming the recipe and what there is */
export const trainRecipeNamed = (name: string): TrainRecipe => methodNamed(name, 'training');
