import { orderOf } from '../arrays/dataflow.js';
import type { Datapath } from '../datapaths/datapath.js';
import {
  type CodeArray,
  compileGemm,
  exactSums,
  type Gemm,
  outputFormatOf,
  sumValues,
} from '../datapaths/kernel/index.js';
import type { Format } from '../formats/format.js';
import type { Arithmetic, MatmulJob } from '../networks/network.js';
import { type Target, unitFor } from '../targets/target.js';

/** One layer's sums as the unit gives them, beside exact ones. */
export interface LayerSums {
  job: MatmulJob;
  unit: Datapath;
  /** Of the sums: the register's that holds them in the end. */
  format: Format;
  /** Operand codes [m, k] and [k, n]. */
  a: CodeArray;
  b: CodeArray;
  /** Values [m, n] of the unit's sums. */
  sums: Float64Array;
  /** The same without any rounding. */
  exact: Float64Array;
  /** Counts of the whole product; undefined where they were not asked for. */
  tally?: Tally;
}

export interface Tally {
  /** Additions of something nonzero that changed nothing. */
  swamped: number;
  /** Roundings that overflowed. */
  overflowed: number;
}

/** The compiled units of a target, each in the order of additions that the array gives it. */
export interface TargetUnits {
  target: Target;
  gemmFor(job: MatmulJob): Gemm;
}

/** Compiles units as layers ask for them. */
export function unitsOf(target: Target): TargetUnits {
  const compiled = new Map<string, Gemm>();
  return {
    target,
    gemmFor(job) {
      const [a, b] = [formatOf(job, 'a'), formatOf(job, 'b')];
      const key = `${a.name} ${b.name}`;
      let gemm = compiled.get(key);
      if (gemm === undefined) {
        const unit = unitFor(target, job.layer, a, b);
        gemm = compileGemm(unit, orderOf(target.array, unit));
        compiled.set(key, gemm);
      }
      return gemm;
    },
  };
}

function formatOf(job: MatmulJob, side: 'a' | 'b'): Format {
  const format = job[side]?.fit.format;
  if (format === undefined)
    throw new RangeError(`layer ${job.layer} is not quantized: a target multiplies codes; quantize the network first`);
  return format;
}

/** Every product of a network through the target's units, bit for bit. */
export function targetArithmetic(units: TargetUnits, watch?: (job: MatmulJob, sums: Float64Array) => void): Arithmetic {
  return {
    name: units.target.name,
    values: refuseFloats,
    codes(a, b, job) {
      const sums = unitSums(units.gemmFor(job), a, b, job);
      watch?.(job, sums);
      return sums;
    },
  };
}

function unitSums(gemm: Gemm, a: CodeArray, b: CodeArray, { m, n, k }: MatmulJob): Float64Array {
  return sumValues(outputFormatOf(gemm.datapath, gemm.order), gemm.sums({ m, n, k, a, b }));
}

/**
 * Exact sums go on to the next layer; on the way each layer's are compared with what the unit makes of the same operands.
 * @param counting whether additions are counted one by one too, which takes much longer
 */
export function goldenArithmetic(
  units: TargetUnits,
  counting: boolean,
  compare: (sums: LayerSums) => void,
): Arithmetic {
  return {
    name: 'exact',
    values: refuseFloats,
    codes(a, b, job) {
      const gemm = units.gemmFor(job);
      const { m, n, k } = job;
      const product = { m, n, k, a, b };
      const counted = counting ? gemm.stats(product) : undefined;
      const sums = counted?.sums ?? gemm.sums(product);
      const exact = counted?.exact ?? exactSums(gemm.datapath, product);
      const format = outputFormatOf(gemm.datapath, gemm.order);
      const values = sumValues(format, sums);
      compare({ job, unit: gemm.datapath, format, a, b, sums: values, exact, tally: counted });
      return exact;
    },
  };
}

const refuseFloats: Arithmetic['values'] = (_a, _b, job) => {
  throw new RangeError(`layer ${job.layer} is not quantized: a target multiplies codes; quantize the network first`);
};
