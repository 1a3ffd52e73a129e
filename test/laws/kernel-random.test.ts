import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { totalFitOf } from '../../src/datapaths/datapath.js';
import { compileGemm } from '../../src/datapaths/kernel/index.js';
import { anyDatapath } from '../datapaths/kernel/arbitrary.js';
import { anyCode, difference, drawJob, generator, landmarks, normalCode } from '../datapaths/kernel/jobs.js';

/** No datapath gives a wrong bit on any route, whatever a user writes. */
const RUNS = process.env.LASTBIT_LONG ? 20_000 : 1500;

it('any datapath: whatever route it gets gives the reference', () => {
  const routes = new Map<string, number>();
  fc.assert(
    fc.property(
      anyDatapath,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 23 }),
      (datapath, seed, k) => {
        const gemm = compileGemm(datapath);
        routes.set(gemm.route, (routes.get(gemm.route) ?? 0) + 1);
        const random = generator(seed);
        const marks = landmarks(totalFitOf(datapath).format);
        const start = seed % 2 === 0 ? () => marks[Math.floor(random() * marks.length)] : undefined;
        const draw = seed % 3 === 0 ? normalCode(random, 1) : anyCode(random);
        const found = difference(gemm, drawJob(datapath, [3, 5, k], draw, start));
        expect(found).toBeUndefined();
      },
    ),
    { numRuns: RUNS, seed: 5 },
  );
  console.info(`routes of ${RUNS} random datapaths: ${[...routes].map(([route, n]) => `${route} ${n}`).join(', ')}`);
  expect(routes.size).toBeGreaterThan(1);
});
