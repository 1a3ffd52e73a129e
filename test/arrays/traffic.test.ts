import { expect, it } from 'vitest';
import { macArray } from '../../src/arrays/dataflow.js';
import { trafficOf } from '../../src/arrays/traffic.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';

const unit = datapathNamed('int8');
const job = { layer: 'conv', m: 64, n: 32, k: 128 };
const bitsOf = (dataflow: 'os' | 'ws' | 'is', capacities: { a: number; b: number; sum: number }, more = {}) =>
  trafficOf({ ...job, ...more }, macArray({ rows: 16, cols: 16, dataflow }), unit, capacities).bits;
const [A, B, SUM] = [64 * 128 * 8, 128 * 32 * 8, 64 * 32 * 32];

it('moves everything once when it fits', () => {
  for (const dataflow of ['os', 'ws', 'is'] as const)
    expect(bitsOf(dataflow, { a: 64, b: 64, sum: 64 })).toEqual({ aReads: A, bReads: B, sumReads: 0, sumWrites: SUM });
});

it('reads what does not fit again: weights for each of 4 row blocks, activations for each of 2 column blocks', () => {
  expect(bitsOf('os', { a: 4, b: 4, sum: 64 })).toEqual({ aReads: A, bReads: 4 * B, sumReads: 0, sumWrites: SUM });
  expect(bitsOf('ws', { a: 2, b: 4, sum: 64 })).toEqual({ aReads: 2 * A, bReads: B, sumReads: 0, sumWrites: SUM });
  expect(bitsOf('is', { a: 4, b: 1, sum: 64 })).toEqual({ aReads: A, bReads: 4 * B, sumReads: 0, sumWrites: SUM });
});

it('reads a block that does not fit again for every tile', () => {
  expect(bitsOf('os', { a: 1, b: 64, sum: 64 }).aReads).toBe(2 * A);
});

it('sends partial sums out and back between the 8 tiles of k where they do not fit', () => {
  const bits = bitsOf('ws', { a: 64, b: 64, sum: 4 });
  expect(bits).toMatchObject({ sumReads: 7 * SUM, sumWrites: 8 * SUM });
});

it('what just fills half a memory of 1024 bytes a kilobyte stays there, and nothing larger does', () => {
  const least = 0.005;
  for (const [capacity, times] of [
    [16, 1],
    [16 - least, 2],
  ])
    expect(bitsOf('ws', { a: capacity, b: 64, sum: 64 }).aReads).toBe(times * A);
  for (const [capacity, times] of [
    [8, 1],
    [8 - least, 4],
  ])
    expect(bitsOf('os', { a: 64, b: capacity, sum: 64 }).bReads).toBe(times * B);
  // Sums of 64 rows and 16 columns.
  for (const [capacity, times] of [
    [8, 0],
    [8 - least, 7],
  ])
    expect(bitsOf('ws', { a: 64, b: 64, sum: capacity }).sumReads).toBe(times * SUM);
});

it("counts a convolution's activations as they lie in DRAM", () => {
  expect(bitsOf('os', { a: 64, b: 64, sum: 64 }, { inputs: 1024 }).aReads).toBeCloseTo(1024 * 8, 6);
});
