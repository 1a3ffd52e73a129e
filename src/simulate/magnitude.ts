import { datapath, sumFit } from '../datapaths/datapath.js';
import {
  type CodeArray,
  compileGemm,
  type IntegerSums,
  largestMagnitude,
  rowSquares,
  valuesOf,
} from '../datapaths/kernel/index.js';
import { type Format, type TableFormat, widthOf } from '../formats/format.js';
import { floorLog2 } from '../formats/raw.js';
import { gemm } from '../networks/products/gemm.js';
import type { LayerSums } from './arithmetic.js';

/** More than what rounding takes off a length. */
const SLACK = 1 + 2 ** -20;
/** Rows, the longest, that are multiplied first: what they reach is seldom surpassed. */
const FIRST = 64;

type Operands = Pick<LayerSums, 'job' | 'unit' | 'a' | 'b' | 'values' | 'peak'>;

/**
 * The power of two above all sums of products' magnitudes: no partial sum, in whatever order, reaches it. Rows and columns
 * whose lengths say that their sums stay below what others have reached (Cauchy and Schwarz) are not multiplied.
 * @param known such a power for other sums, given back where no sum here reaches it; 0 for none
 */
export function powerAbove(operands: Operands, known = 0): number {
  const { job, unit, a, b, values, peak } = operands;
  if (peak !== undefined) return above(peak, known);
  const { n, k } = job;
  const rows = values === undefined ? rowSquares(a, valuesOf(unit.a), k).map(Math.sqrt) : lengthsOfReals(values.a, k);
  const columns = values === undefined ? keptLengths(b, unit.b, n) : columnLengths(values.b, n);
  const [row, column] = [rows, columns].map((lengths) => lengths.reduce((x, y) => Math.max(x, y), 0) * SLACK);
  let power = known;
  // A length that is not a number says nothing.
  const reaching = (lengths: Float64Array, other: number) => placesWhere(lengths, (own) => !(own * other < power));
  const meet = (some: readonly number[]) => {
    const others = some.length === 0 ? some : reaching(columns, row);
    const sum = others.length === 0 ? 0 : largestOf(operands, some, others);
    power = above(sum, power);
  };
  const all = reaching(rows, column);
  if (all.length <= FIRST) meet(all);
  else {
    const first = [...all].sort((x, y) => rows[y] - rows[x]).slice(0, FIRST);
    meet(first);
    const done = new Set(first);
    meet(reaching(rows, column).filter((place) => !done.has(place)));
  }
  return power;
}

function above(largest: number, known: number): number {
  return largest === 0 ? known : Math.max(known, 2 ** (floorLog2(largest) + 1));
}

function placesWhere(lengths: Float64Array, wanted: (length: number) => boolean): number[] {
  const places: number[] = [];
  for (let i = 0; i < lengths.length; i++) if (wanted(lengths[i])) places.push(i);
  return places;
}

/** The largest sum of magnitudes of some rows and columns. */
function largestOf(operands: Operands, rows: readonly number[], columns: readonly number[]): number {
  const { job, unit, a, b, values } = operands;
  const { n, k } = job;
  const [m, own] = [rows.length, columns.length];
  let largest = 0;
  const whole = values === undefined ? wholeMagnitudes(unit.a, unit.b, k) : undefined;
  if (whole !== undefined && a instanceof Uint8Array && b instanceof Uint8Array) {
    const [x, y] = [new Uint8Array(m * k), new Uint8Array(k * own)];
    rows.forEach((row, i) => x.set(a.subarray(row * k, (row + 1) * k), i * k));
    if (own === n) y.set(b);
    else gather(b, n, columns, y);
    for (const part of whole.rows({ m, n: own, k, a: x, b: y }))
      largest = Math.max(largest, largestMagnitude(part, own));
    return largest;
  }
  const [x, y] = [new Float64Array(m * k), new Float64Array(k * own)];
  const left = values?.a.map(Math.abs) ?? lookedUp(a, magnitudesOf(unit.a));
  const right = values?.b.map(Math.abs) ?? lookedUp(b, magnitudesOf(unit.b));
  rows.forEach((row, i) => x.set(left.subarray(row * k, (row + 1) * k), i * k));
  gather(right, n, columns, y);
  for (const sum of gemm(x, y, m, own, k)) if (sum > largest) largest = sum;
  return largest;
}

/** Some columns of n, side by side. */
function gather(from: ArrayLike<number>, n: number, columns: readonly number[], to: Uint8Array | Float64Array): void {
  const places = Int32Array.from(columns);
  for (let first = 0, at = 0; at < to.length; first += n)
    for (let j = 0; j < places.length; j++) to[at++] = from[first + places[j]];
}

const byFormats = new Map<string, IntegerSums | undefined>();

/** Products of magnitudes of codes in bytes, as integers; undefined where they are none, or their sums too large. */
function wholeMagnitudes(a: Format, b: Format, k: number): IntegerSums | undefined {
  const key = `${a.name} ${b.name}`;
  if (!byFormats.has(key)) {
    const fit = [a, b].every((format) => widthOf(format) <= 8 && magnitudesOf(format).every(Number.isInteger));
    byFormats.set(key, fit ? compileGemm(datapath(unsignedUnit(a, b))).integers : undefined);
  }
  const sums = byFormats.get(key);
  return sums?.hold(k) === true ? sums : undefined;
}

/** The unit for the same codes whose values have no signs. */
function unsignedUnit(a: Format, b: Format): Parameters<typeof datapath>[0] {
  const unsigned = (format: Format): TableFormat => {
    const values = [...magnitudesOf(format)];
    return { kind: 'table', name: `magnitudes of ${format.name}`, bits: widthOf(format), values };
  };
  return { name: 'magnitudes', a: unsigned(a), b: unsigned(b), sum: sumFit('int32') };
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

function lengthsOfReals(values: Float32Array, k: number): Float64Array {
  const lengths = new Float64Array(values.length / k);
  for (let i = 0; i < values.length; i++) lengths[Math.floor(i / k)] += values[i] * values[i];
  return lengths.map(Math.sqrt);
}

const keptColumns = new WeakMap<CodeArray, Float64Array>();

/** Euclidean lengths of n columns of codes; found once for the weights of a layer. */
function keptLengths(codes: CodeArray, format: Format, n: number): Float64Array {
  let lengths = keptColumns.get(codes);
  if (lengths === undefined) {
    const squares = valuesOf(format).map((value) => value * value);
    const sums = new Float64Array(n);
    for (let i = 0; i < codes.length; ) for (let j = 0; j < n; j++, i++) sums[j] += squares[codes[i]];
    keptColumns.set(codes, (lengths = sums.map(Math.sqrt)));
  }
  return lengths;
}

/** The same of real numbers. */
function columnLengths(y: Float32Array, n: number): Float64Array {
  const squares = new Float64Array(n);
  for (let i = 0; i < y.length; ) for (let j = 0; j < n; j++, i++) squares[j] += y[i] * y[i];
  return squares.map(Math.sqrt);
}
