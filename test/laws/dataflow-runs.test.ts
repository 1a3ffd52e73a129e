import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { costOf } from '../../src/arrays/cost.js';
import { type MacArray, macArray, orderOf } from '../../src/arrays/dataflow.js';
import { memoryCostOf, type Memories } from '../../src/arrays/memory.js';
import { timingOf, turnsOf } from '../../src/arrays/schedule.js';
import { type ArrayJob, tileRuns, tilesIn, tilesOf } from '../../src/arrays/tiling.js';
import { trafficOf } from '../../src/arrays/traffic.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import type { Order } from '../../src/datapaths/order.js';
import { countsByTile, cyclesByTile, scheduleByTile, trafficByTile } from '../arrays/enumerated.js';

/** What is computed from runs of equal tiles is what going through every tile gives, for every option of an array. */
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
const length = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 120 }));
const jobs: fc.Arbitrary<ArrayJob> = fc.record(
  {
    layer: fc.constant('random'),
    m: length,
    n: length,
    k: length,
    groups: fc.integer({ min: 1, max: 7 }),
    inputs: fc.integer({ min: 1, max: 4000 }),
  },
  { requiredKeys: ['layer', 'm', 'n', 'k', 'groups'] },
);
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
const pace = fc.integer({ min: 1, max: 9 });
const bits = fc.integer({ min: 1, max: 300 });
const kilobytes = fc.constantFrom(1 / 256, 1 / 64, 1 / 16, 1);
const bandwidth = fc.record({ a: bits, b: bits, sum: bits, dram: bits }, { requiredKeys: [] });
const memories: fc.Arbitrary<Memories> = fc.record({ a: kilobytes, b: kilobytes, sum: kilobytes, bandwidth });
const { a, b, sum } = datapathNamed('int8');

const seen = { tiles: 0, runs: 0, mostTiles: 0, stalled: 0, waits: 0 };

it('cycles and counts of runs are those of all tiles, over 4000 random products and arrays', () => {
  fc.assert(
    fc.property(
      jobs,
      arrays,
      units,
      fc.record({ stream: pace, load: pace, drain: pace }),
      (job, array, unit, paces) => {
        const order = orderOf(array, unit);
        const timing = timingOf(array, order, paces);
        const tiles = [...tilesOf(job, array, unit.lanes)];
        const cost = costOf(job, array, unit, paces);
        expect(cost.cycles).toEqual(cyclesByTile(turnsOf(tiles, timing), timing));
        expect(cost.counts).toEqual(countsByTile(job, array, order, unit.lanes, tiles));
        const runs = [...tilesIn(tileRuns(job, array, unit.lanes))];
        expect(runs.reduce((total, [, times]) => total + times, 0)).toBe(tiles.length);
        seen.tiles += tiles.length;
        seen.runs += runs.length;
        seen.mostTiles = Math.max(seen.mostTiles, tiles.length);
        seen.stalled += Number(cost.cycles.stall > 0);
      },
    ),
    { numRuns: 4000, seed: 11 },
  );
  expect(seen.tiles).toBeGreaterThan(10 * seen.runs);
});

it('stalls for DRAM and its traffic too, over 3000 random products, arrays and memories', () => {
  fc.assert(
    fc.property(jobs, arrays, units, memories, (job, array, { lanes, order }, level) => {
      const unit = { lanes, order, a, b, sum };
      const traffic = trafficByTile(job, array, unit, level);
      const { turns, timing, written } = scheduleByTile(job, array, unit, level, traffic.tiles);
      const cycles = cyclesByTile(turns, timing);
      cycles.stall += Math.max(0, written - cycles.total);
      cycles.total = Math.max(cycles.total, written);
      const cost = memoryCostOf(job, array, unit, level);
      expect(cost.cycles).toEqual(cycles);
      expect(cost.hindrance.dram).toBeGreaterThanOrEqual(0);
      seen.waits += Number(cost.hindrance.dram > 0);
      // A share of a convolution's activations is a fraction of a bit: rounded once here, tile after tile there.
      for (const [what, count] of Object.entries(traffic.bits))
        if (job.inputs === undefined) expect(cost.traffic[what as keyof typeof cost.traffic]).toBe(count);
        else expect(cost.traffic[what as keyof typeof cost.traffic] / (count || 1)).toBeCloseTo(Math.min(count, 1), 12);
      const { of } = trafficOf(job, array, unit, level);
      const tiles = [...tilesOf(job, array, lanes)];
      const differ = tiles.findIndex((tile, i) => {
        const { fetch, store } = of(tile);
        return fetch !== traffic.tiles[i].fetch || store !== traffic.tiles[i].store;
      });
      expect([differ, tiles.length]).toEqual([-1, traffic.tiles.length]);
    }),
    { numRuns: 3000, seed: 12 },
  );
  expect(Math.min(seen.waits, seen.stalled)).toBeGreaterThan(300);
});

it('large layers take no longer, and what no count holds is an error that names the layer and the count', () => {
  const array = (dataflow: 'os' | 'ws' | 'is') => ({ ...SQUARE, dataflow });
  for (const dataflow of ['os', 'ws', 'is'] as const) {
    const job = { layer: 'big', m: 2e5, n: 2e5, k: 2e5 };
    const { cycles, counts } = costOf(job, array(dataflow), { lanes: 1, order: { kind: 'sequential' } });
    expect(counts.macs).toBe(8e15);
    // 12,500 x 12,500 tiles, each of 200,000 steps; besides, whole tiles load, fill and drain alike.
    expect(cycles.stream).toBe(12_500 ** 2 * 2e5);
    expect(cycles.total).toBe(12_500 ** 2 * (2e5 + { os: 30 + 16, ws: 16 + 30 + 1, is: 16 + 30 + 1 }[dataflow]));
    expect(() =>
      costOf({ ...job, m: 1e8, n: 1e8 }, array(dataflow), { lanes: 1, order: { kind: 'sequential' } }),
    ).toThrow(
      /^layer big: cycles would be about 7\.81e\+18, and counts are exact up to 9007199254740991 \(2\^53 - 1\) only; split the layer$/,
    );
    // Beyond 2^53 what float64 holds exactly is a count: 10^18 = 2^18 x 5^18. What it does not hold is an error.
    const million = { ...job, m: 1e6, n: 1e6, k: 1e6 };
    const held = costOf(million, array(dataflow), { lanes: 1, order: { kind: 'sequential' } });
    expect([BigInt(held.counts.macs), held.cycles.stream]).toEqual([10n ** 18n, 62_500 ** 2 * 1e6]);
    expect(() =>
      costOf({ ...million, m: 1e6 + 1, n: 1e6 + 1 }, array(dataflow), { lanes: 1, order: { kind: 'sequential' } }),
    ).toThrow(/^layer big: \w+ would be \d+, which is beyond 2\^53 - 1 and which float64 does not hold exactly; split/);
  }
  const groups = { layer: 'g', m: 2, n: 1, k: 1, groups: 1e9 };
  const single = { ...SQUARE, rows: 1, cols: 1, dataflow: 'ws' } as const;
  expect(costOf(groups, single, { lanes: 1, order: { kind: 'sequential' } }).cycles.total).toBe(4e9);
});

const SQUARE: Omit<MacArray, 'dataflow'> = macArray({ rows: 16, cols: 16, dataflow: 'os' });

afterAll(() => console.log(`law of runs: ${JSON.stringify(seen)}`));
