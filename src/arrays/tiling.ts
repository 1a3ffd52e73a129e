import { DATAFLOWS, type Index, type MacArray } from './dataflow.js';

/** A matrix product to be timed: [m, k] times [k, n], `groups` times over (grouped and depthwise convolutions). */
export interface ArrayJob {
  layer: string;
  m: number;
  n: number;
  k: number;
  groups?: number;
  /** Elements of the real input of a group, where a is a convolution's unrolled one; m * k by default. */
  inputs?: number;
}

/**
 * The part of a product that the array holds at once. Rows, columns and steps count PEs and cycles; where they run along
 * k, each stands for `lanes` products.
 */
export interface Tile {
  index: number;
  group: number;
  /** First row, and rows in use. */
  row: number;
  rows: number;
  /** First column, and columns in use. */
  col: number;
  cols: number;
  /** Rows and columns that the tile takes time for: those in use, or the whole array. */
  height: number;
  width: number;
  /** Operand words that stream through each row. */
  steps: number;
  /** Whether an earlier tile has begun the same sums. */
  continues: boolean;
}

/** Lengths along rows, columns and time; k counts words of `lanes` products. */
export function extentsOf(job: ArrayJob, array: MacArray, lanes: number): { row: number; col: number; time: number } {
  const { row, col, time } = DATAFLOWS[array.dataflow];
  const length = (index: Index) => (index === 'k' ? Math.ceil(job.k / lanes) : job[index]);
  return { row: length(row), col: length(col), time: length(time) };
}

/** Equal tiles one after another, or parts in order, so many times over. */
export type Run = { times: number } & ({ tile: Tile } | { parts: readonly Run[] });

/**
 * The tiles in the order in which the array takes them: sums are completed, tile of k by tile of k, before the next. A few
 * runs stand for however many tiles: only the first and the last along rows and columns differ from those between. A run's
 * tile is its first one.
 */
export function tileRuns(job: ArrayJob, array: MacArray, lanes: number): Run {
  const extents = extentsOf(job, array, lanes);
  const alongRows = cutRuns(extents.row, array.rows);
  const alongCols = cutRuns(extents.col, array.cols);
  const os = array.dataflow === 'os';
  const [outer, inner] = os ? [alongRows, alongCols] : [alongCols, alongRows];
  const parts = outer.map((x): Run => {
    const tileAt = (y: Cut) => tileOf(array, extents.time, os ? [x.cut, y] : [y, x.cut]);
    return { times: x.times, parts: inner.map(({ cut, times }) => ({ times, tile: tileAt(cut) })) };
  });
  return { times: job.groups ?? 1, parts };
}

/** Each tile of a run, and how often it occurs. */
export function* tilesIn(run: Run, times = 1): Generator<[Tile, number]> {
  if ('tile' in run) yield [run.tile, times * run.times];
  else for (const part of run.parts) yield* tilesIn(part, times * run.times);
}

/** Every single tile in order: what `tileRuns` stands for. */
export function* tilesOf(job: ArrayJob, array: MacArray, lanes: number): Generator<Tile> {
  const count = tileCount(job, array, lanes);
  for (let index = 0; index < count; index++) yield tileAt(job, array, lanes, index);
}

/** How many tiles a product is cut into. */
export function tileCount(job: ArrayJob, array: MacArray, lanes: number): number {
  const { row, col } = extentsOf(job, array, lanes);
  return (job.groups ?? 1) * Math.ceil(row / array.rows) * Math.ceil(col / array.cols);
}

/** One tile, by its place in the order in which the array takes them. */
export function tileAt(job: ArrayJob, array: MacArray, lanes: number, index: number): Tile {
  const extents = extentsOf(job, array, lanes);
  const [rows, cols] = [Math.ceil(extents.row / array.rows), Math.ceil(extents.col / array.cols)];
  const place = index % (rows * cols);
  const [row, col] =
    array.dataflow === 'os' ? [Math.floor(place / cols), place % cols] : [place % rows, Math.floor(place / rows)];
  const cut = (at: number, size: number, total: number): Cut => ({
    start: at * size,
    length: Math.min(size, total - at * size),
  });
  const cuts = [cut(row, array.rows, extents.row), cut(col, array.cols, extents.col)] as const;
  return { ...tileOf(array, extents.time, cuts), index, group: Math.floor(index / (rows * cols)) };
}

interface Cut {
  start: number;
  length: number;
}

function tileOf(array: MacArray, steps: number, [row, col]: readonly [Cut, Cut]): Tile {
  const whole = array.edge === 'whole';
  return {
    index: 0,
    group: 0,
    row: row.start,
    rows: row.length,
    col: col.start,
    cols: col.length,
    height: whole ? array.rows : row.length,
    width: whole ? array.cols : col.length,
    steps,
    continues: array.dataflow !== 'os' && row.start > 0,
  };
}

/** The first, those between, the last. */
function cutRuns(total: number, size: number): { cut: Cut; times: number }[] {
  const count = Math.ceil(total / size);
  const last = (count - 1) * size;
  return [
    { cut: { start: 0, length: Math.min(size, total) }, times: 1 },
    { cut: { start: size, length: size }, times: count - 2 },
    { cut: { start: last, length: total - last }, times: Math.min(count - 1, 1) },
  ].filter(({ times }) => times > 0);
}

/** The largest number up to which all whole numbers are exact. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/**
 * A count that is exact.
 * @throws RangeError naming the layer and the count, where it is beyond 2^53 - 1
 */
export function exactCount(layer: string, what: string, count: number): number {
  if (count <= LARGEST) return count;
  throw new RangeError(
    `layer ${layer}: ${what} would be about ${count.toPrecision(3)}, and counts are exact up to ${LARGEST} (2^53 - 1) only; split the layer`,
  );
}

/**
 * A count that may lie beyond 2^53 - 1, as long as float64 holds it exactly.
 * @throws RangeError naming the layer and the count that it does not hold
 */
export function heldCount(layer: string, what: string, count: bigint): number {
  const held = Number(count);
  if (BigInt(held) === count) return held;
  throw new RangeError(
    `layer ${layer}: ${what} would be ${count}, which is beyond 2^53 - 1 and which float64 does not hold exactly; split the layer`,
  );
}

/** @throws RangeError naming the layer and the length that is no whole number from 1 to 2^53 - 1 */
export function checkJob(job: ArrayJob): void {
  for (const [name, value] of Object.entries({ m: job.m, n: job.n, k: job.k, groups: job.groups ?? 1 }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(
        `layer ${job.layer}: ${name} is ${value}; it must be a whole number of at least 1${value > LARGEST ? ` and at most ${LARGEST} (2^53 - 1)` : ''}`,
      );
}
