import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { checkInputs, type RunPlan } from './plan.js';
import type { RunResult } from './run.js';
import type { Task } from './worker.js';

export interface PoolOptions {
  /** Worker threads; as many as there are processors by default. */
  threads?: number;
  /** Called with the number of images done over all plans. */
  progress?: (images: number) => void;
  /** Called with each result as it comes, in any order. */
  finished?: (result: RunResult, index: number) => void;
  signal?: AbortSignal;
}

/** Runs plans on worker threads. @throws Error where an input cannot be read @returns results in the order of the plans, whatever the number of threads */
export async function runAll(plans: readonly RunPlan[], options: PoolOptions = {}): Promise<RunResult[]> {
  const { threads = availableParallelism(), progress, finished, signal } = options;
  if (plans.length === 0) return [];
  await checkInputs(plans);
  const pool = new Piscina<Task, RunResult>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: Math.max(1, Math.min(threads, plans.length)),
    concurrentTasksPerWorker: 1,
  });
  let images = 0;
  const one = async (plan: RunPlan, index: number): Promise<RunResult> => {
    const { port1, port2 } = new MessageChannel();
    let seen = 0;
    port1.on('message', (done: number) => {
      images += done - seen;
      seen = done;
      progress?.(images);
    });
    try {
      const result = await pool.run({ plan, port: port2 }, { transferList: [port2], signal });
      finished?.(result, index);
      return result;
    } finally {
      port1.close();
    }
  };
  try {
    return await Promise.all(plans.map(one));
  } finally {
    await pool.destroy();
  }
}
