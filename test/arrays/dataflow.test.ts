import { expect, it } from 'vitest';
import { DATAFLOWS, macArray, movesOf, orderOf } from '../../src/arrays/dataflow.js';
import { DATAPATHS, datapathNamed } from '../../src/datapaths/catalog.js';
import { sumFit } from '../../src/datapaths/datapath.js';

it('what lacks the index of time stays, what lacks that of the columns moves right, that of the rows down', () => {
  expect(Object.entries(DATAFLOWS).map(([name, flow]) => [name, movesOf(flow)])).toEqual([
    ['os', { stays: 'sum', right: 'a', down: 'b' }],
    ['ws', { stays: 'b', right: 'a', down: 'sum' }],
    ['is', { stays: 'a', right: 'b', down: 'sum' }],
  ]);
});

it('an array is whole, unpipelined, systolic and has one buffer where nothing else is said', () => {
  expect(macArray({ rows: 2, cols: 3, dataflow: 'ws' })).toEqual({
    ...{ rows: 2, cols: 3, dataflow: 'ws', accumulation: 'memory', edge: 'whole', doubleBuffer: false },
    ...{ operands: 'systolic', multiplyStages: 0, addStages: 1 },
  });
});

it("a unit adds in its own order in os, in chunks of the rows' products into its outer register in ws and is, or on", () => {
  const outer = sumFit('fp32');
  const chunks = { ...datapathNamed('radix4-fp16'), order: { kind: 'chunked', length: 64, outer } as const };
  for (const unit of [...DATAPATHS, chunks])
    for (const rows of [1, 3, 16]) {
      const order = (dataflow: 'os' | 'ws' | 'is', accumulation: 'memory' | 'reinject') =>
        orderOf({ rows, dataflow, accumulation }, unit);
      for (const accumulation of ['memory', 'reinject'] as const) expect(order('os', accumulation)).toEqual(unit.order);
      for (const dataflow of ['ws', 'is'] as const) {
        expect(order(dataflow, 'reinject')).toEqual({ kind: 'sequential' });
        const own = unit.order.kind === 'chunked' && unit.order.outer ? { outer: unit.order.outer } : {};
        expect(order(dataflow, 'memory')).toEqual({ kind: 'chunked', length: rows * unit.lanes, ...own });
      }
    }
});
