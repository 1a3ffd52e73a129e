import type { Datapath } from '../datapaths/datapath.js';
import { widthOf } from '../formats/format.js';
import { type ArrayCost, costOf } from './cost.js';
import { DATAFLOWS, type MacArray, movesOf, orderOf } from './dataflow.js';
import { type Arrival, cyclesOf, type Pace, type Timing, timingOf, type Turn, turnsOf } from './schedule.js';
import { checkJob, type GemmJob, type Tile, tilesOf } from './tiling.js';
import { type TileTraffic, type TrafficBits, trafficOf } from './traffic.js';

/**
 * The memories beside the array, one for each operand and one for sums, each in two halves: the array works on one while
 * DRAM fills or empties the other. Capacities are in kilobytes of 1024 bytes.
 */
export interface Memories {
  a: number;
  b: number;
  sum: number;
  /** Bits a cycle; unlimited where left out. `sum` is read and written through one port, `dram` is shared by all. */
  bandwidth?: { a?: number; b?: number; sum?: number; dram?: number };
}

/** What the memory level leaves out. */
export const MEMORY_NOT_COUNTED =
  'not counted: bank conflicts, DRAM latency, refresh and bus turnaround, and rows that two tiles of a convolution share';

export interface MemoryCost extends ArrayCost {
  /** Bits between DRAM and the memories. */
  traffic: TrafficBits;
  /** Cycles that the memories add: their own bandwidth, and DRAM's. Both are part of `cycles.stall` or lengthen the rest. */
  hindrance: { sram: number; dram: number };
}

type Unit = Pick<Datapath, 'lanes' | 'order' | 'a' | 'b' | 'sum'>;

/** What a product costs on an array with memories. Without bandwidths it is what the array alone costs. */
export function memoryCostOf(job: GemmJob, array: MacArray, unit: Unit, memories: Memories): MemoryCost {
  checkJob(job);
  const { cycles: alone, counts } = costOf(job, array, unit);
  const paced = costOf(job, array, unit, paceOf(array, unit, memories)).cycles;
  const traffic = trafficOf(job, array, unit, memories);
  const { turns, timing, written } = scheduleOf(job, array, unit, memories, traffic.tiles);
  const cycles = cyclesOf(turns, timing);
  // Results still on their way to DRAM when the array is done.
  cycles.stall += Math.max(0, written - cycles.total);
  cycles.total = Math.max(cycles.total, written);
  return {
    cycles,
    counts,
    utilization: counts.macs / (cycles.total * array.rows * array.cols * unit.lanes),
    traffic: traffic.bits,
    hindrance: { sram: paced.total - alone.total, dram: cycles.total - paced.total },
  };
}

/** The turns of all tiles, and the cycle before which the last results are in DRAM. */
export function scheduleOf(
  job: GemmJob,
  array: MacArray,
  unit: Unit,
  memories: Memories,
  traffic: readonly TileTraffic[],
): { turns: Turn[]; timing: Timing; written: number } {
  const timing = timingOf(array, orderOf(array, unit), paceOf(array, unit, memories));
  const tiles = tilesOf(job, array, unit.lanes);
  const dram = memories.bandwidth?.dram;
  if (dram === undefined) return { turns: [...turnsOf(tiles, timing)], timing, written: 0 };
  const channel = new Channel(traffic, dram);
  const turns = [...turnsOf(tiles, timing, channel.arrival)];
  return { turns, timing, written: channel.finish(turns) };
}

/** Cycles that the memories' own bandwidth needs for what a full tile wants at once. */
export function paceOf(array: MacArray, unit: Unit, { bandwidth = {} }: Memories): Pace {
  const { rows, cols, dataflow } = array;
  const { right, down, stays } = movesOf(DATAFLOWS[dataflow]);
  const bits = { a: widthOf(unit.a) * unit.lanes, b: widthOf(unit.b) * unit.lanes, sum: widthOf(unit.sum.format) };
  const cycles = (port: keyof typeof bits, words: number) =>
    Math.ceil((words * bits[port]) / (bandwidth[port] ?? Infinity)) || 1;
  // A sum that moves down is written below, and read to be added to or to go on.
  const downwards = down === 'sum' ? 2 * cols : cols;
  return {
    stream: Math.max(cycles(right, rows), cycles(down, downwards)),
    load: stays === 'sum' ? 1 : cycles(stays, cols),
    drain: stays === 'sum' ? cycles('sum', cols) : 1,
  };
}

/**
 * The DRAM channel. It serves, in this order, the operands of tile 0, of tile 1, the results of tile 0, the operands of
 * tile 2, the results of tile 1, ... A tile's operands are fetched from when the tile before begins, into the half that
 * the tile before that has finished with; its results leave when it is done.
 */
class Channel {
  readonly #traffic: readonly TileTraffic[];
  readonly #bitsPerCycle: number;
  #free = 0;
  /** The tile before the one before, whose results are next to leave. */
  #leaving: Turn | undefined;
  #before: Turn | undefined;

  constructor(traffic: readonly TileTraffic[], bitsPerCycle: number) {
    this.#traffic = traffic;
    this.#bitsPerCycle = bitsPerCycle;
  }

  readonly arrival: Arrival = (tile: Tile, before: Turn | undefined): number => {
    this.#leaving = this.#before;
    this.#before = before;
    const stored = this.#storeResults(this.#leaving);
    const { fetch } = this.#traffic[tile.index];
    if (fetch === 0) return stored;
    const wanted = Math.max(before === undefined ? 0 : beginOf(before), this.#leaving?.slot.added ?? 0);
    this.#free = Math.max(this.#free, wanted) + Math.ceil(fetch / this.#bitsPerCycle);
    return this.#free;
  };

  /** The cycle before which the last results are in DRAM. */
  finish(turns: readonly Turn[]): number {
    return Math.max(...turns.slice(-2).map((turn) => this.#storeResults(turn)));
  }

  #storeResults(turn: Turn | undefined): number {
    if (turn === undefined) return 0;
    const { store } = this.#traffic[turn.tile.index];
    if (store === 0) return 0;
    this.#free = Math.max(this.#free, turn.slot.done) + Math.ceil(store / this.#bitsPerCycle);
    return this.#free;
  }
}

const beginOf = ({ slot }: Turn) => Math.min(slot.load, slot.stream);
