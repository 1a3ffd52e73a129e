import { type Counts, noCounts } from '../arrays/counts.js';
import { type MacArray, orderOf } from '../arrays/dataflow.js';
import type { Memories } from '../arrays/memory.js';
import type { TrafficBits } from '../arrays/traffic.js';
import type { Datapath } from '../datapaths/datapath.js';
import { type Format, widthOf } from '../formats/format.js';
import { type Action, type Actions, textOf } from './action.js';
import { type EnergyTable, findEntry } from './table.js';

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

/** And where the PEs' is that of their gates. */
export const NOT_COUNTED_OF_GATES =
  'not counted: clock tree, control and addresses beside the PEs, units that a layer does not use, layers that run beside the array';

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
  const actions = new Map<string, { action: Action; count: number }>();
  const add = (action: Action, count: number) => {
    const text = textOf(action);
    if (count > 0) actions.set(text, { action, count: (actions.get(text)?.count ?? 0) + count });
  };
  const sram = (kind: 'read' | 'write', operand: 'a' | 'b' | 'sum'): Action => ({
    kind,
    level: 'sram',
    kilobytes: memories[operand],
  });
  for (const action of unitActions(datapath, table)) add(action, products);
  add({ kind: 'add', sum: outer.format.name }, counts.joins);
  add(sram('read', 'a'), operandWords(counts.aReads, a, datapath));
  add(sram('read', 'b'), operandWords(counts.bReads, b, datapath));
  add(sram('read', 'sum'), words(counts.sumReads, outer.format));
  add(sram('write', 'sum'), words(counts.sumWrites, outer.format));
  if (traffic !== undefined && memories.bandwidth?.dram !== undefined) {
    add({ kind: 'read', level: 'dram' }, (traffic.aReads + traffic.bReads + traffic.sumReads) / WORD);
    add({ kind: 'write', level: 'dram' }, traffic.sumWrites / WORD);
  }
  return [...actions.values()];
}

/** With each code its share of the scale of its block. */
function operandWords(count: number, format: Format, { blockScale }: Datapath): number {
  const scale = blockScale === undefined ? 0 : widthOf(blockScale.format) / blockScale.size;
  return (count * (widthOf(format) + scale)) / WORD;
}

const words = (count: number, format: Format) => (count * widthOf(format)) / WORD;

function unitActions({ a, b, sum: { format } }: Datapath, table: EnergyTable): Action[] {
  const sum = format.name;
  const mac = eitherWay(a, b, (x, y) => ({ kind: 'mac', a: x, b: y, sum }), table);
  const apart: Action[] = [eitherWay(a, b, (x, y) => ({ kind: 'multiply', a: x, b: y }), table), { kind: 'add', sum }];
  const known = apart.every((action) => findEntry(table, action) !== undefined);
  return findEntry(table, mac) === undefined && known ? apart : [mac];
}

/** Products commute: the action under the name that the table has, a before b where it has neither. */
function eitherWay(a: Format, b: Format, action: (x: string, y: string) => Action, table: EnergyTable): Action {
  const [name, swapped] = [action(a.name, b.name), action(b.name, a.name)];
  return findEntry(table, name) === undefined && findEntry(table, swapped) !== undefined ? swapped : name;
}

/** However many there are of an action, it can happen. */
const SOME = 1;

/** The actions that the array can perform at all: what its energy table has to know. */
export function possibleActions(performer: Performer, table: EnergyTable): Action[] {
  const { array, datapath } = performer;
  const joins = orderOf(array, datapath).kind === 'sequential' ? 0 : SOME;
  const sumReads = array.dataflow === 'os' ? 0 : SOME;
  const traffic = { aReads: SOME, bReads: SOME, sumReads: SOME, sumWrites: SOME };
  const counts = { ...noCounts(), ...traffic, firings: SOME, sumReads, joins };
  return actionsOf({ counts, traffic }, performer, table).map(({ action }) => action);
}
