import type { MacArray } from '../arrays/dataflow.js';
import type { Network } from '../networks/network.js';
import type { ReadOptions } from '../networks/readers/index.js';
import type { Target } from '../targets/target.js';
import { isOfGates } from '../targets/schema.js';
import { judgeCost } from './cost.js';
import type { GateActivity } from './gateActivity.js';
import { digestsOf, type FileDigests, imagesDigest, type Inquiry, inquiryOf } from './inquiry.js';
import type { Journal } from './journal.js';
import { paretoOptimal } from './pareto.js';
import { type DataPlan, loadNetwork, resolveTarget, type RunPlan, whyNot } from './plan.js';
import type { PoolOptions } from './pool.js';
import { outcomesOf } from './outcomes.js';
import { type Outcome, qualityOf } from './run.js';
import { isOwn, type OwnData, readRunData } from './runData.js';
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
  /** Half of the 95 % interval of the energy of gates, as a share of it; where it is that. */
  gatesError?: number;
  /** No other point is at least as good in accuracy, cycles and energy, and better in one. */
  pareto: boolean;
}

/** A point before its bits are known. Points with the same key share them. */
export interface Planned extends Inquiry {
  path: string;
  network: Network;
  datapath: string;
  target: Target;
}

export interface SweepPlan {
  points: Planned[];
  /** Pairs of network and datapath that have no operands in common, with the reason. */
  skipped: string[];
}

/** What a command line adds to the file: how networks are read, and data that say more than where they lie. */
export interface SweepOptions {
  reading?: ReadOptions;
  data?: OwnData;
  /** In place of the targets' own. */
  energy?: string;
}

/** What the gates of a point's PEs took. */
export type ActivityOf = (point: Planned) => GateActivity | undefined;

/** @throws Error when no datapath runs any network, or a file is wrong */
export async function planSweep(file: SweepFile, options: SweepOptions = {}): Promise<SweepPlan> {
  const points: Planned[] = [];
  const skipped: string[] = [];
  for (const path of file.networks) {
    const network = await loadNetwork(path, options.reading);
    const data = await dataOf(file, network, options);
    const images = imagesDigest(data);
    const files = digestsOf({ network: path, reference: file.reference }, images);
    for (const datapath of file.datapaths) {
      const base = targetAround(datapath, file);
      const reason = whyNot(network, resolveTarget({ base }));
      if (reason !== undefined) skipped.push(`${path} on ${datapath}: ${reason}`);
      else {
        const plan = { network: path, data, ...(options.reading && { reading: options.reading }) };
        points.push(...pointsOf(file, plan, network, datapath, files, options.energy));
      }
    }
  }
  if (points.length === 0) throw new Error(`the sweep has no point that can run: ${skipped[0]}`);
  return { points, skipped };
}

/** Of a user's data no more than there is. */
async function dataOf({ images, data }: SweepFile, network: Network, { data: own }: SweepOptions): Promise<DataPlan> {
  if (own === undefined || !isOwn(own)) return { images, ...(data !== undefined && { folder: data }) };
  const { count } = await readRunData(network, own);
  return { ...own, images: Math.min(count, own.images ?? images) };
}

function pointsOf(
  file: SweepFile,
  shared: Omit<RunPlan, 'target'>,
  network: Network,
  datapath: string,
  files: FileDigests,
  given?: string,
): Planned[] {
  const base = targetAround(datapath, file);
  const energy = given ?? (isOfGates(file.energy) ? file.energy : undefined);
  return file.rows.flatMap((rows) =>
    file.cols.flatMap((cols) =>
      file.dataflow.map((dataflow) => {
        const plan: RunPlan = {
          ...shared,
          target: { base, array: { rows, cols, dataflow }, ...(energy !== undefined && { energy }) },
          ...(file.reference !== undefined && { reference: file.reference }),
        };
        const target = resolveTarget(plan.target);
        return { path: shared.network, network, datapath, target, ...inquiryOf(plan, target, datapath, files) };
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
  activityOf?: ActivityOf,
): Promise<SweepPoint[]> {
  const outcomes = await outcomesOf(points, journal, options);
  const rows = points.map((point, i) => rowOf(point, outcomes[i], activityOf?.(point)));
  const optimal = paretoOptimal(rows.map((row) => ({ ...row, quality: qualityOf(row) })));
  return rows.map((row, i) => ({ ...row, pareto: optimal[i] }));
}

function rowOf(
  { path, network, datapath, target }: Planned,
  outcome: Outcome,
  activity?: GateActivity,
): Omit<SweepPoint, 'pareto'> {
  const { cycles, utilization, energyPj, extrapolated } = judgeCost(network, target, activity);
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
    ...(activity && { gatesError: activity.error }),
  };
}
