import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { totalFitOf } from '../../src/datapaths/datapath.js';
import { compileGemm } from '../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../src/datapaths/kernel/reference.js';
import { anyCode, difference, drawJob, generator, landmarks, normalCode } from '../datapaths/kernel/jobs.js';
import { tensorCore } from '../datapaths/kernel/tensor-cores.js';

/** Tensor cores of all kinds, as a user may write them: every route gives the reference's sums and statistics. */
const FACTOR = process.env.LASTBIT_LONG ? 15 : 1;

it('alignments in stages, zeros that align, overflowing products, block scales', () => {
  const routes = new Map<string, number>();
  fc.assert(
    fc.property(
      tensorCore,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 44 }),
      (datapath, seed, k) => {
        const gemm = compileGemm(datapath);
        routes.set(gemm.route, (routes.get(gemm.route) ?? 0) + 1);
        const random = generator(seed);
        const marks = landmarks(totalFitOf(datapath).format);
        const start = seed % 2 === 0 ? () => marks[Math.floor(random() * marks.length)] : undefined;
        const draw = [anyCode(random), normalCode(random, 1), normalCode(random, 16), normalCode(random, 0.01)][
          seed % 4
        ];
        const job = drawJob(datapath, [5, 9, k], draw, start);
        expect(difference(gemm, job)).toBeUndefined();
        if (seed % 3 !== 0) return;
        const { exact, swamped, overflowed } = gemm.stats(job);
        const expected = referenceGemm(datapath, datapath.order, '').stats(job);
        expect({ swamped, overflowed }).toEqual({ swamped: expected.swamped, overflowed: expected.overflowed });
        expect(exact.map((value) => value + 0)).toEqual(expected.exact.map((value) => value + 0));
      },
    ),
    { numRuns: 400 * FACTOR, seed: 3 },
  );
  console.info(`routes: ${[...routes].map(([route, count]) => `${route} ${count}`).join(', ')}`);
  expect([...routes.keys()].filter((route) => route.startsWith('simd')).length).toBeGreaterThan(1);
});
