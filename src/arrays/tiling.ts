import { DATAFLOWS, type Index, type MacArray } from './dataflow.js';

/** A matrix product to be timed: [m, k] times [k, n], `groups` times over (grouped and depthwise convolutions). */
export interface GemmJob {
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
export function extentsOf(job: GemmJob, array: MacArray, lanes: number): { row: number; col: number; time: number } {
  const { row, col, time } = DATAFLOWS[array.dataflow];
  const length = (index: Index) => (index === 'k' ? Math.ceil(job.k / lanes) : job[index]);
  return { row: length(row), col: length(col), time: length(time) };
}

/** The tiles in the order in which the array takes them: sums are completed, tile of k by tile of k, before the next. */
export function* tilesOf(job: GemmJob, array: MacArray, lanes: number): Generator<Tile> {
  const extents = extentsOf(job, array, lanes);
  const alongRows = cuts(extents.row, array.rows);
  const alongCols = cuts(extents.col, array.cols);
  const whole = array.edge === 'whole';
  let index = 0;
  for (let group = 0; group < (job.groups ?? 1); group++)
    for (const [row, col] of array.dataflow === 'os' ? pairs(alongRows, alongCols) : pairs(alongCols, alongRows, true))
      yield {
        index: index++,
        group,
        row: row.start,
        rows: row.length,
        col: col.start,
        cols: col.length,
        height: whole ? array.rows : row.length,
        width: whole ? array.cols : col.length,
        steps: extents.time,
        continues: array.dataflow !== 'os' && row.start > 0,
      };
}

interface Cut {
  start: number;
  length: number;
}

function cuts(total: number, size: number): Cut[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({
    start: i * size,
    length: Math.min(size, total - i * size),
  }));
}

/** Every [row, column] pair, `outer` slowest; `swap` says that the outer one is the columns. */
function* pairs(outer: readonly Cut[], inner: readonly Cut[], swap = false): Generator<[Cut, Cut]> {
  for (const x of outer) for (const y of inner) yield swap ? [y, x] : [x, y];
}

/** @throws RangeError naming the layer and the length that is not a positive whole number */
export function checkJob(job: GemmJob): void {
  for (const [name, value] of Object.entries({ m: job.m, n: job.n, k: job.k, groups: job.groups ?? 1 }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`layer ${job.layer}: ${name} is ${value}; it must be a whole number of at least 1`);
}
