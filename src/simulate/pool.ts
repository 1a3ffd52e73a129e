import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Network } from '../networks/network.js';
import { partsFor } from './division.js';
import { checkInputs, loadNetwork, type RunPlan } from './plan.js';
import type { RunResult } from './run.js';
import { sharedNetwork } from './shared.js';
import runTask, { type JoinTask, type PartResult, type PartTask, type Task } from './worker.js';

export interface PoolOptions {
  /** Worker threads; as many as there are processors by default. */
  threads?: number;
  /** Called with the number of images done over all plans. */
  progress?: (images: number) => void;
  /** Called with each result as it comes, in any order. */
  finished?: (result: RunResult, index: number) => void;
  signal?: AbortSignal;
  /** Networks of plans that have been read already. */
  networks?: ReadonlyMap<RunPlan, Network>;
  /** A single plan that is not divided runs on the calling thread: no other has to start, but nothing else is heard meanwhile. */
  here?: boolean;
}

/** A thread that is ended while it requires a module takes the process down, with Node's own words (20.20): it imports it. */
const BY_IMPORT = ['--no-experimental-require-module'].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag));

/**
 * Runs plans on worker threads; where there are fewer plans than threads, parts of one where that may be.
 * @throws Error where an input cannot be read
 * @returns results in the order of the plans, whatever the number of threads
 */
export async function runAll(plans: readonly RunPlan[], options: PoolOptions = {}): Promise<RunResult[]> {
  const { threads = availableParallelism(), progress, finished, signal, here } = options;
  if (plans.length === 0) return [];
  if (here === true && plans.length === 1) {
    const [plan] = plans;
    const network = options.networks?.get(plan) ?? (await loadNetwork(plan.network, plan.reading));
    const port = { postMessage: (images: number) => progress?.(images), close() {} };
    if (partsFor(network, plan, threads) === 1) return [await runTask({ plan, network, port })];
  }
  const shares = await sharesOf(plans, threads, options.networks);
  const tasks = shares.reduce((sum, { parts }) => sum + parts, 0);
  const pool = new Piscina<Task | PartTask | JoinTask, RunResult | PartResult>({
    filename: new URL('./worker.js', import.meta.url).href,
    execArgv: BY_IMPORT,
    minThreads: 1,
    maxThreads: Math.max(1, Math.min(threads, tasks)),
    concurrentTasksPerWorker: 1,
  });
  let images = 0;
  const one = async <T extends RunResult | PartResult>(task: Task | PartTask | JoinTask): Promise<T> => {
    const { port1, port2 } = new MessageChannel();
    let seen = 0;
    port1.on('message', (done: number) => {
      images += done - seen;
      seen = done;
      progress?.(images);
    });
    try {
      return (await pool.run({ ...task, port: port2 }, { transferList: [port2], signal })) as T;
    } finally {
      port1.close();
    }
  };
  const whole = async (plan: RunPlan, index: number): Promise<RunResult> => {
    const { parts, network } = shares[index];
    const task = { plan, ...(network && { network: sharedNetwork(network) }) };
    const result = parts === 1 ? await one<RunResult>(task) : await joined(task, parts, one);
    finished?.(result, index);
    return result;
  };
  try {
    return await Promise.all(plans.map(whole));
  } finally {
    await pool.destroy();
  }
}

type RunOne = <T extends RunResult | PartResult>(task: Task | PartTask | JoinTask) => Promise<T>;

async function joined(task: Task, of: number, one: RunOne): Promise<RunResult> {
  const places = Array.from({ length: of }, (_, index) => index);
  const found = await Promise.all(places.map((index) => one<PartResult>({ ...task, part: { index, of } })));
  return one<RunResult>({ ...task, found });
}

/** Into how many parts a plan goes, and its network where threads are given it. */
interface Share {
  parts: number;
  network?: Network;
}

async function sharesOf(plans: readonly RunPlan[], threads: number, known: PoolOptions['networks']): Promise<Share[]> {
  const networks = await checkInputs(plans, known);
  const each = Math.floor(threads / plans.length);
  // Where there are many plans, the threads that run them read their networks.
  if (each < 1) return plans.map(() => ({ parts: 1 }));
  const shares: Share[] = [];
  for (const plan of plans) {
    const network = networks.get(plan) ?? (await loadNetwork(plan.network, plan.reading));
    shares.push({ parts: partsFor(network, plan, each), network });
  }
  return shares;
}
