import type { CodeArray, GemmJob } from '../contract/gemm.js';
import { ROWS } from '../panels/frame.js';
import { type Layout, roundUp } from '../panels/pack.js';

/**
 * Products of zero, padding included, in whole products and in single tiles: adding one changes nothing, so a kernel that
 * counts additions that change nothing counts them too, and they are taken away afterwards.
 */
export interface ZeroProducts {
  all: () => number;
  /** Of the tile with that first row and column. */
  tile: (row: number, column: number) => number;
}

/** @param width columns of a tile */
export function zeroProducts(
  job: GemmJob,
  tables: readonly Float64Array[],
  { source }: Layout,
  width: number,
): ZeroProducts {
  const { m, n, k } = job;
  const [x, y] = tables.map((table) => Uint8Array.from(table, (value) => Number(value === 0)));
  const count = (row: number, rows: number, column: number, columns: number): number => {
    const inRows = new Int32Array(k).fill(Math.max(0, row + rows - m));
    for (let i = row; i < Math.min(row + rows, m); i++) addFlags(inRows, job.a, i * k, x);
    const inColumns = new Int32Array(k);
    const last = Math.min(column + columns, n);
    for (let i = 0; i < k; i++)
      inColumns[i] = columns - (last - column) + flagsOf(job.b, i * n + column, i * n + last, y);
    let total = 0;
    for (const place of source)
      total += place < 0 ? rows * columns : inRows[place] * columns + (rows - inRows[place]) * inColumns[place];
    return total;
  };
  return {
    all: () => count(0, roundUp(m, ROWS), 0, roundUp(n, width)),
    tile: (row, column) => count(row, ROWS, column, width),
  };
}

function addFlags(to: Int32Array, codes: CodeArray, from: number, flags: Uint8Array): void {
  for (let i = 0; i < to.length; i++) to[i] += flags[codes[from + i]];
}

function flagsOf(codes: CodeArray, from: number, end: number, flags: Uint8Array): number {
  let total = 0;
  for (let i = from; i < end; i++) total += flags[codes[i]];
  return total;
}
