import { type Datapath, totalFitOf } from '../datapath.js';
import type { Order } from '../order.js';
import { widthOf } from '../../formats/format.js';
import type { GemmJob } from './gemm.js';
import { exactSums as referenceSums } from './reference.js';
import { termFacts } from './facts.js';
import { decoderOf } from './values.js';
import { dotBound } from './wasm/bounds.js';
import { operandsFor } from './wasm/firing-operands.js';
import type { Step } from './wasm/lanes.js';
import { type Kernel, kernelOf } from './wasm/memory.js';
import { columnsOf, nestFunctions, type NestShape } from './wasm/nest.js';
import { intFunctions, shapeOf } from './wasm/int-nest.js';
import { layoutOf, type Seen, seenIn } from './wasm/pack.js';
import { walk } from './wasm/walk.js';

const NATIVE: Step = {
  carrier: 'f64',
  method: 'native',
  rounding: 'rne',
  mantissaBits: 52,
  randomBits: 0,
  signedZero: false,
  overflow: 'none',
  limit: 1023,
};

const compiled = new Map<string, Kernel>();

function kernelFor(part: NestShape['part']): Kernel {
  const key = JSON.stringify(part ?? null);
  let kernel = compiled.get(key);
  if (kernel === undefined)
    compiled.set(key, (kernel = kernelOf(nestFunctions({ step: NATIVE, outer: NATIVE, part }))));
  return kernel;
}

/**
 * Exact sums [m][n], each rounded once to float64: float64 lanes where every sum fits 53 bits, two sums of the products'
 * upper and lower parts where both do, else exact values.
 */
export function exactSums(datapath: Datapath, given: GemmJob, order: Order = datapath.order): Float64Array {
  const { m, n, k } = given;
  const { a, b, blockScale } = datapath;
  const wide = termFacts({ ...datapath, product: 'exact' }).precision > 53;
  if (m * n * k === 0 || wide || (blockScale !== undefined && widthOf(blockScale.format) > 16))
    return referenceSums(datapath, given, order);
  // No exponents are needed: nothing is aligned here.
  const operands = operandsFor({ a, b, blockScale, operands: datapath.operands, combine: { kind: 'chain' } })(given);
  const job = { ...given, a: operands[0].codes, b: operands[1].codes };
  const tables = operands.map(({ values }) => values);
  const [x, y] = operands.map(({ seen }) => seen);
  const starts = startValues(datapath, order, job);
  const start = starts === undefined ? undefined : seenIn(Uint32Array.from(starts.keys()), starts);
  const quantum = Math.min(x.quantum + y.quantum, start?.quantum ?? Infinity);
  const max = Math.max(x.max * y.max, start?.max ?? 0);
  const terms = Math.ceil(Math.log2(k + 1));
  const top = max === 0 ? 0 : Math.floor(Math.log2(max)) + 1;
  if (starts === undefined) {
    const counted = byIntegers(job, tables, [x, y]);
    if (counted !== undefined) return counted;
  }
  if (quantum === Infinity || top + terms - quantum <= 53) return pass(job, tables, starts);
  const exponent = quantum + 53 - terms;
  if (quantum < -1000 || top + terms - exponent > 52) return referenceSums(datapath, given, order);
  const magic = 1.5 * 2 ** (exponent + 52);
  const upper = starts?.map((value) => value + magic - magic);
  const lower = starts?.map((value, i) => value - (upper?.[i] ?? 0));
  const high = pass(job, tables, upper, { exponent, which: 'high' });
  const low = pass(job, tables, lower, { exponent, which: 'low' });
  return high.map((value, i) => (value - value === 0 ? value + low[i] : value));
}

/** Operands that are few multiples of a power of two: a dot product of 16-bit integers, where its sums fit 32 bits. */
function byIntegers(job: GemmJob, tables: readonly Float64Array[], seen: readonly Seen[]): Float64Array | undefined {
  const { k, m, n } = job;
  const largest = seen.map(({ max, quantum }) => (max === 0 ? 0 : max * 2 ** -quantum));
  if (seen.some(({ nans, infinities }) => nans || infinities) || largest.some((count) => count > 32767))
    return undefined;
  // The last sum alone must fit: on the way there 32 bits may wrap.
  const most = largest[0] * largest[1] * k;
  if (most >= 2 ** 31 && (most >= 2 ** 37 || countBound(job, tables, seen) >= 2 ** 31)) return undefined;
  const [x, y] = seen.map(({ max, quantum }) => (max === 0 ? 0 : quantum));
  const unit = 2 ** (x + y);
  const step = { kind: 'dot', low: 0, high: 0 } as const;
  const plan = { runs: [k], direct: true, pairwise: false };
  const sums = new Float64Array(m * n);
  const shape = shapeOf(step);
  walk({
    job,
    plan,
    layout: layoutOf(plan, shape.group),
    shape,
    tables: [tables[0].map((value) => value * 2 ** -x), tables[1].map((value) => value * 2 ** -y)],
    kernel: dotKernel(),
    put: (from, stride, first, rows) => {
      for (let row = 0; row < rows; row++) scaleRow(sums, (first + row) * n, from as Int32Array, row * stride, n, unit);
    },
    redo: () => undefined,
  });
  return sums;
}

/** A bound on the sums, in units of the operands' last places. */
function countBound(job: GemmJob, tables: readonly Float64Array[], [x, y]: readonly Seen[]): number {
  return dotBound(job, tables) * 2 ** -(x.quantum + y.quantum);
}

function scaleRow(to: Float64Array, at: number, counts: Int32Array, from: number, length: number, unit: number): void {
  for (let i = 0; i < length; i++) to[at + i] = counts[from + i] * unit;
}

let dot: Kernel | undefined;

function dotKernel(): Kernel {
  dot ??= kernelOf(intFunctions({ kind: 'dot', low: 0, high: 0 }));
  return dot;
}

function startValues(datapath: Datapath, order: Order, { c }: GemmJob): Float64Array | undefined {
  if (c === undefined) return undefined;
  const total = totalFitOf(datapath, order);
  const read = decoderOf(total.format, total.subnormals);
  return Float64Array.from(c as ArrayLike<number | bigint>, (code) => read(Number(code)));
}

function pass(
  job: GemmJob,
  tables: readonly Float64Array[],
  starts?: Float64Array,
  part?: NestShape['part'],
): Float64Array {
  const plan = { runs: [job.k], direct: true, pairwise: false };
  const sums = new Float64Array(job.m * job.n);
  walk({
    job,
    plan,
    layout: layoutOf(plan, 1),
    shape: {
      operand: Float64Array,
      operandBytes: 8,
      sum: Float64Array,
      sumBytes: 8,
      width: columnsOf(NATIVE),
      group: 1,
    },
    tables,
    starts,
    kernel: kernelFor(part),
    put: (from, stride, first, rows) => {
      for (let row = 0; row < rows; row++)
        sums.set(from.subarray(row * stride, row * stride + job.n), (first + row) * job.n);
    },
    redo: () => undefined,
  });
  return sums;
}
