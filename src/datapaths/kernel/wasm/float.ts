import type { Datapath } from '../../datapath.js';
import { registerFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { widthOf } from '../../../formats/format.js';
import { termFacts } from '../facts.js';
import { type Gemm, type GemmJob, outputFormatOf, type SumArray, sumArray } from '../gemm.js';
import { outerOf, type Plan, planOf } from '../plan.js';
import type { Tally } from '../rounder.js';
import type { Finish, Scalar } from '../scalar.js';
import { statsBy } from './stats.js';
import { valuesOf } from '../values.js';
import { type Addends, chooseStep, floatRegister, type FloatRegister, reachOf } from './choose.js';
import type { Step } from './lanes.js';
import { NO_STARTS, type Starts, startsOf } from './starts.js';
import { layoutOf, type Seen, seenIn } from './pack.js';
import { runTiles } from './tiles.js';

/** What the lane routes need of the slower ones: single outputs, and the way out of the last sum. */
export interface Fallback {
  finish: Finish;
  /** Puts the finished sum of one output. */
  single: Scalar['single'];
  whole: (job: GemmJob) => SumArray;
}

/** A datapath whose products meet float registers in SIMD lanes. */
export interface FloatSite {
  datapath: Datapath;
  order: Order;
  register: FloatRegister;
  outer: FloatRegister;
  /** Values of the operands' codes. */
  tables: readonly Float64Array[];
  /** What all their codes hold. */
  codes: readonly Seen[];
  fallback: Fallback;
}

export interface Steps {
  step: Step;
  outer: Step;
}

/** What the smallest operands of ordinary data are multiples of, for telling which route a datapath usually gets. */
const USUAL_QUANTUM = -12;

/** @returns in words why float lanes are not for this datapath */
export function floatSite(datapath: Datapath, order: Order, fallback: Fallback): FloatSite | string {
  const { a, b, product, lanes, combine, blockScale, sum } = datapath;
  if (product !== 'exact') return 'its products are rounded';
  if (blockScale !== undefined) return 'it has block scales';
  const alone = combine.kind === 'tree' || (combine.kind === 'fused' && combine.sumInside);
  if (combine.kind !== 'chain' && !(lanes === 1 && alone)) return 'its lanes do not add one after the other';
  if (widthOf(a) > 16 || widthOf(b) > 16) return 'an operand has more than 16 bits';
  const fit = registerFitOf(sum);
  const register = floatRegister(fit);
  const outerFit = outerOf(order);
  const outer = outerFit === undefined ? register : floatRegister(outerFit);
  if (register === undefined || outer === undefined) return 'a register is not a float that lanes carry';
  const random = [fit.rounding, outerFit?.rounding].filter((rounding) => typeof rounding === 'object');
  if (random.some(({ stochastic }) => stochastic.perOutput)) return 'each output has random bits of its own';
  if (random.length > 0 && (outerFit !== undefined || order.kind === 'tree'))
    return 'its random bits come in another order';
  if (order.kind === 'tree' && lanes > 1) return 'its tree has leaves of several products';
  const tables = [a, b].map((format) => valuesOf(format, datapath.operands));
  const codes = tables.map((table) => seenIn(Uint16Array.from(table.keys()), table));
  return { datapath, order, register, outer, tables, codes, fallback };
}

/** Float lanes where they suit the datapath, else the route given. */
export function floatGemm(datapath: Datapath, order: Order, slower: Gemm, scalar: Scalar): Gemm {
  const { finish, single } = scalar;
  const site = floatSite(datapath, order, { finish, single, whole: (job) => slower.sums(job) });
  const reason = (text: string): Gemm => ({ ...slower, why: `${slower.why}; not in SIMD lanes: ${text}` });
  if (typeof site === 'string') return reason(site);
  const seen: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: USUAL_QUANTUM };
  const usual = stepsFor(site, [seen, seen], planOf(order, 64, datapath.lanes), NO_STARTS);
  if (typeof usual === 'string') return reason(usual);
  const { carrier, method, rounding } = usual.step;
  const why = `sums are exact or innocuously rounded in ${carrier} lanes; ${rounding} by ${method}`;
  const sums = (job: GemmJob) => floatSums(site, job);
  const run = (job: GemmJob, tally: Tally) => floatSums(site, job, tally);
  return { ...slower, route: `simd ${carrier}`, why, sums, stats: statsBy(datapath, order, scalar, run) };
}

function stepsFor(site: FloatSite, seen: readonly Seen[], plan: Plan, starts: Starts): Steps | string {
  const { register, outer, datapath, order } = site;
  if (starts.wide) return 'an initial sum has more bits than the register keeps';
  const facts = termFacts(datapath);
  const specials = [...seen, starts].some(({ nans, infinities }) => nans || infinities);
  const infinite = [...seen, starts].some(({ infinities }) => infinities);
  const zeroTimesInfinity = infinite || specials;
  if (infinite && !(register.toInfinity && outer.toInfinity)) return 'infinities meet a register that has none';
  if (typeof register.fit.rounding !== 'string' && zeroTimesInfinity && plan.runs.length > 1)
    return 'sums that are not finite draw no random bits';
  const max = seen[0].max * seen[1].max;
  const quantum = seen[0].quantum + seen[1].quantum;
  const inner: Addends = {
    quantum: Math.min(quantum, plan.direct ? starts.quantum : Infinity),
    max,
    precision: facts.precision,
    start: plan.direct ? starts.max : 0,
    count: Math.max(...plan.runs, 1),
    specials,
    negativeZero: plan.direct && starts.negativeZero,
  };
  if (order.kind === 'tree' && facts.precision > register.mantissaBits + 1) return 'leaves are wider than the register';
  const joined: Addends = {
    quantum: Math.min(quantum, starts.quantum),
    max: Math.min(reachOf(register, inner), register.facts.max),
    precision: order.kind === 'tree' ? Math.max(facts.precision, register.mantissaBits + 1) : register.mantissaBits + 1,
    start: Math.max(starts.max, plan.direct ? reachOf(register, inner) : 0),
    count: plan.runs.length,
    specials,
    negativeZero: starts.negativeZero,
  };
  const direct = plan.runs.length === 1 && plan.direct;
  const reasons: string[] = [];
  for (const carrier of ['f32', 'f64'] as const) {
    const step = chooseStep(register, inner, carrier);
    const last = direct ? step : chooseStep(outer, joined, carrier);
    if (typeof step === 'string') reasons.push(`${carrier}: ${step}`);
    else if (typeof last === 'string') reasons.push(`${carrier}: ${last}`);
    else return { step, outer: last };
  }
  return reasons.join('; ');
}

function isNative({ method, overflow }: Step): boolean {
  return method === 'native' && overflow === 'none';
}

/** Sums of a job in lanes where its data allow it, else by the slower route. */
export function floatSums(site: FloatSite, job: GemmJob, tally?: Tally): SumArray {
  const { datapath, tables, fallback } = site;
  const plan = planOf(site.order, job.k, datapath.lanes);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return fallback.whole(job);
  const whatever = job.c === undefined ? stepsFor(site, site.codes, plan, NO_STARTS) : '';
  const native = typeof whatever !== 'string' && isNative(whatever.step) && isNative(whatever.outer);
  // Where the carrier is the register, whatever the operands hold, there is no need to look at them.
  const seen = native && tally === undefined ? site.codes : [seenIn(job.a, tables[0]), seenIn(job.b, tables[1])];
  const starts = startsOf(datapath, site.order, site.outer, job, seen[0].quantum + seen[1].quantum);
  // Infinite sums stay what they are without being swamped; only the slower route tells.
  if (tally !== undefined && [...seen, starts.facts].some(({ infinities }) => infinities)) return fallback.whole(job);
  const steps = stepsFor(site, seen, plan, starts.facts);
  if (typeof steps === 'string') return fallback.whole(job);
  const sums = sumArray(outputFormatOf(datapath, site.order), job.m * job.n);
  const sure = seen.every(({ nans, infinities }) => !nans && !infinities);
  runTiles(site, job, {
    plan,
    layout: layoutOf(plan, datapath.lanes),
    steps,
    starts: starts.values,
    sums,
    sure,
    tally,
  });
  return sums;
}
