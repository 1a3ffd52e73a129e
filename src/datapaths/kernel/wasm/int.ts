import type { Datapath } from '../../datapath.js';
import { registerFitOf, totalFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { type IntFormat, widthOf } from '../../../formats/format.js';
import { factsOf } from '../facts.js';
import { type Gemm, type GemmJob, outputFormatOf, type SumArray, sumArray } from '../gemm.js';
import { outerOf, planOf } from '../plan.js';
import type { Scalar } from '../scalar.js';
import { type Counts, statsBy } from './stats.js';
import { decoderOf, valuesOf } from '../values.js';
import { signSums } from './bits.js';
import { rowTable, columnTable, type IntStep, intFunctions, shapeOf } from './int-nest.js';
import { type Kernel, kernelOf } from './memory.js';
import { layoutOf, type Panel, type Seen, seenIn } from './pack.js';
import { walk } from './walk.js';

/** A datapath of integers (or of floats that are few multiples of a power of two) with an integer register. */
export interface IntSite {
  datapath: Datapath;
  order: Order;
  register: IntFormat;
  wrap: boolean;
  /** Operand values in units that make every product a count of the register's. */
  tables: readonly Float64Array[];
  /** Both operands are signs, which XOR multiplies. */
  signs: boolean;
  /** What all codes of the operands hold. */
  codes: readonly Seen[];
  /** Saturation after every addition is what the unit does, one product at a time. */
  chained: boolean;
  scalar: Scalar;
  slower: Gemm;
}

/** @returns in words why integer lanes are not for this datapath */
function intSite(datapath: Datapath, order: Order, slower: Gemm, scalar: Scalar): IntSite | string {
  const { a, b, product, combine, lanes, blockScale } = datapath;
  const { format, overflow } = registerFitOf(datapath.sum);
  if (format.kind !== 'int') return 'its register is not an integer';
  if (product !== 'exact' || blockScale !== undefined) return 'its products are rounded or scaled';
  if (combine.kind === 'aligned' || (combine.kind === 'tree' && combine.node !== undefined))
    return 'its lanes are aligned or rounded';
  if (widthOf(a) > 16 || widthOf(b) > 16) return 'an operand has more than 16 bits';
  const outer = outerOf(order);
  if (outer !== undefined && (outer.format !== format || (outer.overflow === 'wrap') !== (overflow === 'wrap')))
    return 'its outer register is another';
  const shift = factsOf(a).quantum + factsOf(b).quantum - format.exponent;
  if (shift < 0) return 'its products are finer than its register';
  const tables = [a, b].map((each) =>
    valuesOf(each, datapath.operands).map((value) => value * 2 ** -factsOf(each).quantum),
  );
  const narrower = factsOf(a).max * 2 ** -factsOf(a).quantum < factsOf(b).max * 2 ** -factsOf(b).quantum ? 0 : 1;
  tables[narrower] = tables[narrower].map((value) => value * 2 ** shift);
  const fits = tables.every((table) =>
    table.every((value) => value - value !== 0 || (value >= -32768 && value <= 32767)),
  );
  if (!fits) return 'an operand has more than 16 significant bits';
  const all = tables.map((table) => seenIn(Uint16Array.from(table.keys()), table));
  return {
    datapath,
    order,
    codes: all,
    signs: isSign(tables[0]) && isSign(tables[1]) && tables[0][0] === tables[1][0],
    register: format,
    wrap: overflow === 'wrap',
    tables,
    chained: combine.kind === 'chain' || (lanes === 1 && (combine.kind === 'tree' || combine.sumInside)),
    scalar,
    slower,
  };
}

function isSign(table: Float64Array): boolean {
  return table.length === 2 && Math.abs(table[0]) === 1 && table[0] === -table[1];
}

/** Integer lanes where they suit the datapath, else the route given. */
export function intGemm(datapath: Datapath, order: Order, slower: Gemm, scalar: Scalar): Gemm | string {
  const site = intSite(datapath, order, slower, scalar);
  if (typeof site === 'string') return site;
  const usual: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: 0 };
  const step = stepFor(site, [usual, usual], 1, { max: 0, negative: false });
  if (typeof step === 'string') return step;
  const stats = statsBy(datapath, order, scalar, (job, tally) => intSums(site, job, tally));
  if (site.signs) {
    const why = 'operands are signs: 64 products are one XOR and one population count';
    return { ...slower, route: 'xor popcount', why, sums: (job) => intSums(site, job), stats };
  }
  const why = `operands fit 16 bits; the register ${site.wrap ? 'wraps, which is exact at the end' : 'saturates where the data can reach its limits'}`;
  return { ...slower, route: 'simd int', why, sums: (job) => intSums(site, job), stats };
}

/** The cheapest step that is exact for what a job holds. */
function stepFor(
  { register, wrap, order, chained }: IntSite,
  [a, b]: readonly Seen[],
  k: number,
  start: { max: number; negative: boolean },
): IntStep | string {
  if (a.nans || a.infinities || b.nans || b.infinities) return 'an operand is not a number';
  const high = 2 ** (register.bits - Number(register.signed)) - 1;
  const low = register.signed ? -high - 1 : 0;
  const reach = start.max + k * a.max * b.max;
  const negative = a.negative || b.negative || start.negative;
  if (reach <= high && (!negative || register.signed) && reach < 2 ** 31) return { kind: 'dot', low, high };
  if (wrap) return register.bits <= 32 ? { kind: 'dot', low, high } : 'its register is wider than 32 bits';
  if (!chained || order.kind === 'tree') return 'its lanes are added before they saturate';
  const product = a.max * b.max;
  if (high <= 32767 && product <= 32767) return { kind: 'narrow', low, high };
  if (high < 2 ** 30 && product < 2 ** 30) return { kind: 'wide', low, high };
  return 'its register is too wide to saturate in 32-bit lanes';
}

const compiled = new Map<string, Kernel>();

function kernelFor(step: IntStep, count: boolean): Kernel {
  const key = step.kind === 'dot' ? 'dot' : JSON.stringify([step, count]);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf(intFunctions(step, count && step.kind !== 'dot'))));
  return kernel;
}

/** The most additions whose counts fit 16-bit lanes. */
const MOST_COUNTS = 65535;

function intSums(site: IntSite, job: GemmJob, tally?: Counts): SumArray {
  const { datapath, order, tables, scalar, slower, register } = site;
  const plan = planOf(order, job.k, datapath.lanes);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return slower.sums(job);
  const starts = startsOf(site, job);
  const known = stepFor(site, site.codes, job.k, starts);
  const seen = () => [seenIn(job.a, tables[0]), seenIn(job.b, tables[1])];
  const step = typeof known === 'string' || known.kind !== 'dot' ? stepFor(site, seen(), job.k, starts) : known;
  if (typeof step === 'string' || (tally !== undefined && !countable(site, step, job, starts.max)))
    return slower.sums(job);
  const sums = sumArray(outputFormatOf(datapath, order), job.m * job.n);
  const plain = datapath.result === undefined && datapath.requantize === undefined;
  if (tally !== undefined) tally.exact = step.kind === 'dot' && plain && plan.sequence === undefined;
  const put = putterOf(site, job, sums, register);
  if (step.kind === 'dot' && site.signs && job.k > 0 && starts.values === undefined && plan.sequence === undefined) {
    signSums(job, put);
    return sums;
  }
  // Wherever the dot product is exact, so is any other order of the same products.
  const own = step.kind === 'dot' ? { runs: [job.k], direct: true, pairwise: false } : plan;
  const kept =
    step.kind === 'dot' && plan.sequence !== undefined
      ? { ...own, sequence: plan.sequence, runs: [plan.sequence.length] }
      : own;
  const shape = shapeOf(step);
  walk({
    job,
    plan: kept,
    layout: layoutOf(kept, shape.group),
    shape,
    tables: [rowTable(step, tables[0]), columnTable(step, tables[1])],
    starts: starts.values,
    kernel: kernelFor(step, tally !== undefined),
    put,
    redo: scalar.single(job, sums),
    tally,
  });
  return sums;
}

function startsOf(
  { datapath, order, register }: IntSite,
  job: GemmJob,
): { values?: Float64Array; max: number; negative: boolean } {
  if (job.c === undefined) return { max: 0, negative: false };
  const read = decoderOf(totalFitOf(datapath, order).format);
  const unit = 2 ** -register.exponent;
  const values = Float64Array.from(job.c as ArrayLike<number | bigint>, (code) => read(Number(code)) * unit);
  const max = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return { values, max, negative: values.some((value) => value < 0) };
}

/** Whether lanes count as the reference does: a sum that may wrap has to be watched at every addition. */
function countable(
  { register, wrap, tables, codes }: IntSite,
  { kind }: IntStep,
  job: GemmJob,
  start: number,
): boolean {
  if (kind !== 'dot') return 8 * job.k <= MOST_COUNTS;
  if (!wrap) return true;
  const stays = ([a, b]: readonly Seen[]) => start + job.k * a.max * b.max < 2 ** (register.bits - 1);
  return register.signed && (stays(codes) || stays([seenIn(job.a, tables[0]), seenIn(job.b, tables[1])]));
}

/** Counts out of memory: straight to codes, or by the datapath's own way out. */
function putterOf({ datapath, scalar }: IntSite, { n }: GemmJob, sums: SumArray, register: IntFormat) {
  const plain = datapath.result === undefined && datapath.requantize === undefined && register.bits <= 32;
  const unit = 2 ** register.exponent;
  return (from: Panel, stride: number, first: number, rows: number): void => {
    if (!plain || sums instanceof BigUint64Array) {
      for (let row = 0; row < rows; row++)
        for (let j = 0; j < n; j++)
          scalar.finish(sums, (first + row) * n + j, wrapped(from[row * stride + j], register) * unit);
      return;
    }
    if (stride === n && from instanceof Int16Array) {
      widen(sums, first * n, from.subarray(0, rows * n), 2 ** register.bits - 1);
      return;
    }
    if (stride === n) sums.set(from.subarray(0, rows * n), first * n);
    else
      for (let row = 0; row < rows; row++) sums.set(from.subarray(row * stride, row * stride + n), (first + row) * n);
    if (register.bits < 32) keepLow(sums, first * n, rows * n, 2 ** register.bits - 1);
  };
}

function widen(sums: Uint32Array, at: number, from: Int16Array, mask: number): void {
  for (let i = 0; i < from.length; i++) sums[at + i] = from[i] & mask;
}

/** Its own function, because it is fast only while it sees one kind of array. */
function keepLow(sums: Uint32Array, from: number, count: number, mask: number): void {
  for (let i = from; i < from + count; i++) sums[i] &= mask;
}

/** The register's value of a count modulo 2^32. */
function wrapped(count: number, { bits, signed }: IntFormat): number {
  if (bits > 32) return count;
  const low = bits === 32 ? count >>> 0 : count & (2 ** bits - 1);
  return signed && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}
