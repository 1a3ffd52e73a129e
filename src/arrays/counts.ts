import type { Order } from '../datapaths/order.js';
import type { MacArray } from './dataflow.js';
import { type ArrayJob, heldCount, type Run, type Tile, tilesIn } from './tiling.js';

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
 * The counts of all the tiles, by formula. Beyond 2^53 they are added as big integers: what float64 holds exactly even
 * there (10^18 MACs of a product of 10^6 each) is a count, and anything else an error.
 *
 * @throws RangeError naming the layer and the count that float64 does not hold
 */
export function countsOf(job: ArrayJob, array: MacArray, order: Order, lanes: number, run: Run): Counts {
  const tally = new CountTally();
  for (const [tile, times] of tilesIn(run)) {
    tally.add('firings', times, tile.rows, tile.cols, tile.steps);
    if (array.dataflow === 'os') countOutputStationary(tally, tile, times, job.k, joinsOf(order, lanes, tile.steps));
    else countOperandStationary(tally, tile, times, array, lanes, job.k);
  }
  return tally.counts(job.layer);
}

/** Sums of products of whole numbers. */
class CountTally {
  readonly #counts = noCounts();
  readonly #large = new Map<keyof Counts, bigint>();

  /** Adds a product, each of whose factors is exact. */
  add(what: keyof Counts, ...factors: readonly number[]): void {
    const sum = this.#counts[what] + factors.reduce((product, factor) => product * factor, 1);
    const large = this.#large.get(what);
    if (large === undefined && sum <= Number.MAX_SAFE_INTEGER) this.#counts[what] = sum;
    else {
      const product = factors.reduce((product, factor) => product * BigInt(factor), 1n);
      this.#large.set(what, (large ?? BigInt(this.#counts[what])) + product);
    }
  }

  counts(layer: string): Counts {
    for (const [what, large] of this.#large) this.#counts[what] = heldCount(layer, what, large);
    return this.#counts;
  }
}

function countOutputStationary(tally: CountTally, tile: Tile, times: number, k: number, joins: number): void {
  const { rows, cols, height, width } = tile;
  tally.add('macs', times, rows, cols, k);
  tally.add('aReads', times, rows, k);
  tally.add('aMoves', times, rows, k, width);
  tally.add('bReads', times, cols, k);
  tally.add('bMoves', times, cols, k, height);
  tally.add('sumMoves', times, cols, (rows * (2 * height - rows + 1)) / 2);
  tally.add('sumWrites', times, rows, cols);
  tally.add('joins', times, rows, cols, joins);
}

/** The last row of k may not fill its lanes. */
function countOperandStationary(
  tally: CountTally,
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
  tally.add('macs', times, k, cols, steps);
  tally.add(`${moving}Reads`, times, k, steps);
  tally.add(`${moving}Moves`, times, k, steps, width);
  tally.add(`${held}Reads`, times, k, cols);
  // A word for row r passes r rows on its way.
  tally.add(`${held}Moves`, times, cols, (lanes * rows * (rows - 1)) / 2 + inLastRow * rows);
  tally.add('sumMoves', times, cols, height, steps);
  tally.add('sumWrites', times, cols, steps);
  if (continues) tally.add('sumReads', times, cols, steps);
  if (array.accumulation === 'memory') tally.add('joins', times, cols, steps);
}

/** Additions in a PE outside its firings, for each sum. */
function joinsOf(order: Order, lanes: number, steps: number): number {
  if (order.kind === 'chunked') return Math.ceil((steps * lanes) / order.length);
  return order.kind === 'interleaved' ? order.ways - 1 : 0;
}
