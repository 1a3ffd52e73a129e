import type { Order } from '../datapaths/order.js';
import type { MacArray } from './dataflow.js';
import type { GemmJob, Tile } from './tiling.js';

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

/** The counts of all the tiles, by formula. */
export function countsOf(job: GemmJob, array: MacArray, order: Order, lanes: number, tiles: Iterable<Tile>): Counts {
  const counts = noCounts();
  for (const tile of tiles) {
    counts.firings += tile.rows * tile.cols * tile.steps;
    if (array.dataflow === 'os') countOutputStationary(counts, tile, job.k, joinsOf(order, lanes, tile.steps));
    else countOperandStationary(counts, tile, array, Math.min(tile.rows * lanes, job.k - tile.row * lanes), lanes);
  }
  return counts;
}

function countOutputStationary(counts: Counts, { rows, cols, height, width }: Tile, k: number, joins: number): void {
  counts.macs += rows * cols * k;
  counts.aReads += rows * k;
  counts.aMoves += rows * k * width;
  counts.bReads += cols * k;
  counts.bMoves += cols * k * height;
  counts.sumMoves += cols * (rows * height - (rows * (rows - 1)) / 2);
  counts.sumWrites += rows * cols;
  counts.joins += rows * cols * joins;
}

/** `k`: products along the rows of the tile, whose last row may not fill its lanes. */
function countOperandStationary(counts: Counts, tile: Tile, array: MacArray, k: number, lanes: number): void {
  const { rows, cols, height, width, steps, continues } = tile;
  const [moving, held] = array.dataflow === 'ws' ? (['a', 'b'] as const) : (['b', 'a'] as const);
  counts.macs += k * cols * steps;
  counts[`${moving}Reads`] += k * steps;
  counts[`${moving}Moves`] += k * steps * width;
  counts[`${held}Reads`] += k * cols;
  // A word for row r passes r rows on its way.
  counts[`${held}Moves`] += cols * ((lanes * rows * (rows + 1)) / 2 - (rows * lanes - k) * rows);
  counts.sumMoves += cols * height * steps;
  counts.sumWrites += cols * steps;
  counts.sumReads += continues ? cols * steps : 0;
  counts.joins += array.accumulation === 'memory' ? cols * steps : 0;
}

/** Additions in a PE outside its firings, for each sum. */
function joinsOf(order: Order, lanes: number, steps: number): number {
  if (order.kind === 'chunked') return Math.ceil((steps * lanes) / order.length);
  return order.kind === 'interleaved' ? order.ways - 1 : 0;
}
