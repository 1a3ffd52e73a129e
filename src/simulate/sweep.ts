import { orderOf } from '../arrays/dataflow.js';
import type { MacArray } from '../arrays/dataflow.js';
import type { Network } from '../networks/network.js';
import type { Target } from '../targets/target.js';
import { judgeCost } from './cost.js';
import type { Journal } from './journal.js';
import { paretoOptimal } from './pareto.js';
import { loadNetwork, resolveTarget, type RunPlan, whyNot } from './plan.js';
import { type PoolOptions, runAll } from './pool.js';
import type { Outcome, RunResult } from './run.js';
import { type SweepFile, targetAround } from './sweepFile.js';

/** One row of a sweep. */
export interface SweepPoint extends Outcome {
  network: string;
  datapath: string;
  rows: number;
  cols: number;
  dataflow: MacArray['dataflow'];
  cycles: number;
  utilization: number;
  energyPj: number;
  extrapolated: boolean;
  /** No other point is at least as good in accuracy, cycles and energy, and better in one. */
  pareto: boolean;
}

/** A point before its arithmetic is known. `arithmetic` names what its bits depend on: points share it. */
export interface Planned {
  path: string;
  network: Network;
  datapath: string;
  target: Target;
  plan: RunPlan;
  arithmetic: string;
}

export interface SweepPlan {
  points: Planned[];
  /** Pairs of network and datapath that have no operands in common, with the reason. */
  skipped: string[];
}

/** @throws Error when no datapath runs any network, or a file is wrong */
export function planSweep(file: SweepFile): SweepPlan {
  const points: Planned[] = [];
  const skipped: string[] = [];
  for (const path of file.networks) {
    const network = loadNetwork(path);
    for (const datapath of file.datapaths) {
      const base = targetAround(datapath, file);
      const reason = whyNot(network, resolveTarget({ base }));
      if (reason !== undefined) skipped.push(`${path} on ${datapath}: ${reason}`);
      else points.push(...pointsOf(file, path, network, datapath));
    }
  }
  if (points.length === 0) throw new Error(`the sweep has no point that can run: ${skipped[0]}`);
  return { points, skipped };
}

function pointsOf(file: SweepFile, path: string, network: Network, datapath: string): Planned[] {
  const base = targetAround(datapath, file);
  const data = { images: file.images, ...(file.data !== undefined && { folder: file.data }) };
  return file.rows.flatMap((rows) =>
    file.cols.flatMap((cols) =>
      file.dataflow.map((dataflow) => {
        const plan: RunPlan = {
          network: path,
          data,
          target: { base, array: { rows, cols, dataflow } },
          ...(file.reference !== undefined && { reference: file.reference }),
        };
        const target = resolveTarget(plan.target);
        const orders = [target.datapath, ...target.others].map((unit) => orderOf(target.array, unit));
        return { path, network, datapath, target, plan, arithmetic: JSON.stringify([path, datapath, orders]) };
      }),
    ),
  );
}

/**
 * Runs each arithmetic once on worker threads, whatever the number of arrays that share it, and journals it; then counts
 * every point's cycles and energy.
 * @returns points in the order of the plan
 */
export async function runSweep(
  { points }: SweepPlan,
  journal: Journal,
  options: PoolOptions = {},
): Promise<SweepPoint[]> {
  const unfinished = [...new Map(points.map((point) => [point.arithmetic, point])).values()].filter(
    ({ arithmetic }) => journal.find(arithmetic) === undefined,
  );
  await runAll(
    unfinished.map(({ plan }) => plan),
    { ...options, finished: (result, index) => journal.add(unfinished[index].arithmetic, outcomeIn(result)) },
  );
  const rows = points.map((point) => rowOf(point, journal.find(point.arithmetic) as Outcome));
  const optimal = paretoOptimal(rows);
  return rows.map((row, i) => ({ ...row, pareto: optimal[i] }));
}

function outcomeIn({ images, accuracy, floatAccuracy, sqnrExactDb, sqnrFloatDb }: RunResult): Outcome {
  return { images, accuracy, floatAccuracy, sqnrExactDb, sqnrFloatDb };
}

function rowOf({ path, network, datapath, target }: Planned, outcome: Outcome): Omit<SweepPoint, 'pareto'> {
  const { cycles, utilization, energyPj, extrapolated } = judgeCost(network, target);
  const { rows, cols, dataflow } = target.array;
  return {
    network: path,
    datapath,
    rows,
    cols,
    dataflow,
    ...outcome,
    cycles: cycles.total,
    utilization,
    energyPj,
    extrapolated,
  };
}
