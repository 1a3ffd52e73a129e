import type { Order } from '../datapaths/order.js';
import type { MacArray } from './dataflow.js';
import type { Tile } from './tiling.js';

/**
 * When each tile loads, streams and drains. The contract of the clocked model, in cycles:
 *
 * 1. A PE takes an operand word each `interval` cycles, multiplies over `multiplyStages` registers and adds over
 *    `addStages`. In os a sum meets itself again after addStages, so interval = ceil(addStages / interleaved registers);
 *    in ws and is sums move on and the interval is 1. Memories that are too narrow for a word a cycle lengthen it.
 * 2. Row r is fed `rowDelay * r` cycles after row 0 (os: a hop; ws, is: addStages, as the sum comes down), column c
 *    `colDelay * c` after column 0 (a hop: 1 systolic, 0 broadcast).
 * 3. ws, is: the stationary tile is shifted in from the top, a row each `loadInterval` (1) cycles, `height` rows.
 * 4. os: sums are shifted out at the bottom of the tile, a row each `drainInterval` (1) cycles, `height` rows, after the
 *    chunks' outer addition or the interleaved registers' joining (`settle`).
 * 5. A tile is done when its last sum lies in the result memory, which takes the sum below the last row in the cycle after
 *    it is registered (ws, is: one cycle; with an accumulator memory, its adder's addStages).
 * 6. One buffer: a tile begins when the one before is done. Two: as soon as no register and no port is wanted twice.
 */
export interface Timing {
  interval: number;
  loadInterval: number;
  drainInterval: number;
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

/** Cycles that the memories need for a word of each row, a row of stationary words, a row of sums. */
export interface Pace {
  stream: number;
  load: number;
  drain: number;
}

const UNHINDERED: Pace = { stream: 1, load: 1, drain: 1 };

export function timingOf(array: MacArray, order: Order, pace = UNHINDERED): Timing {
  const { multiplyStages, addStages, doubleBuffer } = array;
  const hop = array.operands === 'systolic' ? 1 : 0;
  const loads = array.dataflow !== 'os';
  const reinject = loads && array.accumulation === 'reinject';
  const ways = !loads && order.kind === 'interleaved' ? order.ways : 1;
  const interval = Math.max(loads ? 1 : Math.ceil(addStages / ways), pace.stream);
  return {
    interval,
    loadInterval: pace.load,
    drainInterval: pace.drain,
    sumRegisters: loads ? addStages : ways * interval,
    rowDelay: loads ? addStages : hop,
    colDelay: hop,
    multiplyStages,
    addStages,
    settle: loads ? 0 : addStages * (order.kind === 'chunked' ? 1 : ways - 1),
    store: loads && !reinject ? addStages : 1,
    loads,
    doubleBuffer,
    reinject,
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
  /** Waiting for an adder, a buffer, a port or a memory. */
  stall: number;
  total: number;
}

export function noCycles(): Cycles {
  return { load: 0, stream: 0, fill: 0, drain: 0, stall: 0, total: 0 };
}

/** Cycles from the first word to the last of a port that takes one each `interval` cycles. */
const spanOf = (words: number, interval: number) => (words - 1) * interval + 1;
export const loadOf = (tile: Tile, timing: Timing) => (timing.loads ? spanOf(tile.height, timing.loadInterval) : 0);
export const streamOf = (tile: Tile, timing: Timing) => spanOf(tile.steps, timing.interval);
const drainOf = (tile: Tile, timing: Timing) =>
  timing.loads ? timing.store : timing.settle + spanOf(tile.height, timing.drainInterval);

function fillOf(tile: Tile, { rowDelay, colDelay, multiplyStages, addStages }: Timing): number {
  return (tile.height - 1) * rowDelay + (tile.width - 1) * colDelay + multiplyStages + addStages - 1;
}

/** A tile and its time. */
export interface Turn {
  tile: Tile;
  slot: Slot;
}

/** The same turn, so many cycles later. */
export function delayed({ tile, slot }: Turn, by: number): Turn {
  const { load, stream, drain, added, done } = slot;
  return {
    tile,
    slot: { load: load + by, stream: stream + by, drain: drain + by, added: added + by, done: done + by },
  };
}

/** The cycle from which a tile's operands lie in the memories beside the array, given the turns up to the one before. */
export type Arrival = (tile: Tile, before: Turn | undefined) => number;

const AT_ONCE: Arrival = () => 0;

/** Every tile with its time, in order. */
export function* turnsOf(tiles: Iterable<Tile>, timing: Timing, arrival = AT_ONCE): Generator<Turn> {
  let before: Turn | undefined;
  for (const tile of tiles) {
    before = { tile, slot: slotAfter(before, tile, timing, arrival(tile, before)) };
    yield before;
  }
}

/** When a tile has its turn after the one before, its operands being there from cycle `arrived` on. */
export function slotAfter(before: Turn | undefined, tile: Tile, timing: Timing, arrived: number): Slot {
  if (before === undefined) return slotAt(arrived, arrived + loadOf(tile, timing), tile, timing);
  const free = timing.doubleBuffer ? arrived : Math.max(arrived, before.slot.done);
  const load = timing.loads ? Math.max(free, reloadAfter(before, tile, timing)) : free;
  return slotAt(load, Math.max(load + loadOf(tile, timing), streamAfter(before, tile, timing)), tile, timing);
}

function slotAt(load: number, stream: number, tile: Tile, timing: Timing): Slot {
  const added = stream + streamOf(tile, timing) + fillOf(tile, timing);
  const drain = added - (tile.width - 1) * timing.colDelay + timing.settle;
  return { load, stream, drain, added, done: added + drainOf(tile, timing) };
}

/** A row's second register is free once the first word of the tile before has switched it in. */
function reloadAfter({ tile: before, slot }: Turn, tile: Tile, { rowDelay, loadInterval }: Timing): number {
  const slower = (Math.min(before.height, tile.height) - 1) * (rowDelay - loadInterval);
  return Math.max(slot.stream, slot.stream + slower, slot.load + before.height * loadInterval);
}

/** The earliest streaming that wants no port and no register before the tile before has left it. */
function streamAfter(before: Turn, tile: Tile, timing: Timing): number {
  const { rowDelay, addStages, interval } = timing;
  const { stream } = before.slot;
  const later = (before.tile.height - tile.height) * rowDelay;
  const input = stream + before.tile.steps * interval;
  if (!timing.loads) return Math.max(input, stream + later + drainGap(before.tile, tile, timing));
  const exit = input + later;
  if (!tile.continues) return Math.max(input, exit);
  const again = timing.reinject
    ? stream + (before.tile.height - 1) * rowDelay + addStages + 1
    : stream + later + addStages;
  return Math.max(input, exit, again);
}

/** os: cycles between two tiles' first sums leaving; no row's may be taken over before it has left. */
function drainGap(before: Tile, tile: Tile, { rowDelay, drainInterval }: Timing): number {
  const shared = Math.min(before.height, tile.height);
  const lastShared = (shared - 1) * drainInterval + (tile.height - shared) * rowDelay + 1;
  return Math.max(before.height * drainInterval, lastShared);
}
