import type { Datapath } from '../../datapath.js';
import { registerFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { drawsForEach } from '../../reference.js';
import type { Fit } from '../../../formats/codec.js';
import { widthOf } from '../../../formats/format.js';
import { type Facts, factsOf } from '../contract/facts.js';
import type { GemmJob, SumArray } from '../contract/gemm.js';
import { outerOf } from '../contract/plan.js';
import type { Finish, Scalar } from '../contract/scalar.js';
import { valuesOf } from '../float64/values.js';
import { floatRegister, type FloatRegister } from './choose.js';
import type { Rules } from './step.js';
import { type Seen, seenInAll } from '../panels/pack.js';
import { rulesOf } from './rules.js';

/** What the lane routes need of the slower ones: single outputs, and the way out of the last sum. */
export interface Fallback {
  finish: Finish;
  /** Puts the finished sum of one output. */
  single: Scalar['single'];
  whole: (job: GemmJob) => SumArray;
}

/** One register of a datapath: as quick steps see it, and the rules of a complete one, where there are such. */
export interface SiteRegister {
  fit: Fit;
  quick: FloatRegister | undefined;
  rules: Rules | undefined;
  mantissaBits: number;
  facts: Facts;
}

/** A datapath whose products meet registers that float lanes carry. */
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
  if (register === undefined || outer === undefined) return 'lanes do not carry a register';
  if (drawsForEach(datapath, order)) return 'each output has random bits of its own';
  if (order.kind === 'tree' && lanes > 1 && !treed) return 'its tree has leaves of several products';
  const tables = [a, b].map((format) => valuesOf(format, datapath.operands));
  const codes = tables.map(seenInAll);
  return { datapath, order, register, outer, tables, codes, fallback };
}

/** Lanes add pairwise, by the rules of the sum's own register. */
function isTree({ combine, lanes, sum }: Datapath): boolean {
  if (combine.kind !== 'tree' || lanes === 1) return false;
  return combine.node === undefined || JSON.stringify(combine.node) === JSON.stringify(registerFitOf(sum));
}

function siteRegister(fit: Fit): SiteRegister | undefined {
  const { format } = fit;
  const [quick, rules] = [floatRegister(fit), rulesOf(fit)];
  if (format.kind === 'table' || (quick === undefined && rules === undefined)) return undefined;
  const mantissaBits = format.kind === 'int' ? format.bits : format.mantissaBits;
  return { fit, quick, rules, mantissaBits, facts: factsOf(format) };
}
