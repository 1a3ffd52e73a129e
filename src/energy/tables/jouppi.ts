import type { EnergyEntry, EnergyTable } from '../table.js';
import { scaledEntries } from './ratios.js';

/** Jouppi et al., "Ten lessons from three generations shaped Google's TPUv4i", ISCA 2021: 7 nm. Recalled, not read. */
const base = { source: 'Jouppi et al., ISCA 2021 (recalled, not read)', node: '7 nm' };

function read(action: string, pj: number): EnergyEntry {
  return { ...base, action, pj, extrapolated: false };
}
function guess(action: string, pj: number, why: string): EnergyEntry {
  return { ...base, action, pj, source: `${base.source}, ${why}`, extrapolated: true };
}

const INT8_MULTIPLY = 0.07;
const INT32_ADD = 0.03;
const SRAM: readonly [number, number][] = [
  [8, 7.5],
  [32, 8.5],
  [1024, 14],
];

export const JOUPPI_7NM: EnergyTable = {
  name: 'jouppi-7nm',
  entries: [
    read('add:int8', 0.007),
    guess('add:int16', 0.015, 'between its 8- and 32-bit integer adders'),
    guess('add:int24q6', 0.022, 'between its 8- and 32-bit integer adders'),
    read('add:int32', INT32_ADD),
    read('add:bf16', 0.11),
    read('add:fp16', 0.16),
    guess('add:dlfloat16', 0.16, 'as its fp16 adder'),
    read('add:fp32', 0.38),
    read('multiply:int8*int8', INT8_MULTIPLY),
    read('multiply:int32*int32', 1.48),
    read('multiply:bf16*bf16', 0.21),
    read('multiply:fp16*fp16', 0.34),
    read('multiply:fp32*fp32', 1.31),
    ...SRAM.map(([kilobytes, pj]) => read(`read:sram${kilobytes}KB`, pj)),
    ...SRAM.map(([kilobytes, pj]) => guess(`write:sram${kilobytes}KB`, pj, 'a write taken to cost what a read does')),
    read('read:dram', 1300),
    guess('write:dram', 1300, 'a write taken to cost what a read does'),
    ...scaledEntries('asap7', INT8_MULTIPLY + INT32_ADD, base),
  ],
};
