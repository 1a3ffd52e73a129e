import type { MessagePort } from 'node:worker_threads';
import runTask from '../../src/simulate/worker.js';
import type { RunPlan } from '../../src/simulate/plan.js';

/** What a pool was made with, and what it was asked to run, since the test began. */
export const seen: { options: Record<string, unknown>[]; plans: RunPlan[]; destroyed: number } = {
  options: [],
  plans: [],
  destroyed: 0,
};

export function forget(): void {
  Object.assign(seen, { options: [], plans: [], destroyed: 0 });
}

/** In place of worker threads, which run compiled files: the same tasks one after another in this process. */
export class Piscina {
  constructor(options: Record<string, unknown>) {
    seen.options.push(options);
  }
  async run(task: { plan: RunPlan; port: MessagePort }, { signal }: { signal?: AbortSignal }) {
    signal?.throwIfAborted();
    seen.plans.push(task.plan);
    const result = await runTask(task);
    // What was posted is heard before the pool closes its port.
    for (let turn = 0; turn < 8; turn++) await new Promise((heard) => setImmediate(heard));
    return result;
  }
  destroy(): Promise<void> {
    seen.destroyed++;
    return Promise.resolve();
  }
}
