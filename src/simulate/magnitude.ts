import { type CodeArray, valuesOf } from '../datapaths/kernel/index.js';
import type { Format } from '../formats/format.js';
import { floorLog2 } from '../formats/raw.js';
import { gemm } from '../networks/products/gemm.js';
import type { LayerSums } from './arithmetic.js';

/** More than what rounding takes off a length. */
const SLACK = 1 + 2 ** -20;

/**
 * The power of two above all sums of products' magnitudes: no partial sum, in whatever order, reaches it. Rows whose
 * length says that their sums stay below what others have reached (Cauchy and Schwarz) are not multiplied.
 * @param known such a power for other sums, given back where no sum here reaches it; 0 for none
 */
export function powerAbove({ job, unit, a, b, values, peak }: LayerSums, known = 0): number {
  if (peak !== undefined) return above(peak, known);
  const { n, k } = job;
  const columns = values?.b.map(Math.abs) ?? lookedUp(b, magnitudesOf(unit.b));
  const lengths = values === undefined ? lengthsOf(a, magnitudesOf(unit.a), k) : lengthsOfReals(values.a, k);
  const longest = longestColumn(columns, n) * SLACK;
  const rows: number[] = [];
  // A length that is not a number says nothing.
  for (let row = 0; row < lengths.length; row++) if (!(lengths[row] * longest < known)) rows.push(row);
  if (rows.length === 0) return known;
  const chosen =
    values === undefined
      ? lookedUp(rowsAmong(a, rows, k), magnitudesOf(unit.a))
      : rowsAmong(values.a, rows, k).map(Math.abs);
  let largest = 0;
  for (const sum of gemm(Float64Array.from(chosen), Float64Array.from(columns), rows.length, n, k))
    if (sum > largest) largest = sum;
  return above(largest, known);
}

function above(largest: number, known: number): number {
  return largest === 0 ? known : Math.max(known, 2 ** (floorLog2(largest) + 1));
}

const magnitudes = new WeakMap<Format, Float64Array>();

function magnitudesOf(format: Format): Float64Array {
  let table = magnitudes.get(format);
  if (table === undefined) magnitudes.set(format, (table = valuesOf(format).map(Math.abs)));
  return table;
}

function lookedUp(codes: CodeArray, table: Float64Array): Float64Array {
  const found = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) found[i] = table[codes[i]];
  return found;
}

function rowsAmong<T extends CodeArray | Float32Array>(x: T, rows: readonly number[], k: number): T {
  const chosen = x.slice(0, rows.length * k) as T;
  rows.forEach((row, i) => chosen.set(x.subarray(row * k, (row + 1) * k), i * k));
  return chosen;
}

/** Euclidean lengths of rows of k codes. */
function lengthsOf(codes: CodeArray, table: Float64Array, k: number): Float64Array {
  const squares = table.map((value) => value * value);
  const lengths = new Float64Array(codes.length / k);
  for (let row = 0, i = 0; row < lengths.length; row++) {
    // Two sums side by side, because one waits for its own additions.
    const end = i + k;
    let [even, odd] = [0, k % 2 === 0 ? 0 : squares[codes[i++]]];
    for (; i < end; i += 2) {
      even += squares[codes[i]];
      odd += squares[codes[i + 1]];
    }
    lengths[row] = Math.sqrt(even + odd);
  }
  return lengths;
}

function lengthsOfReals(values: Float32Array, k: number): Float64Array {
  const lengths = new Float64Array(values.length / k);
  for (let i = 0; i < values.length; i++) lengths[Math.floor(i / k)] += values[i] * values[i];
  return lengths.map(Math.sqrt);
}

/** Euclidean length of the longest of n columns. */
function longestColumn(y: Float32Array | Float64Array, n: number): number {
  const squares = new Float64Array(n);
  for (let i = 0; i < y.length; i++) squares[i % n] += y[i] * y[i];
  return Math.sqrt(Math.max(...squares));
}
