import type { Datapath } from '../../datapath.js';
import type { Order } from '../../order.js';
import { exactSums } from './exact.js';
import { type Gemm, type GemmJob, outputFormatOf, type SumArray } from '../contract/gemm.js';
import type { Tally } from '../contract/engine.js';
import type { Scalar } from '../contract/scalar.js';
import { sumValues } from '../float64/values.js';

/** What a run with statistics leaves. */
export interface RunCounts extends Tally {
  /** Its sums are the exact ones. */
  exact: boolean;
}

/** Sums with statistics: what lanes count, what the slower route counts where lanes give up, and exact sums. */
export function statsBy(
  datapath: Datapath,
  order: Order,
  { engine }: Scalar,
  slower: Gemm,
  run: (job: GemmJob, counts: RunCounts) => SumArray,
): Gemm['stats'] {
  return (job) => {
    // Nothing is added: what the sums become on their way out is counted there.
    if (job.k === 0) return slower.stats(job);
    const tally: RunCounts = { swamped: 0, overflowed: 0, exact: false };
    Object.assign(engine.tally, { swamped: 0, overflowed: 0 });
    const sums = run(job, tally);
    const exact = tally.exact ? sumValues(outputFormatOf(datapath, order), sums) : exactSums(datapath, job, order);
    return {
      sums,
      exact,
      ...(tally.exact && { same: true }),
      swamped: tally.swamped + engine.tally.swamped,
      overflowed: tally.overflowed + engine.tally.overflowed,
    };
  };
}
