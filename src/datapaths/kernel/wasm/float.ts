import type { Datapath } from '../../datapath.js';
import { registerFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import type { Fit } from '../../../formats/codec.js';
import { type FloatFormat, widthOf } from '../../../formats/format.js';
import { type Facts, factsOf, termFacts } from '../facts.js';
import { type Gemm, type GemmJob, type SumArray, sumsFor } from '../gemm.js';
import { outerOf, type Plan, planOf } from '../plan.js';
import type { Finish, Scalar } from '../scalar.js';
import { type Counts, statsBy } from './stats.js';
import { valuesOf } from '../values.js';
import { type Addends, chooseStep, floatRegister, type FloatRegister, reachOf } from './choose.js';
import type { Rules } from './complete.js';
import { isExact } from './bounds.js';
import type { Step } from './lanes.js';
import { completeStep, rulesOf } from './rules.js';
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

/** One register of a datapath: as quick steps see it, and the rules of a complete one, where there are such. */
export interface SiteRegister {
  fit: Fit & { format: FloatFormat };
  quick: FloatRegister | undefined;
  rules: Rules | undefined;
  mantissaBits: number;
  facts: Facts;
}

/** A datapath whose products meet float registers in SIMD lanes. */
export interface FloatSite {
  datapath: Datapath;
  order: Order;
  register: SiteRegister;
  outer: SiteRegister;
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
export function floatSite(datapath: Datapath, given: Order, fallback: Fallback): FloatSite | string {
  const { a, b, lanes, combine, blockScale, sum } = datapath;
  if (blockScale !== undefined) return 'it has block scales';
  const alone = combine.kind === 'tree' || (combine.kind === 'fused' && combine.sumInside);
  const treed = isTree(datapath) && given.kind === 'sequential';
  if (combine.kind !== 'chain' && !treed && !(lanes === 1 && alone)) return 'its lanes do not add one after the other';
  // Firings that add pairwise are blocks of a tree.
  const order: Order = treed ? { kind: 'tree', width: lanes } : given;
  if (widthOf(a) > 16 || widthOf(b) > 16) return 'an operand has more than 16 bits';
  const fit = registerFitOf(sum);
  const register = siteRegister(fit);
  const outerFit = outerOf(order);
  const outer = outerFit === undefined ? register : siteRegister(outerFit);
  if (register === undefined || outer === undefined) return 'a register is not a float that lanes carry';
  const random = [fit.rounding, outerFit?.rounding].filter((rounding) => typeof rounding === 'object');
  if (random.some(({ stochastic }) => stochastic.perOutput)) return 'each output has random bits of its own';
  if (random.length > 0 && (outerFit !== undefined || order.kind === 'tree'))
    return 'its random bits come in another order';
  if (order.kind === 'tree' && lanes > 1 && !treed) return 'its tree has leaves of several products';
  const tables = [a, b].map((format) => valuesOf(format, datapath.operands));
  const codes = tables.map((table) => seenIn(Uint16Array.from(table.keys()), table));
  return { datapath, order, register, outer, tables, codes, fallback };
}

/** Lanes add pairwise, by the rules of the sum's own register. */
function isTree({ combine, lanes, sum }: Datapath): boolean {
  if (combine.kind !== 'tree' || lanes === 1) return false;
  return combine.node === undefined || JSON.stringify(combine.node) === JSON.stringify(registerFitOf(sum));
}

/** Whether the fit of the products changes none of a job's: they are what they are rounded to. */
function keepsProducts({ a, b, product }: Datapath, [x, y]: readonly Seen[]): boolean {
  if (product === 'exact') return true;
  const { format, subnormals } = product;
  // A format without -0 changes the sign of a zero.
  if (format.kind !== 'float' || format.specials === 'fnuz') return false;
  const facts = factsOf(format);
  const { lowest, bias, shift = 0 } = format;
  const smallest = lowest === 'subnormal' && subnormals === 'keep' ? facts.quantum : 1 - bias + shift;
  const specials = [x, y].some(({ nans, infinities }) => nans || infinities);
  const precision = factsOf(a).precision + factsOf(b).precision;
  return !specials && precision <= facts.precision && x.quantum + y.quantum >= smallest && x.max * y.max <= facts.max;
}

function siteRegister(fit: Fit): SiteRegister | undefined {
  const { format } = fit;
  if (format.kind !== 'float') return undefined;
  const [quick, rules] = [floatRegister(fit), rulesOf(fit)];
  if (quick === undefined && rules === undefined) return undefined;
  return { fit: { ...fit, format }, quick, rules, mantissaBits: format.mantissaBits, facts: factsOf(format) };
}

/** Float lanes where they suit the datapath, else the route given. */
export function floatGemm(datapath: Datapath, order: Order, slower: Gemm, scalar: Scalar): Gemm {
  const { finish, single } = scalar;
  const site = floatSite(datapath, order, { finish, single, whole: (job) => slower.sums(job) });
  const reason = (text: string): Gemm => ({ ...slower, why: `${slower.why}; not in SIMD lanes: ${text}` });
  if (typeof site === 'string') return reason(site);
  const seen: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: USUAL_QUANTUM };
  const usual = stepsFor(site, [seen, seen], planOf(site.order, 64, datapath.lanes), NO_STARTS);
  if (typeof usual === 'string') return reason(usual);
  const { carrier, method, rounding } = usual.step;
  const how =
    method === 'complete' ? 'are rounded to odd where they are not exact' : 'are exact or innocuously rounded';
  const why = `sums ${how} in ${carrier} lanes; ${rounding} by ${method === 'complete' ? 'all rules' : method}`;
  const sums = (job: GemmJob) => floatSums(site, job);
  const run = (job: GemmJob, tally: Counts) => floatSums(site, job, tally);
  return { ...slower, route: `simd ${carrier}`, why, sums, stats: statsBy(datapath, order, scalar, run) };
}

/** Quick steps where the facts allow them, else complete ones. */
function stepsFor(site: FloatSite, seen: readonly Seen[], plan: Plan, starts: Starts, counted = false): Steps | string {
  if (!keepsProducts(site.datapath, seen)) return 'its products are rounded';
  const quick = quickSteps(site, seen, plan, starts, counted);
  if (typeof quick !== 'string') return quick;
  const complete = completeSteps(site, seen, plan, starts, 'f64', counted);
  return typeof complete === 'string' ? `${quick}; ${complete}` : complete;
}

/** What the registers of one run, and the one that joins runs, add. */
function addendsOf(
  site: FloatSite,
  seen: readonly Seen[],
  plan: Plan,
  starts: Starts,
  finest = Infinity,
): { inner: Addends; joined: Addends } {
  const { datapath, order, register } = site;
  const { precision } = termFacts(datapath);
  const specials = [...seen, starts].some(({ nans, infinities }) => nans || infinities);
  const quantum = Math.min(seen[0].quantum + seen[1].quantum, finest);
  const inner: Addends = {
    quantum: Math.min(quantum, plan.direct ? starts.quantum : Infinity),
    max: seen[0].max * seen[1].max,
    precision,
    start: plan.direct ? starts.max : 0,
    count: Math.max(...plan.runs, 1),
    specials,
    negativeZero: plan.direct && starts.negativeZero,
  };
  const reach = reachOf(register, inner);
  const joined: Addends = {
    quantum: Math.min(quantum, starts.quantum),
    max: Math.min(reach, register.facts.max),
    precision: order.kind === 'tree' ? Math.max(precision, register.mantissaBits + 1) : register.mantissaBits + 1,
    start: Math.max(starts.max, plan.direct ? reach : 0),
    count: plan.runs.length,
    specials,
    negativeZero: starts.negativeZero,
  };
  return { inner, joined };
}

function quickSteps(
  site: FloatSite,
  seen: readonly Seen[],
  plan: Plan,
  starts: Starts,
  counted: boolean,
  finest = Infinity,
): Steps | string {
  const { datapath, order } = site;
  const [register, outer] = [site.register.quick, site.outer.quick];
  if (register === undefined || outer === undefined) return 'a register has rules that quick lanes lack';
  if (starts.wide) return 'an initial sum has more bits than the register keeps';
  const infinite = [...seen, starts].some(({ infinities }) => infinities);
  if (infinite && counted) return 'infinite sums are not counted';
  if (infinite && !(register.toInfinity && outer.toInfinity)) return 'infinities meet a register that has none';
  const { inner, joined } = addendsOf(site, seen, plan, starts, finest);
  if (typeof register.fit.rounding !== 'string' && inner.specials && plan.runs.length > 1) return DRAWN;
  if (order.kind === 'tree' && termFacts(datapath).precision > register.mantissaBits + 1)
    return 'leaves are wider than the register';
  const direct = plan.runs.length === 1 && plan.direct;
  const reasons: string[] = [];
  for (const carrier of ['f32', 'f64'] as const) {
    const step = chooseStep(register, { ...inner, counted }, carrier);
    const last = direct ? step : chooseStep(outer, { ...joined, counted }, carrier);
    if (typeof step === 'string') reasons.push(`${carrier}: ${step}`);
    else if (typeof last === 'string') reasons.push(`${carrier}: ${last}`);
    else return { step, outer: last };
  }
  return reasons.join('; ');
}

const DRAWN = 'sums that are not finite draw no random bits';

/** @param carrier what holds operands and sums in memory; it must hold the products and the registers */
export function completeSteps(
  { register, outer, ...site }: FloatSite,
  seen: readonly Seen[],
  plan: Plan,
  starts: Starts,
  carrier: Step['carrier'],
  counted: boolean,
): Steps | string {
  if (register.rules === undefined || outer.rules === undefined) return 'a register has rules that lanes lack';
  const { inner, joined } = addendsOf({ ...site, register, outer }, seen, plan, starts);
  if (inner.precision > 53 || inner.quantum < -900 || inner.max > 2 ** 900) return 'products leave float64';
  const { rounding, beyond } = register.rules;
  const unsure = inner.specials || beyond !== 'largest';
  if (rounding === 'stochastic' && unsure && (plan.runs.length > 1 || register.rules.nan !== undefined)) return DRAWN;
  // Padding is zero, and zero times infinity a NaN, which must not become a number that is counted.
  if (counted && inner.specials && [register, outer].some(({ rules }) => rules?.nan !== undefined))
    return 'numbers that stand for NaN are not counted';
  const step = completeStep(register.rules, register.fit, inner, carrier);
  const direct = plan.runs.length === 1 && plan.direct;
  return { step, outer: direct ? step : completeStep(outer.rules, outer.fit, joined, carrier) };
}

function isNative({ method, overflow }: Step): boolean {
  return method === 'native' && overflow === 'none';
}

/** Sums of a job in lanes where its data allow it, else by the slower route. */
export function floatSums(site: FloatSite, job: GemmJob, tally?: Counts): SumArray {
  const { datapath, tables, fallback, order, outer } = site;
  const plan = planOf(order, job.k, datapath.lanes);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return fallback.whole(job);
  const whatever = job.c === undefined ? stepsFor(site, site.codes, plan, NO_STARTS) : '';
  const native = typeof whatever !== 'string' && isNative(whatever.step) && isNative(whatever.outer);
  // Where the carrier is the register, whatever the operands hold, there is no need to look at them.
  const seen = native && tally === undefined ? site.codes : [seenIn(job.a, tables[0]), seenIn(job.b, tables[1])];
  const starts = startsOf(datapath, order, outer, job, seen[0].quantum + seen[1].quantum);
  const exact = tally !== undefined && isExact(site, job, seen, starts.facts);
  if (exact) tally.exact = datapath.result === undefined && datapath.requantize === undefined;
  const counting = exact ? undefined : tally;
  const steps = stepsFor(site, seen, plan, starts.facts, counting !== undefined);
  if (typeof steps === 'string') return fallback.whole(job);
  const complete = completeSteps(site, seen, plan, starts.facts, steps.step.carrier, counting !== undefined);
  // Sums that stop at the largest number are multiples of its last place from then on.
  const lastPlace = Math.min(...[site.register, outer].map(({ quick, mantissaBits: m }) => (quick?.highest ?? 0) - m));
  const stopped = quickSteps(site, seen, plan, starts.facts, false, lastPlace);
  const sums = sumsFor(datapath, order, job);
  runTiles(site, job, {
    plan,
    layout: layoutOf(plan, datapath.lanes),
    steps,
    stopped: typeof stopped === 'string' ? undefined : stopped,
    complete: typeof complete === 'string' ? undefined : complete,
    starts: starts.values,
    sums,
    sure: [...seen, starts.facts].every(({ nans, infinities }) => !nans && !infinities),
    tally: counting,
  });
  return sums;
}
