import { type Counts, noCounts } from '../arrays/counts.js';
import { type MacArray, orderOf } from '../arrays/dataflow.js';
import type { Memories } from '../arrays/memory.js';
import type { TrafficBits } from '../arrays/traffic.js';
import type { Datapath } from '../datapaths/datapath.js';
import { type Format, widthOf } from '../formats/format.js';
import { type Actions, type EnergyTable, findEntry } from './table.js';

/** What decides which actions an array performs. */
export interface Performer {
  array: MacArray;
  datapath: Datapath;
  memories: Memories;
}

/** What an array has done for a layer. */
export interface Performance {
  counts: Counts;
  traffic?: TrafficBits;
}

/** What the energy leaves out. */
export const NOT_COUNTED =
  'not counted: moves between PEs, clock tree, control, addresses, leakage, layers that run beside the array';

const WORD = 64;

/**
 * The actions behind an array's counts. All lanes of a firing are charged, with or without a product for them. Memory
 * words are 64 bits, packed. DRAM is charged where the target gives its bandwidth. A unit is `mac:...` where the table has it, else a multiplication and an addition.
 */
export function actionsOf({ counts, traffic }: Performance, performer: Performer, table: EnergyTable): Actions {
  const { array, datapath, memories } = performer;
  const { a, b, sum, lanes } = datapath;
  const order = orderOf(array, datapath);
  const outer = (order.kind === 'chunked' ? order.outer : undefined) ?? sum;
  const products = counts.firings * lanes;
  const actions = new Map<string, number>();
  const add = (action: string, count: number) => {
    if (count > 0) actions.set(action, (actions.get(action) ?? 0) + count);
  };
  for (const action of unitActions(datapath, table)) add(action, products);
  add(`add:${outer.format.name}`, counts.joins);
  add(`read:sram${memories.a}KB`, operandWords(counts.aReads, a, datapath));
  add(`read:sram${memories.b}KB`, operandWords(counts.bReads, b, datapath));
  add(`read:sram${memories.sum}KB`, words(counts.sumReads, outer.format));
  add(`write:sram${memories.sum}KB`, words(counts.sumWrites, outer.format));
  if (traffic !== undefined && memories.bandwidth?.dram !== undefined) {
    add('read:dram', (traffic.aReads + traffic.bReads + traffic.sumReads) / WORD);
    add('write:dram', traffic.sumWrites / WORD);
  }
  return actions;
}

/** With each code its share of the scale of its block. */
function operandWords(count: number, format: Format, { blockScale }: Datapath): number {
  const scale = blockScale === undefined ? 0 : widthOf(blockScale.format) / blockScale.size;
  return (count * (widthOf(format) + scale)) / WORD;
}

const words = (count: number, format: Format) => (count * widthOf(format)) / WORD;

function unitActions({ a, b, sum }: Datapath, table: EnergyTable): string[] {
  const mac = eitherWay(a, b, (x, y) => `mac:${x}*${y}+${sum.format.name}`, table);
  const apart = [eitherWay(a, b, (x, y) => `multiply:${x}*${y}`, table), `add:${sum.format.name}`];
  const known = apart.every((action) => findEntry(table, action) !== undefined);
  return findEntry(table, mac) === undefined && known ? apart : [mac];
}

/** Products commute: the action under the name that the table has, a before b where it has neither. */
function eitherWay(a: Format, b: Format, action: (x: string, y: string) => string, table: EnergyTable): string {
  const [name, swapped] = [action(a.name, b.name), action(b.name, a.name)];
  return findEntry(table, name) === undefined && findEntry(table, swapped) !== undefined ? swapped : name;
}

/** The actions that the array can perform at all: what its energy table has to know. */
export function possibleActions(performer: Performer, table: EnergyTable): string[] {
  const { array, datapath } = performer;
  const joins = orderOf(array, datapath).kind === 'sequential' ? 0 : 1;
  const sumReads = array.dataflow === 'os' ? 0 : 1;
  const one = { ...noCounts(), firings: 1, aReads: 1, bReads: 1, sumWrites: 1, sumReads, joins };
  const traffic = { aReads: 1, bReads: 1, sumReads: 1, sumWrites: 1 };
  return [...actionsOf({ counts: one, traffic }, performer, table).keys()];
}
