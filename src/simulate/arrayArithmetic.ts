import {
  ALONE,
  type CodeArray,
  codeArray,
  type GemmPool,
  outputFormatOf,
  sumValues,
  rowEncoderOf,
} from '../datapaths/kernel/index.js';
import { widthOf } from '../formats/format.js';
import { float32Arithmetic } from '../networks/arithmetic.js';
import { encodeAll } from '../networks/codes.js';
import type { Arithmetic, MatmulJob } from '../networks/network.js';
import type { Quantization } from '../networks/tensor.js';
import { type TargetUnits, wholeProducts } from './arithmetic.js';

/**
 * Training's products on a target's array, bit for bit: operands that lie on grids become codes, the unit for their
 * formats multiplies them in the array's order, and the sums times the scales go on. A product with a real operand runs
 * beside the array, in float32.
 */
export function arrayArithmetic(units: TargetUnits, pool: GemmPool = ALONE): Arithmetic {
  return {
    name: units.target.name,
    whole: wholeProducts(units),
    values(a, b, job) {
      if (job.a === undefined || job.b === undefined) return float32Arithmetic.values(a, b, job);
      const gemm = units.gemmFor(job);
      const { m, n, k } = job;
      const codes = { a: codesOf(a, job.a, 1, job), b: codesOf(b, job.b, n, job) };
      const sums = sumValues(outputFormatOf(gemm.datapath, gemm.order), pool.sums(gemm, { m, n, k, ...codes }));
      return scaledSums(sums, job.a, job.b, n);
    },
    codes(a, b, job) {
      const gemm = units.gemmFor(job);
      const { m, n, k } = job;
      return sumValues(outputFormatOf(gemm.datapath, gemm.order), pool.sums(gemm, { m, n, k, a, b }));
    },
  };
}

/** As the executor has it: float32 steps. */
function scaledSums(sums: Float64Array, a: Quantization, b: Quantization, n: number): Float32Array {
  const scales = Float32Array.from({ length: n }, (_, j) => a.scale[0] * b.scale[b.scale.length === 1 ? 0 : j]);
  const values = new Float32Array(sums.length);
  for (let i = 0; i < sums.length; i++) values[i] = Math.fround(sums[i]) * scales[i % n];
  return values;
}

/**
 * The codes of values on a grid.
 * @param columns that may have a scale each: those of b, 1 for a
 */
function codesOf(values: Float32Array, q: Quantization, columns: number, job: MatmulJob): CodeArray {
  if (q.zeroPoint !== 0)
    throw new RangeError(`layer ${job.layer}: training on an array needs grids around zero, found a zero point`);
  if (q.scale.length > 1 && (job.pass !== 'forward' || q.scale.length !== columns))
    throw new RangeError(
      `layer ${job.layer}: a scale for each channel does not factor out of the ${job.pass} product: take one scale`,
    );
  const own = q.scale.length === 1 ? scaledBy(values, q.scale[0]) : columnsScaled(values, q.scale);
  const rows = widthOf(q.fit.format) > 8 ? rowEncoderOf(q.fit) : undefined;
  if (rows === undefined) return encodeAll(own, q.fit);
  const words = new Uint32Array(own.length);
  rows(words, 0, own);
  const codes = codeArray(q.fit.format, own.length);
  codes.set(words);
  return codes;
}

function scaledBy(values: Float32Array, scale: number): Float32Array {
  if (scale === 1) return values;
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) scaled[i] = values[i] / scale;
  return scaled;
}

function columnsScaled(values: Float32Array, scales: Float32Array): Float32Array {
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) scaled[i] = values[i] / scales[i % scales.length];
  return scaled;
}
