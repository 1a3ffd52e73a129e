import { type MessagePort, workerData } from 'node:worker_threads';
import { compileGemm, type Gemm } from '../datapaths/kernel/index.js';
import type { RowTask } from './gemmPool.js';

/** The other end of gemmPool.ts: rows of products, one task after another. */
const { port, done } = workerData as { port: MessagePort; done: Int32Array };
const compiled = new Map<string, Gemm>();

function gemmOf({ datapath, order }: RowTask): Gemm {
  const key = JSON.stringify([datapath, order]);
  let gemm = compiled.get(key);
  if (gemm === undefined) compiled.set(key, (gemm = compileGemm(datapath, order)));
  return gemm;
}

port.on('message', (task: RowTask) => {
  try {
    port.postMessage({ sums: gemmOf(task).sums(task.job) });
  } catch (error) {
    port.postMessage({ error });
  }
  Atomics.add(done, 0, 1);
  Atomics.notify(done, 0);
});
