import { stringify } from 'yaml';
import type { AfterRecipe, Method } from '../recipes/method.js';
import type { TrainRecipe } from '../recipes/trainRecipe.js';
import { print } from './terminal.js';

/** `show` of a method. */
export function showMethod(method: Method): void {
  print(`# recipe ${method.name}\n${stringify(methodReport(method)).trimEnd()}`);
}

export function methodReport(method: Method): object {
  return method.kind === 'after' ? afterReport(method) : trainReport(method);
}

/** What a recipe does to the first layer and to one within. */
function afterReport(recipe: AfterRecipe): object {
  const { name, description, result, blocks } = recipe;
  const place = (index: number) => {
    const { input, weight } = recipe.operands({ index, count: 3 });
    const grids = { activations: input.fit.format.name, weights: weight.fit.format.name };
    return {
      ...grids,
      scales: blocks === undefined ? `of weights per ${weight.per}` : `of ${blocks.size} each`,
    };
  };
  const changes = { before: recipe.prepare !== undefined, afterwards: recipe.correct !== undefined };
  return { name, description, result, ends: place(0), within: place(1), changesNetwork: changes };
}

/** Whose it is, and what a call of train can take otherwise. */
function trainReport({ name, description, result, bits, source, target, style, rate, ...rest }: TrainRecipe): object {
  const { scaling, distillation, prepare } = rest;
  const learning = { rate, scaling, ...(distillation !== undefined && { distillation }) };
  return { name, description, result, bits, source, target, style, ...learning, changesNetwork: prepare !== undefined };
}
