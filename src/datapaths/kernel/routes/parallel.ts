import { Worker } from 'node:worker_threads';
import { type Format, widthOf } from '../../../formats/format.js';
import { type CodeArray, type Gemm, type GemmJob, outputFormatOf, type SumArray } from '../contract/gemm.js';
import { drawsForEach } from '../../reference.js';
import { Room } from './room.js';

/** Matrix products shared among threads by rows: every sum is the work of one, so their number changes no bit. */
export interface GemmPool {
  /** Returns when all threads are done, so it can stand wherever a Gemm's own `sums` does. */
  sums(gemm: Gemm, job: GemmJob): SumArray;
  /** Ends the threads. */
  close(): void;
}

/** A matrix product spread over threads of its own. */
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

/** States of a share. */
export const WAITING = 0;
export const DONE = 1;
export const FAILED = 2;

/** Below this many products a thread's wake-up costs more than it saves. */
const WORTHWHILE = 2 ** 22;

/** A worker that fails, or has not answered in this time (ms), has its rows done here, where the error can be seen. */
const PATIENCE = 30_000;

export const ALONE: GemmPool = { sums: (gemm, job) => gemm.sums(job), close() {} };

/** @param threads in all, the calling one included; the others start when they are first needed */
export function gemmPool(threads: number): GemmPool {
  if (threads < 2) return ALONE;
  const workers: Worker[] = [];
  let room = new Room();
  const close = () => {
    for (const worker of workers.splice(0)) void worker.terminate();
    room = new Room();
  };
  // The calling thread copies operands as well, so that fewer rows keep it busy as long as the others.
  let lead = 1;
  const sums = (gemm: Gemm, job: GemmJob): SumArray => {
    const own = wholeTiles((lead * job.m) / threads);
    if (own >= job.m || !isDivisible(gemm) || job.m * job.n * job.k < WORTHWHILE) return gemm.sums(job);
    const rows = wholeTiles((job.m - own) / (threads - 1));
    const start = performance.now();
    while (workers.length < threads - 1) workers.push(startWorker());
    const total = sharedSums(outputFormatOf(gemm.datapath, gemm.order), job.m * job.n);
    const shares = sharesOf(gemm, slice(job, own, job.m), rows, { room, sums: total.subarray(own * job.n) });
    shares.forEach((share, i) => workers[i].postMessage(share, []));
    put(total, gemm.sums({ ...slice(job, 0, own), sums: total.subarray(0, own * job.n) }), 0);
    const end = performance.now();
    for (const { state } of shares) Atomics.wait(state, 0, WAITING, PATIENCE);
    lead = nextLead(lead, end - start, performance.now() - end);
    const late = shares.map(({ state }) => Atomics.load(state, 0) !== DONE);
    // Whoever is late may still read what lies in the room; the sums that it may still write are the same.
    if (late.includes(true)) close();
    late.forEach((isLate, i) => {
      const first = own + i * rows;
      if (isLate) put(total, gemm.sums(slice(job, first, rows)), first * job.n);
    });
    return total;
  };
  return { sums, close };
}

/** The same sums on `threads` threads, the calling one among them. */
export function parallelGemm(gemm: Gemm, threads: number): ParallelGemm {
  const pool = gemmPool(threads);
  return { ...gemm, sums: (job) => pool.sums(gemm, job), close: () => pool.close() };
}

function wholeTiles(rows: number): number {
  return Math.ceil(rows / 4) * 4;
}

/** The calling thread's share for the next product, of an even one: more where it had to wait for others, else less. */
function nextLead(lead: number, worked: number, waited: number): number {
  const next = waited > worked / 50 ? lead * (1 + Math.min(0.05, waited / worked / 4)) : lead * 0.99;
  return Math.max(0.7, Math.min(1.1, next));
}

/** Random bits of its own for each output are numbered over the whole product. */
function isDivisible({ datapath, order }: Gemm): boolean {
  return !drawsForEach(datapath, order);
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

/** The shares of the other threads, of so many rows each; operands are copied to a room, sums go where they belong. */
function sharesOf(
  { datapath, order }: Gemm,
  others: GemmJob,
  rows: number,
  { room, sums }: { room: Room; sums: SumArray },
): Share[] {
  room.clear();
  const shared: GemmJob = { ...others };
  for (const name of ['a', 'b', 'aScales', 'bScales'] as const) {
    const codes = others[name];
    if (codes !== undefined) shared[name] = room.copyOf(codes);
  }
  if (others.c !== undefined) shared.c = room.copyOf(others.c);
  const shares: Share[] = [];
  for (let first = 0; first < shared.m; first += rows) {
    const own = slice(shared, first, rows);
    const part = sums.subarray(first * own.n, (first + own.m) * own.n);
    shares.push({ datapath, order, job: own, sums: part, state: room.take(Int32Array<SharedArrayBuffer>, 1) });
  }
  for (const { state } of shares) Atomics.store(state, 0, WAITING);
  return shares;
}

/** Threads write their sums where the caller gets them. */
function sharedSums(format: Format, length: number): SumArray {
  return widthOf(format) <= 32
    ? new Uint32Array(new SharedArrayBuffer(4 * length))
    : new BigUint64Array(new SharedArrayBuffer(8 * length));
}

function put(to: SumArray, from: SumArray, at: number): void {
  if (from.buffer === to.buffer) return;
  // Both are of one kind.
  (to as Uint32Array).set(from as Uint32Array, at);
}
