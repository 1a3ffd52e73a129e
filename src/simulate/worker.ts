import type { MessagePort } from 'node:worker_threads';
import type { Network } from '../networks/network.js';
import { networkNameOf } from '../networks/readers/index.js';
import { type Accuracy, joinedRows, judgeAccuracy } from './accuracy.js';
import { joinedAccuracy, type Part, partOfData } from './division.js';
import type { OutputRows } from './measures.js';
import { loadNetwork, loadRunData, resolveTarget, type RunPlan } from './plan.js';
import { floatOutputs, type FloatRun, floatRunOf, resultOf, run, runFloat, type RunResult } from './run.js';
import { portsOf, type RunData } from './runData.js';

/** One run in a worker thread. Data and float outputs are kept for the next plan that wants the same. */
export interface Task {
  plan: RunPlan;
  /** The plan's, where it has been read. */
  network?: Network;
  /** Gets the number of images done. */
  port?: Pick<MessagePort, 'close'> & { postMessage(images: number): void };
}

/** Some images of a run. */
export interface PartTask extends Task {
  part: Part;
}

/** The rest of a run, from what all its parts have found. */
export interface JoinTask extends Task {
  found: readonly PartResult[];
}

/** What some images of a run gave. */
export interface PartResult {
  accuracy: Accuracy;
  /** Of the float network. */
  float?: readonly OutputRows[];
}

const kept = new Map<string, unknown>();

function keep<T>(key: unknown, make: () => T): T {
  const name = JSON.stringify(key);
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name) as T;
}

export default function runTask(task: PartTask): Promise<PartResult>;
export default function runTask(task: JoinTask | Task): Promise<RunResult>;
export default async function runTask(task: Task | PartTask | JoinTask): Promise<RunResult | PartResult> {
  const result = 'part' in task ? await runPart(task) : 'found' in task ? await join(task) : await whole(task);
  task.port?.close();
  return result;
}

async function whole({ plan, port, ...task }: Task): Promise<RunResult> {
  const { network: path, reading, reference, data } = plan;
  const network = task.network ?? (await loadNetwork(path, reading));
  const own = await dataOf(network, plan);
  const float =
    reference === undefined ? undefined : await keep([reference, reading, data], () => floatRun(reference, plan));
  return run(network, resolveTarget(plan.target, network), own, float, (images) => port?.postMessage(images));
}

function dataOf(network: Network, { data }: RunPlan): Promise<RunData> {
  return keep([data, portsOf(network)], () => loadRunData(network, data));
}

async function floatRun(path: string, { reading, data }: RunPlan): Promise<FloatRun> {
  const network = await loadNetwork(path, reading);
  return runFloat(network, await loadRunData(network, data));
}

async function runPart({ plan, part, port, ...task }: PartTask): Promise<PartResult> {
  const network = task.network ?? (await loadNetwork(plan.network, plan.reading));
  const data = partOfData(await dataOf(network, plan), part);
  const target = resolveTarget(plan.target, network);
  const accuracy = judgeAccuracy(network, target, data, (images) => port?.postMessage(images));
  if (plan.reference === undefined) return { accuracy };
  const real = await loadNetwork(plan.reference, plan.reading);
  return { accuracy, float: floatOutputs(real, partOfData(await loadRunData(real, plan.data), part)) };
}

async function join({ plan, found, ...task }: JoinTask): Promise<RunResult> {
  const network = task.network ?? (await loadNetwork(plan.network, plan.reading));
  const data = await dataOf(network, plan);
  const float =
    plan.reference === undefined
      ? undefined
      : floatRunOf(
          { name: networkNameOf(plan.reference) },
          joinedRows(
            found.flatMap((part) => (part.float === undefined || part.float.length === 0 ? [] : [part.float])),
          ),
          data,
        );
  const accuracy = joinedAccuracy(found.map((part) => part.accuracy));
  return resultOf(network, resolveTarget(plan.target, network), data, accuracy, float);
}
