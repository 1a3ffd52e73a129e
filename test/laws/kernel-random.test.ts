import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Datapath, totalFitOf } from '../../src/datapaths/datapath.js';
import { compileGemm } from '../../src/datapaths/kernel/index.js';
import { anyDatapath, firingDatapath, laneDatapath, randomDatapath } from '../datapaths/kernel/arbitrary.js';
import { anyCode, difference, drawJob, generator, landmarks, normalCode } from '../datapaths/kernel/jobs.js';

/** No datapath gives a wrong bit on any route, whatever a user writes. */
const FACTOR = process.env.LASTBIT_LONG ? 15 : 1;

/** Holds drawn datapaths against the reference on small products; gives the routes they took. */
function hold(datapaths: fc.Arbitrary<Datapath>, runs: number, [m, n]: readonly [number, number], longest: number) {
  const routes = new Map<string, number>();
  fc.assert(
    fc.property(
      datapaths,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 0, max: longest }),
      (datapath, seed, k) => {
        const gemm = compileGemm(datapath);
        routes.set(gemm.route, (routes.get(gemm.route) ?? 0) + 1);
        const random = generator(seed);
        const marks = landmarks(totalFitOf(datapath).format);
        const start = seed % 2 === 0 ? () => marks[Math.floor(random() * marks.length)] : undefined;
        const draw = [anyCode(random), normalCode(random, 1), normalCode(random, 16)][seed % 3];
        expect(difference(gemm, drawJob(datapath, [m, n, k], draw, start))).toBeUndefined();
      },
    ),
    { numRuns: runs, seed: 5 },
  );
  console.info(
    `routes of ${runs} random datapaths: ${[...routes].map(([route, count]) => `${route} ${count}`).join(', ')}`,
  );
  return routes;
}

it('any datapath: whatever route it gets gives the reference', () => {
  expect(hold(anyDatapath, 1000 * FACTOR, [3, 5], 23).size).toBeGreaterThan(2);
});

it('datapaths for SIMD lanes: whatever route they get gives the reference', () => {
  const routes = hold(laneDatapath, 500 * FACTOR, [5, 9], 23);
  expect([...routes.keys()].filter((route) => route.startsWith('simd')).length).toBeGreaterThan(1);
});

it('stochastic units: whatever draws random bits, every route gives the reference', () => {
  const routes = hold(randomDatapath, 500 * FACTOR, [5, 9], 23);
  expect([...routes.keys()].filter((route) => route.startsWith('simd')).length).toBeGreaterThan(1);
});

it('fused and aligned units: whatever route they get gives the reference', () => {
  const routes = hold(firingDatapath, 500 * FACTOR, [5, 5], 40);
  expect([...routes.keys()].filter((route) => route.startsWith('simd')).length).toBeGreaterThan(2);
});
