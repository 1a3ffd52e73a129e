import { widthOf } from '../../formats/format.js';
import type { Datapath } from '../datapath.js';
import { factsOf, productFacts } from './facts.js';
import type { GemmJob } from './gemm.js';
import { exactSums as referenceSums } from './reference.js';
import { valuesOf } from './values.js';

/**
 * Sums with nothing rounded on the way, each rounded once to float64, the fast way where it is provably the same: when
 * every partial sum is a multiple of the products' quantum and fits 53 bits, float64 additions are exact. Wider ranges
 * (e5m2, 16-bit floats) are split at a power of two into two such sums. All else goes through big integers.
 */
export function exactSums(datapath: Datapath, job: GemmJob): Float64Array {
  const { a, b, operands: subnormals, blockScale } = datapath;
  const narrow = widthOf(a) <= 16 && widthOf(b) <= 16;
  if (!narrow || blockScale !== undefined || job.c !== undefined || job.k === 0) return referenceSums(datapath, job);
  const products = productFacts(factsOf(a), factsOf(b));
  const growth = Math.ceil(Math.log2(job.k)) + 1;
  const bits = Math.ceil(Math.log2(products.max)) - products.quantum + growth;
  const x = decoded(job.a, valuesOf(a, subnormals));
  const y = decoded(job.b, valuesOf(b, subnormals));
  if (bits <= 53) return sumsOf(x, y, job, undefined)[0];
  const lowBits = 52 - growth;
  if (bits - lowBits > 53) return referenceSums(datapath, job);
  const [high, low] = sumsOf(x, y, job, 2 ** (products.quantum + lowBits));
  return high.map((sum, i) => sum + low[i]);
}

function decoded(codes: GemmJob['a'], table: Float64Array): Float64Array {
  const values = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]];
  return values;
}

/** [m, n] sums of the products' multiples of `unit`, and of what they leave; of whole products without a unit. */
function sumsOf(x: Float64Array, y: Float64Array, { m, n, k }: GemmJob, unit: number | undefined): Float64Array[] {
  const high = new Float64Array(m * n);
  const low = new Float64Array(unit === undefined ? 0 : m * n);
  for (let i = 0; i < m; i++)
    for (let kk = 0; kk < k; kk++) {
      const value = x[i * k + kk];
      if (unit === undefined) addRow(high, i * n, value, y, kk * n, n);
      else addSplitRow(high, low, i * n, value, y, kk * n, n, unit);
    }
  return [high, low];
}

function addRow(sums: Float64Array, at: number, value: number, y: Float64Array, from: number, n: number): void {
  for (let j = 0; j < n; j++) sums[at + j] += value * y[from + j];
}

function addSplitRow(
  high: Float64Array,
  low: Float64Array,
  at: number,
  value: number,
  y: Float64Array,
  from: number,
  n: number,
  unit: number,
): void {
  for (let j = 0; j < n; j++) {
    const product = value * y[from + j];
    const whole = Math.trunc(product / unit) * unit;
    high[at + j] += whole;
    // An infinite or undefined product is in `high` already.
    if (Number.isFinite(product)) low[at + j] += product - whole;
  }
}
