import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { runMesh } from '../../src/arrays/clocked.js';
import { costOf } from '../../src/arrays/cost.js';
import { type MacArray, orderOf } from '../../src/arrays/dataflow.js';
import { type Slot, type Timing, timingOf, type Turn, turnsOf } from '../../src/arrays/schedule.js';
import { type ArrayJob, tilesOf } from '../../src/arrays/tiling.js';
import type { Order } from '../../src/datapaths/order.js';
import { direct, hashUnit } from '../arrays/direct.js';

/** Every dataflow and option: the stepped mesh counts what the formulas say and computes what the order says. */
const size = fc.integer({ min: 1, max: 6 });
const arrays: fc.Arbitrary<MacArray> = fc.record({
  rows: size,
  cols: size,
  dataflow: fc.constantFrom('os', 'ws', 'is'),
  accumulation: fc.constantFrom('memory', 'reinject'),
  edge: fc.constantFrom('partial', 'whole'),
  doubleBuffer: fc.boolean(),
  operands: fc.constantFrom('systolic', 'broadcast'),
  multiplyStages: fc.integer({ min: 0, max: 3 }),
  addStages: fc.integer({ min: 1, max: 4 }),
});
// Short ones often: there waiting for ports and registers shows.
const length = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 }));
const jobs: fc.Arbitrary<ArrayJob> = fc.record({
  layer: fc.constant('random'),
  m: length,
  n: length,
  k: length,
  groups: fc.integer({ min: 1, max: 3 }),
});
const units = fc.integer({ min: 1, max: 4 }).chain((lanes) =>
  fc.record({
    lanes: fc.constant(lanes),
    order: fc.oneof(
      fc.constant<Order>({ kind: 'sequential' }),
      fc.integer({ min: 1, max: 5 }).map((firings): Order => ({ kind: 'chunked', length: firings * lanes })),
      fc.integer({ min: 1, max: 5 }).map((ways): Order => ({ kind: 'interleaved', ways })),
    ),
  }),
);

const RUNS = 4000;
/** Half of the arrays have memories that give a word a cycle, half have slower ones. */
const pace = fc.integer({ min: 1, max: 4 });
const paces = fc.oneof(
  fc.constant({ stream: 1, load: 1, drain: 1 }),
  fc.record({ stream: pace, load: pace, drain: pace }),
);

const seen = { runs: 0, cycles: 0, macs: 0, hurried: 0 };

it(`mesh = formula and mesh = direct computation, over ${RUNS} random products and arrays`, () => {
  fc.assert(
    fc.property(jobs, arrays, units, paces, fc.integer(), (job, array, datapath, pace, seed) => {
      const unit = hashUnit(datapath.lanes);
      const order = orderOf(array, datapath);
      const product = {
        job,
        a: codes(job.m * job.k * (job.groups ?? 1), seed),
        b: codes(job.k * job.n * (job.groups ?? 1), ~seed),
      };
      const stepped = runMesh({ product, array, order, unit, pace });
      const formula = costOf(job, array, datapath, pace);
      expect(stepped.cycles).toEqual(formula.cycles);
      expect(stepped.counts).toEqual(formula.counts);
      expect(stepped.sums).toEqual(direct(product, unit, order));
      const { load, stream, fill, drain, stall, total } = formula.cycles;
      expect(load + stream + fill + drain + stall).toBe(total);
      seen.runs++;
      seen.cycles += total;
      seen.macs += formula.counts.macs;
    }),
    { numRuns: RUNS, seed: 2, endOnFailure: false },
  );
});

/** The schedule wastes nothing: begin any tile a cycle earlier, and ports collide or sums are wrong. */
it('a double-buffered tile cannot begin a cycle earlier', () => {
  fc.assert(
    fc.property(jobs, arrays, units, paces, fc.nat(), (job, options, datapath, pace, pick) => {
      const array: MacArray = { ...options, edge: 'partial', doubleBuffer: true };
      const unit = hashUnit(datapath.lanes);
      const order = orderOf(array, datapath);
      const turns = [...turnsOf(tilesOf(job, array, datapath.lanes), timingOf(array, order, pace))];
      fc.pre(turns.length > 1);
      const from = 1 + (pick % (turns.length - 1));
      const timing = timingOf(array, order, pace);
      const hurried = turns.map((turn, i) => (i < from ? turn : { ...turn, slot: earlier(turn, timing, i > from) }));
      const product = {
        job,
        a: codes(job.m * job.k * (job.groups ?? 1), pick),
        b: codes(job.k * job.n * (job.groups ?? 1), ~pick),
      };
      let sums: Float64Array | string;
      try {
        ({ sums } = runMesh({ product, array, order, unit, pace }, {}, hurried));
      } catch (error) {
        sums = String(error);
      }
      expect(sums).not.toEqual(direct(product, unit, order));
      seen.hurried++;
    }),
    { numRuns: 2000, seed: 3, endOnFailure: false },
  );
});

/** A cycle earlier, loading too only where streaming follows upon it, or where all before has moved as well. */
function earlier({ tile, slot }: Turn, timing: Timing, withLoad: boolean): Slot {
  const loaded = slot.load + (tile.height - 1) * timing.loadInterval + 1;
  const load = withLoad || loaded === slot.stream ? slot.load - 1 : slot.load;
  return { ...slot, load, stream: slot.stream - 1, drain: slot.drain - 1 };
}

function codes(length: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return state >>> 24;
  });
}

afterAll(() => console.log(`dataflow law: ${JSON.stringify(seen)}`));
