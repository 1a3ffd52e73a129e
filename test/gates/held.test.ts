import { describe, expect, it } from 'vitest';
import { type MacArray, macArray } from '../../src/arrays/dataflow.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import type { PeFeed } from '../../src/gates/feed.js';
import { CASES } from '../../src/gates/simulator.js';
import { peInputs, peWindows } from '../../src/gates/peWindows.js';
import { type NetlistTables, settled, stepped, tablesOf } from '../../src/gates/tables.js';
import { characterise } from '../../src/outputs/benches/characterise.js';
import { mapUnit } from '../../src/outputs/benches/mapUnit.js';
import { drawnFeeds, layerFeed } from '../../src/outputs/benches/peFeeds.js';
import { drawTile } from '../../src/outputs/vectors/tileVectors.js';
import { INSTALLED } from '../rtl/bench.js';
import { madeUp } from './cells.js';

const int4 = datapathNamed('int4');
const LANES: Datapath = { ...int4, name: 'int4-lanes', lanes: 3, combine: { kind: 'fused', sumInside: true } };
const PES: [title: string, unit: Datapath, array: MacArray][] = [
  ['ws, one buffer', int4, macArray({ rows: 5, cols: 4, dataflow: 'ws' })],
  ['ws, two buffers', LANES, macArray({ rows: 3, cols: 4, dataflow: 'ws', doubleBuffer: true })],
  ['is, one buffer', LANES, macArray({ rows: 4, cols: 4, dataflow: 'is' })],
  [
    'is, two buffers, re-injected, longer than a tile',
    datapathNamed('fp8-fp16'),
    macArray({ rows: 130, cols: 4, dataflow: 'is', doubleBuffer: true, accumulation: 'reinject' }),
  ],
];
const library = madeUp();

describe.skipIf(!INSTALLED.yosys).each(PES)('a PE that holds an operand: %s', (_title, unit, array) => {
  const mapping = mapUnit(unit, array, library);
  // Of a layer the last rows have no work, or not all lanes.
  const layer = drawTile({ ...array, rows: array.rows - 1 }, unit, 9, 7);
  const odd = { ...layer, job: { ...layer.job, k: layer.job.k - (unit.lanes > 1 ? 1 : 0) } };
  odd.a = odd.a.slice(0, odd.job.m * odd.job.k);
  odd.b = odd.b.slice(0, odd.job.n * odd.job.k);
  const feeds = () => [layerFeed(odd, array, 3), ...drawnFeeds(unit, array, 3)];

  it('every sum is the reference, and a zero costs little', async () => {
    const { report } = await characterise(unit, array, library, 5, odd);
    const { operands } = report;
    for (const { sums } of operands) expect(sums).toEqual({ right: sums.all, all: sums.all });
    expect(operands.map(({ operands: kind }) => kind)).toEqual(['tile', 'uniform codes', 'a is zero', 'constant']);
    for (const { sums } of operands) expect(sums.all).toBeGreaterThan(500);
    const [, uniform, zero, constant] = operands.map(({ fjPerMac }) => fjPerMac);
    expect(zero).toBeLessThan(uniform * 0.8);
    expect(constant).toBeLessThan(uniform * 0.8);
  }, 120_000);

  it.skipIf(array.rows > 16)(
    'windows begin where the PE is after all that came before',
    async () => {
      const tables = tablesOf((await mapping).gates.netlist);
      const { feed } = layerFeed(odd, array, 3);
      const { windows } = peWindows(tables, feed, 4);
      const width = tables.inputs.length;
      const inputsAt = peInputs(
        tables.inputs.map(({ name }) => name),
        feed,
      );
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
      const places = windows.map(
        ({ start, inputs }) => `${text(start)} ${text(Uint8Array.from(inputs).subarray(0, width))}`,
      );
      const left = new Set(places);
      expect(left.size).toBeGreaterThan(30);
      const round = feed.tiles * feed.period;
      for (let c = 0; c < CASES; c++) {
        let values = settled(tables, inputsAt(c, 0));
        for (let cycle = 1; cycle < 2 * round; cycle++) {
          const inputs = inputsAt(c, cycle);
          if (cycle >= round) left.delete(`${text(values)} ${text(inputs)}`);
          values = stepped(tables, values, inputs);
        }
      }
      expect(left.size).toBe(0);
    },
    120_000,
  );

  it.skipIf(array.rows > 16)(
    'gets what the PEs above it in a column hand down',
    async () => {
      const tables = tablesOf((await mapping).gates.netlist);
      for (const { feed } of feeds()) compareColumn(tables, feed, array);
    },
    120_000,
  );
});

/** A column of PEs as lastbit_mesh_ws has it, clock by clock, beside what the feed says that each gets. */
function compareColumn(tables: NetlistTables, feed: PeFeed, { rows, doubleBuffer }: MacArray): void {
  const names = tables.inputs.map(({ name }) => name);
  const inputsAt = peInputs(names, feed);
  const places = (port: string) => names.flatMap((name, place) => (name.startsWith(`${port}[`) ? [place] : []));
  const outputs = (port: string) => tables.netlist.ports.get(port)?.bits as number[];
  const none = new Uint8Array(names.length);
  const round = feed.tiles * feed.period;
  let values = Array.from({ length: rows }, () => settled(tables, none));
  for (let cycle = 0; cycle < 3 * round; cycle++) {
    // What registers hold now does not depend on what comes in now.
    const held = values.map((own) => stepped(tables, own, none));
    const loading = (cycle + (doubleBuffer ? feed.period : 0)) % feed.period;
    const loads = Number(loading < rows);
    const above = (row: number, port: string) => outputs(port).map((net) => held[row - 1][net]);
    const all = values.map((_own, row) => {
      // Column 1; a row's own time begins later.
      const fed = cycle < row ? none : inputsAt(row + rows, cycle - row);
      const inputs = fed.slice();
      inputs[places('loads')[0]] = loads;
      if (row === 0) return { fed, inputs };
      inputs[places('shifts')[0]] = loads & Number(loading > 0) & above(row, 'shifted')[0];
      places('held').forEach((place, bit) => (inputs[place] = above(row, 'held_next')[bit]));
      places('sum_in').forEach((place, bit) => (inputs[place] = above(row, 'sum')[bit]));
      return { fed, inputs };
    });
    if (cycle >= 2 * round) for (const { fed, inputs } of all) expect(inputs, `cycle ${cycle}`).toEqual(fed);
    values = all.map(({ inputs }, row) => stepped(tables, values[row], inputs));
  }
}
