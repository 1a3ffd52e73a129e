import { type Datapath, totalFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { factsOf } from '../contract/facts.js';
import type { GemmJob } from '../contract/gemm.js';
import { unitInFirstPlace } from '../float64/snap.js';
import { decoderOf } from '../float64/values.js';
import type { FloatRegister } from './choose.js';
import type { Seen } from '../panels/pack.js';

/** What the initial sums hold. */
export interface Starts extends Seen {
  negativeZero: boolean;
  /** A start has more bits than the register keeps. */
  wide: boolean;
}

export const NO_STARTS: Starts = {
  max: 0,
  negative: false,
  nans: false,
  infinities: false,
  quantum: Infinity,
  negativeZero: false,
  wide: false,
};

/** @param products quantum of the products: starts that are multiples of it bring no finer one */
export function startsOf(
  datapath: Datapath,
  order: Order,
  outer: Pick<FloatRegister, 'mantissaBits' | 'facts'>,
  job: GemmJob,
  products: number,
): { facts: Starts; values?: Float64Array } {
  if (job.c === undefined) return { facts: NO_STARTS };
  const total = totalFitOf(datapath, order);
  const read = decoderOf(total.format, total.subnormals);
  const values = Float64Array.from(job.c as ArrayLike<number | bigint>, (code) => read(Number(code)));
  const facts: Starts = { ...NO_STARTS };
  const unit = 2 ** products;
  for (const value of values) {
    if (value !== value) facts.nans = true;
    else if (value - value !== 0) facts.infinities = true;
    else {
      facts.max = Math.max(facts.max, Math.abs(value));
      if (Object.is(value, -0)) facts.negativeZero = true;
      if (value !== 0 && (value / unitInFirstPlace(value)) % 2 ** -outer.mantissaBits !== 0) facts.wide = true;
      if (!(value % unit === 0)) facts.quantum = Math.min(outer.facts.quantum, factsOf(total.format).quantum);
    }
  }
  return { facts, values };
}
