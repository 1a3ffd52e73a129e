import { parentPort } from 'node:worker_threads';
import type { Gemm } from '../contract/gemm.js';
import { compileGemm } from './index.js';
import { DONE, FAILED, type Share } from './parallel.js';

/** The other threads of parallel.ts: each compiles what it is asked for once, and fills its share of the sums. */
const compiled = new Map<string, Gemm>();

function gemmFor({ datapath, order }: Share): Gemm {
  const key = JSON.stringify([datapath, order]);
  let gemm = compiled.get(key);
  if (gemm === undefined) compiled.set(key, (gemm = compileGemm(datapath, order)));
  return gemm;
}

function fill(share: Share): number {
  try {
    gemmFor(share).sums({ ...share.job, sums: share.sums });
    return DONE;
  } catch {
    return FAILED;
  }
}

parentPort?.on('message', (share: Share) => {
  Atomics.store(share.state, 0, fill(share));
  Atomics.notify(share.state, 0);
});
