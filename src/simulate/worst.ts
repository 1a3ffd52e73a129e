import { type CodeArray, valuesOf } from '../datapaths/kernel/index.js';
import { type Format, hexDigitsOf, quantumExponentOf } from '../formats/format.js';
import { floorLog2 } from '../formats/raw.js';
import type { LayerSums } from './arithmetic.js';
import type { WorstSum } from './errors.js';

/** One sum and what it was made of: the columns of a file that `eval` and `check` read. */
export interface WorstOperands {
  /** Codes, hex with 0x, separated by spaces. */
  a: string;
  b: string;
  exact: number;
  got: number;
  ulp: number;
}

/** @param firstRow number of the first row of these sums among all of the layer's */
export function operandsOf({ job, unit, a, b }: LayerSums, worst: WorstSum, firstRow: number): WorstOperands {
  const { n, k } = job;
  const row = worst.row - firstRow;
  const column = Uint32Array.from({ length: k }, (_, i) => b[i * n + worst.column]);
  const { exact, got, ulp } = worst;
  return { a: hexList(a.subarray(row * k, (row + 1) * k), unit.a), b: hexList(column, unit.b), exact, got, ulp };
}

function hexList(codes: CodeArray, format: Format): string {
  const digits = hexDigitsOf(format);
  return Array.from(codes, (code) => `0x${code.toString(16).padStart(digits, '0')}`).join(' ');
}

/** An integer register's bits, or the largest exponent of a float one. */
export interface Sufficient {
  bits?: number;
  exponent?: number;
}

/** No partial sum, in whatever order, has a magnitude above the sum of the products' magnitudes. */
export function largestMagnitude({ job, unit, a, b, values }: LayerSums): number {
  const { m, n, k } = job;
  const x = values?.a.map(Math.abs) ?? magnitudesOf(a, unit.a);
  const y = values?.b.map(Math.abs) ?? magnitudesOf(b, unit.b);
  let largest = 0;
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    for (let kk = 0; kk < k; kk++) {
      const value = x[i * k + kk];
      if (value !== 0) for (let j = 0; j < n; j++) sums[j] += value * y[kk * n + j];
    }
    for (const sum of sums) if (sum > largest) largest = sum;
  }
  return largest;
}

function magnitudesOf(codes: CodeArray, format: Format): Float64Array {
  let table = magnitudeTables.get(format);
  if (table === undefined) magnitudeTables.set(format, (table = valuesOf(format).map(Math.abs)));
  const magnitudes = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) magnitudes[i] = table[codes[i]];
  return magnitudes;
}

const magnitudeTables = new WeakMap<Format, Float64Array>();

export function sufficientFor(format: Format, magnitude: number): Sufficient {
  if (format.kind === 'float') return { exponent: magnitude === 0 ? 0 : floorLog2(magnitude) };
  const quanta = magnitude / 2 ** quantumExponentOf(format);
  return { bits: quanta === 0 ? 1 : floorLog2(quanta) + 2 };
}
