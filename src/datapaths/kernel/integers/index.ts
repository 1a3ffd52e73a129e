/** integers: the lane route of units with an integer register. */

import { totalFitOf } from '../../datapath.js';
import type { IntFormat } from '../../../formats/format.js';
import { exactSums } from '../nests/exact.js';
import { type GemmJob, type GemmStatistics, type IntegerSums, type SumArray, sumsFor } from '../contract/gemm.js';
import { inOneRun, planOf } from '../contract/plan.js';
import { addTally, type Tally } from '../contract/engine.js';
import type { Asked, Offer, Refusal } from '../contract/route.js';
import { decoderOf } from '../float64/values.js';
import { signSums } from './bits.js';
import { codesIn } from './codes.js';
import { intFunctions, type IntStep, rowTable, shapeOf } from '../nests/intNest.js';
import { holds, type IntSite, intSite, type IntStarts, stepFor } from './site.js';
import { intWindows } from './windows.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { layoutOf, type Panel, type Seen, seenIn } from '../panels/pack.js';
import { type Rows, walk } from '../panels/walk.js';

/** Integer lanes: registers that are integers, and operands that are few multiples of a power of two. */
export function integers(asked: Asked): Offer | Refusal {
  const site = intSite(asked);
  if (typeof site === 'string') return site;
  const usual: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: 0 };
  const step = stepFor(site, [usual, usual], 1, { max: 0, negative: false });
  if (typeof step === 'string') return step;
  const products = { sums: (job: GemmJob) => intSums(site, job), stats: (job: GemmJob) => intStats(site, job) };
  const runs = { ...products, windows: intWindows(site, products) };
  if (site.signs) {
    const why = 'operands are signs: 64 products are one XOR and one population count';
    return { route: 'xor popcount', why, ...runs };
  }
  const why = `operands fit 16 bits; the register ${site.wrap ? 'wraps, which is exact at the end' : 'saturates where the data can reach its limits'}`;
  return { route: 'simd int', why, ...runs, integers: integerSums(site) };
}

/** Sums as the lanes hold them; undefined where more becomes of them, or they do not count ones. */
function integerSums(site: IntSite): IntegerSums | undefined {
  const { datapath, order, register } = site;
  if (datapath.result !== undefined || datapath.requantize !== undefined || register.exponent !== 0) return undefined;
  const straightFor = (k: number) => inOneRun(planOf(order, k, datapath.lanes), k);
  return {
    hold: (k) => k > 0 && holds(site, k) && straightFor(k).sequence === undefined,
    *rows(job) {
      const plan = straightFor(job.k);
      const step: IntStep = { kind: 'dot', low: 0, high: 0 };
      const shape = shapeOf(step);
      const layout = layoutOf(plan, shape.group);
      for (const block of walk({ job, plan, layout, shape, tables: site.tables, kernel: kernelFor(step, false) }))
        yield { ...block, sums: block.sums as Int32Array };
    },
  };
}

const compiled = new Map<string, Kernel>();

function kernelFor(step: IntStep, count: boolean): Kernel {
  const key = step.kind === 'dot' ? 'dot' : JSON.stringify([step, count]);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf(intFunctions(step, count && step.kind !== 'dot'))));
  return kernel;
}

/** What a run with statistics leaves. */
interface Counts extends Tally {
  /** The sums' values; the exact sums too where none overflowed and every place in k was taken once. */
  values: Float64Array;
  known: boolean;
}

function intStats(site: IntSite, job: GemmJob): GemmStatistics {
  const { datapath, order, scalar, slower } = site;
  if (job.k === 0) return slower.stats(job);
  const own = scalar.engine.tally;
  Object.assign(own, { swamped: 0, overflowed: 0 });
  const counts: Counts = { swamped: 0, overflowed: 0, values: new Float64Array(job.m * job.n), known: false };
  const sums = intSums(site, job, counts);
  const known = counts.known && counts.overflowed === 0;
  const exact = known ? counts.values : exactSums(datapath, job, order);
  const same = known && datapath.result === undefined && datapath.requantize === undefined;
  return {
    sums,
    exact,
    ...(same && { same }),
    swamped: counts.swamped + own.swamped,
    overflowed: counts.overflowed + own.overflowed,
  };
}

/** The most additions whose counts fit 16-bit lanes. */
const MOST_COUNTS = 65535;

function intSums(site: IntSite, job: GemmJob, counts?: Counts): SumArray {
  const { datapath, order, register, tables, slower } = site;
  const plan = planOf(order, job.k, datapath.lanes);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return slower.sums(job);
  const starts = startsOf(site, job);
  const step = jobStep(site, job, starts);
  if (typeof step === 'string' || (counts !== undefined && !countable(site, step, job, starts.max)))
    return slower.sums(job);
  const sums = sumsFor(datapath, order, job);
  const straight = inOneRun(plan, job.k);
  const whole = straight.sequence === undefined;
  if (counts !== undefined) counts.known = whole;
  if (step.kind === 'dot' && site.signs && job.k > 0 && whole && starts.values === undefined) {
    // Values are read from whole sums.
    const masked = counts === undefined;
    signSums(job, masked ? maskOf(register) : -1, putterOf(site, job, sums, counts?.values, masked));
    return sums;
  }
  const kept = step.kind === 'dot' ? straight : plan;
  const shape = shapeOf(step);
  const put = putterOf(site, job, sums, counts?.values);
  const counting = step.kind === 'dot' ? undefined : counts;
  const blocks = walk({
    job,
    plan: kept,
    layout: layoutOf(kept, shape.group),
    shape,
    tables: [rowTable(step, tables[0]), tables[1]],
    starts: starts.values,
    kernel: kernelFor(step, counts !== undefined),
    count: counting !== undefined,
  });
  for (const block of blocks) {
    put(block);
    if (counting !== undefined) addTally(counting, block.tally);
  }
  return sums;
}

/** By what the formats hold, or, where that leaves no quick step, by what the job's operands do. */
export function jobStep(site: IntSite, job: GemmJob, starts: IntStarts): IntStep | string {
  const known = stepFor(site, site.codes, job.k, starts);
  if (typeof known !== 'string' && (known.kind !== 'clamped' || known.free !== undefined)) return known;
  return stepFor(site, [seenIn(job.a, site.tables[0]), seenIn(job.b, site.tables[1])], job.k, starts);
}

function startsOf({ datapath, order, register }: IntSite, job: GemmJob): IntStarts {
  if (job.c === undefined) return { max: 0, negative: false };
  const read = decoderOf(totalFitOf(datapath, order).format);
  const unit = 2 ** -register.exponent;
  const values = Float64Array.from(job.c as ArrayLike<number | bigint>, (code) => read(Number(code)) * unit);
  const max = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return { values, max, negative: values.some((value) => value < 0) };
}

/** Whether lanes count as the reference does: a sum that may wrap has to be watched at every addition. */
export function countable(
  { register, wrap, tables, codes }: IntSite,
  { kind }: IntStep,
  job: GemmJob,
  start: number,
): boolean {
  if (kind === 'narrow') return 8 * job.k <= MOST_COUNTS;
  if (kind === 'clamped') return true;
  if (!wrap) return true;
  const stays = ([a, b]: readonly Seen[]) => start + job.k * a.max * b.max < 2 ** (register.bits - 1);
  return register.signed && (stays(codes) || stays([seenIn(job.a, tables[0]), seenIn(job.b, tables[1])]));
}

type Put = (block: Rows) => void;

/**
 * Counts out of memory: straight to codes, or by the datapath's own way out; their values too where asked for.
 * @param masked they have no more bits than the register
 */
function putterOf(
  { datapath, scalar, register }: IntSite,
  { n }: GemmJob,
  sums: SumArray,
  values?: Float64Array,
  masked = false,
): Put {
  const plain = datapath.result === undefined && datapath.requantize === undefined && register.bits <= 32;
  const unit = 2 ** register.exponent;
  return ({ sums: from, stride, first, rows }) => {
    if (values !== undefined) {
      copyRows(values, from, n, stride, first, rows);
      if (unit !== 1) scale(values, first * n, rows * n, unit);
    }
    if (plain && !(sums instanceof BigUint64Array))
      copyRows(sums, codesIn(from, rows * stride, masked ? 32 : register.bits), n, stride, first, rows);
    else
      for (let row = 0; row < rows; row++)
        for (let j = 0; j < n; j++)
          scalar.finish(sums, (first + row) * n + j, wrapped(from[row * stride + j], register) * unit);
  };
}

type Lines = Panel | Uint32Array;

/** Rows of `stride` elements, of which n count, to row `first` on. */
function copyRows(
  to: Float64Array | Uint32Array,
  from: Lines,
  n: number,
  stride: number,
  first: number,
  rows: number,
): void {
  if (stride === n) to.set(from.subarray(0, rows * n), first * n);
  else if (n <= SHORT) copyShort(to, from, n, stride, first, rows);
  else for (let row = 0; row < rows; row++) to.set(from.subarray(row * stride, row * stride + n), (first + row) * n);
}

/** Rows of so few elements are quicker one by one than as views: those of depthwise convolutions have one. */
const SHORT = 16;

function copyShort(
  to: Float64Array | Uint32Array,
  from: Lines,
  n: number,
  stride: number,
  first: number,
  rows: number,
) {
  for (let row = 0, at = first * n; row < rows; row++)
    for (let j = row * stride, end = j + n; j < end; j++) to[at++] = from[j];
}

function scale(values: Float64Array, from: number, count: number, unit: number): void {
  for (let i = from; i < from + count; i++) values[i] *= unit;
}

function maskOf({ bits }: IntFormat): number {
  return bits < 32 ? 2 ** bits - 1 : -1;
}

/** The register's value of a count modulo 2^32. */
function wrapped(count: number, format: IntFormat): number {
  const { bits, signed } = format;
  if (bits > 32) return count;
  const low = (count & maskOf(format)) >>> 0;
  return signed && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}
