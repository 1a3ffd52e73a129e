/** panels: operands packed side by side for the lanes, and the walk over the tiles of a job. */

import { Arena, type Kernel, sharedMemory } from '../../../wasm/memory.js';
import type { Tally } from '../contract/engine.js';
import type { Plan } from '../contract/plan.js';
import { COUNT_BYTES, ROWS } from './frame.js';
import { type Panel, roundUp } from './pack.js';
import { type Packed, packerOf } from './packer.js';
import type { Shape } from './shape.js';

/** Bytes of A that a block of rows may take, so that it stays in the second-level cache. */
const BLOCK_BYTES = 256 * 1024;

/** A job to be walked, and the functions that do its tiles. */
export interface Walk extends Packed {
  plan: Plan;
  tables: readonly ArrayLike<number>[];
  /** Second panels from the same codes, as an alignment reads them; rows' elements are as wide as the operands'. */
  weights?: { tables: readonly ArrayLike<number>[]; shape: Shape };
  /** Initial sums [m][n] as the lanes hold them. */
  starts?: ArrayLike<number>;
  kernel: Kernel;
  /** For tiles that raised their flag. */
  second?: Kernel;
  /** Random bits, DRAW_BYTES for every place of the layout and then for every join. */
  draws?: Uint8Array;
}

/** Sums of rows [first, first + rows): [rows][stride], of which the job's columns count. */
export interface Rows {
  sums: Panel;
  stride: number;
  first: number;
  rows: number;
}

/** Rows whose sums lie in the kernels' memory until the next block is asked for. */
export interface RowBlock extends Rows {
  /** First row and column of each tile that raised its flag; a second kernel, where there is one, has done it again. */
  flagged: readonly (readonly [number, number])[];
  /** What the tiles that stand have counted. */
  tally: Tally;
  /** Address behind all that the walk has in the kernels' memory. */
  free: number;
}

/** Lane values of all codes of 16 bits in float64, the largest table there is. */
const TABLE_BYTES = 65536 * 8;

/** Bytes that the random bits of one place take. */
export const DRAW_BYTES = 16;

/** Walks the tiles of a job block by block: in a block panels of columns, in a panel runs of k, in a run tiles of rows. */
export function* walk(work: Walk): Generator<RowBlock> {
  const { job, shape, tables, weights, draws } = work;
  const site = siteOf(work);
  const { at, blockRows, columns } = site;
  const planes = [{ tables, shape, a: at.a, b: at.b }];
  if (weights !== undefined) planes.push({ ...weights, a: at.aWeights, b: at.bWeights });
  const packer = packerOf(work, at);
  for (const plane of planes) packer.columns(plane.tables[1], plane.b, columns, plane.shape);
  if (draws !== undefined) new Uint8Array(sharedMemory().buffer, at.draws).set(draws);
  for (let first = 0; first < job.m; first += blockRows) {
    const rows = Math.min(blockRows, job.m - first);
    for (const plane of planes) packer.rows(plane.tables[0], plane.a, first, rows, plane.shape);
    yield blockOf(site, first, rows);
  }
}

/** Does `each` for every output of the tiles that raised their flag. */
export function overFlagged({ job, shape }: Walk, { flagged }: RowBlock, each: (index: number) => void): void {
  for (const [row, column] of flagged)
    for (let i = row; i < Math.min(row + ROWS, job.m); i++)
      for (let j = column; j < Math.min(column + shape.width, job.n); j++) each(i * job.n + j);
}

/** Where a walk's operands and sums lie in memory. */
interface Site {
  work: Walk;
  /** Byte addresses. */
  at: Record<'a' | 'b' | 'aWeights' | 'bWeights' | 'sums' | 'flags' | 'counts' | 'draws' | 'codes' | 'table', number>;
  /** Packed length of k. */
  places: number;
  blockRows: number;
  /** Columns in whole tiles. */
  columns: number;
  /** Bytes of a row's element, and of a tile's sums from one row to the next. */
  rowBytes: number;
  sumStride: number;
  sums: Panel;
  flags: Int32Array;
  counts: Int32Array;
  /** The first run overwrites what lies there, because it starts from +0. */
  fresh: boolean;
  /** Behind all of it. */
  free: number;
}

function siteOf(work: Walk): Site {
  const { job, plan, layout, shape, weights } = work;
  const { width, operandBytes, sumBytes } = shape;
  const rowBytes = shape.row?.operandBytes ?? operandBytes;
  const places = layout.source.length;
  const fitting = Math.floor(BLOCK_BYTES / (rowBytes * places));
  const blockRows = Math.max(ROWS, Math.min(roundUp(job.m, ROWS), roundUp(fitting, ROWS)));
  const columns = roundUp(job.n, width);
  const arena = new Arena();
  const at: Site['at'] = {
    b: arena.take(columns * places * operandBytes),
    a: arena.take(blockRows * places * rowBytes),
    bWeights: arena.take(columns * places * (weights?.shape.operandBytes ?? 0)),
    aWeights: arena.take(weights === undefined ? 0 : blockRows * places * rowBytes),
    // Codes of 32 bits may take the sums' place.
    sums: arena.take(blockRows * columns * Math.max(sumBytes, 4)),
    flags: arena.take((blockRows / ROWS) * 4),
    counts: arena.take((blockRows / ROWS) * COUNT_BYTES),
    draws: arena.take((places + plan.runs.length) * DRAW_BYTES),
    // One tile more than there is, because packing runs over the edge.
    codes: arena.take(Math.max(blockRows * job.k, (job.k + 1) * job.n + width) * 2),
    table: arena.take(TABLE_BYTES),
  };
  const { buffer } = sharedMemory();
  return {
    work,
    at,
    places,
    blockRows,
    columns,
    rowBytes,
    sumStride: columns * sumBytes,
    sums: new shape.sum(buffer, at.sums, blockRows * columns),
    flags: new Int32Array(buffer, at.flags, blockRows / ROWS),
    counts: new Int32Array(buffer, at.counts, (blockRows / ROWS) * (COUNT_BYTES / 4)),
    fresh: work.starts === undefined && plan.direct && !plan.pairwise && layout.runs[0] > 0,
    free: arena.end,
  };
}

/** All tiles of a block of rows. */
function blockOf(site: Site, first: number, rows: number): RowBlock {
  const { work, sums, columns, flags, counts } = site;
  const { width } = work.shape;
  const tiles = Math.ceil(rows / ROWS);
  const tally: Tally = { swamped: 0, overflowed: 0 };
  const flagged: [number, number][] = [];
  start(site, first, { row: 0, rows: tiles * ROWS, column: 0, count: columns });
  for (let panel = 0; panel < columns / width; panel++) {
    flags.fill(0);
    counts.fill(0);
    run(site, work.kernel, { tile: 0, count: tiles, panel });
    for (let tile = 0; tile < tiles; tile++) {
      if (flags[tile] !== 0) {
        flagged.push([first + tile * ROWS, panel * width]);
        if (work.second === undefined) continue;
        runAgain(site, work.second, first, { tile, count: 1, panel });
      }
      if (work.count === true) addCounts(tally, counts, tile);
    }
  }
  return { sums, stride: columns, first, rows, flagged, tally, free: site.free };
}

/** So many tiles of rows in one panel of columns. */
interface Tiles {
  tile: number;
  count: number;
  panel: number;
}

/** All runs of k over some tiles. */
function run(site: Site, kernel: Kernel, { tile, count, panel }: Tiles): void {
  const { at, places, rowBytes, sumStride, fresh } = site;
  const { plan, layout, shape, weights } = site.work;
  const { width, operandBytes, sumBytes, group } = shape;
  const aStride = places * ROWS * rowBytes;
  const target = at.sums + tile * ROWS * sumStride + panel * width * sumBytes;
  const joins = at.draws + places * DRAW_BYTES;
  let place = 0;
  for (let i = 0; i < plan.runs.length; i++) {
    const length = layout.runs[i];
    const from = at.a + tile * aStride + place * ROWS * rowBytes;
    const column = (panel * places + place) * width;
    const to = at.b + column * operandBytes;
    const toWeights = at.bWeights + column * (weights?.shape.operandBytes ?? 0);
    const draws = at.draws + place * DRAW_BYTES;
    const name = runName(plan, i, length);
    if (name !== undefined)
      kernel[name](
        from,
        to,
        target,
        length / group,
        count,
        aStride,
        sumStride,
        at.flags + tile * 4,
        draws,
        joins + i * DRAW_BYTES,
        at.aWeights - at.a,
        toWeights - to,
        at.counts + tile * COUNT_BYTES,
        fresh && i === 0 ? 0 : -1,
      );
    place += length;
  }
}

/** One tile from its start, by another kernel. */
function runAgain(site: Site, kernel: Kernel, first: number, tiles: Tiles): void {
  const { width } = site.work.shape;
  const { tile, panel } = tiles;
  start(site, first, { row: tile * ROWS, rows: ROWS, column: panel * width, count: width });
  site.counts.fill(0, (tile * COUNT_BYTES) / 4, ((tile + 1) * COUNT_BYTES) / 4);
  run(site, kernel, tiles);
}

/** Puts initial sums, or +0, where some rows and columns of a block have their sums. */
function start(
  { work: { job, starts }, sums, columns, fresh }: Site,
  first: number,
  { row, rows, column, count }: { row: number; rows: number; column: number; count: number },
): void {
  if (fresh) return;
  if (count === columns) sums.fill(0, row * columns, (row + rows) * columns);
  if (count === columns && starts === undefined) return;
  for (let r = row; r < row + rows; r++) {
    const line = r * columns;
    sums.fill(0, line + column, line + column + count);
    if (starts === undefined || first + r >= job.m) continue;
    for (let j = column; j < Math.min(column + count, job.n); j++) sums[line + j] = starts[(first + r) * job.n + j];
  }
}

/** Lanes of 32 or 64 bits; the upper halves of the latter are zero. */
function addCounts(tally: Tally, counts: Int32Array, tile: number): void {
  const from = tile * (COUNT_BYTES / 4);
  for (let lane = 0; lane < 4; lane++) {
    tally.swamped += counts[from + lane];
    tally.overflowed += counts[from + 4 + lane];
  }
}

/** The kernel's function for a run; undefined where there is nothing to do. */
function runName(plan: Plan, index: number, length: number): string | undefined {
  if (plan.pairwise) return `tree${length}`;
  const direct = plan.direct && index === 0;
  if (length === 0) return direct ? undefined : 'empty';
  return direct ? 'extend' : 'join';
}
