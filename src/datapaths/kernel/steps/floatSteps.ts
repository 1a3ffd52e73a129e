import type { Datapath } from '../../datapath.js';
import type { Fit } from '../../../formats/codec.js';
import { factsOf, termFacts } from '../contract/facts.js';
import type { Plan } from '../contract/plan.js';
import { type Addends, chooseStep, type FloatRegister, reachOf } from './choose.js';
import type { FloatSite } from './floatSite.js';
import type { Rules, Step } from './step.js';
import type { Seen } from '../panels/pack.js';
import { completeStep, takesAddends } from './rules.js';
import { NO_STARTS, type Starts } from './starts.js';

/** The step of a run's register, and of the one that runs are joined in. */
export interface Steps {
  step: Step;
  outer: Step;
}

/** Whether the fit of the products changes none of a job's: they are what they are rounded to. */
export function keepsProducts({ a, b, product }: Datapath, [x, y]: readonly Seen[]): boolean {
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

/** Quick steps where the facts allow them, else complete ones. */
export function stepsFor(
  site: FloatSite,
  seen: readonly Seen[],
  plan: Plan,
  starts: Starts,
  counted = false,
): Steps | string {
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
    count: Math.max(...plan.runs),
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
  if (inner.specials && drawsOn(plan, [register.fit, outer.fit])) return DRAWN;
  if (order.kind === 'tree' && termFacts(datapath).precision > register.mantissaBits + 1)
    return 'leaves are wider than the register';
  const direct = plan.runs.length === 1 && plan.direct;
  const reasons: string[] = [];
  let seldom: Steps | undefined;
  for (const carrier of ['f32', 'f64'] as const) {
    const step = chooseStep(register, { ...inner, counted }, carrier);
    const last = direct ? step : chooseStep(outer, { ...joined, counted }, carrier);
    if (typeof step === 'string') reasons.push(`${carrier}: ${step}`);
    else if (typeof last === 'string') reasons.push(`${carrier}: ${last}`);
    else if (suffices(step, register, inner) && suffices(last, outer, joined)) return { step, outer: last };
    else seldom ??= { step, outer: last };
  }
  return seldom ?? reasons.join('; ');
}

/** Whether ordinary sums, which grow as the root of their number, keep below the limit of a carrier's precision. */
function suffices({ overflow, limit }: Step, { highest }: FloatRegister, { start, max, count }: Addends): boolean {
  return overflow !== 'watch' || limit >= highest || start + max * Math.sqrt(count) < 2 ** limit;
}

/** Whether roundings that follow in other sums draw from the same source. */
export function drawsOn({ runs, pairwise }: Plan, fits: readonly Fit[]): boolean {
  return (runs.length > 1 || pairwise) && fits.some(({ rounding }) => typeof rounding === 'object');
}

/** Whether a sum that has not been finite can be told from the last one, which is not finite either. */
function staysNonFinite({ nan, infinite }: Rules, specials: boolean): boolean {
  return nan === undefined && (!specials || infinite !== 'largest');
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
  if (!takesAddends(inner)) return 'products leave float64';
  const rules = [register.rules, outer.rules];
  const unsure = inner.specials || rules.some(({ beyond }) => beyond !== 'largest');
  const stays = rules.every((each) => staysNonFinite(each, inner.specials));
  const random = [register.fit, outer.fit].some(({ rounding }) => typeof rounding === 'object');
  if (random && unsure && (!stays || (counted && drawsOn(plan, [register.fit, outer.fit])))) return DRAWN;
  // Padding is zero, and zero times infinity a NaN, which must not become a number that is counted.
  if (counted && inner.specials && rules.some(({ nan }) => nan !== undefined))
    return 'numbers that stand for NaN are not counted';
  const step = completeStep(register.rules, register.fit, inner, carrier);
  const direct = plan.runs.length === 1 && plan.direct;
  return { step, outer: direct ? step : completeStep(outer.rules, outer.fit, joined, carrier) };
}

const natives = new WeakMap<FloatSite, Map<number, Steps | undefined>>();

/** The steps of products of one length where the carrier is the register, whatever the operands hold. */
export function nativeSteps(site: FloatSite, plan: Plan, k: number): Steps | undefined {
  let known = natives.get(site);
  if (known === undefined) natives.set(site, (known = new Map()));
  if (!known.has(k)) {
    const steps = stepsFor(site, site.codes, plan, NO_STARTS);
    const native = typeof steps !== 'string' && [steps.step, steps.outer].every(isNative);
    known.set(k, native ? steps : undefined);
  }
  return known.get(k);
}

function isNative({ method, overflow }: Step): boolean {
  return method === 'native' && overflow === 'none';
}

/** The steps for a job, and those for its tiles that reach a limit. */
export interface Ways {
  steps: Steps;
  /** Quick steps that hold where sums stop at the largest number. */
  stopped?: Steps;
  /** The same by all rules, for tiles that reach a limit. */
  complete?: Steps;
}

export function waysFor(
  site: FloatSite,
  seen: readonly Seen[],
  plan: Plan,
  starts: Starts,
  counted: boolean,
): Ways | string {
  const steps = stepsFor(site, seen, plan, starts, counted);
  if (typeof steps === 'string') return steps;
  const complete = completeSteps(site, seen, plan, starts, steps.step.carrier, counted);
  // Sums that stop at the largest number are multiples of its last place from then on.
  const registers = [site.register, site.outer];
  const lastPlace = Math.min(...registers.map(({ quick, mantissaBits: m }) => (quick?.highest ?? 0) - m));
  const stopped = quickSteps(site, seen, plan, starts, false, lastPlace);
  return {
    steps,
    stopped: typeof stopped === 'string' ? undefined : stopped,
    complete: typeof complete === 'string' ? undefined : complete,
  };
}
