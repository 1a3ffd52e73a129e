import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Datapath, totalFitOf } from '../../src/datapaths/datapath.js';
import { compileGemm } from '../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../src/datapaths/kernel/float64/reference.js';
import { anyCode, difference, drawJob, generator, landmarks, normalCode } from '../datapaths/kernel/jobs.js';
import { pairwiseUnit, tensorCore } from '../datapaths/kernel/tensorCores.js';

/** Tensor cores of all kinds, as a user may write them: every route gives the reference's sums and statistics. */
const FACTOR = process.env.LASTBIT_LONG ? 15 : 1;

/** Holds one datapath against the reference on codes that the seed chooses. */
function hold(datapath: Datapath, seed: number, k: number): string {
  const gemm = compileGemm(datapath);
  const random = generator(seed);
  const marks = landmarks(totalFitOf(datapath).format);
  const start = seed % 2 === 0 ? () => marks[Math.floor(random() * marks.length)] : undefined;
  const draws = [anyCode(random), normalCode(random, 1), normalCode(random, 16), normalCode(random, 0.01)];
  const job = drawJob(datapath, [5, 9, k], draws[Math.floor(random() * draws.length)], start);
  expect(difference(gemm, job)).toBeUndefined();
  if (seed % 3 === 0) {
    const { exact, swamped, overflowed } = gemm.stats(job);
    const expected = referenceGemm(datapath, datapath.order, '').stats(job);
    expect({ swamped, overflowed }).toEqual({ swamped: expected.swamped, overflowed: expected.overflowed });
    expect(exact.map((value) => value + 0)).toEqual(expected.exact.map((value) => value + 0));
  }
  return gemm.route;
}

it.each([
  ['alignments in stages, zeros that align, overflowing products, block scales', tensorCore, 400],
  ['products added pairwise', pairwiseUnit, 150],
])('%s', (_kind, datapaths, runs) => {
  const routes = new Map<string, number>();
  fc.assert(
    fc.property(
      datapaths,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 44 }),
      (datapath, seed, k) => {
        const route = hold(datapath, seed, k);
        routes.set(route, (routes.get(route) ?? 0) + 1);
      },
    ),
    { numRuns: runs * FACTOR, seed: 3 },
  );
  console.info(`routes: ${[...routes].map(([route, count]) => `${route} ${count}`).join(', ')}`);
  expect([...routes.keys()].some((route) => route.startsWith('simd'))).toBe(true);
});
