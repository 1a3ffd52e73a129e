/** scalar: the middle route, float64 arithmetic, one output after the other; what lanes leave is done here. */

import type { Fit } from '../../formats/codec.js';
import { type Datapath, registerFitOf } from '../datapath.js';
import type { Order } from '../order.js';
import { drawingOf } from '../reference.js';
import { requantize } from '../requantize.js';
import { termsPerFiring } from '../products.js';
import { encoderOf } from './float64/encode.js';
import { engineOf, hasSignedNan, pairwise } from './float64/engine.js';
import type { Engine } from './contract/engine.js';
import type { Finish, Scalar } from './contract/scalar.js';
import { type Gemm, type GemmJob, type SumArray, sumsFor } from './contract/gemm.js';
import { outerOf, type Plan } from './contract/plan.js';
import { exactSums } from './nests/exact.js';
import { type RandomSource, randomSource } from './contract/random.js';
import { referenceGemm } from './float64/reference.js';
import { termPlan, termsOf } from './float64/terms.js';
import { decoderOf } from './float64/values.js';

/** @returns in words why float64 cannot be exact for it */
export function scalarOf(datapath: Datapath, order: Order): Scalar | string {
  const { format } = datapath.sum;
  const outer = outerOf(order);
  if (outer !== undefined && outer.format !== format && hasSignedNan(outer.format))
    return 'the sign of a NaN would have to pass from the outer register';
  const drawing = drawingOf(datapath, order);
  const source = drawing === undefined ? undefined : randomSource(drawing);
  const engine = engineOf(datapath, source && ((bits) => source.next(bits)));
  if (typeof engine === 'string') return engine;
  for (const fit of [outer, datapath.result])
    if (fit !== undefined && !engine.carries(fit)) return `float64 does not carry the fit to ${fit.format.name}`;
  const inside = drawingOf({ ...datapath, result: undefined }, order) !== undefined;
  const finish = finisherOf(datapath, engine, outer, inside ? undefined : source);
  const single: Scalar['single'] = (job, sums) => {
    let dot: ((index: number) => number) | undefined;
    return (index) => {
      dot ??= dotOf(datapath, engine, termPlan(datapath, order, job.k), job);
      source?.start(index);
      finish(sums, index, dot(index));
    };
  };
  return { engine, finish, single, drawsAfterwards: inside && typeof datapath.result?.rounding === 'object' };
}

/** The middle route: float64 arithmetic, one output after the other. */
export function scalarGemm(datapath: Datapath, order: Order, { engine, single }: Scalar, why: string): Gemm {
  const last = referenceGemm(datapath, order, why);
  const empty = (job: GemmJob) => termPlan(datapath, order, job.k).runs.length === 0;
  const run = (job: GemmJob): SumArray => {
    if (empty(job)) return last.sums(job);
    const sums = sumsFor(datapath, order, job);
    const put = single(job, sums);
    for (let index = 0; index < sums.length; index++) put(index);
    return sums;
  };
  return {
    datapath,
    order,
    route: 'float64',
    why,
    sums: run,
    stats(job) {
      if (empty(job)) return last.stats(job);
      Object.assign(engine.tally, { swamped: 0, overflowed: 0 });
      const sums = run(job);
      return { sums, exact: exactSums(datapath, job, order), ...engine.tally };
    },
  };
}

/** Output index -> the last sum as its register carries it. */
function dotOf(datapath: Datapath, engine: Engine, plan: Plan, job: GemmJob): (index: number) => number {
  const total = plan.outer ?? datapath.sum;
  const decodeSum = decoderOf(total.format, total.subnormals);
  const { fill, terms, weights } = termsOf(datapath, job, engine.product, plan.sequence);
  const reduceTerms = reducerOf(datapath, engine, plan, terms, weights);
  return (index) => {
    fill(index);
    return reduceTerms(job.c === undefined ? 0 : decodeSum(Number(job.c[index])));
  };
}

/** Walks a plan over the terms. */
function reducerOf(
  datapath: Datapath,
  engine: Engine,
  plan: Plan,
  terms: Float64Array,
  weights: Float64Array,
): (start: number) => number {
  const { register } = engine;
  const lanes = termsPerFiring(datapath);
  const outer = plan.outer === undefined ? register : engine.registerOf(plan.outer);
  const leaves = new Float64Array(Math.max(0, ...plan.runs));
  const firings = (from: number, length: number, start: number): number => {
    let total = start;
    for (let i = 0; i < length; i += lanes)
      total = engine.fire(total, terms, weights, from + i, Math.min(lanes, length - i));
    return total;
  };
  const tree = (from: number, length: number): number => {
    let count = 0;
    for (let i = 0; i < length; i += lanes)
      leaves[count++] =
        datapath.lanes === 1 ? terms[from + i] : register.read(firings(from + i, Math.min(lanes, length - i), 0));
    return pairwise(register, leaves, count);
  };
  const chunked = (start: number): number => {
    let total = start;
    let from = 0;
    for (const length of plan.runs) {
      if (plan.pairwise) total = register.add(total, tree(from, length));
      else total = outer.add(total, register.read(firings(from, length, 0)));
      from += length;
    }
    return total;
  };
  // Ways that run at the same time are joined when all are done, which matters to shared random bits.
  const dealt = (start: number): number => {
    let from = 0;
    const sums = plan.runs.map((length, way) => {
      from += length;
      return firings(from - length, length, way === 0 ? start : 0);
    });
    return sums.reduce((total, way) => register.add(total, register.read(way)));
  };
  return plan.direct ? dealt : chunked;
}

/**
 * What happens to the last sum of the outer register on its way out.
 * @param source of random bits that nothing has drawn from before
 */
function finisherOf(datapath: Datapath, engine: Engine, fit: Fit | undefined, source?: RandomSource): Finish {
  const { result, requantize: stage, nanCode, sum } = datapath;
  const { register } = engine;
  const outer = fit === undefined ? register : engine.registerOf(fit);
  const out = result === undefined ? undefined : engine.registerOf(result);
  const last = result ?? fit ?? registerFitOf(sum);
  const encodeOut = encoderOf(last);
  return (sums, index, total) => {
    const value = outer.read(total);
    source?.start(index);
    let code = encodeOut(out === undefined ? total : out.round(value));
    if (stage !== undefined) code = Number(requantize(stage, last.format, BigInt(code)));
    if (nanCode !== undefined && Number.isNaN(value)) code = nanCode;
    if (sums instanceof BigUint64Array) sums[index] = BigInt(code);
    else sums[index] = code;
  };
}
