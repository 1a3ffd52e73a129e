import type { Datapath } from '../datapaths/datapath.js';
import { widthOf } from '../formats/format.js';
import { Channel } from './channel.js';
import { type ArrayCost, costOf } from './cost.js';
import { DATAFLOWS, type MacArray, movesOf, orderOf } from './dataflow.js';
import { type Pace, timingOf } from './schedule.js';
import { cyclesOf } from './steady.js';
import { type ArrayJob, tileRuns } from './tiling.js';
import { type TrafficBits, trafficOf } from './traffic.js';

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

type CostedUnit = Pick<Datapath, 'lanes' | 'order' | 'a' | 'b' | 'sum'>;

/**
 * What a product costs on an array with memories. Without bandwidths it is what the array alone costs.
 * @throws RangeError naming the layer and what is no whole number, or beyond 2^53 - 1
 */
export function memoryCostOf(job: ArrayJob, array: MacArray, unit: CostedUnit, memories: Memories): MemoryCost {
  const { cycles: alone, counts } = costOf(job, array, unit);
  const timing = timingOf(array, orderOf(array, unit), paceOf(array, unit, memories));
  const run = tileRuns(job, array, unit.lanes);
  const paced = cyclesOf(run, timing, job.layer);
  const traffic = trafficOf(job, array, unit, memories);
  const dram = memories.bandwidth?.dram;
  const cycles =
    dram === undefined ? paced : cyclesOf(run, timing, job.layer, new Channel((tile) => traffic.of(tile), dram));
  return {
    cycles,
    counts,
    utilization: counts.macs / (cycles.total * array.rows * array.cols * unit.lanes),
    traffic: traffic.bits,
    hindrance: { sram: paced.total - alone.total, dram: cycles.total - paced.total },
  };
}

/** Cycles that the memories' own bandwidth needs for what a full tile wants at once. */
export function paceOf(array: MacArray, unit: CostedUnit, { bandwidth = {} }: Memories): Pace {
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
