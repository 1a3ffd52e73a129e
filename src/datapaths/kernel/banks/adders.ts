import { type Datapath, registerFitOf } from '../../datapath.js';
import type { BankJob } from '../contract/bank.js';
import { factsOf } from '../contract/facts.js';
import { valuesOf } from '../float64/values.js';
import type { Firing } from '../firings/body.js';
import { carrierOf } from '../steps/lanes.js';
import type { Step } from '../steps/step.js';
import { seenIn } from '../panels/pack.js';

/** What the adders of a bank do, in lanes. */
export type Adders = FloatAdders | IntAdders;
export type FloatAdders = ChainAdders | TreeAdders | FiringAdders;

/** How products become addends: a step rounds each; without, they are what the carrier's multiplication gives. */
interface Multiplied {
  lanes: number;
  product?: Step;
}

/** Each product is added and rounded, one after the other. */
export interface ChainAdders extends Multiplied {
  kind: 'chain';
  step: Step;
}

/** Products are added pairwise, `node` rounding each of these sums; then their sum is added. */
export interface TreeAdders extends Multiplied {
  kind: 'tree';
  node: Step;
  step: Step;
}

/** Products are added exactly, or cut below the largest exponent, and their sum is rounded once. */
export interface FiringAdders extends Multiplied {
  kind: 'firing';
  firing: Firing;
}

/** 32-bit integers, held within a range after each addition where there is one. */
export interface IntAdders {
  kind: 'int';
  lanes: number;
  range?: readonly [number, number];
}

/** The step that rounds what is added to a sum. */
export function stepOf(adders: FloatAdders): Step {
  return adders.kind === 'firing' ? adders.firing.fit : adders.step;
}

/** Draws of random bits that a PE's firing takes: one for each time that its sum is rounded. */
export function drawsIn(adders: FloatAdders): number {
  if (stepOf(adders).rounding !== 'stochastic') return 0;
  if (adders.kind === 'chain') return adders.lanes;
  return adders.kind === 'firing' && adders.firing.plus !== undefined ? 2 : 1;
}

/** Sums in a vector. */
export function widthIn(adders: Adders): number {
  return adders.kind === 'int' ? 4 : carrierOf(stepOf(adders)).lanes;
}

/** Whether a sum can come up that lanes do not round; blocks with such a one are flagged. */
export function watches(adders: Adders): boolean {
  if (adders.kind === 'int') return false;
  const steps =
    adders.kind === 'firing'
      ? [adders.firing.fit, adders.firing.plus]
      : [adders.step, adders.kind === 'tree' ? adders.node : undefined];
  return [...steps, adders.product].some((step) => step?.overflow === 'watch');
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
  const [x, y] = tables.map((table, i) => seenIn(i === 0 ? job.a : job.b, table));
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
