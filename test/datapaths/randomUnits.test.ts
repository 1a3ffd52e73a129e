import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marked, operandsOf, unlike } from '../laws/definition/compare.js';
import { anyDatapath, firingDatapath } from './kernel/arbitrary.js';
import { drawJob, generator, normalCode } from './kernel/jobs.js';
import { pairwiseUnit, tensorCore } from './kernel/tensorCores.js';

/** Units as users could write them: the reference in code, flags and counts against the scalar definition. */

/** How many random units of a kind, and how many dot products of each. */
const [UNITS, OUTPUTS] = [150, 2];
const SEED = 31;

describe.each([
  ['of any kind', anyDatapath],
  ['that fuse or align', firingDatapath],
  ['that are tensor cores', tensorCore],
  ['that add pairwise', pairwiseUnit],
])('random units %s', (_kind, arbitrary) => {
  it(`are what their records say, seed ${SEED}`, () => {
    const random = generator(SEED);
    const draws = [marked(random), normalCode(random, 1)];
    for (const unit of fc.sample(arbitrary, { numRuns: UNITS, seed: SEED })) {
      const k = Math.floor(random() * (unit.lanes + 4));
      const job = drawJob(unit, [1, OUTPUTS, k], draws[Math.floor(2 * random())], draws[0]);
      for (let output = 0; output < OUTPUTS; output++)
        expect(unlike(unit, operandsOf(unit, job, output), output)).toEqual([]);
    }
  });
});
