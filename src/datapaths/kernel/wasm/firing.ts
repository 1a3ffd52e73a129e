import type { AlignedCombine, Datapath, FusedCombine } from '../../datapath.js';
import { registerFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { widthOf } from '../../../formats/format.js';
import { alignsInFloat64, weightOf } from '../align.js';
import { spanBits, termFacts } from '../facts.js';
import { type Gemm, type GemmJob, outputFormatOf, type SumArray, sumArray } from '../gemm.js';
import { outerOf, type Plan, planOf } from '../plan.js';
import type { Tally } from '../rounder.js';
import type { Scalar } from '../scalar.js';
import { statsBy } from './stats.js';
import { valuesOf } from '../values.js';
import { type Addends, chooseStep, floatRegister, type FloatRegister, reachOf } from './choose.js';
import { type Firing, firingFunctions, firingWidth } from './firing-nest.js';
import { carrierOf, type Step } from './lanes.js';
import { type Kernel, kernelOf } from './memory.js';
import { layoutOf, type Seen, seenIn } from './pack.js';
import { NO_STARTS, type Starts, startsOf } from './starts.js';
import { putterOf } from './tiles.js';
import { walk } from './walk.js';

/** A datapath whose firings take several products, in float lanes. */
interface FiringSite {
  datapath: Datapath;
  order: Order;
  combine: FusedCombine | AlignedCombine;
  register: FloatRegister;
  outer: FloatRegister;
  tables: readonly Float64Array[];
  weights: readonly Float64Array[];
}

function firingSite(datapath: Datapath, order: Order): FiringSite | string {
  const { a, b, widened, product, lanes, combine, blockScale, sum, operands } = datapath;
  if (combine.kind !== 'fused' && combine.kind !== 'aligned') return 'its products are not summed exactly';
  if (product !== 'exact' || blockScale !== undefined) return 'its products are rounded or scaled';
  if (combine.kind === 'aligned' && !alignsInFloat64(combine, lanes)) return 'its alignment has stages';
  if (widthOf(a) > 16 || widthOf(b) > 16) return 'an operand has more than 16 bits';
  if (order.kind === 'tree') return 'its firings meet in a tree';
  const register = floatRegister(registerFitOf(sum));
  const outerFit = outerOf(order);
  const outer = outerFit === undefined ? register : floatRegister(outerFit);
  if (register === undefined || outer === undefined) return 'a register is not a float that lanes carry';
  if ([register, outer].some(({ fit }) => typeof fit.rounding !== 'string')) return 'it rounds at random';
  const formats = [a, b];
  const tables = formats.map((format) => valuesOf(format, operands));
  const weights = tables.map((table, i) =>
    table.map((value) => (value === 0 || value - value !== 0 ? 0 : weightOf(widened ?? formats[i], value))),
  );
  return { datapath, order, combine, register, outer, tables, weights };
}

/** What is known of a job before its steps are chosen. */
interface Facts {
  seen: readonly Seen[];
  weights: readonly Seen[];
  starts: Starts;
}

const BITS = {
  f32: { precision: 24, lowest: -126, highest: 127 },
  f64: { precision: 53, lowest: -1022, highest: 1023 },
};

function firingFor(site: FiringSite, facts: Facts, plan: Plan): Firing | string {
  const { seen, starts } = facts;
  const specials = [...seen, starts].some(({ nans, infinities }) => nans || infinities);
  const infinite = [...seen, starts].some(({ infinities }) => infinities);
  if (infinite && !(site.register.toInfinity && site.outer.toInfinity))
    return 'infinities meet a register that has none';
  if (starts.wide) return 'an initial sum has more bits than the register keeps';
  const tries = (['f32', 'f64'] as const).map((carrier) => onCarrier(site, facts, plan, carrier, specials));
  return tries.find((found) => typeof found !== 'string') ?? (tries as string[]).join('; ');
}

function onCarrier(
  site: FiringSite,
  { seen, weights, starts }: Facts,
  plan: Plan,
  carrier: Step['carrier'],
  specials: boolean,
): Firing | string {
  const { combine, datapath, register, outer } = site;
  const { lanes } = datapath;
  const { precision, lowest, highest } = BITS[carrier];
  const finest = seen[0].quantum + seen[1].quantum;
  const quantum = Number.isFinite(finest) ? finest : 0;
  const most = lanes * seen[0].max * seen[1].max;
  const firings = Math.ceil(Math.max(...plan.runs, 1) / lanes);
  const direct = plan.direct;
  const start = { start: direct ? starts.max : 0, negativeZero: direct && starts.negativeZero, specials };
  const bits = combine.kind === 'aligned' ? Math.max(combine.fractionBits, combine.sumFractionBits ?? 0) : 0;
  const cut = Math.min(quantum, direct ? starts.quantum : Infinity) - bits;
  if (termFacts(datapath).precision > precision) return `${carrier}: a product is too wide`;
  const grown = combine.kind === 'aligned' ? Math.exp(firings * (lanes + 1) * 2 ** -combine.fractionBits) : 1;
  const addends: Addends = {
    ...start,
    quantum: cut,
    max: most * grown,
    precision: spanBits(most, quantum),
    count: firings,
  };
  const reach = reachOf(register, addends);
  if (combine.kind === 'aligned') {
    const heaviest = Math.log2(Math.max(weights[0].max * weights[1].max, reach, 2 ** quantum)) + 1;
    const counts = Math.log2(lanes * 4 + 4) + bits;
    if (counts > precision) return `${carrier}: ${lanes} aligned terms have more than ${precision} bits`;
    if (bits - cut > highest || cut + combine.fractionBits - heaviest < lowest || heaviest > highest - 2)
      return `${carrier}: exponents leave the carrier's range`;
  } else if (spanBits(most, quantum) > precision) return `${carrier}: a sum of products is not exact`;
  const inside = combine.sumInside;
  const fit = chooseStep(register, { ...addends, exact: combine.kind === 'aligned' || !inside }, carrier);
  const held: Addends = {
    ...start,
    quantum: cut,
    max: Math.min(reach, register.facts.max),
    precision: register.mantissaBits + 1,
    count: firings,
  };
  const plus = inside ? undefined : chooseStep(register, held, carrier);
  const joined: Addends = {
    ...held,
    start: starts.max,
    negativeZero: starts.negativeZero,
    quantum: Math.min(cut, starts.quantum),
    count: plan.runs.length,
  };
  const last =
    plan.runs.length === 1 && direct ? fit : chooseStep(outer, direct ? { ...joined, start: reach } : joined, carrier);
  for (const step of [fit, plus, last]) if (typeof step === 'string') return `${carrier}: ${step}`;
  return {
    combine,
    lanes,
    fit: fit as Step,
    plus: plus as Step | undefined,
    outer: last as Step,
    smallest: cut,
    lowest: cut < register.lowest && register.fit.format.lowest === 'subnormal' ? register.lowest : undefined,
  };
}

const compiled = new Map<string, Kernel>();

function kernelFor(firing: Firing): Kernel {
  const key = JSON.stringify(firing);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf(firingFunctions(firing))));
  return kernel;
}

/** Lanes for fused and aligned firings where they suit the datapath; in words why not. */
export function firingGemm(datapath: Datapath, order: Order, slower: Gemm, scalar: Scalar): Gemm | string {
  const site = firingSite(datapath, order);
  if (typeof site === 'string') return site;
  const usual: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: -12 };
  const facts: Facts = { seen: [usual, usual], weights: [usual, usual], starts: NO_STARTS };
  const probe = firingFor(site, facts, planOf(order, 256, datapath.lanes));
  if (typeof probe === 'string') return probe;
  const { carrier } = probe.fit;
  const what = site.combine.kind === 'fused' ? 'exact sums of products' : 'aligned terms and their sum';
  const why = `${what} fit ${carrier} lanes`;
  return {
    ...slower,
    route: `simd ${carrier} ${site.combine.kind}`,
    why,
    sums: (job) => firingSums(site, job, slower, scalar),
    stats: statsBy(datapath, order, scalar, (job, tally) => firingSums(site, job, slower, scalar, tally)),
  };
}

function firingSums(site: FiringSite, job: GemmJob, slower: Gemm, scalar: Scalar, tally?: Tally): SumArray {
  const { datapath, order, tables, weights, outer } = site;
  const plan = planOf(order, job.k, datapath.lanes);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return slower.sums(job);
  const seen = [seenIn(job.a, tables[0]), seenIn(job.b, tables[1])];
  const starts = startsOf(datapath, order, outer, job, seen[0].quantum + seen[1].quantum);
  if (tally !== undefined && [...seen, starts.facts].some(({ nans, infinities }) => nans || infinities))
    return slower.sums(job);
  const heavy = [seenIn(job.a, weights[0]), seenIn(job.b, weights[1])];
  const firing = firingFor(site, { seen, weights: heavy, starts: starts.facts }, plan);
  if (typeof firing === 'string') return slower.sums(job);
  const sums = sumArray(outputFormatOf(datapath, order), job.m * job.n);
  const { carrier } = firing.fit;
  const { bytes } = carrierOf(firing.fit);
  const view = carrier === 'f32' ? Float32Array : Float64Array;
  const unnormalised = site.combine.kind === 'aligned' && site.combine.productExponent === 'unnormalised';
  walk({
    job,
    plan,
    layout: layoutOf(plan, datapath.lanes),
    shape: { operand: view, operandBytes: bytes, sum: view, sumBytes: bytes, width: firingWidth(firing), group: 1 },
    tables,
    weights: unnormalised ? weights : undefined,
    starts: starts.values,
    kernel: kernelFor(tally === undefined ? firing : { ...firing, count: true }),
    put: putterOf(datapath, order, scalar.finish, job, sums),
    redo: scalar.single(job, sums),
    tally,
  });
  return sums;
}
