import type { Datapath } from '../../datapath.js';
import type { Order } from '../../order.js';
import { exactSums } from '../exact.js';
import type { Gemm, GemmJob, SumArray } from '../gemm.js';
import type { Tally } from '../rounder.js';
import type { Scalar } from '../scalar.js';

/** Sums with statistics: what lanes count, what the slower route counts where lanes give up, and exact sums. */
export function statsBy(
  datapath: Datapath,
  order: Order,
  { engine }: Scalar,
  run: (job: GemmJob, tally: Tally) => SumArray,
): Gemm['stats'] {
  return (job) => {
    const tally: Tally = { swamped: 0, overflowed: 0 };
    Object.assign(engine.tally, tally);
    const sums = run(job, tally);
    const exact = exactSums(datapath, job, order);
    return {
      sums,
      exact,
      swamped: tally.swamped + engine.tally.swamped,
      overflowed: tally.overflowed + engine.tally.overflowed,
    };
  };
}
