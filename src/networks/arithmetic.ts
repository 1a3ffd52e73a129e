import { type CodeArray, valuesOf } from '../datapaths/kernel/index.js';
import { type Format, quantumExponentOf } from '../formats/format.js';
import { fromNumber, sum, toNumber } from '../formats/raw.js';
import { inBlocks } from './blocks.js';
import { gemm } from './gemm.js';
import type { Arithmetic, MatmulJob } from './network.js';

/** The two arithmetics that belong to no hardware. */

/** Products and sums rounded to float32, in the order of k. */
export const float32Arithmetic: Arithmetic = {
  name: 'float32',
  values(x, y, job) {
    const { a, b } = inBlocks(x, y, job);
    return gemm(a, b, job.m, job.n, job.k);
  },
  codes: (a, b, job) => Float64Array.from(gemm(float32Of(a, job, 'a'), float32Of(b, job, 'b'), job.m, job.n, job.k)),
};

/**
 * Sums without any rounding on the way, each rounded once to float64 (codes) or float32 (values: the products are exact
 * in float64, the sums rounded there).
 */
export const exactArithmetic: Arithmetic = {
  name: 'exact',
  values(x, y, job) {
    const { a, b } = inBlocks(x, y, job);
    return Float32Array.from(gemm(Float64Array.from(a), Float64Array.from(b), job.m, job.n, job.k));
  },
  codes(a, b, job) {
    const x = decoded(a, formatOf(job, 'a'));
    const y = decoded(b, formatOf(job, 'b'));
    const bits = spanOf(x, formatOf(job, 'a')) + spanOf(y, formatOf(job, 'b'));
    return bits + Math.ceil(Math.log2(job.k)) <= 53 ? gemm(x, y, job.m, job.n, job.k) : wideSums(x, y, job, bits);
  },
};

function formatOf(job: MatmulJob, side: 'a' | 'b'): Format {
  const quantization = job[side];
  if (quantization === undefined)
    throw new Error(`layer ${job.layer}: a product of codes needs the quantization of operand ${side}`);
  return quantization.fit.format;
}

function decoded(codes: CodeArray, format: Format): Float64Array {
  const table = valuesOf(format);
  const values = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]];
  return values;
}

function float32Of(codes: CodeArray, job: MatmulJob, side: 'a' | 'b'): Float32Array {
  const table = valuesOf(formatOf(job, side));
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]];
  return values;
}

/**
 * Bits from a format's smallest quantum to the largest of some of its values: a sum of k products fits the operands'
 * two spans plus log2 k.
 */
function spanOf(values: Float64Array, format: Format): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]);
    if (magnitude > largest && magnitude !== Infinity) largest = magnitude;
  }
  return largest === 0 ? 0 : Math.floor(Math.log2(largest)) + 1 - quantumExponentOf(format);
}

/**
 * Sums that need more than 53 bits (e5m2 x e5m2, 16-bit floats): each product is split at a power of two in a high and a
 * low part, both parts add up without error, and the two sums are added once. Spans beyond that go through big integers.
 */
function wideSums(x: Float64Array, y: Float64Array, job: MatmulJob, bits: number): Float64Array {
  const { m, n, k } = job;
  const [a, b] = [formatOf(job, 'a'), formatOf(job, 'b')];
  const lowBits = 52 - Math.ceil(Math.log2(k));
  const fits = bits - lowBits + Math.ceil(Math.log2(k)) <= 53;
  const unit = 2 ** (quantumExponentOf(a) + quantumExponentOf(b) + lowBits);
  const sums = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const product = (kk: number) => x[i * k + kk] * y[kk * n + j];
      sums[i * n + j] = fits
        ? splitSum(product, k, unit)
        : toNumber(sum(Array.from({ length: k }, (_, kk) => fromNumber(product(kk)))));
    }
  return sums;
}

function splitSum(product: (kk: number) => number, k: number, unit: number): number {
  let above = 0;
  let below = 0;
  for (let kk = 0; kk < k; kk++) {
    const whole = product(kk);
    const high = Math.trunc(whole / unit) * unit;
    above += high;
    if (Number.isFinite(whole)) below += whole - high;
  }
  return above + below;
}
