import type { Order } from '../datapaths/order.js';
import type { MacArray } from './dataflow.js';
import type { Tile } from './tiling.js';

/**
 * When each tile loads, streams and drains. The contract of the clocked model, in cycles:
 *
 * 1. A PE takes an operand word each `interval` cycles, multiplies over `multiplyStages` registers and adds over
 *    `addStages`. In os a sum meets itself again after addStages, so interval = ceil(addStages / interleaved registers);
 *    in ws and is sums move on and the interval is 1.
 * 2. Row r is fed `rowDelay * r` cycles after row 0 (os: a hop; ws, is: addStages, as the sum comes down), column c
 *    `colDelay * c` after column 0 (a hop: 1 systolic, 0 broadcast).
 * 3. ws, is: the stationary tile is shifted in from the top, a row each cycle: `height` cycles.
 * 4. os: sums are shifted out at the bottom of the tile, a row each cycle: `height` cycles, after the chunks' outer
 *    addition or the interleaved registers' joining (`settle`).
 * 5. A tile is done when its last sum lies in the result memory, which takes the sum below the last row in the cycle after
 *    it is registered (ws, is: one cycle; with an accumulator memory, its adder's addStages).
 * 6. One buffer: a tile begins when the one before is done. Two: as soon as no register and no port is wanted twice.
 */
export interface Timing {
  interval: number;
  /** Sum registers of a PE, those of the adder included. */
  sumRegisters: number;
  rowDelay: number;
  colDelay: number;
  multiplyStages: number;
  addStages: number;
  /** os: cycles from a sum's last addition until it may leave. */
  settle: number;
  /** ws, is: cycles from the bottom register until the sum is stored. */
  store: number;
  loads: boolean;
  doubleBuffer: boolean;
  reinject: boolean;
}

export function timingOf(array: MacArray, order: Order): Timing {
  const { multiplyStages, addStages, doubleBuffer, dataflow } = array;
  const hop = array.operands === 'systolic' ? 1 : 0;
  const common = { multiplyStages, addStages, doubleBuffer, colDelay: hop };
  if (dataflow !== 'os') {
    const reinject = array.accumulation === 'reinject';
    const store = reinject ? 1 : addStages;
    return {
      ...common,
      interval: 1,
      sumRegisters: addStages,
      rowDelay: addStages,
      settle: 0,
      store,
      loads: true,
      reinject,
    };
  }
  const ways = order.kind === 'interleaved' ? order.ways : 1;
  const settle = addStages * (order.kind === 'chunked' ? 1 : ways - 1);
  const interval = Math.ceil(addStages / ways);
  return {
    ...common,
    interval,
    sumRegisters: ways * interval,
    rowDelay: hop,
    settle,
    store: 1,
    loads: false,
    reinject: false,
  };
}

/** Cycle numbers at column 0, row 0, and the cycle before which the tile is done. */
export interface Slot {
  load: number;
  stream: number;
  /** os: the cycle in which the first sum leaves column 0. */
  drain: number;
  /** The last PE has added its last word before this cycle. */
  added: number;
  done: number;
}

/** Cycles of a tile, or of many, by what they are spent on. */
export interface Cycles {
  /** Stationary operands shifted in, where no streaming hides it. */
  load: number;
  /** Operand words entering the array. */
  stream: number;
  /** Skew and pipeline: from the last word entering until the last PE has added it. */
  fill: number;
  /** Sums moving out of the array, where no streaming hides it. */
  drain: number;
  /** Waiting for a buffer, a port or a memory. */
  stall: number;
  total: number;
}

export function noCycles(): Cycles {
  return { load: 0, stream: 0, fill: 0, drain: 0, stall: 0, total: 0 };
}

const streamOf = (tile: Tile, timing: Timing) => tile.steps * timing.interval;
const skewOf = (tile: Tile, { rowDelay, colDelay }: Timing) =>
  (tile.height - 1) * rowDelay + (tile.width - 1) * colDelay;
const fillOf = (tile: Tile, timing: Timing) =>
  skewOf(tile, timing) + timing.multiplyStages + timing.addStages - timing.interval;
const drainOf = (tile: Tile, timing: Timing) => (timing.loads ? timing.store : timing.settle + tile.height);

/** A tile and its time. */
export interface Turn {
  tile: Tile;
  slot: Slot;
}

/** Every tile with its time, in order. */
export function* turnsOf(tiles: Iterable<Tile>, timing: Timing): Generator<Turn> {
  let before: Turn | undefined;
  for (const tile of tiles) {
    before = { tile, slot: slotAfter(before, tile, timing) };
    yield before;
  }
}

/** Itemised cycles of all the tiles. With two buffers only the first load and the last tile's tail are in sight. */
export function cyclesOf(tiles: Iterable<Tile>, timing: Timing): Cycles {
  const cycles = noCycles();
  let before: Turn | undefined;
  let added = 0;
  for (const turn of turnsOf(tiles, timing)) {
    const { tile, slot } = turn;
    cycles.stream += streamOf(tile, timing);
    if (before === undefined || !timing.doubleBuffer) cycles.load += loadOf(tile, timing);
    else cycles.stall += slot.stream - before.slot.stream - streamOf(before.tile, timing);
    if (!timing.doubleBuffer) {
      cycles.fill += fillOf(tile, timing);
      cycles.drain += drainOf(tile, timing);
    }
    // A narrow last tile can be done before the wide one ahead of it.
    added = Math.max(added, slot.added);
    cycles.total = Math.max(cycles.total, slot.done);
    before = turn;
  }
  if (before !== undefined && timing.doubleBuffer) {
    cycles.fill = added - before.slot.stream - streamOf(before.tile, timing);
    cycles.drain = cycles.total - added;
  }
  return cycles;
}

function slotAfter(before: Turn | undefined, tile: Tile, timing: Timing): Slot {
  const start = before === undefined ? 0 : before.slot.done;
  if (before === undefined || !timing.doubleBuffer) return slotAt(start, start + loadOf(tile, timing), tile, timing);
  const load = timing.loads ? reloadAfter(before.tile, before.slot, tile, timing) : 0;
  const ready = timing.loads ? load + tile.height : 0;
  return slotAt(load, Math.max(ready, streamAfter(before.tile, before.slot, tile, timing)), tile, timing);
}

function loadOf(tile: Tile, timing: Timing): number {
  return timing.loads ? tile.height : 0;
}

function slotAt(load: number, stream: number, tile: Tile, timing: Timing): Slot {
  const added = stream + streamOf(tile, timing) + fillOf(tile, timing);
  const drain = added - (tile.width - 1) * timing.colDelay + timing.settle;
  return { load, stream, drain, added, done: added + drainOf(tile, timing) };
}

/** A row's second register is free once the first word of the tile before has switched it in; loading moves a row a cycle. */
function reloadAfter(before: Tile, slot: Slot, tile: Tile, timing: Timing): number {
  return slot.stream + (Math.min(before.height, tile.height) - 1) * (timing.rowDelay - 1);
}

/** The earliest streaming that wants no port before the tile before has left it. */
function streamAfter(before: Tile, slot: Slot, tile: Tile, timing: Timing): number {
  const { rowDelay, addStages } = timing;
  const later = (before.height - tile.height) * rowDelay;
  const input = slot.stream + streamOf(before, timing);
  if (!timing.loads) {
    const rows = rowDelay === 0 ? before.height : Math.max(before.height, tile.height);
    return Math.max(input, slot.stream + rows + later);
  }
  const exit = input + later;
  if (!tile.continues) return Math.max(input, exit);
  const again = timing.reinject
    ? slot.stream + (before.height - 1) * rowDelay + addStages + 1
    : slot.stream + later + addStages;
  return Math.max(input, exit, again);
}
