import type { CodeArray } from '../contract/gemm.js';
import type { Plan } from '../contract/plan.js';
import { marksOf } from './marks.js';

/** Where each place of a padded k comes from: runs one after the other, each filled up to whole firings with -1. */
export interface Layout {
  /** Source k of each packed place; -1 for padding. */
  source: Int32Array;
  /** Packed length of each run. */
  runs: readonly number[];
  /** How many places there are in k order before nothing but padding; undefined where they are not. */
  inOrder?: number;
}

/** @param step what every run's length is rounded up to a multiple of */
export function layoutOf(plan: Plan, step: number): Layout {
  const runs = plan.runs.map((length) => roundUp(length, step));
  const source = new Int32Array(runs.reduce((total, run) => total + run, 0)).fill(-1);
  let from = 0;
  let to = 0;
  plan.runs.forEach((length, i) => {
    for (let j = 0; j < length; j++) source[to + j] = plan.sequence === undefined ? from + j : plan.sequence[from + j];
    from += length;
    to += runs[i];
  });
  const first = source.indexOf(-1);
  const inOrder = first < 0 ? source.length : first;
  const plain = source.every((place, i) => place === (i < inOrder ? i : -1));
  return { source, runs, inOrder: plain ? inOrder : undefined };
}

export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Any typed array of numbers that panels are made of. */
export type Panel = Float32Array | Float64Array | Int16Array | Int32Array;

/** Rows [first, first + count) of a [m][k] as panels [tile][place / group][width][group]. */
export function packRows(
  to: Panel,
  codes: CodeArray,
  table: ArrayLike<number>,
  { source }: Layout,
  { k, first, count, width, group }: { k: number; first: number; count: number; width: number; group: number },
): void {
  const places = source.length;
  const step = width * group;
  for (let row = 0; row < count; row++) {
    const base = Math.floor(row / width) * width * places + (row % width) * group;
    const from = (first + row) * k;
    for (let lane = 0; lane < group; lane++)
      for (let i = lane, at = base + lane; i < places; i += group, at += step)
        if (source[i] >= 0) to[at] = table[codes[from + source[i]]];
  }
}

/** Columns of b [k][n] as panels [tile][place / group][width][group]. */
export function packColumns(
  to: Panel,
  codes: CodeArray,
  table: ArrayLike<number>,
  { source }: Layout,
  { n, width, group }: { n: number; width: number; group: number },
): void {
  const places = source.length;
  for (let i = 0; i < places; i++) {
    if (source[i] < 0) continue;
    const from = source[i] * n;
    const offset = (i - (i % group)) * width + (i % group);
    for (let column = 0; column < n; column += width) {
      const at = column * places + offset;
      const count = Math.min(width, n - column);
      for (let j = 0; j < count; j++) to[at + j * group] = table[codes[from + column + j]];
    }
  }
}

/** What the codes of an operand really hold. */
export interface Seen {
  /** Largest finite magnitude. */
  max: number;
  negative: boolean;
  nans: boolean;
  infinities: boolean;
  /** Every finite value is a multiple of 2^quantum; Infinity where all are zero. */
  quantum: number;
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** Exponent of a normal float64. */
export function exponentIn(value: number): number {
  float64[0] = value;
  return ((words[1] >>> 20) & 0x7ff) - 1023;
}

/** Exponent of the lowest set bit of a nonzero float64. */
function lowestBit(value: number): number {
  float64[0] = value;
  const field = (words[1] >>> 20) & 0x7ff;
  if (field === 0) return -1074;
  const zeros = words[0] === 0 ? 32 + trailingZeros(words[1] | 0x100000) : trailingZeros(words[0]);
  return field - 1075 + zeros;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

export function seenIn(codes: CodeArray, table: ArrayLike<number>): Seen {
  const marks = marksOf(codes, table.length);
  return seenOf(table, (code) => marks[code] !== 0);
}

const wholes = new WeakMap<Float64Array, Seen>();

/** What all codes of a table hold. */
export function seenInAll(table: Float64Array): Seen {
  let seen = wholes.get(table);
  if (seen === undefined) wholes.set(table, (seen = seenOf(table, () => true)));
  return seen;
}

function seenOf(table: ArrayLike<number>, isThere: (code: number) => boolean): Seen {
  const seen: Seen = { max: 0, negative: false, nans: false, infinities: false, quantum: Infinity };
  for (let code = 0; code < table.length; code++) {
    if (!isThere(code)) continue;
    const value = table[code];
    if (value !== value) seen.nans = true;
    else if (value - value !== 0) seen.infinities = true;
    else if (value !== 0) {
      seen.max = Math.max(seen.max, Math.abs(value));
      seen.quantum = Math.min(seen.quantum, lowestBit(value));
    }
    if (value < 0) seen.negative = true;
  }
  return seen;
}
