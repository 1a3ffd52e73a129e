import { SEQUENTIAL } from '../../order.js';
import { type AlignedCombine, type Datapath, type FusedCombine, registerFitOf } from '../../datapath.js';
import { weightOf } from '../align.js';
import type { BankJob } from '../bank.js';
import { factsOf, spanBits, termFacts } from '../facts.js';
import { planOf } from '../plan.js';
import { valuesOf } from '../values.js';
import { type Addends, chooseStep, floatRegister, type FloatRegister, HOLDS, reachOf } from './choose.js';
import type { Step } from './lanes.js';
import { type Seen, seenIn } from './pack.js';
import { completeStep, rulesOf } from './rules.js';

/** What the adders of a bank do, in lanes. */
export type Adders = ChainAdders | FiringAdders | IntAdders;

/** Each product is added and rounded, one after the other. */
export interface ChainAdders {
  kind: 'chain';
  lanes: number;
  step: Step;
}

/** Products are added exactly, or cut below the largest exponent, and their sum is rounded once. */
export interface FiringAdders {
  kind: 'firing';
  lanes: number;
  /** Rounds a firing's sum; where the running sum stays outside, `plus` adds the two. */
  step: Step;
  plus?: Step;
  combine: FusedCombine | AlignedCombine;
  /** Exponents: no weight of anything but zero is smaller; the register's lowest normal, where sums may lie below it. */
  smallest: number;
  lowest?: number;
}

/** 32-bit integers, held within a range after each addition where there is one. */
export interface IntAdders {
  kind: 'int';
  lanes: number;
  range?: readonly [number, number];
}

/** What the operands of a product hold, by the tables of their values. */
export function seenBy({ a, b }: BankJob, [x, y]: readonly Float64Array[]): [Seen, Seen] {
  return [seenIn(a, x), seenIn(b, y)];
}

/** Float adders for a product's operands; undefined where lanes do not suit them. */
export function floatAdders(datapath: Datapath, job: BankJob): ChainAdders | FiringAdders | undefined {
  const { combine, lanes, sum, operands } = datapath;
  if (typeof sum.rounding !== 'string') return undefined;
  const tables = [valuesOf(datapath.a, operands), valuesOf(datapath.b, operands)];
  const seen = seenBy(job, tables);
  const alone = lanes === 1 && (combine.kind === 'tree' || (combine.kind === 'fused' && combine.sumInside));
  if (combine.kind === 'chain' || alone) return chainAdders(datapath, seen, job.k);
  const register = floatRegister(registerFitOf(sum));
  if (combine.kind === 'tree' || register === undefined || !suits(register, seen)) return undefined;
  const weights = tables.map((table, i) => weightsOf(datapath, i === 0 ? 'a' : 'b', table));
  const heaviest = seenBy(job, weights);
  for (const carrier of ['f32', 'f64'] as const) {
    const found = firingAdders({ datapath, combine, register, seen, heaviest, k: job.k }, carrier);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Infinite operands need a register that has infinities. */
function suits({ toInfinity }: FloatRegister, seen: readonly Seen[]): boolean {
  return toInfinity || !seen.some(({ infinities }) => infinities);
}

/** 2^exponent of every code as an alignment sees it; 0 of what takes no part in it. */
export function weightsOf({ widened, ...formats }: Datapath, operand: 'a' | 'b', values: Float64Array): Float64Array {
  const format = widened ?? formats[operand];
  return values.map((value) => (value === 0 || value - value !== 0 ? 0 : weightOf(format, value)));
}

/** Sums start from +0 and grow by one product after the other. */
function addendsOf(datapath: Datapath, seen: readonly Seen[], count: number): Addends {
  return {
    quantum: seen[0].quantum + seen[1].quantum,
    max: seen[0].max * seen[1].max,
    precision: termFacts(datapath).precision,
    start: 0,
    count,
    specials: seen.some(({ nans, infinities }) => nans || infinities),
    negativeZero: false,
  };
}

function chainAdders(datapath: Datapath, seen: readonly Seen[], k: number): ChainAdders | undefined {
  const { lanes, sum } = datapath;
  const fit = registerFitOf(sum);
  const addends = addendsOf(datapath, seen, Math.max(...planOf(SEQUENTIAL, k, lanes).runs));
  const register = floatRegister(fit);
  const rules = rulesOf(fit);
  if (register !== undefined && suits(register, seen))
    for (const carrier of ['f32', 'f64'] as const) {
      const step = chooseStep(register, addends, carrier);
      if (typeof step === 'string') continue;
      if (step.overflow !== 'watch') return { kind: 'chain', lanes, step };
      // Where overflow gives infinity, and the carrier is precise up to there, it needs no watching.
      const mends = register.toInfinity && step.limit >= register.highest;
      if (mends) return { kind: 'chain', lanes, step: { ...step, overflow: 'infinity', limit: register.highest + 1 } };
      if (rules === undefined) return { kind: 'chain', lanes, step };
    }
  if (rules === undefined || fit.format.kind !== 'float') return undefined;
  if (addends.precision > 53 || addends.quantum < -900 || addends.max > 2 ** 900) return undefined;
  return { kind: 'chain', lanes, step: completeStep(rules, fit, addends, 'f64') };
}

interface Site {
  datapath: Datapath;
  combine: FusedCombine | AlignedCombine;
  register: FloatRegister;
  seen: readonly Seen[];
  heaviest: readonly Seen[];
  k: number;
}

/** Adders whose sums of products, and all cuts, are exact in a carrier. */
function firingAdders(site: Site, carrier: Step['carrier']): FiringAdders | undefined {
  const { combine, datapath, register, seen, k } = site;
  const { lanes } = datapath;
  const { precision } = HOLDS[carrier];
  const products = addendsOf(datapath, seen, Math.ceil(k / lanes));
  const quantum = Number.isFinite(products.quantum) ? products.quantum : 0;
  const most = lanes * products.max;
  const aligned = combine.kind === 'aligned';
  const bits = aligned ? Math.max(combine.fractionBits, combine.sumFractionBits ?? 0) : 0;
  if (products.precision > precision) return undefined;
  // What is cut off adds up to no more than a quantum for each term.
  const grown = aligned ? Math.exp(products.count * (lanes + 1) * 2 ** -combine.fractionBits) : 1;
  const span = spanBits(most, quantum);
  const addends: Addends = { ...products, quantum: quantum - bits, max: most * grown, precision: span };
  if (aligned ? !isCutExactly(site, combine, addends, carrier) : span > precision) return undefined;
  const step = chooseStep(register, { ...addends, exact: aligned || !combine.sumInside }, carrier);
  const max = Math.min(reachOf(register, addends), register.facts.max);
  const held: Addends = { ...addends, max, precision: register.mantissaBits + 1 };
  const plus = combine.sumInside ? undefined : chooseStep(register, held, carrier);
  if (typeof step === 'string' || typeof plus === 'string') return undefined;
  const subnormal = addends.quantum < register.lowest && register.fit.format.lowest === 'subnormal';
  const lowest = subnormal ? register.lowest : undefined;
  return { kind: 'firing', lanes, combine, step, plus, smallest: addends.quantum, lowest };
}

/** Whether the powers of two of an alignment, and the counts of quanta it adds, keep within a carrier. */
function isCutExactly(
  { register, heaviest, datapath }: Site,
  combine: AlignedCombine,
  addends: Addends,
  carrier: Step['carrier'],
): boolean {
  const { fractionBits, sumFractionBits = fractionBits } = combine;
  if (combine.zerosAlign === true || combine.evenOdd === true) return false;
  if (combine.twoStage !== undefined || combine.productOverflow !== undefined) return false;
  const { precision, lowest, highest } = HOLDS[carrier];
  const bits = Math.max(fractionBits, sumFractionBits);
  const { quantum } = addends;
  const reach = Math.max(heaviest[0].max * heaviest[1].max, reachOf(register, addends), 2 ** (quantum + bits));
  const heavy = Math.log2(reach) + 1;
  if (Math.log2(datapath.lanes * 4 + 4) + bits > precision) return false;
  if (quantum < lowest) return false;
  return bits - quantum <= highest && quantum + fractionBits - heavy >= lowest && heavy <= highest - 2;
}

/** Integer adders, and the operands' values in units that make every product a count of the register's. */
export function intAdders(
  datapath: Datapath,
  job: BankJob,
): { adders: IntAdders; tables: readonly Float64Array[] } | undefined {
  const { combine, lanes, sum } = datapath;
  const { format, overflow } = registerFitOf(sum);
  if (format.kind !== 'int' || combine.kind === 'aligned') return undefined;
  if (combine.kind === 'tree' && combine.node !== undefined) return undefined;
  const [p, q] = [factsOf(datapath.a).quantum, factsOf(datapath.b).quantum];
  if (p + q < format.exponent) return undefined;
  const units = [2 ** (q - format.exponent), 2 ** -q];
  const tables = (['a', 'b'] as const).map((operand, i) =>
    valuesOf(datapath[operand], datapath.operands).map((value) => value * units[i]),
  );
  const [x, y] = seenBy(job, tables);
  if ([x, y].some(({ nans, infinities, max }) => nans || infinities || max >= 2 ** 31)) return undefined;
  const high = 2 ** (format.bits - Number(format.signed)) - 1;
  const low = format.signed ? -high - 1 : 0;
  const product = x.max * y.max;
  const inside = job.k * product <= Math.min(high, 2 ** 31 - 1) && (format.signed || !(x.negative || y.negative));
  if (inside || (overflow === 'wrap' && format.bits <= 32)) return { adders: { kind: 'int', lanes }, tables };
  const chained = combine.kind === 'chain' || (lanes === 1 && (combine.kind === 'tree' || combine.sumInside));
  if (overflow === 'wrap' || !chained || high >= 2 ** 30 || product >= 2 ** 30) return undefined;
  return { adders: { kind: 'int', lanes, range: [low, high] }, tables };
}
