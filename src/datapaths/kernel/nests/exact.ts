import { type Datapath, totalFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { widthOf } from '../../../formats/format.js';
import type { GemmJob } from '../contract/gemm.js';
import { exactSums as referenceSums } from '../float64/reference.js';
import { termFacts } from '../contract/facts.js';
import { limbSums, type StartValues } from './limbs.js';
import { decoderOf } from '../float64/values.js';
import { operandsFor, placesOf } from '../panels/operands.js';
import type { Step } from '../steps/step.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { columnsOf, nestFunctions, type NestShape } from './nest.js';
import { layoutOf, seenIn } from '../panels/pack.js';
import { walk } from '../panels/walk.js';

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

/** Products are multiples of 2^this, so that float64 lanes hold them and their parts. */
const LOWEST = -1000;

/**
 * Exact sums [m][n], each rounded once to float64: dot products of integers where few do, float64 lanes where every
 * sum fits 53 bits, two sums of the products' upper and lower parts where both do, else exact values.
 */
export function exactSums(datapath: Datapath, given: GemmJob, order: Order = datapath.order): Float64Array {
  const { m, n, k } = given;
  const { blockScale } = datapath;
  const wide = termFacts({ ...datapath, product: 'exact' }).precision > 53;
  if (m * n * k === 0 || wide || (blockScale !== undefined && widthOf(blockScale.format) > 16))
    return referenceSums(datapath, given, order);
  const operands = readerOf(datapath)(given);
  const job = { ...given, a: operands[0].codes, b: operands[1].codes };
  const tables = operands.map(({ values }) => values);
  const [x, y] = operands.map(({ seen }) => seen);
  const starts = startsOf(datapath, order, job);
  const quantum = Math.min(x.quantum + y.quantum, starts?.seen.quantum ?? Infinity);
  const max = Math.max(x.max * y.max, starts?.seen.max ?? 0);
  const terms = Math.ceil(Math.log2(k + 1));
  const top = max === 0 ? 0 : Math.floor(Math.log2(max)) + 1;
  if (quantum < LOWEST) return referenceSums(datapath, given, order);
  const counted = limbSums(job, tables, [x, y], starts);
  if (counted !== undefined) return counted;
  if (quantum === Infinity || top + terms - quantum <= 53) return pass(job, tables, starts?.values);
  const exponent = quantum + 53 - terms;
  if (top + terms - exponent > 52) return referenceSums(datapath, given, order);
  const magic = 1.5 * 2 ** (exponent + 52);
  const upper = starts?.values.map((value) => value + magic - magic);
  const lower = starts?.values.map((value, i) => value - (upper?.[i] ?? 0));
  const high = pass(job, tables, upper, { exponent, which: 'high' });
  const low = pass(job, tables, lower, { exponent, which: 'low' });
  return high.map((value, i) => (value - value === 0 ? value + low[i] : value));
}

const readers = new WeakMap<Datapath, ReturnType<typeof operandsFor>>();

/** Reads operands without exponents: nothing is aligned here. */
function readerOf(datapath: Datapath): ReturnType<typeof operandsFor> {
  const { a, b, blockScale, operands } = datapath;
  let reader = readers.get(datapath);
  if (reader === undefined)
    readers.set(datapath, (reader = operandsFor({ a, b, blockScale, operands, combine: { kind: 'chain' } })));
  return reader;
}

function startsOf(datapath: Datapath, order: Order, { c }: GemmJob): StartValues | undefined {
  if (c === undefined) return undefined;
  const total = totalFitOf(datapath, order);
  const read = decoderOf(total.format, total.subnormals);
  const values = Float64Array.from(c as ArrayLike<number | bigint>, (code) => read(Number(code)));
  return { values, seen: seenIn(placesOf(values.length), values) };
}

function pass(
  job: GemmJob,
  tables: readonly Float64Array[],
  starts?: Float64Array,
  part?: NestShape['part'],
): Float64Array {
  const plan = { runs: [job.k], direct: true, pairwise: false };
  const sums = new Float64Array(job.m * job.n);
  const blocks = walk({
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
  });
  for (const { sums: from, stride, first, rows } of blocks)
    for (let row = 0; row < rows; row++)
      sums.set(from.subarray(row * stride, row * stride + job.n), (first + row) * job.n);
  return sums;
}
