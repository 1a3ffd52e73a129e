import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Datapath } from '../datapaths/datapath.js';
import type { Gemm, GemmJob, SumArray } from '../datapaths/kernel/index.js';
import type { Order } from '../datapaths/order.js';

/** Rows of one product for another thread. */
export interface RowTask {
  datapath: Datapath;
  order: Order;
  job: GemmJob;
}

/** Matrix products shared among threads by rows: every sum is the work of one, so their number changes no bit. */
export interface GemmPool {
  sums(gemm: Gemm, job: GemmJob): SumArray;
  close(): void;
}

/** Products smaller than this are done before another thread would have its operands. */
const WORTHWHILE = 1 << 20;

export const ALONE: GemmPool = { sums: (gemm, job) => gemm.sums(job), close() {} };

/** @param threads in all, this one included */
export function gemmPool(threads: number): GemmPool {
  if (threads <= 1) return ALONE;
  const helpers = Array.from({ length: threads - 1 }, openHelper);
  return {
    sums: (gemm, job) => (isShared(gemm, job, threads) ? shared(gemm, job, helpers) : gemm.sums(job)),
    close: () => helpers.forEach((helper) => helper.close()),
  };
}

/** A register that draws random bits from one source for all outputs depends on their order. */
function isShared({ datapath, order }: Gemm, { m, n, k }: GemmJob, threads: number): boolean {
  const outer = order.kind === 'chunked' ? order.outer : undefined;
  const random = [datapath.sum, outer].some((fit) => fit !== undefined && typeof fit.rounding !== 'string');
  return m >= threads && m * n * k >= WORTHWHILE && !random;
}

interface Helper {
  begin(task: RowTask): void;
  /** Waits for what was begun last. @throws what the other thread threw */
  finish(): SumArray;
  close(): void;
}

function openHelper(): Helper {
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./gemmWorker.js', import.meta.url), {
    workerData: { port: port2, done },
    transferList: [port2],
  });
  worker.unref();
  port1.unref();
  return {
    begin: (task) => port1.postMessage(task),
    finish() {
      for (;;) {
        const seen = Atomics.load(done, 0);
        const received = receiveMessageOnPort(port1)?.message as { sums: SumArray } | { error: Error } | undefined;
        if (received === undefined) {
          Atomics.wait(done, 0, seen);
          continue;
        }
        if ('error' in received) throw received.error;
        return received.sums;
      }
    },
    close: () => void worker.terminate(),
  };
}

function shared(gemm: Gemm, job: GemmJob, helpers: readonly Helper[]): SumArray {
  const parts = helpers.length + 1;
  const rows = (part: number) => Math.floor((job.m * part) / parts);
  const cut = (part: number): GemmJob => ({
    ...job,
    m: rows(part + 1) - rows(part),
    a: job.a.slice(rows(part) * job.k, rows(part + 1) * job.k),
  });
  const { datapath, order } = gemm;
  helpers.forEach((helper, i) => helper.begin({ datapath, order, job: cut(i + 1) }));
  const own = gemm.sums(cut(0));
  const all = new (own.constructor as new (length: number) => SumArray)(job.m * job.n);
  all.set(own as never);
  helpers.forEach((helper, i) => all.set(helper.finish() as never, rows(i + 1) * job.n));
  return all;
}
