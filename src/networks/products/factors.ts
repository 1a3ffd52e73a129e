import { valuesOf } from '../../datapaths/kernel/index.js';
import type { Arithmetic } from '../network.js';
import type { CodeTensor, Quantization } from '../tensor.js';

/** One matrix product of codes whose rows and columns may have scales and zero points of their own. */

/** One side of a product: codes, and what they mean. */
export interface Factor {
  /** [m, k], or [k, n]. */
  codes: CodeTensor['data'];
  quantization: Quantization;
  /** One for all, or one for each row of a, each column of b. */
  scales: Float32Array;
  zeros: ArrayLike<number>;
}

export interface Lengths {
  m: number;
  n: number;
  k: number;
}

/** Sums [m, n] of (value(a) - za) * (value(b) - zb): the array multiplies raw codes, zero points are taken off exactly. */
export function sumsOf(a: Factor, b: Factor, lengths: Lengths, layer: string, arithmetic: Arithmetic): Float64Array {
  const { m, n, k } = lengths;
  if (m * n * k === 0) return new Float64Array(m * n);
  const job = { layer, m, n, k, a: a.quantization, b: b.quantization };
  const sums = arithmetic.codes(a.codes, b.codes, job);
  if (isZero(a.zeros) && isZero(b.zeros)) return sums;
  const rows = isZero(b.zeros) ? undefined : totalsOfRows(a, m, k);
  const columns = isZero(a.zeros) ? undefined : totalsOfColumns(b, n, k);
  const corrected = new Float64Array(m * n);
  const [aStep, bStep] = [a, b].map(({ zeros }) => (zeros.length === 1 ? 0 : 1));
  for (let i = 0, at = 0; i < m; i++) {
    const za = a.zeros[i * aStep];
    const total = (rows === undefined ? 0 : rows[i]) - k * za;
    for (let j = 0; j < n; j++, at++)
      corrected[at] = sums[at] - za * (columns === undefined ? 0 : columns[j]) - b.zeros[j * bStep] * total;
  }
  return corrected;
}

function isZero(zeros: ArrayLike<number>): boolean {
  return zeros.length === 1 && zeros[0] === 0;
}

function totalsOfRows({ codes, quantization }: Factor, m: number, k: number): Float64Array {
  const value = valuesOf(quantization.fit.format);
  const totals = new Float64Array(m);
  for (let i = 0, at = 0; i < m; i++) for (let j = 0; j < k; j++) totals[i] += value[codes[at++]];
  return totals;
}

function totalsOfColumns({ codes, quantization }: Factor, n: number, k: number): Float64Array {
  const value = valuesOf(quantization.fit.format);
  const totals = new Float64Array(n);
  for (let i = 0, at = 0; i < k; i++) for (let j = 0; j < n; j++) totals[j] += value[codes[at++]];
  return totals;
}

/**
 * Sums as the real numbers that they stand for, in float32 steps: f32(f32(sum) * f32(sa * sb)).
 * @param divisor the float32 scale of codes that the result becomes: f32(f32(sa * sb) / divisor), as ONNX Runtime has it
 */
export function scaled(
  sums: Float64Array,
  a: Factor,
  b: Factor,
  { m, n }: Lengths,
  out: Float32Array,
  divisor = 1,
): Float32Array {
  const [aStep, bStep] = [a, b].map(({ scales }) => (scales.length === 1 ? 0 : 1));
  for (let i = 0, at = 0; i < m; i++) {
    const scale = a.scales[i * aStep];
    for (let j = 0; j < n; j++, at++)
      out[at] = Math.fround(sums[at]) * Math.fround(Math.fround(scale * b.scales[j * bStep]) / divisor);
  }
  return out;
}
