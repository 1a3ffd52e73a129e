import { findMethod, METHODS, methodNamed } from '../recipes/catalog.js';
import type { AfterRecipe, Method, MethodKind, MethodOf } from '../recipes/method.js';
import type { TrainRecipe } from '../recipes/trainRecipe.js';
import { UsageError, usage } from './errors.js';

/** Methods of the catalogue by the name that the user gave. */

/** Which command takes a method of the other kind. */
const COMMANDS: Readonly<Record<MethodKind, (name: string) => string>> = {
  after: (name) => `${name} is a recipe of quantize: take "lastbit quantize NET.onnx --recipe ${name}"`,
  training: (name) => `${name} is a recipe of train: take "lastbit train --recipe ${name}"`,
};

function recipeFrom<Kind extends MethodKind>(name: string, kind: Kind): MethodOf<Kind> {
  const known = findMethod(name);
  if (known !== undefined && known.kind !== kind) throw new UsageError(COMMANDS[known.kind](name));
  return usage(() => methodNamed(name, kind));
}

/** One that quantizes after training. @throws UsageError, which says so where it is one that trains */
export const quantizeRecipeFrom = (name: string): AfterRecipe => recipeFrom(name, 'after');

/** One that trains. @throws UsageError, which says so where it is one that quantizes afterwards */
export const trainRecipeFrom = (name: string): TrainRecipe => recipeFrom(name, 'training');

/**
 * By names with commas, or all, those after training first; those that train only where there are epochs.
 * @throws UsageError for a name of neither kind
 */
export function chosenMethods(names: string | undefined, epochs: number): Method[] {
  if (names === undefined) return METHODS.filter(({ kind }) => kind === 'after' || epochs > 0);
  const wanted = names.split(',').map((name) => name.trim());
  const training = wanted.filter((name) => findMethod(name)?.kind === 'training');
  const others = wanted.filter((name) => !training.includes(name));
  if (training.length > 0 && epochs === 0) throw new UsageError(`${training[0]} trains: take --epochs of at least 1`);
  return [...others.map(quantizeRecipeFrom), ...training.map(trainRecipeFrom)];
}
