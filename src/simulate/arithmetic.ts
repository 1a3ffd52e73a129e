import { orderOf } from '../arrays/dataflow.js';
import type { Datapath } from '../datapaths/datapath.js';
import { drawsForEach } from '../datapaths/reference.js';
import {
  type CodeArray,
  compileGemm,
  type Gemm,
  type IntegerPlanes,
  type IntegerRows,
  largestMagnitude,
  outputFormatOf,
  sumValues,
  type WindowJob,
} from '../datapaths/kernel/index.js';
import type { Format } from '../formats/format.js';
import type { Arithmetic, MatmulJob } from '../networks/network.js';
import { exactArithmetic, float32Arithmetic } from '../networks/arithmetic.js';
import { type UnitJob, unitForJob } from '../targets/blockUnit.js';
import type { Target } from '../targets/target.js';
import { whyBeside } from './placement.js';
import { type BlockOperands, operandsInBlocks, scaledSums } from './blockOperands.js';

/** One layer's sums as the unit gives them, beside exact ones. */
export interface LayerSums {
  job: MatmulJob;
  unit: Datapath;
  /** Of the sums: the register's that holds them in the end. */
  format: Format;
  /** Operand codes [m, k] and [k, n], or those of `windows`. */
  a: CodeArray;
  b: CodeArray;
  /** The convolution that these are the products of, all groups one after the other. */
  windows?: WindowJob;
  /** Values [m, n] of the unit's sums. */
  sums: Float64Array;
  /** The same without any rounding. */
  exact: Float64Array;
  /** Additions of something nonzero that changed nothing. */
  swamped: number;
  /** Roundings that overflowed. */
  overflowed: number;
  /** Largest sum of the magnitudes of one output's products, where it was found on the way. */
  peak?: number;
  /** Values [m, k] and [k, n] of operands in blocks, which their codes alone do not say. */
  values?: { a: Float32Array; b: Float32Array };
}

/** The compiled units of a target, each in the order of additions that the array gives it. */
export interface TargetUnits {
  target: Target;
  /** Whether the unit for a product gives exact integers, whatever it multiplies; so does what has no unit. */
  exact(job: UnitJob & Pick<MatmulJob, 'k'>): boolean;
  /** Whether the target has a unit for a product; what it has none for runs beside the array. */
  has(job: MatmulJob): boolean;
  gemmFor(job: MatmulJob): Gemm;
}

/** Compiles units as layers ask for them. */
export function unitsOf(target: Target): TargetUnits {
  const compiled = new Map<string, Gemm>();
  const able = new Map<string, boolean>();
  const wanted = ({ layer, a, b, blocks }: MatmulJob): UnitJob => ({
    ...{ layer, aFormat: a?.fit.format, bFormat: b?.fit.format, blocks: blocks?.format },
  });
  const keyOf = ({ aFormat, bFormat, blocks }: UnitJob) => blocks?.name ?? `${aFormat?.name} ${bFormat?.name}`;
  const has = (asked: UnitJob): boolean => {
    const key = keyOf(asked);
    let found = able.get(key);
    if (found === undefined) able.set(key, (found = whyBeside(target, asked) === undefined));
    return found;
  };
  const gemmFor = (asked: UnitJob): Gemm => {
    const key = keyOf(asked);
    let gemm = compiled.get(key);
    if (gemm === undefined) {
      const unit = unitForJob(target, asked);
      gemm = compileGemm(unit, orderOf(target.array, unit));
      compiled.set(key, gemm);
    }
    return gemm;
  };
  return {
    target,
    exact: (job) => !has(job) || gemmFor(job).integers?.hold(job.k) === true,
    has: (job) => has(wanted(job)),
    gemmFor: (job) => gemmFor(wanted(job)),
  };
}

/** Products that no unit is for: of real numbers in float32, of codes exactly, as a processor beside the array has them. */
const BESIDE = { values: float32Arithmetic.values, codes: exactArithmetic.codes };

/** Random bits that each output has of its own are numbered over a whole product. */
export function wholeProducts({ target: { datapath } }: TargetUnits): boolean {
  return drawsForEach(datapath);
}

/** What goes with the products of a target's units, in the order in which the network asks for them. */
export interface Company {
  /** The sums of these operands where they are known already. */
  recall?: (operands: BlockOperands) => Float64Array | undefined;
  watch?: (job: MatmulJob, sums: Float64Array) => void;
}

/** Every product of a network through the target's units, bit for bit. */
export function targetArithmetic(units: TargetUnits, { recall, watch }: Company = {}): Arithmetic {
  function computed(job: MatmulJob, operands: BlockOperands): Float64Array {
    const { m, n, k } = job;
    const gemm = units.gemmFor(job);
    return sumValues(outputFormatOf(gemm.datapath, gemm.order), gemm.sums({ m, n, k, ...operands }));
  }
  function unitSums(job: MatmulJob, operands: BlockOperands): Float64Array {
    const sums = recall?.(operands) ?? computed(job, operands);
    watch?.(job, sums);
    return sums;
  }
  return {
    name: units.target.name,
    whole: wholeProducts(units),
    values: (a, b, job) =>
      units.has(job) ? scaledSums(unitSums(job, operandsInBlocks(a, b, job).codes), job) : BESIDE.values(a, b, job),
    codes: (a, b, job) => (units.has(job) ? unitSums(job, { a, b }) : BESIDE.codes(a, b, job)),
    windows(windows, job) {
      const way = units.has(job) ? units.gemmFor(job).windows : undefined;
      const sums = way && (recall?.(windows) ?? way.sums(windows));
      if (sums !== undefined) watch?.(job, sums);
      return sums;
    },
  };
}

/** Sums that are exact and have been no further than the kernels' memory. */
export interface CountedSums extends Pick<LayerSums, 'job' | 'unit' | 'format' | 'a' | 'b' | 'peak'> {
  /** Largest magnitude of a sum. */
  largest: number;
}

/**
 * Exact sums go on to the next layer; on the way each layer's are compared with what the unit makes of the same operands.
 * @param count takes those that can be no others, in place of `compare`
 * @param known a power of two that a layer's sums of magnitudes have not reached so far; 0 for none
 */
export function goldenArithmetic(
  units: TargetUnits,
  compare: (sums: LayerSums) => void,
  count?: (sums: CountedSums) => void,
  known: (layer: string) => number = () => 0,
): Arithmetic {
  function goldenSums(job: MatmulJob, operands: BlockOperands, values?: LayerSums['values']): Float64Array {
    const gemm = units.gemmFor(job);
    const { m, n, k } = job;
    const product = { m, n, k, ...operands };
    const counted = gemm.stats(product);
    const { exact, swamped, overflowed } = counted;
    const format = outputFormatOf(gemm.datapath, gemm.order);
    const sums = counted.same === true ? exact : sumValues(format, counted.sums);
    const { a, b } = operands;
    compare({ job, unit: gemm.datapath, format, a, b, sums, exact, swamped, overflowed, ...(values && { values }) });
    return exact;
  }
  return {
    name: 'exact',
    whole: wholeProducts(units),
    values(a, b, job) {
      if (!units.has(job)) return BESIDE.values(a, b, job);
      const { codes, values } = operandsInBlocks(a, b, job);
      return scaledSums(goldenSums(job, codes, values), job);
    },
    codes: (a, b, job) => (units.has(job) ? goldenSums(job, { a, b }) : BESIDE.codes(a, b, job)),
    windows(windows, job) {
      const gemm = units.has(job) ? units.gemmFor(job) : undefined;
      const counted = gemm?.windows?.stats(windows);
      if (gemm === undefined || counted === undefined) return undefined;
      const { datapath: unit, order } = gemm;
      const { a, b } = windows;
      compare({ job, unit, format: outputFormatOf(unit, order), a, b, windows, ...counted });
      return counted.exact;
    },
    ...(count && {
      integerRows: (a, b, job) => countedRows(units, a, b, job, count),
      integerPlanes: (windows, job) => countedPlanes(units, windows, job, count, known(job.layer)),
    }),
  };
}

function countedRows(
  units: TargetUnits,
  a: CodeArray,
  b: CodeArray,
  job: MatmulJob,
  count: (sums: CountedSums) => void,
): Iterable<IntegerRows> | undefined {
  const { m, n, k } = job;
  const gemm = units.has(job) ? units.gemmFor(job) : undefined;
  if (gemm?.integers?.hold(k) !== true) return undefined;
  const { datapath: unit, order, integers } = gemm;
  return (function* () {
    let largest = 0;
    for (const rows of integers.rows({ m, n, k, a, b })) {
      largest = Math.max(largest, largestMagnitude(rows, n));
      yield rows;
    }
    count({ job, unit, format: outputFormatOf(unit, order), a, b, largest });
  })();
}

function countedPlanes(
  units: TargetUnits,
  windows: WindowJob,
  job: MatmulJob,
  count: (sums: CountedSums) => void,
  known: number,
): Iterable<IntegerPlanes> | undefined {
  const gemm = units.has(job) ? units.gemmFor(job) : undefined;
  const blocks = gemm?.windows?.planes(windows, known);
  if (gemm === undefined || blocks === undefined) return undefined;
  const { datapath: unit, order } = gemm;
  return (function* () {
    let [largest, peak] = [0, 0];
    for (const planes of blocks) {
      [largest, peak] = [Math.max(largest, planes.largest), Math.max(peak, planes.peak)];
      yield planes;
    }
    const { a, b } = windows;
    count({ job, unit, format: outputFormatOf(unit, order), a, b, largest, peak });
  })();
}
