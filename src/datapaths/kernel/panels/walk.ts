import type { CodeArray, GemmJob } from '../contract/gemm.js';
import type { Plan } from '../contract/plan.js';
import { Arena, type Kernel, sharedMemory } from '../../../wasm/memory.js';
import type { Tally } from '../contract/engine.js';
import { COUNT_BYTES, ROWS } from './frame.js';
import { extensionOf } from './packLanes.js';
import { packersFor } from './packNest.js';
import type { Shape } from './shape.js';
import { type Layout, packColumns, packRows, type Panel } from './pack.js';

/** Bytes of A that a block of rows may take, so that it stays in the second-level cache. */
const BLOCK_BYTES = 256 * 1024;

export interface Walk {
  job: GemmJob;
  plan: Plan;
  layout: Layout;
  shape: Shape;
  tables: readonly ArrayLike<number>[];
  /** Second panels from the same codes, as an alignment reads them; rows' elements are as wide as the operands'. */
  weights?: { tables: readonly ArrayLike<number>[]; shape: Shape };
  /** Initial sums [m][n] as the lanes hold them. */
  starts?: ArrayLike<number>;
  kernel: Kernel;
  /** For tiles that raised their flag; without, `redo` gets each output. */
  second?: Kernel;
  /** Writes random bits at an address; gives the address of the joins'. */
  draws?: (address: number) => number;
  /** Takes sums of rows [first, first + rows) out of memory. */
  put: (sums: Panel, stride: number, first: number, rows: number) => void;
  redo: (index: number) => void;
  /** Sums that are not finite are done again as well. */
  redoNonFinite?: boolean;
  /** Told the first row and column of each tile that raised its flag. */
  flagged?: (row: number, column: number) => void;
  /** Takes what the tiles that stand have counted; padding is then zero, which counts for nothing. */
  tally?: Tally;
}

/** Lane values of all codes of 16 bits in float64, the largest table there is. */
const TABLE_BYTES = 65536 * 8;

/** Bytes that the random bits of one place take. */
export const DRAW_BYTES = 16;

/** Walks the tiles of a job: blocks of rows, panels of columns, runs of k. */
export function walk(work: Walk): void {
  const { job, plan, layout, shape } = work;
  const { width, operandBytes, sumBytes } = shape;
  const rowBytes = shape.row?.operandBytes ?? operandBytes;
  const places = layout.source.length;
  const fitting = Math.floor(BLOCK_BYTES / (rowBytes * places));
  const blockRows = Math.max(ROWS, Math.min(roundUp(job.m, ROWS), roundUp(fitting, ROWS)));
  const columns = roundUp(job.n, width);
  const arena = new Arena();
  const at = {
    b: arena.take(columns * places * operandBytes),
    a: arena.take(blockRows * places * rowBytes),
    bWeights: arena.take(columns * places * (work.weights?.shape.operandBytes ?? 0)),
    aWeights: arena.take(work.weights === undefined ? 0 : blockRows * places * rowBytes),
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
  const planes = [[work.tables, at.a, at.b, shape] as const];
  if (work.weights !== undefined) planes.push([work.weights.tables, at.aWeights, at.bWeights, work.weights.shape]);
  const sums = new shape.sum(buffer, at.sums, blockRows * columns);
  const flags = new Int32Array(buffer, at.flags, blockRows / ROWS);
  const counts = new Int32Array(buffer, at.counts, (blockRows / ROWS) * (COUNT_BYTES / 4));
  const packer = packerOf(work, at);
  for (const [tables, , address, elements] of planes) packer.columns(tables[1], address, columns, elements);
  const joins = work.draws?.(at.draws) ?? 0;
  // The first run overwrites what lies there where it starts from +0.
  const fresh = work.starts === undefined && plan.direct && !plan.pairwise && layout.runs[0] > 0;

  /** All runs over so many row tiles of one panel. */
  function run(kernel: Kernel, tile: number, count: number, panel: number): void {
    const aStride = places * ROWS * rowBytes;
    const sumStride = columns * sumBytes;
    const target = at.sums + tile * ROWS * sumStride + panel * width * sumBytes;
    let place = 0;
    for (let i = 0; i < plan.runs.length; i++) {
      const length = layout.runs[i];
      const from = at.a + tile * aStride + place * ROWS * rowBytes;
      const column = (panel * places + place) * width;
      const to = at.b + column * operandBytes;
      const toWeights = at.bWeights + column * (work.weights?.shape.operandBytes ?? 0);
      const draws = at.draws + place * DRAW_BYTES;
      const flag = at.flags + tile * 4;
      const steps = length / shape.group;
      const name = runName(plan, i, length);
      if (name !== undefined)
        kernel[name](
          ...[from, to, target, steps, count, aStride, sumStride, flag, draws, joins + i * DRAW_BYTES],
          ...[at.aWeights - at.a, toWeights - to, at.counts + tile * COUNT_BYTES, fresh && i === 0 ? 0 : -1],
        );
      place += length;
    }
  }

  function start(first: number, row: number, rows: number, column: number, count: number): void {
    if (fresh) return;
    if (count === columns) sums.fill(0, row * columns, (row + rows) * columns);
    if (count === columns && work.starts === undefined) return;
    for (let r = row; r < row + rows; r++) {
      const line = r * columns;
      sums.fill(0, line + column, line + column + count);
      if (work.starts === undefined || first + r >= job.m) continue;
      for (let j = column; j < Math.min(column + count, job.n); j++)
        sums[line + j] = work.starts[(first + r) * job.n + j];
    }
  }

  function outputs(first: number, tile: number, panel: number): void {
    for (let row = first + tile * ROWS; row < Math.min(first + tile * ROWS + ROWS, job.m); row++)
      for (let j = panel * width; j < Math.min(panel * width + width, job.n); j++) work.redo(row * job.n + j);
  }

  for (let first = 0; first < job.m; first += blockRows) {
    const count = Math.min(blockRows, job.m - first);
    const rows = roundUp(count, ROWS);
    for (const [tables, address, , elements] of planes) packer.rows(tables[0], address, first, count, elements);
    start(first, 0, rows, 0, columns);
    const lost: [number, number][] = [];
    for (let panel = 0; panel < columns / width; panel++) {
      flags.fill(0);
      counts.fill(0);
      run(work.kernel, 0, rows / ROWS, panel);
      for (let tile = 0; tile < rows / ROWS; tile++) {
        if (flags[tile] !== 0) {
          work.flagged?.(first + tile * ROWS, panel * width);
          if (work.second === undefined) {
            lost.push([tile, panel]);
            continue;
          }
          start(first, tile * ROWS, ROWS, panel * width, width);
          counts.fill(0, (tile * COUNT_BYTES) / 4, ((tile + 1) * COUNT_BYTES) / 4);
          run(work.second, tile, 1, panel);
        }
        if (work.tally !== undefined) addCounts(work.tally, counts, tile);
      }
    }
    const doubtful = work.redoNonFinite === true ? nonFinite(sums, columns, count, job.n) : [];
    work.put(sums, columns, first, count);
    for (const index of doubtful) work.redo(first * job.n + index);
    for (const [tile, panel] of lost) outputs(first, tile, panel);
  }
}

/** Which of so many rows of n sums, `stride` apart, are no numbers or infinite. */
function nonFinite(sums: Panel, stride: number, rows: number, n: number): number[] {
  const found: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < n; j++) {
      const value = sums[row * stride + j];
      if (value - value !== 0) found.push(row * n + j);
    }
  return found;
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

interface Packer {
  columns(table: ArrayLike<number>, address: number, columns: number, shape: Shape): void;
  rows(table: ArrayLike<number>, address: number, first: number, count: number, shape: Shape): void;
}

/** Packs in WebAssembly where places are in k order and codes are bytes or pairs of bytes, else in JavaScript. */
function packerOf(work: Walk, at: { codes: number; table: number }): Packer {
  const { job, layout, shape } = work;
  const { width, group } = shape;
  const places = layout.source.length;
  const inOrder = layout.inOrder ?? 0;
  const { buffer } = sharedMemory();
  const quick = (codes: CodeArray) => inOrder > 0 && codes.BYTES_PER_ELEMENT <= 2;
  const panel = (address: number, length: number, { operand }: Shape): Panel =>
    new operand(buffer, address, length * places);
  const load = (codes: CodeArray, table: ArrayLike<number>, elements: Shape): Kernel => {
    new elements.operand(buffer, at.table, table.length).set(table);
    const bytes = codes.BYTES_PER_ELEMENT as 1 | 2;
    new Uint8Array(buffer, at.codes).set(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength));
    return packersFor(bytes, elements, bytes === 1 ? extensionOf(table, elements) : undefined);
  };
  /** Steps of `group` places, places of one that is not full, and steps of padding. */
  const steps = [Math.floor(inOrder / group), inOrder % group, Math.floor((places - inOrder) / group)] as const;
  return {
    columns(table, address, columns, shape) {
      const { b, n } = job;
      if (!quick(b)) return packColumns(panel(address, columns, shape).fill(0), b, table, layout, { n, width, group });
      const { columns: pack } = load(b, table, shape);
      pack(at.codes, at.table, address, ...steps, columns / width, n * b.BYTES_PER_ELEMENT);
      if (work.tally !== undefined) blank(panel(address, columns, shape), { valid: n, width, group, places });
    },
    rows(table, address, first, count, shape) {
      const row = { ...shape, ...shape.row };
      const { k } = job;
      const tiles = Math.ceil(count / ROWS);
      const to = panel(address, tiles * ROWS, row);
      if (!quick(job.a)) return packRows(to.fill(0), job.a, table, layout, { first, count, k, width: ROWS, group });
      const codes = job.a.subarray(first * k, (first + count) * k);
      const { rows: pack } = load(codes, table, row);
      pack(at.codes, at.table, address, ...steps, tiles, k * codes.BYTES_PER_ELEMENT);
      if (work.tally !== undefined) blank(to, { valid: count, width: ROWS, group, places });
    },
  };
}

/** Zeros in what the last tile has beyond the valid lines. */
function blank(
  panel: Panel,
  { valid, width, group, places }: { valid: number; width: number; group: number; places: number },
): void {
  const kept = valid % width;
  if (kept === 0) return;
  const step = width * group;
  for (let at = panel.length - width * places; at < panel.length; at += step)
    panel.fill(0, at + kept * group, at + step);
}

export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
