/**
 * floats: the lane route of units with a float or fixed-point register that add one product after the other, or in a
 * tree.
 */

import { type GemmJob, type SumArray, sumsFor } from '../contract/gemm.js';
import { isWhole } from '../../products.js';
import { planOf } from '../contract/plan.js';
import type { Asked, Offer, Refusal } from '../contract/route.js';
import { isExact } from '../steps/bounds.js';
import { type FloatSite, floatSite } from '../steps/floatSite.js';
import { nativeSteps, stepsFor, waysFor } from '../steps/floatSteps.js';
import { layoutOf, type Seen, seenIn } from '../panels/pack.js';
import { NO_STARTS, startsOf } from '../steps/starts.js';
import { type RunCounts, statsBy } from '../nests/stats.js';
import { runTiles } from './tiles.js';

/** What the smallest operands of ordinary data are multiples of, for telling which route a datapath usually gets. */
const USUAL_QUANTUM = -12;

/** Float lanes for units that add and round one product after the other, or pairwise. */
export function floats({ datapath, order, scalar, slower }: Asked): Offer | Refusal {
  const { finish, single } = scalar;
  const site = floatSite(datapath, order, { finish, single, whole: (job) => slower.sums(job) });
  if (typeof site === 'string') return site;
  const seen: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: USUAL_QUANTUM };
  const usual = stepsFor(site, [seen, seen], planOf(site.order, 64, datapath.lanes), NO_STARTS);
  if (typeof usual === 'string') return usual;
  const { carrier, method, rounding } = usual.step;
  const how =
    method === 'complete' ? 'are rounded to odd where they are not exact' : 'are exact or innocuously rounded';
  const why = `sums ${how} in ${carrier} lanes; ${rounding} by ${method === 'complete' ? 'all rules' : method}`;
  const sums = (job: GemmJob) => floatSums(site, job);
  const run = (job: GemmJob, tally: RunCounts) => floatSums(site, job, tally);
  return { route: `simd ${carrier}`, why, sums, stats: statsBy(datapath, order, scalar, slower, run) };
}

/** Sums of a job in lanes where its data allow it, else by the slower route. */
export function floatSums(site: FloatSite, job: GemmJob, tally?: RunCounts): SumArray {
  const { datapath, tables, fallback, order, outer } = site;
  const plan = planOf(order, job.k, datapath.lanes);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return fallback.whole(job);
  const native = job.c === undefined ? nativeSteps(site, plan, job.k) : undefined;
  // Where the carrier is the register, whatever the operands hold, there is no need to look at them.
  const seen =
    native !== undefined && tally === undefined ? site.codes : [seenIn(job.a, tables[0]), seenIn(job.b, tables[1])];
  const starts = startsOf(datapath, order, outer, job, seen[0].quantum + seen[1].quantum);
  if (starts.facts.negativeZero && isWhole(datapath)) return fallback.whole(job);
  const exact = tally !== undefined && isExact(site, job, seen, starts.facts);
  if (exact) tally.exact = datapath.result === undefined && datapath.requantize === undefined;
  const counting = exact ? undefined : tally;
  const ways =
    counting === undefined && native !== undefined
      ? { steps: native }
      : waysFor(site, seen, plan, starts.facts, counting !== undefined);
  if (typeof ways === 'string') return fallback.whole(job);
  const sums = sumsFor(datapath, order, job);
  runTiles(site, job, {
    plan,
    layout: layoutOf(plan, datapath.lanes),
    ...ways,
    starts: starts.values,
    sums,
    sure: [...seen, starts.facts].every(({ nans, infinities }) => !nans && !infinities),
    tally: counting,
  });
  return sums;
}
