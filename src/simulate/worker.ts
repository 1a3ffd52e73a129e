import type { MessagePort } from 'node:worker_threads';
import { loadNetwork, loadRunData, resolveTarget, type RunPlan } from './plan.js';
import { type FloatRun, run, runFloat, type RunResult } from './run.js';
import { portsOf } from './runData.js';

/** One run in a worker thread. Data and float outputs are kept for the next plan that wants the same. */
export interface Task {
  plan: RunPlan;
  /** Gets the number of images done. */
  port?: MessagePort;
}

const kept = new Map<string, unknown>();

function keep<T>(key: unknown, make: () => T): T {
  const name = JSON.stringify(key);
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name) as T;
}

export default async function runTask({ plan, port }: Task): Promise<RunResult> {
  const { network: path, reading, reference, data } = plan;
  const network = await loadNetwork(path, reading);
  const own = await keep([data, portsOf(network)], () => loadRunData(network, data));
  const float =
    reference === undefined ? undefined : await keep([reference, reading, data], () => floatRun(reference, plan));
  const result = run(network, resolveTarget(plan.target, network), own, float, (images) => port?.postMessage(images));
  port?.close();
  return result;
}

async function floatRun(path: string, { reading, data }: RunPlan): Promise<FloatRun> {
  const network = await loadNetwork(path, reading);
  return runFloat(network, await loadRunData(network, data));
}
