import type { MessagePort } from 'node:worker_threads';
import { loadData, loadNetwork, resolveTarget, type RunPlan } from './plan.js';
import { run, runFloat, type RunResult } from './run.js';

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
  const data = keep(plan.data, () => loadData(plan.data));
  const { reference } = plan;
  const float =
    reference === undefined
      ? undefined
      : await keep([reference, plan.data], async () => runFloat(await loadNetwork(reference), data));
  const result = run(await loadNetwork(plan.network), resolveTarget(plan.target), data, float, (images) =>
    port?.postMessage(images),
  );
  port?.close();
  return result;
}
