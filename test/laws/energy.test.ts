import { describe, expect, it } from 'vitest';
import { type Counts, noCounts } from '../../src/arrays/counts.js';
import { type MacArray, macArray } from '../../src/arrays/dataflow.js';
import type { Memories } from '../../src/arrays/memory.js';
import type { TrafficBits } from '../../src/arrays/traffic.js';
import { DATAPATHS, datapathNamed } from '../../src/datapaths/catalog.js';
import { type Datapath, sumFit } from '../../src/datapaths/datapath.js';
import { textOf } from '../../src/energy/action.js';
import { actionsOf, possibleActions } from '../../src/energy/actions.js';
import { energyOf, type EnergyTable, findEntry } from '../../src/energy/table.js';
import type { Format } from '../../src/formats/format.js';

/**
 * Every unit of the catalogue in every dataflow: each count costs its own action, so often as the width that moves says,
 * and nothing else; all together cost the sum. Widths and actions are written down again here.
 */
const ARRAYS: readonly MacArray[] = (['os', 'ws', 'is'] as const).flatMap((dataflow) =>
  (['memory', 'reinject'] as const).map((accumulation) => macArray({ rows: 4, cols: 3, dataflow, accumulation })),
);

/** An outer register that is wider than the sum of a chunk: its additions and its memory words are not the sum's. */
const OUTER: Datapath = {
  ...datapathNamed('radix4-fp16'),
  name: 'chunks of dlfloat16 into fp32',
  order: { kind: 'chunked', length: 64, outer: sumFit('fp32') },
};
const UNITS: readonly Datapath[] = [...DATAPATHS, OUTER];

const SIZES = { a: 3, b: 5, sum: 7 };
const DRAM: Memories = { ...SIZES, bandwidth: { dram: 64 } };

function bitsOf(format: Format): number {
  if (format.kind !== 'float') return format.bits;
  return (format.signed ? 1 : 0) + format.exponentBits + format.mantissaBits + (format.paddingBits ?? 0);
}

const entry = (action: string, pj: number) => ({ action, pj, source: 'test', node: 'none', extrapolated: false });

/** A table that has what the unit does under that one name, or as a product and an addition. */
function tableFor({ a, b, sum }: Datapath, apart: boolean): EnergyTable {
  const [x, y, z] = [a.name, b.name, sum.format.name];
  const entries = apart ? [entry(`multiply:${x}*${y}`, 1), entry(`add:${z}`, 1)] : [entry(`mac:${x}*${y}+${z}`, 1)];
  return { name: 'test', entries };
}

type Performed = Record<string, number>;

/** What each count of a layer costs on its own, for one of it. */
function costOfEach(unit: Datapath, array: MacArray, apart: boolean): Record<keyof Counts, Performed> {
  const { a, b, sum, lanes, order, blockScale } = unit;
  const scaleBits = blockScale === undefined ? 0 : bitsOf(blockScale.format) / blockScale.size;
  // What leaves a chunk goes into the outer register where the array adds chunks, and into the sum's own where it does not.
  const chunks = array.dataflow === 'os' || array.accumulation === 'memory';
  const outer = (chunks && order.kind === 'chunked' ? order.outer?.format : undefined) ?? sum.format;
  const firing: Performed = apart
    ? { [`multiply:${a.name}*${b.name}`]: lanes, [`add:${sum.format.name}`]: lanes }
    : { [`mac:${a.name}*${b.name}+${sum.format.name}`]: lanes };
  const word = (text: string, bits: number): Performed => ({ [text]: bits / 64 });
  return {
    macs: {},
    firings: firing,
    aReads: word('read:sram3KB', bitsOf(a) + scaleBits),
    bReads: word('read:sram5KB', bitsOf(b) + scaleBits),
    aMoves: {},
    bMoves: {},
    sumMoves: {},
    sumReads: word('read:sram7KB', bitsOf(outer)),
    sumWrites: word('write:sram7KB', bitsOf(outer)),
    joins: { [`add:${outer.name}`]: 1 },
  };
}

const TRAFFIC: Record<keyof TrafficBits, Performed> = {
  aReads: { 'read:dram': 1 / 64 },
  bReads: { 'read:dram': 1 / 64 },
  sumReads: { 'read:dram': 1 / 64 },
  sumWrites: { 'write:dram': 1 / 64 },
};

/** Whole numbers of 64-bit words for every width, and for the scales of blocks: products of them are exact. */
const UNIT_OF_COUNTS = 64 * 64 * 7;
const countOf = (i: number) => (i + 2) * UNIT_OF_COUNTS;

function performed(actions: ReturnType<typeof actionsOf>): Performed {
  expect(new Set(actions.map(({ action }) => textOf(action))).size).toBe(actions.length);
  return Object.fromEntries(actions.map(({ action, count }) => [textOf(action), count]));
}

function plus(sum: Performed, more: Performed, times: number): Performed {
  const total = { ...sum };
  for (const [text, count] of Object.entries(more)) total[text] = (total[text] ?? 0) + times * count;
  return total;
}

describe.each(UNITS.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  it('each count costs its own action by the width that moves, and all together the sum', () => {
    for (const array of ARRAYS)
      for (const apart of [false, true]) {
        const table = tableFor(unit, apart);
        const performer = { array, datapath: unit, memories: SIZES };
        const each = costOfEach(unit, array, apart);
        const all = noCounts();
        let sum: Performed = {};
        Object.entries(each).forEach(([what, cost], i) => {
          const times = countOf(i);
          const alone = { ...noCounts(), [what]: times };
          expect(performed(actionsOf({ counts: alone }, performer, table)), what).toEqual(plus({}, cost, times));
          all[what as keyof Counts] = times;
          sum = plus(sum, cost, times);
        });
        expect(performed(actionsOf({ counts: all }, performer, table))).toEqual(sum);
      }
  });

  it('knows beforehand the actions of any layer, and no others', () => {
    for (const array of ARRAYS)
      for (const memories of [SIZES, DRAM]) {
        const each = costOfEach(unit, array, false);
        const chunks = array.dataflow === 'os' ? unit.order.kind !== 'sequential' : array.accumulation === 'memory';
        const possible = [
          ...['firings', 'aReads', 'bReads', 'sumWrites'].map((what) => each[what as keyof Counts]),
          ...(chunks ? [each.joins] : []),
          ...(array.dataflow === 'os' ? [] : [each.sumReads]),
          ...(memories === DRAM ? Object.values(TRAFFIC) : []),
        ];
        const texts = possibleActions({ array, datapath: unit, memories }, tableFor(unit, false)).map(textOf);
        expect(texts.toSorted()).toEqual([...new Set(possible.flatMap((cost) => Object.keys(cost)))].toSorted());
      }
  });
});

const INT8 = datapathNamed('int8');

it('DRAM is charged by the bits that pass, each way, where its bandwidth is given and there only', () => {
  const performer = { array: ARRAYS[2], datapath: INT8, memories: DRAM };
  const table = tableFor(INT8, true);
  const counts = noCounts();
  const all = { aReads: 0, bReads: 0, sumReads: 0, sumWrites: 0 };
  let sum: Performed = {};
  Object.entries(TRAFFIC).forEach(([what, cost], i) => {
    const traffic = { aReads: 0, bReads: 0, sumReads: 0, sumWrites: 0, [what]: countOf(i) };
    expect(performed(actionsOf({ counts, traffic }, performer, table)), what).toEqual(plus({}, cost, countOf(i)));
    all[what as keyof TrafficBits] = countOf(i);
    sum = plus(sum, cost, countOf(i));
  });
  expect(performed(actionsOf({ counts, traffic: all }, performer, table))).toEqual(sum);
  expect(actionsOf({ counts }, performer, table)).toEqual([]);
  for (const bandwidth of [undefined, { a: 8, b: 8, sum: 8 }])
    expect(actionsOf({ counts, traffic: all }, { ...performer, memories: { ...SIZES, bandwidth } }, table)).toEqual([]);
});

it('memories of one size are one action', () => {
  const memories = { a: 8, b: 8, sum: 8 };
  const counts = { ...noCounts(), aReads: 64, bReads: 128, sumReads: 256, sumWrites: 512 };
  const performer = { array: ARRAYS[2], datapath: INT8, memories };
  expect(performed(actionsOf({ counts }, performer, tableFor(INT8, true)))).toEqual({
    'read:sram8KB': 8 + 16 + 128,
    'write:sram8KB': 256,
  });
});

it('a unit is one entry where the table has it, and both parts where it has those and not the whole', () => {
  const mixed = datapathNamed('fp8-fp32-mixed');
  const counts = { ...noCounts(), firings: 5 };
  const performedBy = (...actions: readonly string[]) =>
    performed(
      actionsOf(
        { counts },
        { array: ARRAYS[0], datapath: mixed, memories: SIZES },
        { name: 'test', entries: actions.map((action) => entry(action, 1)) },
      ),
    );
  const [ab, ba] = ['e4m3fn*e5m2', 'e5m2*e4m3fn'];
  expect(performedBy(`mac:${ab}+fp32`, `multiply:${ab}`, 'add:fp32')).toEqual({ [`mac:${ab}+fp32`]: 5 });
  expect(performedBy(`mac:${ba}+fp32`, `multiply:${ab}`, 'add:fp32')).toEqual({ [`mac:${ba}+fp32`]: 5 });
  expect(performedBy(`mac:${ba}+fp32`, `mac:${ab}+fp32`)).toEqual({ [`mac:${ab}+fp32`]: 5 });
  expect(performedBy(`multiply:${ba}`, 'add:fp32')).toEqual({ [`multiply:${ba}`]: 5, 'add:fp32': 5 });
  expect(performedBy(`multiply:${ba}`, `multiply:${ab}`, 'add:fp32')).toEqual({ [`multiply:${ab}`]: 5, 'add:fp32': 5 });
  // A part alone is no unit: the whole is named, so that its absence is.
  for (const part of [`multiply:${ab}`, 'add:fp32', 'add:int8'])
    expect(performedBy(part)).toEqual({ [`mac:${ab}+fp32`]: 5 });
});

it('energy is each count times its entry, added, with the sources used once each', () => {
  const entries = [
    { ...entry('add:int8', 3), source: 'one' },
    { ...entry('add:int16', 5), source: 'two' },
    { ...entry('add:int32', 7), source: 'one', extrapolated: true },
    { ...entry('add:int48', 11), source: 'unused' },
  ];
  const table = { name: 'test', entries };
  const add = (sum: string, count: number) => ({ action: { kind: 'add', sum } as const, count });
  const energy = energyOf([add('int8', 2), add('int16', 1), add('int32', 4)], table);
  expect(energy).toEqual({
    totalPj: 6 + 5 + 28,
    parts: [
      { ...add('int8', 2), energyPj: 6, entry: entries[0] },
      { ...add('int16', 1), energyPj: 5, entry: entries[1] },
      { ...add('int32', 4), energyPj: 28, entry: entries[2] },
    ],
    sources: ['one', 'two'],
    extrapolated: true,
  });
  expect(energyOf([add('int8', 2), add('int16', 1)], table)).toMatchObject({ totalPj: 11, extrapolated: false });
  expect(energyOf([], table)).toEqual({ totalPj: 0, parts: [], sources: [], extrapolated: false });
});

it('a memory of another size lies on the line through its two neighbours, or the two at hand, in logarithms', () => {
  const points = [
    [4, 3],
    [16, 24],
    [64, 48],
    [256, 12],
  ] as const;
  // Entries in any order, and those of the other direction beside them.
  const entries = [2, 0, 3, 1].flatMap((i) => [
    entry(`read:sram${points[i][0]}KB`, points[i][1]),
    entry(`write:sram${points[i][0]}KB`, 1000 * points[i][1]),
  ]);
  const table = { name: 'test', entries };
  const between = (size: number, [low, lowPj]: readonly [number, number], [high, highPj]: readonly [number, number]) =>
    Math.exp(Math.log(lowPj) + (Math.log(size / low) / Math.log(high / low)) * Math.log(highPj / lowPj));
  const [p4, p16, p64, p256] = points;
  for (const [size, low, high] of [
    [1, p4, p16],
    [5, p4, p16],
    [15.5, p4, p16],
    [17, p16, p64],
    [63, p16, p64],
    [65, p64, p256],
    [255, p64, p256],
    [1000, p64, p256],
  ] as const)
    for (const [kind, factor] of [
      ['read', 1],
      ['write', 1000],
    ] as const) {
      const found = findEntry(table, { kind, level: 'sram', kilobytes: size });
      expect(found?.pj, `${kind} of ${size} KB`).toBeCloseTo(factor * between(size, low, high), 9);
      expect(found).toMatchObject({
        action: `${kind}:sram${size}KB`,
        source: `test, between or beyond ${low[0]} and ${high[0]} KB`,
        node: 'none',
        extrapolated: true,
      });
    }
  for (const [size, pj] of points)
    expect(findEntry(table, { kind: 'read', level: 'sram', kilobytes: size })).toEqual(entry(`read:sram${size}KB`, pj));
  const two = { name: 'two', entries: entries.filter(({ action }) => /:sram(?:4|16)KB$/.test(action)) };
  expect(findEntry(two, { kind: 'read', level: 'sram', kilobytes: 100 })?.pj).toBeCloseTo(between(100, p4, p16), 9);
  const one = { name: 'one', entries: [entry('read:sram4KB', 1), entry('write:sram8KB', 1)] };
  expect(findEntry(one, { kind: 'read', level: 'sram', kilobytes: 8 })).toBeUndefined();
  expect(findEntry(table, { kind: 'read', level: 'dram' })).toBeUndefined();
});
