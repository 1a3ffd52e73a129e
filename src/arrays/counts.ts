import type { Order } from '../datapaths/order.js';
import type { MacArray } from './dataflow.js';
import { exactCount, type ArrayJob, type Run, type Tile, tilesIn } from './tiling.js';

/**
 * What the array does, counted. Operands count codes, sums count sum registers. Not counted: clock, control, addresses and
 * leakage.
 */
export interface Counts {
  /** Products that the layer asks for. */
  macs: number;
  /** PE firings; each works all `lanes` lanes, with or without a product for them. */
  firings: number;
  /** Operand codes read from operand memory at the edge of the array. */
  aReads: number;
  bReads: number;
  /** Operand codes taken into a PE register, loading included. */
  aMoves: number;
  bMoves: number;
  /** Sums handed from a PE to the one below, or to the memory: in os by draining. */
  sumMoves: number;
  /** Sums read from the result memory: to be added to (accumulator memory), or put back in at the top. */
  sumReads: number;
  sumWrites: number;
  /** Additions outside the PEs' own: chunks, interleaved registers, accumulator memory. */
  joins: number;
}

export function noCounts(): Counts {
  return {
    macs: 0,
    firings: 0,
    aReads: 0,
    bReads: 0,
    aMoves: 0,
    bMoves: 0,
    sumMoves: 0,
    sumReads: 0,
    sumWrites: 0,
    joins: 0,
  };
}

/**
 * The counts of all the tiles, by formula: no term is negative and none larger than twice the count that it enters, so a
 * count that is not exact comes out beyond 2^53 - 1.
 *
 * @throws RangeError naming the layer and the count that is beyond 2^53 - 1
 */
export function countsOf(job: ArrayJob, array: MacArray, order: Order, lanes: number, run: Run): Counts {
  const counts = noCounts();
  for (const [tile, times] of tilesIn(run)) {
    counts.firings += times * tile.rows * tile.cols * tile.steps;
    if (array.dataflow === 'os') countOutputStationary(counts, tile, times, job.k, joinsOf(order, lanes, tile.steps));
    else countOperandStationary(counts, tile, times, array, lanes, job.k);
  }
  for (const [what, count] of Object.entries(counts)) exactCount(job.layer, what, count);
  return counts;
}

function countOutputStationary(counts: Counts, tile: Tile, times: number, k: number, joins: number): void {
  const { rows, cols, height, width } = tile;
  counts.macs += times * rows * cols * k;
  counts.aReads += times * rows * k;
  counts.aMoves += times * rows * k * width;
  counts.bReads += times * cols * k;
  counts.bMoves += times * cols * k * height;
  counts.sumMoves += times * cols * ((rows * (2 * height - rows + 1)) / 2);
  counts.sumWrites += times * rows * cols;
  counts.joins += times * rows * cols * joins;
}

/** The last row of k may not fill its lanes. */
function countOperandStationary(
  counts: Counts,
  tile: Tile,
  times: number,
  array: MacArray,
  lanes: number,
  allOfK: number,
): void {
  const { rows, cols, height, width, steps, continues } = tile;
  const [moving, held] = array.dataflow === 'ws' ? (['a', 'b'] as const) : (['b', 'a'] as const);
  const k = Math.min(rows * lanes, allOfK - tile.row * lanes);
  const inLastRow = k - (rows - 1) * lanes;
  counts.macs += times * k * cols * steps;
  counts[`${moving}Reads`] += times * k * steps;
  counts[`${moving}Moves`] += times * k * steps * width;
  counts[`${held}Reads`] += times * k * cols;
  // A word for row r passes r rows on its way.
  counts[`${held}Moves`] += times * cols * ((lanes * rows * (rows - 1)) / 2 + inLastRow * rows);
  counts.sumMoves += times * cols * height * steps;
  counts.sumWrites += times * cols * steps;
  counts.sumReads += continues ? times * cols * steps : 0;
  counts.joins += array.accumulation === 'memory' ? times * cols * steps : 0;
}

/** Additions in a PE outside its firings, for each sum. */
function joinsOf(order: Order, lanes: number, steps: number): number {
  if (order.kind === 'chunked') return Math.ceil((steps * lanes) / order.length);
  return order.kind === 'interleaved' ? order.ways - 1 : 0;
}
