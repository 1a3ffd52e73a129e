import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { runMesh } from '../../src/arrays/clocked.js';
import { costOf } from '../../src/arrays/cost.js';
import { type MacArray, orderOf } from '../../src/arrays/dataflow.js';
import { memoryCostOf, type Memories, paceOf } from '../../src/arrays/memory.js';
import { type Turn, turnsOf } from '../../src/arrays/schedule.js';
import { type ArrayJob, tilesOf } from '../../src/arrays/tiling.js';
import type { TileTraffic } from '../../src/arrays/traffic.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { direct, hashUnit } from '../arrays/direct.js';
import { cyclesByTile, scheduleByTile, trafficByTile } from '../arrays/enumerated.js';

/** Arrays with memories: stalls by recurrence = stalls stepped, and sums are right however late the operands come. */
const unit = datapathNamed('int8');
const size = fc.integer({ min: 1, max: 5 });
const arrays: fc.Arbitrary<MacArray> = fc.record({
  rows: size,
  cols: size,
  dataflow: fc.constantFrom('os', 'ws', 'is'),
  accumulation: fc.constantFrom('memory', 'reinject'),
  edge: fc.constantFrom('partial', 'whole'),
  doubleBuffer: fc.boolean(),
  operands: fc.constantFrom('systolic', 'broadcast'),
  multiplyStages: fc.integer({ min: 0, max: 2 }),
  addStages: fc.integer({ min: 1, max: 3 }),
});
const length = fc.integer({ min: 1, max: 16 });
const jobs: fc.Arbitrary<ArrayJob> = fc.record({
  layer: fc.constant('random'),
  m: length,
  n: length,
  k: length,
  groups: fc.integer({ min: 1, max: 2 }),
});
const bits = fc.integer({ min: 1, max: 200 });
// From less than a tile to more than the layer.
const kilobytes = fc.constantFrom(1 / 256, 1 / 64, 1 / 16, 1);
const memories: fc.Arbitrary<Memories> = fc.record({
  a: kilobytes,
  b: kilobytes,
  sum: kilobytes,
  bandwidth: fc.record({ a: bits, b: bits, sum: bits, dram: bits }),
});

const seen = { runs: 0, dramStalls: 0, sramStalls: 0, spills: 0 };

it('mesh = recurrence, with slow memories and DRAM, over 800 random layers', () => {
  fc.assert(
    fc.property(jobs, arrays, memories, (job, array, level) => {
      const traffic = trafficByTile(job, array, unit, level);
      const { turns, timing, written } = scheduleByTile(job, array, unit, level, traffic.tiles);
      const groups = job.groups ?? 1;
      const product = { job, a: ramp(groups * job.m * job.k), b: ramp(groups * job.k * job.n) };
      const hash = hashUnit(1);
      const order = orderOf(array, unit);
      const stepped = runMesh({ product, array, order, unit: hash, pace: paceOf(array, unit, level) }, {}, turns);
      expect(stepped.cycles).toEqual(cyclesByTile(turns, timing));
      expect(stepped.sums).toEqual(direct(product, hash, order));
      const channel = stepChannel(turns, traffic.tiles, level.bandwidth?.dram ?? Infinity);
      // Each tile begins as early as the array alone and the stepped channel allow, not a cycle later.
      expect(turns).toEqual([
        ...turnsOf(tilesOf(job, array, unit.lanes), timing, ({ index }) => channel.arrivals[index]),
      ]);
      expect(written).toBe(channel.written);
      const cost = memoryCostOf(job, array, unit, level);
      const { load, stream, fill, drain, stall, total } = cost.cycles;
      expect(load + stream + fill + drain + stall).toBe(total);
      expect(total).toBe(Math.max(stepped.cycles.total, channel.written));
      seen.runs++;
      seen.sramStalls += Number(cost.hindrance.sram > 0);
      seen.dramStalls += Number(cost.hindrance.dram > 0);
      seen.spills += Number(cost.traffic.sumReads > 0);
    }),
    { numRuns: 800, seed: 5 },
  );
  expect(Math.min(seen.dramStalls, seen.sramStalls, seen.spills)).toBeGreaterThan(50);
});

/** The DRAM channel, a cycle at a time: operands of tile 0, 1, results of 0, operands of 2, results of 1, ... */
function stepChannel(turns: readonly Turn[], traffic: readonly TileTraffic[], bitsPerCycle: number) {
  const begin = (i: number) => (i < 0 ? 0 : Math.min(turns[i].slot.load, turns[i].slot.stream));
  const added = (i: number) => (i < 0 ? 0 : turns[i].slot.added);
  const transfers = turns.flatMap((turn, i) => [
    { tile: i, bits: traffic[i].fetch, from: Math.max(begin(i - 1), added(i - 2)), isFetch: true },
    ...(i > 0 ? [{ tile: i - 1, bits: traffic[i - 1].store, from: turns[i - 1].slot.done, isFetch: false }] : []),
    ...(i === turns.length - 1 ? [{ tile: i, bits: traffic[i].store, from: turn.slot.done, isFetch: false }] : []),
  ]);
  const arrivals = turns.map(() => 0);
  const stored = turns.map(() => 0);
  let cycle = 0;
  for (const { tile, bits: all, from, isFetch } of transfers) {
    let left = all;
    while (left > 0) {
      if (cycle >= from) left -= bitsPerCycle;
      cycle++;
    }
    if (isFetch) arrivals[tile] = all > 0 ? cycle : (stored[tile - 2] ?? 0);
    else if (all > 0) stored[tile] = cycle;
  }
  return { arrivals, written: Math.max(...stored.slice(-2)) };
}

it('costs what the array alone costs when no bandwidth is given', () => {
  fc.assert(
    fc.property(jobs, arrays, memories, (job, array, level) => {
      const cost = memoryCostOf(job, array, unit, { ...level, bandwidth: undefined });
      expect(cost).toMatchObject({ ...costOf(job, array, unit), hindrance: { sram: 0, dram: 0 } });
    }),
    { numRuns: 200, seed: 6 },
  );
});

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) ^ (i >> 3));

afterAll(() => console.log(`memory law: ${JSON.stringify(seen)}`));
