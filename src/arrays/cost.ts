import type { Datapath } from '../datapaths/datapath.js';
import { type Counts, countsOf } from './counts.js';
import { type MacArray, orderOf } from './dataflow.js';
import { type Cycles, type Pace, timingOf } from './schedule.js';
import { cyclesOf } from './steady.js';
import { checkJob, type ArrayJob, tileRuns } from './tiling.js';

/** What a product costs on an array: by formula, equal to what the clocked mesh counts. */
export interface ArrayCost {
  cycles: Cycles;
  counts: Counts;
  /** Products over cycles x PEs x lanes, 0..1. */
  utilization: number;
}

/**
 * @param pace of the memories; none by default
 * @throws RangeError naming the layer and the length that is not a positive whole number, or the count beyond 2^53 - 1
 */
export function costOf(
  job: ArrayJob,
  array: MacArray,
  datapath: Pick<Datapath, 'lanes' | 'order'>,
  pace?: Pace,
): ArrayCost {
  checkJob(job);
  const { lanes } = datapath;
  const order = orderOf(array, datapath);
  const timing = timingOf(array, order, pace);
  const run = tileRuns(job, array, lanes);
  const counts = countsOf(job, array, order, lanes, run);
  const cycles = cyclesOf(run, timing, job.layer);
  return { cycles, counts, utilization: counts.macs / (cycles.total * array.rows * array.cols * lanes) };
}
