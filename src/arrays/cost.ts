import type { Datapath } from '../datapaths/datapath.js';
import { type Counts, countsOf } from './counts.js';
import { type MacArray, orderOf } from './dataflow.js';
import { type Cycles, cyclesOf, type Pace, timingOf, turnsOf } from './schedule.js';
import { checkJob, type GemmJob, tilesOf } from './tiling.js';

/** What a product costs on an array: by formula, equal to what the clocked mesh counts. */
export interface ArrayCost {
  cycles: Cycles;
  counts: Counts;
  /** Products over cycles x PEs x lanes, 0..1. */
  utilization: number;
}

/**
 * @param pace of the memories; none by default
 * @throws RangeError when a length of the job is not a positive whole number
 */
export function costOf(
  job: GemmJob,
  array: MacArray,
  datapath: Pick<Datapath, 'lanes' | 'order'>,
  pace?: Pace,
): ArrayCost {
  checkJob(job);
  const { lanes } = datapath;
  const order = orderOf(array, datapath);
  const timing = timingOf(array, order, pace);
  const cycles = cyclesOf(turnsOf(tilesOf(job, array, lanes), timing), timing);
  const counts = countsOf(job, array, order, lanes, tilesOf(job, array, lanes));
  return { cycles, counts, utilization: counts.macs / (cycles.total * array.rows * array.cols * lanes) };
}
