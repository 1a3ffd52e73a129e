import { expect, it } from 'vitest';
import { type Action, sramIn, textOf } from '../../src/energy/action.js';
import { type EnergyTable, energyOf, entryOf } from '../../src/energy/table.js';
import { ENERGY_TABLES, energyTableNamed } from '../../src/energy/tables/catalog.js';

const horowitz = energyTableNamed('horowitz-45nm');
const pj = (table: EnergyTable, action: Action) => entryOf(table, action).pj;
const sram = (kilobytes: number): Action => ({ kind: 'read', level: 'sram', kilobytes });
const add = (sum: string): Action => ({ kind: 'add', sum });
const multiply = (format: string): Action => ({ kind: 'multiply', a: format, b: format });
const mac = (format: string, sum: string): Action => ({ kind: 'mac', a: format, b: format, sum });

it('has the figures of the ISSCC 2014 table, as its own', () => {
  const expected: [Action, number][] = [
    [add('int8'), 0.03],
    [add('int32'), 0.1],
    [multiply('int8'), 0.2],
    [add('fp16'), 0.4],
    [multiply('fp32'), 3.7],
    [sram(32), 20],
  ];
  for (const [action, value] of expected)
    expect(entryOf(horowitz, action)).toMatchObject({ pj: value, node: '45 nm', voltage: 0.9, extrapolated: false });
});

it('scales gate-level ratios on the int8 MAC of 0.3 pJ, and says so', () => {
  expect(pj(horowitz, mac('e4m3fn', 'fp16'))).toBeCloseTo(0.3 * 1.05, 12);
  expect(pj(energyTableNamed('horowitz-45nm-ihp130'), mac('e4m3fn', 'fp16'))).toBeCloseTo(0.3 * 0.98, 12);
  expect(pj(energyTableNamed('jouppi-7nm'), mac('int4', 'int16'))).toBeCloseTo(0.1 * 0.42, 12);
  for (const table of ENERGY_TABLES)
    for (const entry of table.entries.filter(({ action }) => action.startsWith('mac:')))
      expect(entry).toMatchObject({ extrapolated: true, source: expect.stringContaining('gate-level ratio') });
});

it('has every action once, with a source and a node', () => {
  for (const { entries } of ENERGY_TABLES) {
    expect(new Set(entries.map(({ action }) => action)).size).toBe(entries.length);
    for (const entry of entries) expect([entry.source, entry.node, entry.pj > 0]).not.toContain('');
  }
});

it('reads the sizes of memories that it writes', () => {
  const texts = ENERGY_TABLES.flatMap(({ entries }) => entries.map(({ action }) => action));
  const memories = texts.flatMap((text) => sramIn(text) ?? []);
  expect(memories.map(textOf)).toEqual(texts.filter((text) => text.includes('sram')));
  expect(sramIn('write:sram1.5KB')).toEqual({ kind: 'write', level: 'sram', kilobytes: 1.5 });
  expect(['read:dram', 'add:int8', 'read:sram32'].map(sramIn)).toEqual([undefined, undefined, undefined]);
});

it('puts memories of other sizes on the power law through their neighbours', () => {
  expect(pj(horowitz, sram(16))).toBeCloseTo(Math.sqrt(200), 9);
  expect(pj(horowitz, sram(128))).toBeCloseTo(20 * 5 ** (Math.log(4) / Math.log(32)), 9);
  expect(pj(horowitz, sram(2))).toBeCloseTo(5, 9);
  expect(entryOf(horowitz, sram(16)).extrapolated).toBe(true);
});

it('adds up, with the sources used', () => {
  const energy = energyOf(
    [
      { action: add('int32'), count: 1000 },
      { action: multiply('int8'), count: 1000 },
    ],
    horowitz,
  );
  expect(energy.totalPj).toBeCloseTo(300, 9);
  expect(energy).toMatchObject({ sources: ['Horowitz, ISSCC 2014'], extrapolated: false });
  expect(energyOf([{ action: mac('int4', 'int16'), count: 1 }], horowitz).extrapolated).toBe(true);
});

it('names the action and the table where there is no figure', () => {
  expect(() => energyOf([{ action: add('int33'), count: 1 }], horowitz)).toThrow(
    /^no energy for add:int33 in table horowitz-45nm: there is add:int8, add:int16, .*did you mean "add:int32"\?$/,
  );
  expect(() => energyTableNamed('horowitz')).toThrow(/there are horowitz-45nm, /);
});
