import type { AlignedCombine, Datapath } from '../../datapath.js';
import type { Order } from '../../order.js';
import { alignsInFloat64, spillOf, ZERO_EXPONENT } from '../float64/align.js';
import { spanBits } from '../contract/facts.js';
import type { GemmJob } from '../contract/gemm.js';
import type { Plan } from '../contract/plan.js';
import { type Addends, chooseStep, type FloatRegister, floatRegister, HOLDS, reachOf } from '../steps/choose.js';
import type { Alignment, Firing, FiringCombine } from './body.js';
import type { FiringOperand } from '../panels/operands.js';
import type { Step } from '../steps/step.js';
import type { Seen } from '../panels/pack.js';
import type { Starts } from '../steps/starts.js';

/** A unit whose firings take several products, in float lanes. */
export interface FiringUnit {
  datapath: Datapath;
  order: Order;
  combine: FiringCombine;
  register: FloatRegister;
  outer: FloatRegister;
  /** Significant bits of the widest product. */
  productBits: number;
  /** Terms of one firing, the places that each takes, and the products of a group where groups are terms. */
  terms: number;
  places: number;
  group?: number;
}

/** A datapath of such a unit, and how the operands of its products are read. */
export interface FiringSite extends FiringUnit {
  operands: (job: GemmJob, plan: Plan) => readonly FiringOperand[];
}

/** What is known of a job before its steps are chosen. */
export interface JobFacts {
  seen: readonly Seen[];
  /** The largest exponents that an alignment sees. */
  largest: readonly number[];
  /** Exponents of the smallest magnitudes but zero, where it is of use to know them. */
  smallest?: readonly number[];
  starts: Starts;
}

/** The firing that is exact in some lanes, or in words why there is none. */
export function firingFor(site: FiringUnit, facts: JobFacts, plan: Plan): Firing | string {
  const { seen, starts } = facts;
  const infinite = [...seen, starts].some(({ infinities }) => infinities);
  const { productOverflow = Infinity } = site.combine.kind === 'aligned' ? site.combine : {};
  if (seen[0].max * seen[1].max >= 2 ** productOverflow) return 'products overflow';
  if (infinite && !(site.register.toInfinity && site.outer.toInfinity))
    return 'infinities meet a register that has none';
  if (starts.wide) return 'an initial sum has more bits than the register keeps';
  const tries = (['f32', 'f64'] as const).map((carrier) => onCarrier(site, facts, plan, carrier));
  return tries.find((found) => typeof found !== 'string') ?? (tries as string[]).join('; ');
}

function onCarrier(site: FiringUnit, facts: JobFacts, plan: Plan, carrier: Step['carrier']): Firing | string {
  const { combine, register, productBits, group } = site;
  const { precision } = HOLDS[carrier];
  if (combine.kind === 'tree') return treeOn(site, facts, plan, carrier);
  if (productBits > precision) return `${carrier}: a product is too wide`;
  const addends = addendsOf(site, facts, plan);
  const aligned = combine.kind === 'aligned';
  const reach = reachOf(register, addends);
  const alignment = aligned
    ? (group === undefined ? alignmentOf : groupAlignmentOf)(site, combine, facts, addends, carrier)
    : undefined;
  if (typeof alignment === 'string') return `${carrier}: ${alignment}`;
  if (!aligned && addends.precision > precision) return `${carrier}: a sum of products is not exact`;
  const fit = chooseStep(register, { ...addends, exact: aligned || !combine.sumInside }, carrier);
  const max = Math.min(reach, register.facts.max);
  const held: Addends = { ...addends, max, precision: register.mantissaBits + 1 };
  const plus = combine.sumInside ? undefined : chooseStep(register, held, carrier);
  const last = lastStep(site, facts, plan, { carrier, fit, held, reach });
  for (const step of [fit, plus, last]) if (typeof step === 'string') return `${carrier}: ${step}`;
  const lanes = site.terms * site.places;
  return { combine, lanes, group, fit: fit as Step, plus: plus as Step | undefined, outer: last as Step, alignment };
}

/** A tree whose every node rounds as the carrier does. */
function treeOn(site: FiringUnit, facts: JobFacts, plan: Plan, carrier: Step['carrier']): Firing | string {
  const { combine, register, datapath, productBits } = site;
  const { product } = datapath;
  if (combine.kind !== 'tree') return 'it is no tree';
  if (product === 'exact' && productBits > HOLDS[carrier].precision) return `${carrier}: a product is too wide`;
  const addends: Addends = { ...addendsOf(site, facts, plan), exact: true };
  const fits = [...(product === 'exact' ? [] : [product]), ...(combine.node === undefined ? [] : [combine.node])];
  const registers = [register, ...fits.map(floatRegister)];
  for (const each of registers) {
    const step = each === undefined ? 'a node is not a float that lanes carry' : chooseStep(each, addends, carrier);
    if (typeof step === 'string') return `${carrier}: ${step}`;
    if (step.method !== 'native') return `${carrier}: a node rounds otherwise than the lanes`;
  }
  const fit = chooseStep(register, addends, carrier);
  const held: Addends = { ...addends, max: Math.min(reachOf(register, addends), register.facts.max) };
  const last = lastStep(site, facts, plan, { carrier, fit, held, reach: held.max });
  if (typeof last === 'string') return `${carrier}: ${last}`;
  return { combine, lanes: site.terms, fit: fit as Step, outer: last };
}

/** The sums of products that a run adds, as far as the data tell; all are multiples of their quantum, cut or not. */
function addendsOf({ combine, terms }: FiringUnit, { seen, starts }: JobFacts, plan: Plan): Addends {
  const finest = seen[0].quantum + seen[1].quantum;
  const quantum = Number.isFinite(finest) ? finest : 0;
  const most = terms * seen[0].max * seen[1].max;
  const count = Math.ceil(Math.max(...plan.runs) / terms);
  const grown = combine.kind === 'aligned' ? Math.exp(count * (terms + 1) * 2 ** -combine.fractionBits) : 1;
  return {
    start: plan.direct ? starts.max : 0,
    negativeZero: plan.direct && starts.negativeZero,
    specials: [...seen, starts].some(({ nans, infinities }) => nans || infinities),
    quantum: Math.min(quantum, plan.direct ? starts.quantum : Infinity),
    max: most * grown,
    precision: spanBits(most, quantum),
    count,
  };
}

/** How runs join; the same as a firing's sum where one run goes on from the initial sum. */
function lastStep(
  { outer }: FiringUnit,
  { starts }: JobFacts,
  { runs, direct }: Plan,
  { carrier, fit, held, reach }: { carrier: Step['carrier']; fit: Step | string; held: Addends; reach: number },
): Step | string {
  if (runs.length === 1 && direct) return fit;
  return chooseStep(
    outer,
    {
      ...held,
      start: direct ? reach : starts.max,
      negativeZero: starts.negativeZero,
      quantum: Math.min(held.quantum, starts.quantum),
      count: runs.length,
    },
    carrier,
  );
}

/** Lower than any power of two that groups align by, and as far from the carrier's lowest. */
const LOWEST_POWER = -600;

/** The same for groups, whose terms are not below four times the powers that they align by; what they need is known. */
function groupAlignmentOf(
  { register, datapath, productBits }: FiringUnit,
  { exponentFloor = LOWEST_POWER, zerosAlign, sumInside }: AlignedCombine,
  _facts: JobFacts,
  addends: Addends,
  carrier: Step['carrier'],
): Alignment | string {
  if (carrier === 'f32') return 'scaled sums of groups need more bits';
  if (!alignsInFloat64(datapath)) return 'aligned groups have more than 53 bits';
  const zeros = zerosAlign === true && sumInside ? ZERO_EXPONENT : -Infinity;
  if (zeros > register.lowest) return 'a sum can be smaller than a zero';
  const { quantum } = addends;
  const top = Math.ceil(Math.max(Math.log2(reachOf(register, addends)), -LOWEST_POWER)) + 1;
  if (quantum < LOWEST_POWER || top > -LOWEST_POWER + 2) return "exponents leave the carrier's range";
  const subnormal = quantum < register.lowest && register.fit.format.lowest === 'subnormal';
  const floor = Math.max(LOWEST_POWER, exponentFloor, zeros);
  return { floor, top, lowest: subnormal ? register.lowest : undefined, productBits };
}

/** Where alignment and cuts are exact in a carrier; see align.ts for what the constants must hold. */
function alignmentOf(
  { register, datapath, productBits }: FiringUnit,
  combine: AlignedCombine,
  { seen, largest, smallest }: JobFacts,
  addends: Addends,
  carrier: Step['carrier'],
): Alignment | string {
  const { lanes } = datapath;
  const { quantum } = addends;
  const { fractionBits, exponentFloor = -Infinity, sumInside, zerosAlign, evenOdd, twoStage } = combine;
  const { precision, lowest, highest } = HOLDS[carrier];
  const bits = precision - 1;
  const most = Math.max(...cutsOf(combine));
  if (evenOdd === true && lanes % 2 !== 0) return 'its lanes are not pairs';
  const spill = spillOf(datapath);
  if (fractionBits + spill + productBits > bits) return `cut terms have more than ${precision} bits`;
  if (Math.log2(lanes) + fractionBits + spill > bits - 1 || Math.log2(lanes * 2 ** spill + 4) + most > precision)
    return `${lanes} aligned terms have more than ${precision} bits`;
  const zeros = zerosAlign === true && sumInside ? ZERO_EXPONENT : -Infinity;
  if (zeros > register.lowest) return 'a sum can be smaller than a zero';
  // In stages, a sum of zero meets only what the products have been aligned to.
  const apart = evenOdd === true || twoStage !== undefined;
  const floor = Math.ceil(Math.max(quantum, exponentFloor, apart ? -Infinity : zeros));
  const reach = reachOf(register, addends);
  const top = Math.ceil(Math.max(largest[0] + largest[1], Math.log2(reach), floor)) + 1;
  const least = floor - most - 2;
  // So that 2^-floor and what is above 2^top are in range as well.
  if (least < lowest || top + bits - fractionBits >= highest) return "exponents leave the carrier's range";
  const subnormal = quantum < register.lowest && register.fit.format.lowest === 'subnormal';
  return {
    floor,
    top,
    lowest: subnormal ? register.lowest : undefined,
    // As an exponent in the carrier; below the floor's last place, every firing has something to be counted.
    smallest: smallest && Math.min(top - most, Math.max(least + 1, smallest[0] + smallest[1])),
    productBits,
    exact: exactBelow(combine, {
      quantum,
      seen,
      largest,
      lanes,
      precision,
      lowest: subnormal ? register.lowest : -Infinity,
    }),
  };
}

/** Fraction bits that are left by every cut. */
function cutsOf({ fractionBits, sumFractionBits = fractionBits, twoStage }: AlignedCombine): number[] {
  if (twoStage === undefined) return [fractionBits, sumFractionBits];
  return [fractionBits, twoStage.productFractionBits, twoStage.sumFractionBits];
}

/** What running sums must stay below so that no term has bits to cut: all are multiples of 2^quantum. */
function exactBelow(
  combine: AlignedCombine,
  {
    quantum,
    seen,
    largest,
    lanes,
    precision,
    lowest,
  }: Pick<JobFacts, 'seen' | 'largest'> & Record<'quantum' | 'lanes' | 'precision' | 'lowest', number>,
): number | undefined {
  const { exponentFloor = -Infinity, zerosAlign, twoStage, sumInside, productExponent } = combine;
  const fewest = Math.min(...cutsOf(combine));
  if (twoStage?.dropSumBelow !== undefined && twoStage.dropSumBelow < fewest) return undefined;
  const highest = quantum + fewest;
  const [x, y] = largest;
  const zeros = zerosAlign === true ? ZERO_EXPONENT + Math.max(x, y, 0) : -Infinity;
  // A subnormal sum aligns as the lowest normal one.
  const sums = sumInside ? lowest : -Infinity;
  // Two significands in [1, 2) have a product that can reach 2.
  const products = x + y + Number(productExponent === 'normalised');
  if (Math.max(products, exponentFloor, zeros, sums) > highest) return undefined;
  const most = lanes * seen[0].max * seen[1].max + 2 ** (highest + 1);
  return most <= 2 ** (precision + quantum) ? highest + 1 : undefined;
}
