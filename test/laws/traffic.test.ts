import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { costOf } from '../../src/arrays/cost.js';
import { type DataflowName, type MacArray, macArray } from '../../src/arrays/dataflow.js';
import { memoryCostOf } from '../../src/arrays/memory.js';
import { jobOf, type TopologyLayer } from '../../src/arrays/topology.js';
import { type Capacities, type TrafficBits, trafficOf } from '../../src/arrays/traffic.js';
import type { ArrayJob } from '../../src/arrays/tiling.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';

/**
 * What passes between DRAM and the memories, by what is known of it without going through tiles: what comes at least, what
 * at most, and what becomes of it in a product twice as large.
 */
const int8 = datapathNamed('int8');
/** Operands of 8 bits, sums of 32. */
const [CODE, SUM] = [8, 32];

const HUGE: Capacities = { a: 1e9, b: 1e9, sum: 1e9 };
/** Half of it is less than a code. */
const TINY: Capacities = { a: 1e-6, b: 1e-6, sum: 1e-6 };

const side = fc.integer({ min: 1, max: 6 });
const arrays: fc.Arbitrary<MacArray> = fc
  .record({
    rows: side,
    cols: side,
    dataflow: fc.constantFrom<DataflowName>('os', 'ws', 'is'),
    edge: fc.constantFrom<MacArray['edge']>('partial', 'whole'),
  })
  .map(macArray);
const length = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 60 }));
const jobs: fc.Arbitrary<Required<ArrayJob>> = fc.record({
  layer: fc.constant('random'),
  m: length,
  n: length,
  k: length,
  groups: fc.integer({ min: 1, max: 4 }),
  inputs: fc.integer({ min: 1, max: 4000 }),
});
const units = fc.integer({ min: 1, max: 4 }).map((lanes) => ({ ...int8, lanes }));
const kilobytes = fc.constantFrom(1 / 256, 1 / 64, 1 / 16, 1);
const capacities: fc.Arbitrary<Capacities> = fc.record({ a: kilobytes, b: kilobytes, sum: kilobytes });
const RUNS = { numRuns: 1000, seed: 21 } as const;

/** How many tiles lie along each index; one along the index that passes in time. */
function tilesAlong({ m, n, k }: ArrayJob, { rows, cols, dataflow }: MacArray, lanes: number) {
  const along = (length: number, size: number) => Math.ceil(length / size);
  switch (dataflow) {
    case 'os':
      return { m: along(m, rows), n: along(n, cols), k: 1 };
    case 'ws':
      return { m: 1, n: along(n, cols), k: along(Math.ceil(k / lanes), rows) };
    case 'is':
      return { m: along(m, cols), n: 1, k: along(Math.ceil(k / lanes), rows) };
  }
}

it('memories that hold everything read each operand once, and write each result once', () => {
  fc.assert(
    fc.property(jobs, arrays, units, ({ inputs, ...job }, array, unit) => {
      const { m, n, k, groups } = job;
      const once = { bReads: groups * k * n * CODE, sumReads: 0, sumWrites: groups * m * n * SUM };
      expect(trafficOf(job, array, unit, HUGE).bits).toEqual({ ...once, aReads: groups * m * k * CODE });
      // A convolution's input is read as it lies in DRAM, and none of it more than once for each of its products.
      const { aReads, ...others } = trafficOf({ ...job, inputs }, array, unit, HUGE).bits;
      expect(aReads).toBeCloseTo(groups * Math.min(inputs, m * k) * CODE, 6);
      expect(others).toEqual(once);
    }),
    RUNS,
  );
});

it('memories that hold nothing read both blocks of every tile, and sums go out and back between tiles of k', () => {
  fc.assert(
    fc.property(jobs, arrays, units, ({ inputs: _inputs, ...job }, array, unit) => {
      const { m, n, k, groups } = job;
      const tiles = tilesAlong(job, array, unit.lanes);
      const sums = groups * m * n * SUM;
      expect(trafficOf(job, array, unit, TINY).bits).toEqual({
        aReads: groups * m * k * CODE * tiles.n,
        bReads: groups * k * n * CODE * tiles.m,
        sumReads: sums * (tiles.k - 1),
        sumWrites: sums * tiles.k,
      });
    }),
    RUNS,
  );
});

it('whatever is written before it is done is read back, and no operand is read more often than tiles want it', () => {
  fc.assert(
    fc.property(jobs, arrays, units, capacities, ({ inputs: _inputs, ...job }, array, unit, level) => {
      const { m, n, k, groups } = job;
      const tiles = tilesAlong(job, array, unit.lanes);
      const bits = trafficOf(job, array, unit, level).bits;
      expect(bits.sumWrites - bits.sumReads).toBe(groups * m * n * SUM);
      const [a, b] = [groups * m * k * CODE, groups * k * n * CODE];
      expect(bits.aReads).toBeGreaterThanOrEqual(a);
      expect(bits.bReads).toBeGreaterThanOrEqual(b);
      expect(bits.aReads).toBeLessThanOrEqual(a * tiles.n);
      expect(bits.bReads).toBeLessThanOrEqual(b * tiles.m);
      // Equal groups move equally much.
      const one = trafficOf({ ...job, groups: 1 }, array, unit, level).bits;
      expect(bits).toEqual(timesOf(one, groups));
    }),
    RUNS,
  );
});

function timesOf(bits: TrafficBits, times: number): TrafficBits {
  return {
    aReads: times * bits.aReads,
    bReads: times * bits.bReads,
    sumReads: times * bits.sumReads,
    sumWrites: times * bits.sumWrites,
  };
}

it('an input that is larger than what is unrolled from it counts as that: strides leave pixels out', () => {
  fc.assert(
    fc.property(jobs, arrays, units, capacities, ({ inputs, ...job }, array, unit, level) => {
      const unrolled = job.m * job.k;
      expect(trafficOf({ ...job, inputs: unrolled + inputs }, array, unit, level).bits).toEqual(
        trafficOf(job, array, unit, level).bits,
      );
    }),
    RUNS,
  );
});

it("a ResNet's downsampling 1 x 1 of stride 2 reads a quarter of its pixels, in every dataflow", () => {
  const shape = { height: 56, width: 56, filterHeight: 1, filterWidth: 1, channels: 64, filters: 128 };
  const strides = { strideHeight: 2, strideWidth: 2, padHeight: 0, padWidth: 0, groups: 1, batch: 1 };
  const layer: TopologyLayer = { name: 'down', shape: { kind: 'conv', ...shape, ...strides } };
  const job = jobOf(layer);
  expect(job).toEqual({ layer: 'down', m: 28 * 28, n: 128, k: 64, inputs: 56 * 56 * 64 });
  for (const dataflow of ['os', 'ws', 'is'] as const) {
    const array = macArray({ rows: 16, cols: 16, dataflow });
    expect(trafficOf(job, array, int8, HUGE).bits.aReads).toBe(28 * 28 * 64 * CODE);
  }
});

it('operands of other widths move their own bits', () => {
  const job = { layer: 'L', m: 6, n: 10, k: 14 };
  const mixed = { ...datapathNamed('radix4'), lanes: 1 };
  const array = macArray({ rows: 4, cols: 4, dataflow: 'ws' });
  // radix4 and int4 have 4 bits, the sum 24.
  expect(trafficOf(job, array, mixed, HUGE).bits).toEqual({
    aReads: 6 * 14 * 4,
    bReads: 14 * 10 * 4,
    sumReads: 0,
    sumWrites: 6 * 10 * 24,
  });
  const uneven = { ...int8, b: mixed.b, sum: mixed.sum };
  expect(trafficOf(job, array, uneven, HUGE).bits).toEqual({
    aReads: 6 * 14 * 8,
    bReads: 14 * 10 * 4,
    sumReads: 0,
    sumWrites: 6 * 10 * 24,
  });
});

it('a block stays where half its memory holds it to the bit, and goes where it is a bit too large', () => {
  const job = { layer: 'L', m: 8, n: 8, k: 16 };
  const halves = (bits: number) => (2 * bits) / (8 * 1024);
  const kept = (array: MacArray, level: Partial<Capacities>) => trafficOf(job, array, int8, { ...TINY, ...level }).bits;
  const os = macArray({ rows: 4, cols: 4, dataflow: 'os' });
  const ws = macArray({ rows: 4, cols: 4, dataflow: 'ws' });
  const [a, b, sums] = [8 * 16 * CODE, 16 * 8 * CODE, 8 * 8 * SUM];
  // All of a and of b; os takes b's blocks again for each of two row blocks, a's stay if a row block does.
  expect(kept(os, { b: halves(b) }).bReads).toBe(b);
  expect(kept(os, { b: halves(b - 1) }).bReads).toBe(2 * b);
  expect(kept(os, { a: halves(a / 2) }).aReads).toBe(a);
  expect(kept(os, { a: halves(a / 2 - 1) }).aReads).toBe(2 * a);
  // ws: a column block of sums is 8 x 4, and there are four tiles of k.
  expect(kept(ws, { sum: halves(sums / 2) })).toMatchObject({ sumReads: 0, sumWrites: sums });
  expect(kept(ws, { sum: halves(sums / 2 - 1) })).toMatchObject({ sumReads: 3 * sums, sumWrites: 4 * sums });
  expect(kept(ws, { a: halves(a) }).aReads).toBe(a);
  expect(kept(ws, { a: halves(a - 1) }).aReads).toBe(2 * a);
});

it('bandwidths change no traffic, and utilization is the products over what the array could do in its time', () => {
  fc.assert(
    fc.property(jobs, arrays, units, capacities, (job, array, unit, level) => {
      const free = memoryCostOf(job, array, unit, { ...level });
      const wide = memoryCostOf(job, array, unit, { ...level, bandwidth: { dram: 2 ** 40 } });
      expect(wide.traffic).toEqual(free.traffic);
      expect(free.hindrance).toEqual({ sram: 0, dram: 0 });
      const macs = job.groups * job.m * job.n * job.k;
      for (const { cycles, utilization } of [free, wide, costOf(job, array, unit)])
        expect(utilization).toBe(macs / (cycles.total * array.rows * array.cols * unit.lanes));
    }),
    { numRuns: 200, seed: 22 },
  );
});
