import { didYouMean } from '../text/nearest.js';
import { MIXED_INTEGERS } from './mixedIntegers.js';
import { readTarget, targetOf, targetSchema, type TargetFields } from './schema.js';
import { SIXTEEN } from './sixteen.js';
import { SMALL_FLOATS } from './smallFloats.js';
import { SPARSE } from './sparse.js';
import type { Target } from './target.js';
import { TRAINING } from './training.js';

/** Adding an accelerator is a data file and its name here. */
const FIELDS: readonly TargetFields[] = [...SIXTEEN, ...TRAINING, ...SMALL_FLOATS, ...MIXED_INTEGERS, ...SPARSE];

/** The targets by name, checked as they load. */
export const TARGETS: readonly Target[] = FIELDS.map((fields) =>
  targetOf(targetSchema.parse(fields), String(fields.name)),
);

/**
 * A target of the catalogue by its name, or one from a .yaml, .yml or .json file.
 * @throws Error when there is neither, or the file is wrong
 */
export function loadTarget(nameOrFile: string): Target {
  const known = TARGETS.find((target) => target.name === nameOrFile);
  if (known !== undefined) return known;
  if (/[/\\]|\.(ya?ml|json)$/i.test(nameOrFile)) return readTarget(nameOrFile);
  const names = TARGETS.map((target) => target.name);
  throw new RangeError(
    `there is no target ${JSON.stringify(nameOrFile)}, and a file would end in .yaml or .json; there are ${names.join(', ')}${didYouMean(nameOrFile, names)}`,
  );
}
