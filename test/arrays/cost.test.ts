import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { costOf } from '../../src/arrays/cost.js';
import { macArray, orderOf } from '../../src/arrays/dataflow.js';
import { paceOf } from '../../src/arrays/memory.js';
import { scaleSimCounts } from '../../src/arrays/scalesim.js';
import { jobOf, parseTopology } from '../../src/arrays/topology.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { formatNamed } from '../../src/formats/catalog.js';

const int8 = datapathNamed('int8');
const length = fc.integer({ min: 1, max: 300 });
const side = fc.integer({ min: 1, max: 32 });

it("is SCALE-Sim's count, plus its missing cycle, plus what it does not charge: draining", () => {
  fc.assert(
    fc.property(
      length,
      length,
      length,
      side,
      side,
      fc.constantFrom('os', 'ws', 'is' as const),
      (m, n, k, rows, cols, dataflow) => {
        const [theirs] = scaleSimCounts([{ name: 'L', shape: { kind: 'gemm', m, n, k } }], { rows, cols, dataflow });
        const { cycles, counts } = costOf({ layer: 'L', m, n, k }, macArray({ rows, cols, dataflow }), int8);
        expect(cycles.total - cycles.drain).toBe(theirs.totalCycles + 1);
        expect(counts.aReads).toBe(theirs.sramIfmapReads);
        expect(counts.bReads).toBe(theirs.sramFilterReads);
        if (dataflow !== 'os') expect(counts.sumWrites).toBe(theirs.sramOfmapWrites);
        expect(counts.macs).toBe(m * n * k);
      },
    ),
    { numRuns: 500, seed: 7 },
  );
});

it('itemises: two row blocks by hand, with one buffer and with two', () => {
  const job = { layer: 'L', m: 10, n: 4, k: 8 };
  const ws = macArray({ rows: 4, cols: 4, dataflow: 'ws' });
  expect(costOf(job, ws, int8).cycles).toEqual({ load: 8, stream: 20, fill: 12, drain: 2, stall: 0, total: 42 });
  expect(costOf(job, { ...ws, doubleBuffer: true }, int8).cycles).toEqual({
    load: 4,
    stream: 20,
    fill: 6,
    drain: 1,
    stall: 0,
    total: 31,
  });
  expect(costOf({ ...job, m: 2 }, { ...ws, doubleBuffer: true }, int8).cycles).toMatchObject({ stream: 4, stall: 2 });
});

it('pays for an adder of three stages three times over in os, or has three interleaved sums', () => {
  const job = { layer: 'L', m: 4, n: 4, k: 60 };
  const os = macArray({ rows: 4, cols: 4, dataflow: 'os', addStages: 3 });
  expect(costOf(job, os, int8).cycles).toMatchObject({ stream: 60, stall: 2 * 59 });
  const interleaved = { ...int8, order: { kind: 'interleaved', ways: 3 } as const };
  expect(costOf(job, os, interleaved).cycles).toMatchObject({ stream: 60, stall: 0, drain: 6 + 4 });
});

it('adds a chunk to its outer register before the sum may leave', () => {
  const chunked = { ...int8, order: { kind: 'chunked', length: 64 } as const };
  const os = macArray({ rows: 4, cols: 4, dataflow: 'os', addStages: 3 });
  expect(costOf({ layer: 'L', m: 4, n: 4, k: 60 }, os, chunked).cycles.drain).toBe(3 + 4);
});

it('waits for memories that are narrower than the array is wide', () => {
  const memories = { a: 32, b: 32, sum: 32, bandwidth: { a: 64, b: 32, sum: 128 } };
  // 16 rows of 8 bits from 64; 16 columns of 8 bits from 32; 16 sums of 32 bits, in ws read and written, through 128.
  const paceFor = (dataflow: 'os' | 'ws' | 'is') => paceOf(macArray({ rows: 16, cols: 16, dataflow }), int8, memories);
  expect(paceFor('os')).toEqual({ stream: 4, load: 1, drain: 4 });
  expect(paceFor('ws')).toEqual({ stream: 8, load: 4, drain: 1 });
  expect(paceFor('is')).toEqual({ stream: 8, load: 2, drain: 1 });
});

it('short sums leave row after row without a pause, whatever the heights of the tiles', () => {
  const array = macArray({ rows: 4, cols: 2, dataflow: 'os', edge: 'partial', doubleBuffer: true });
  const totalOf = (m: number, n: number) => costOf({ layer: 'L', m, n, k: 1 }, array, int8).cycles.total;
  // Three tiles beside each other: each row that is more leaves three times; two columns more are m rows more.
  for (const m of [5, 6]) expect(totalOf(m + 1, 6) - totalOf(m, 6), `${m}`).toBe(3);
  for (const m of [4, 5, 6, 7, 8]) expect(totalOf(m, 8) - totalOf(m, 6), `${m}`).toBe(m);
});

it('waits for the words of all lanes, those of either operand and of the sums', () => {
  const unit = { a: formatNamed('int8'), b: formatNamed('int4'), sum: { format: formatNamed('int32') }, lanes: 6 };
  const array = macArray({ rows: 8, cols: 4, dataflow: 'os' });
  const pace = (bandwidth: object) =>
    paceOf(array, { ...int8, ...unit } as typeof int8, { a: 32, b: 32, sum: 32, bandwidth });
  // 8 rows of 6 x 8 bits; 4 columns of 6 x 4 bits; 4 sums of 32 bits.
  expect(pace({ a: 32 })).toEqual({ stream: 12, load: 1, drain: 1 });
  expect(pace({ b: 32 })).toEqual({ stream: 3, load: 1, drain: 1 });
  expect(pace({ sum: 16 })).toEqual({ stream: 1, load: 1, drain: 8 });
});

it('runs an adder-tree engine: 16 cells of 64 lanes, activations broadcast, partial sums in a memory', () => {
  const cells = macArray({ rows: 1, cols: 16, dataflow: 'ws', operands: 'broadcast', doubleBuffer: true });
  const unit = { lanes: 64, order: { kind: 'sequential' } as const };
  const { cycles, utilization } = costOf({ layer: 'L', m: 196, n: 32, k: 640 }, cells, unit);
  expect(cycles).toEqual({ load: 1, stream: 20 * 196, fill: 0, drain: 1, stall: 0, total: 20 * 196 + 2 });
  expect(utilization).toBeGreaterThan(0.999);
  expect(orderOf(cells, unit)).toEqual({ kind: 'chunked', length: 64 });
});

it('takes a word of 64 products a cycle on an XNOR array', () => {
  const array = macArray({ rows: 16, cols: 16, dataflow: 'os' });
  expect(costOf({ layer: 'L', m: 16, n: 16, k: 1024 }, array, datapathNamed('xnor')).cycles.stream).toBe(16);
});

it('keeps one column of a depthwise layer busy', () => {
  const array = macArray({ rows: 16, cols: 16, dataflow: 'os' });
  const { utilization, counts } = costOf({ layer: 'dw', m: 196, n: 1, k: 9, groups: 32 }, array, int8);
  expect(counts.macs).toBe(196 * 9 * 32);
  expect(utilization).toBeLessThan(1 / 16);
});

it("counts ResNet-18's 21 layers, both ways, in well under a second", () => {
  // size x filter x channels x filters / stride, times how often
  const shapes = `224x7x3x64/2*1 56x3x64x64/1*4 56x3x64x128/2*1 28x3x128x128/1*3 56x1x64x128/2*1 28x3x128x256/2*1
    14x3x256x256/1*3 28x1x128x256/2*1 14x3x256x512/2*1 7x3x512x512/1*3 14x1x256x512/2*1 1x1x512x1000/1*1`;
  const lines = shapes.split(/\s+/).flatMap((shape) => {
    const [size, filter, channels, filters, stride, times] = shape.split(/[x/*]/).map(Number);
    return Array.from({ length: times }, () => `L,${[size, size, filter, filter, channels, filters, stride].join()},`);
  });
  const layers = parseTopology(`Layer,H,W,R,S,C,K,Strides,\n${lines.join('\n')}\n`, 'resnet18.csv');
  for (const dataflow of ['os', 'ws', 'is'] as const) {
    expect(scaleSimCounts(layers, { rows: 32, cols: 32, dataflow })).toHaveLength(21);
    for (const doubleBuffer of [false, true])
      for (const layer of layers)
        expect(
          costOf(jobOf(layer), macArray({ rows: 32, cols: 32, dataflow, doubleBuffer }), int8).cycles.total,
        ).toBeGreaterThan(0);
  }
});

it('counts beyond 2^53 are exact products of lengths, each of them', () => {
  // 2^18 x 5^18 and the like are float64 numbers.
  const job = { layer: 'L', m: 1e6, n: 1e6, k: 1e6, groups: 4 };
  for (const dataflow of ['os', 'ws', 'is'] as const) {
    const array = macArray({ rows: 1000, cols: 1000, dataflow });
    const { counts } = costOf(job, array, datapathNamed('int8'));
    const all = 4n * 10n ** 18n;
    expect(BigInt(counts.macs)).toBe(all);
    // Each code at the edge meets a thousand PEs, or lies in one while a million words pass.
    const reads = {
      os: [all / 1000n, all / 1000n],
      ws: [all / 1000n, all / 10n ** 6n],
      is: [all / 10n ** 6n, all / 1000n],
    };
    expect([BigInt(counts.aReads), BigInt(counts.bReads)]).toEqual(reads[dataflow]);
  }
});
