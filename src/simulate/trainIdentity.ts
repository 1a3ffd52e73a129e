import { ownBuild } from './build.js';
import { dataDigest, fileDigest, recordDigest } from './fingerprint.js';
import type { TrainingPlan } from './training.js';
import { isNetworkFile } from '../networks/readers/index.js';
import type { Target } from '../targets/target.js';
import type { Dataset } from '../training/data/dataset.js';
import type { TrainRecipe } from '../recipes/trainRecipe.js';

/**
 * All that the numbers of a training run depend on: options in words, by their names on the command line, and contents by
 * digests. Paths, threads and what is printed are not among it.
 */
export interface TrainingIdentity {
  build: string;
  options: Readonly<Record<string, string>>;
  contents: Readonly<Record<string, string>>;
}

interface Parts {
  plan: TrainingPlan;
  recipe: TrainRecipe;
  target: Target;
  data: Dataset;
  judged: Dataset;
}

export function identityOf({ plan, recipe, target, data, judged }: Parts): TrainingIdentity {
  const { epochs, batch, seed, arithmetic, rate, scaling, distillation, network, teacher } = plan;
  const isFile = isNetworkFile(network);
  return {
    build: ownBuild(),
    options: {
      recipe: recipe.name,
      network: isFile ? 'a file' : network,
      epochs: String(epochs),
      images: String(data.count),
      judged: String(judged.count),
      batch: String(batch),
      rate: rate === undefined ? "the recipe's" : String(rate),
      'loss-scale': scaling === undefined ? "the recipe's" : JSON.stringify(scaling),
      share: String(distillation?.share ?? 'none'),
      temperature: String(distillation?.temperature ?? 'none'),
      arithmetic,
      seed: String(seed),
    },
    contents: {
      recipe: recordDigest(recipe),
      target: recordDigest(target),
      network: isFile ? fileDigest(network) : 'built in',
      teacher: teacher === undefined ? 'none' : fileDigest(teacher),
      data: recordDigest([dataDigest(data), dataDigest(judged)]),
    },
  };
}

/** In words what one run has otherwise than another, the first of it; undefined where they give the same numbers. */
export function differenceOf(before: Partial<TrainingIdentity> | undefined, now: TrainingIdentity): string | undefined {
  if (before?.build !== now.build) return 'of another build of lastbit';
  const option = Object.keys(now.options).find((name) => before.options?.[name] !== now.options[name]);
  if (option !== undefined) return `--${option} was ${before.options?.[option]}, is ${now.options[option]}`;
  const content = Object.keys(now.contents).find((name) => before.contents?.[name] !== now.contents[name]);
  return content === undefined ? undefined : `--${content} has other contents since`;
}
