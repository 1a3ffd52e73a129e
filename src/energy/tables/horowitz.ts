import type { EnergyEntry, EnergyTable } from '../table.js';
import { type Library, scaledEntries } from './ratios.js';

/** M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014: 45 nm, 0.9 V. */
const base = { source: 'Horowitz, ISSCC 2014', node: '45 nm', voltage: 0.9 };

function read(action: string, pj: number): EnergyEntry {
  return { ...base, action, pj, extrapolated: false };
}
function guess(action: string, pj: number, why: string): EnergyEntry {
  return { ...base, action, pj, source: `${base.source}, ${why}`, extrapolated: true };
}

const INT8_MULTIPLY = 0.2;
const INT32_ADD = 0.1;
const SRAM: readonly [number, number][] = [
  [8, 10],
  [32, 20],
  [1024, 100],
];

const OWN: readonly EnergyEntry[] = [
  read('add:int8', 0.03),
  read('add:int16', 0.05),
  guess('add:int24q6', 0.075, 'between its 16- and 32-bit integer adders'),
  read('add:int32', INT32_ADD),
  read('add:fp16', 0.4),
  guess('add:dlfloat16', 0.4, 'as its fp16 adder'),
  read('add:fp32', 0.9),
  read('multiply:int8*int8', INT8_MULTIPLY),
  read('multiply:int32*int32', 3.1),
  read('multiply:fp16*fp16', 1.1),
  read('multiply:fp32*fp32', 3.7),
  ...SRAM.map(([kilobytes, pj]) => read(`read:sram${kilobytes}KB`, pj)),
  ...SRAM.map(([kilobytes, pj]) => guess(`write:sram${kilobytes}KB`, pj, 'a write taken to cost what a read does')),
  guess('read:dram', 1950, 'the middle of its 1300 to 2600'),
  guess('write:dram', 1950, 'the middle of its 1300 to 2600, a write taken to cost what a read does'),
];

/** Horowitz's own figures, and for units that he does not have the ratios of one gate-level library on his int8 MAC. */
function horowitz(name: string, library: Library): EnergyTable {
  return { name, entries: [...OWN, ...scaledEntries(library, INT8_MULTIPLY + INT32_ADD, base)] };
}

export const HOROWITZ_45NM = horowitz('horowitz-45nm', 'asap7');
export const HOROWITZ_45NM_IHP130 = horowitz('horowitz-45nm-ihp130', 'ihp130');
