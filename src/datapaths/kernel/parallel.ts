import { Worker } from 'node:worker_threads';
import { type CodeArray, type Gemm, type GemmJob, outputFormatOf, type SumArray, sumArray } from './gemm.js';

/** A matrix product spread over threads; `close` ends them. */
export interface ParallelGemm extends Gemm {
  close: () => void;
}

/** What a worker gets: rows of a job, all in shared memory, and where to say that it is done. */
export interface Share {
  datapath: Gemm['datapath'];
  order: Gemm['order'];
  job: GemmJob;
  sums: SumArray;
  state: Int32Array<SharedArrayBuffer>;
}

/** Below this many products a thread's wake-up costs more than it saves. */
const WORTHWHILE = 2 ** 23;
/** States of a share. */
export const WAITING = 0;
export const DONE = 1;
export const FAILED = 2;

/**
 * The same sums on `threads` threads, the calling one among them: rows are dealt out and every thread packs and walks its
 * own. The call returns when all are done, so it can stand wherever a Gemm does.
 */
export function parallelGemm(gemm: Gemm, threads: number): ParallelGemm {
  const workers: Worker[] = [];
  const { rounding } = gemm.datapath.sum;
  // Random bits of its own for each output are numbered over the whole product.
  const divisible = typeof rounding === 'string' || !rounding.stochastic.perOutput;
  const sums = (job: GemmJob): SumArray => {
    const rows = Math.ceil(job.m / threads / 4) * 4;
    if (threads < 2 || !divisible || rows >= job.m || job.m * job.n * job.k < WORTHWHILE) return gemm.sums(job);
    while (workers.length < threads - 1) workers.push(startWorker());
    const shared = { ...job, b: toShared(job.b) };
    const shares = workers
      .map((_, i) => sharesOf(gemm, shared, (i + 1) * rows, rows))
      .filter((share) => share.job.m > 0);
    shares.forEach((share, i) => workers[i].postMessage(share, []));
    const total = sumArray(outputFormatOf(gemm.datapath, gemm.order), job.m * job.n);
    put(total, gemm.sums(slice(shared, 0, rows)), 0);
    shares.forEach((share, i) => put(total, awaited(gemm, share), (i + 1) * rows * job.n));
    return total;
  };
  const close = () => {
    for (const worker of workers.splice(0)) void worker.terminate();
  };
  return { ...gemm, sums, close };
}

function startWorker(): Worker {
  // Flags such as --input-type are the parent's own: a worker that inherits them does not start.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { execArgv: [] });
  worker.unref();
  return worker;
}

function slice(job: GemmJob, first: number, rows: number): GemmJob {
  const { m, n, k } = job;
  const count = Math.max(0, Math.min(rows, m - first));
  const cut = <T extends CodeArray | SumArray>(codes: T, width: number) =>
    codes.subarray(first * width, (first + count) * width) as T;
  const blocks = job.aScales === undefined ? 0 : job.aScales.length / m;
  return {
    ...job,
    m: count,
    a: cut(job.a, k),
    ...(job.c === undefined ? {} : { c: cut(job.c, n) }),
    ...(job.aScales === undefined ? {} : { aScales: cut(job.aScales, blocks) }),
  };
}

function sharesOf({ datapath, order }: Gemm, whole: GemmJob, first: number, rows: number): Share {
  const job = slice(whole, first, rows);
  const sums = toShared(sumArray(outputFormatOf(datapath, order), job.m * job.n));
  const state = new Int32Array(new SharedArrayBuffer(4));
  return { datapath, order, job: { ...job, a: toShared(job.a) }, sums, state };
}

function toShared<T extends CodeArray | SumArray>(codes: T): T {
  const kind = codes.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new kind(new SharedArrayBuffer(codes.byteLength));
  new Uint8Array(copy.buffer).set(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength));
  return copy;
}

/** A worker that fails, or has not answered in this time (ms), has its rows done here, where the error can be seen. */
const PATIENCE = 30_000;

function awaited(gemm: Gemm, { job, sums, state }: Share): SumArray {
  Atomics.wait(state, 0, WAITING, PATIENCE);
  return Atomics.load(state, 0) === DONE ? sums : gemm.sums(job);
}

function put(to: SumArray, from: SumArray, at: number): void {
  if (to instanceof BigUint64Array) to.set(from as BigUint64Array, at);
  else to.set(from as Uint32Array, at);
}
