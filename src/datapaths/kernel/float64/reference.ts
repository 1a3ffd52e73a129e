import { type Datapath, totalFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { randomOf, reduce } from '../../reference.js';
import { fromAligned, multiply, type Raw, sum, toNumber } from '../../../formats/raw.js';
import { decode } from '../../../formats/codec.js';
import type { CodeArray, Gemm, GemmJob, GemmStatistics, SumArray } from '../contract/gemm.js';
import { sumsFor } from '../contract/gemm.js';

/** The last route: the reference, once for each output. Output i of a stochastic datapath has random source i. */
export function referenceGemm(datapath: Datapath, order: Order, why: string): Gemm {
  const run = (job: GemmJob, each?: (index: number, found: ReturnType<typeof reduce>) => void): SumArray => {
    const sums = sumsFor(datapath, order, job);
    for (let index = 0; index < sums.length; index++) {
      const found = reduce(datapath, operandsOf(datapath, job, index), order, randomOf(datapath, order, index));
      put(sums, index, found.code);
      each?.(index, found);
    }
    return sums;
  };
  return {
    datapath,
    order,
    route: 'reference',
    why,
    sums: (job) => run(job),
    stats(job) {
      const result: Omit<GemmStatistics, 'sums'> = {
        exact: exactSums(datapath, job, order),
        swamped: 0,
        overflowed: 0,
      };
      const sums = run(job, (_index, found) => {
        result.swamped += found.swamped;
        result.overflowed += found.overflowed;
      });
      return { sums, ...result };
    },
  };
}

function put(sums: SumArray, index: number, code: bigint): void {
  if (sums instanceof BigUint64Array) sums[index] = code;
  else sums[index] = Number(code);
}

/** The operands of output [row][column] in the reference's shape. */
export function operandsOf({ blockScale }: Datapath, job: GemmJob, index: number) {
  const row = Math.floor(index / job.n);
  const column = index % job.n;
  const blocks = blockScale === undefined ? 0 : Math.ceil(job.k / blockScale.size);
  const columnOf = (from: CodeArray, length: number) => Array.from({ length }, (_, i) => from[i * job.n + column]);
  return {
    a: job.a.subarray(row * job.k, (row + 1) * job.k),
    b: columnOf(job.b, job.k),
    ...(job.c === undefined ? {} : { c: job.c[index] }),
    ...(job.aScales === undefined ? {} : { aScales: job.aScales.subarray(row * blocks, (row + 1) * blocks) }),
    ...(job.bScales === undefined ? {} : { bScales: columnOf(job.bScales, blocks) }),
  };
}

/** Sums with nothing rounded, each rounded once to float64 at the end. */
export function exactSums(datapath: Datapath, job: GemmJob, order: Order = datapath.order): Float64Array {
  const { a, b, operands: subnormals, blockScale } = datapath;
  const register = totalFitOf(datapath, order);
  const exact = new Float64Array(job.m * job.n);
  for (let index = 0; index < exact.length; index++) {
    const codes = operandsOf(datapath, job, index);
    const terms: Raw[] = [];
    for (let k = 0; k < job.k; k++) {
      const product = multiply(decode(a, codes.a[k], subnormals), decode(b, codes.b[k], subnormals));
      const block = blockScale === undefined ? 0 : Math.floor(k / blockScale.size);
      const scales = [codes.aScales?.[block], codes.bScales?.[block]].filter((code) => code !== undefined);
      terms.push(scales.reduce<Raw>((raw, code) => multiply(raw, decode(blockScale?.format ?? a, code)), product));
    }
    const start = codes.c === undefined ? fromAligned(0n, 0) : decode(register.format, codes.c, register.subnormals);
    terms.push(start);
    exact[index] = toNumber(sum(terms));
  }
  return exact;
}
