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

/** What a table has, in pJ: written down from the papers, and from the gate-level runs. */
const HOROWITZ_FIGURES = `add:int8 0.03, add:int16 0.05, add:int24q6 0.075*, add:int32 0.1, add:fp16 0.4, add:dlfloat16 0.4*,
  add:fp32 0.9, multiply:int8*int8 0.2, multiply:int32*int32 3.1, multiply:fp16*fp16 1.1, multiply:fp32*fp32 3.7,
  read:sram8KB 10, read:sram32KB 20, read:sram1024KB 100, write:sram8KB 10*, write:sram32KB 20*, write:sram1024KB 100*,
  read:dram 1950*, write:dram 1950*`;
const JOUPPI_FIGURES = `add:int8 0.007, add:int16 0.015*, add:int24q6 0.022*, add:int32 0.03, add:bf16 0.11, add:fp16 0.16,
  add:dlfloat16 0.16*, add:fp32 0.38, multiply:int8*int8 0.07, multiply:int32*int32 1.48, multiply:bf16*bf16 0.21,
  multiply:fp16*fp16 0.34, multiply:fp32*fp32 1.31, read:sram8KB 7.5, read:sram32KB 8.5, read:sram1024KB 14,
  write:sram8KB 7.5*, write:sram32KB 8.5*, write:sram1024KB 14*, read:dram 1300, write:dram 1300*`;
/** Ratios to an int8 MAC, on ASAP7 and on IHP SG13G2. */
const MACS = `int4*int4+int16 0.42 0.47, int16*int16+int48 3.06 2.88, binary*binary+int16 0.0123 0.0125,
  radix4*int4+int24q6 0.35 0.4, e4m3fn*e4m3fn+fp16 1.05 0.98, e5m2*e5m2+fp16 0.91 0.87, e4m3fn*e4m3fn+fp32 1.46 1.39,
  e5m2*e5m2+fp32 1.46 1.39, e4m3fn*e5m2+fp32 1.46 1.39, radix4*int4+dlfloat16 1.05 0.98`;

/** Each entry's action, energy in pJ, and whether it is no figure of the source (`*`). */
const figuresOf = (text: string) =>
  text.split(/,\s+/).map((figure) => {
    const [action, pj] = figure.split(' ');
    return { action, pj: Number.parseFloat(pj), extrapolated: pj.endsWith('*') };
  });

it.each([
  ['horowitz-45nm', '45 nm', 0.9, HOROWITZ_FIGURES, 0.3, 1],
  ['horowitz-45nm-ihp130', '45 nm', 0.9, HOROWITZ_FIGURES, 0.3, 2],
  ['jouppi-7nm', '7 nm', undefined, JOUPPI_FIGURES, 0.1, 1],
] as const)('%s has these entries and no others, each with its source', (name, node, voltage, own, mac, library) => {
  const macs = MACS.split(/,\s+/).map((line) => {
    const words = line.split(' ');
    return { action: `mac:${words[0]}`, pj: mac * Number(words[library]), extrapolated: true };
  });
  const table = energyTableNamed(name);
  const author = name.startsWith('horowitz') ? 'Horowitz, ISSCC 2014' : 'Jouppi et al., ISCA 2021 (recalled, not read)';
  expect(table.entries).toHaveLength(figuresOf(own).length + macs.length);
  for (const [i, { action, pj, extrapolated }] of [...figuresOf(own), ...macs].entries()) {
    const entry = table.entries[i];
    expect(entry).toMatchObject({ action, node, extrapolated });
    expect(entry.pj, action).toBeCloseTo(pj, 12);
    expect(entry.voltage).toBe(voltage);
    // What is no figure of the paper says how it came about.
    expect(entry.source, action).toMatch(extrapolated ? new RegExp(`^${escaped(author)}, .+`) : authorAlone(author));
  }
});

const escaped = (text: string) => text.replace(/[().]/g, '\\$&');
const authorAlone = (author: string) => new RegExp(`^${escaped(author)}$`);

it('has every action once, with an energy above zero, a source and a node', () => {
  expect(ENERGY_TABLES.map(({ name }) => name)).toEqual(['horowitz-45nm', 'horowitz-45nm-ihp130', 'jouppi-7nm']);
  for (const { name, entries } of ENERGY_TABLES) {
    expect(new Set(entries.map(({ action }) => action)).size).toBe(entries.length);
    for (const { action, pj, source, node } of entries) {
      expect(pj, `${action} of ${name}`).toBeGreaterThan(0);
      expect([source, node]).not.toContain('');
    }
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
  const scarce = { name: 'scarce', entries: horowitz.entries.filter(({ action }) => /:int8|add:int8/.test(action)) };
  expect(() => entryOf(scarce, mac('int8', 'int32'))).toThrow(
    /^no energy for mac:int8\*int8\+int32 in table scarce: there are only add:int8, multiply:int8\*int8; add the entry, or name another table$/,
  );
  expect(() => entryOf(scarce, add('int16'))).toThrow(/: there is add:int8; add the entry/);
  expect(() => energyTableNamed('horowitz')).toThrow(/there are horowitz-45nm, /);
});
