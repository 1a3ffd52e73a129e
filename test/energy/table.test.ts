import { expect, it } from 'vitest';
import { type EnergyTable, energyOf, entryOf } from '../../src/energy/table.js';
import { ENERGY_TABLES, energyTableNamed } from '../../src/energy/tables/catalog.js';

const horowitz = energyTableNamed('horowitz-45nm');
const pj = (table: EnergyTable, action: string) => entryOf(table, action).pj;

it('has the figures of the ISSCC 2014 table, as its own', () => {
  const expected = {
    'add:int8': 0.03,
    'add:int32': 0.1,
    'multiply:int8*int8': 0.2,
    'add:fp16': 0.4,
    'multiply:fp32*fp32': 3.7,
    'read:sram32KB': 20,
  };
  for (const [action, value] of Object.entries(expected))
    expect(entryOf(horowitz, action)).toMatchObject({ pj: value, node: '45 nm', voltage: 0.9, extrapolated: false });
});

it('scales gate-level ratios on the int8 MAC of 0.3 pJ, and says so', () => {
  expect(pj(horowitz, 'mac:e4m3fn*e4m3fn+fp16')).toBeCloseTo(0.3 * 1.05, 12);
  expect(pj(energyTableNamed('horowitz-45nm-ihp130'), 'mac:e4m3fn*e4m3fn+fp16')).toBeCloseTo(0.3 * 0.98, 12);
  expect(pj(energyTableNamed('jouppi-7nm'), 'mac:int4*int4+int16')).toBeCloseTo(0.1 * 0.42, 12);
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

it('puts memories of other sizes on the power law through their neighbours', () => {
  expect(pj(horowitz, 'read:sram16KB')).toBeCloseTo(Math.sqrt(200), 9);
  expect(pj(horowitz, 'read:sram128KB')).toBeCloseTo(20 * 5 ** (Math.log(4) / Math.log(32)), 9);
  expect(pj(horowitz, 'read:sram2KB')).toBeCloseTo(5, 9);
  expect(entryOf(horowitz, 'read:sram16KB').extrapolated).toBe(true);
});

it('adds up, with the sources used', () => {
  const energy = energyOf(
    new Map([
      ['add:int32', 1000],
      ['multiply:int8*int8', 1000],
    ]),
    horowitz,
  );
  expect(energy.totalPj).toBeCloseTo(300, 9);
  expect(energy).toMatchObject({ sources: ['Horowitz, ISSCC 2014'], extrapolated: false });
  expect(energyOf(new Map([['mac:int4*int4+int16', 1]]), horowitz).extrapolated).toBe(true);
});

it('names the action and the table where there is no figure', () => {
  expect(() => energyOf(new Map([['add:int33', 1]]), horowitz)).toThrow(
    /^no energy for add:int33 in table horowitz-45nm: there is add:int8, add:int16, .*did you mean "add:int32"\?$/,
  );
  expect(() => energyTableNamed('horowitz')).toThrow(/there are horowitz-45nm, /);
});
