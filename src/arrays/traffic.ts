import type { Datapath } from '../datapaths/datapath.js';
import { widthOf } from '../formats/format.js';
import { DATAFLOWS, type Index, type MacArray } from './dataflow.js';
import { exactCount, extentsOf, type ArrayJob, type Tile, tileRuns, tilesIn } from './tiling.js';

/** Bits between DRAM and the memories beside the array. */
export interface TrafficBits {
  aReads: number;
  bReads: number;
  /** Partial sums that did not fit, read back. */
  sumReads: number;
  /** Results, and partial sums that did not fit. */
  sumWrites: number;
}

/** Bits that one tile fetches before it begins, and stores when it is done. */
export interface TileTraffic {
  fetch: number;
  store: number;
}

export interface Traffic {
  bits: TrafficBits;
  /** What one tile moves. */
  of(tile: Tile): TileTraffic;
}

/** Capacities in kilobytes of 1024 bytes. */
export type Capacities = Readonly<Record<'a' | 'b' | 'sum', number>>;

/**
 * What the tiles move between DRAM and the memories. An operand of a group that fits into half its memory is read once.
 * Of a larger one the tile's block stays as long as consecutive tiles use it, if it fits; else it is read anew for every
 * tile. Partial sums stay if the tile's block of them fits into half the memory of sums, else they go out and come back
 * between the tiles of k. A convolution's activations are counted as they lie in DRAM (`inputs`), not unrolled; that share
 * of the unrolled ones is taken last, so that it is rounded once.
 *
 * @throws RangeError naming the layer and what is beyond 2^53 - 1 bits
 */
export function trafficOf(
  job: ArrayJob,
  array: MacArray,
  unit: Pick<Datapath, 'lanes' | 'a' | 'b' | 'sum'>,
  capacities: Capacities,
): Traffic {
  const { m, k, inputs = m * k } = job;
  // Of the unrolled activations, the share that DRAM holds.
  const share = Math.min(1, inputs / (m * k));
  const width = { a: widthOf(unit.a) * share, b: widthOf(unit.b), sum: widthOf(unit.sum.format) };
  const takesA = takerOf(['m', 'k'], job, array, unit.lanes, capacities.a, width.a);
  const takesB = takerOf(['k', 'n'], job, array, unit.lanes, capacities.b, width.b);
  /** Codes, and sums read back and written. */
  const wordsOf = (tile: Tile) => {
    const block = spanOf('m', job, array, unit.lanes, tile) * spanOf('n', job, array, unit.lanes, tile);
    const stays = block * width.sum <= halfOf(capacities.sum);
    const isLast = !isCut('k', array) || (tile.row + tile.rows) * unit.lanes >= k;
    return {
      a: takesA(tile),
      b: takesB(tile),
      sumReads: tile.continues && !stays ? block : 0,
      store: stays && !isLast ? 0 : block,
    };
  };
  const total = { a: 0, b: 0, sumReads: 0, store: 0 };
  for (const [tile, times] of tilesIn(tileRuns(job, array, unit.lanes)))
    for (const [what, words] of Object.entries(wordsOf(tile))) total[what as keyof typeof total] += times * words;
  const bits = {
    aReads: total.a * width.a,
    bReads: total.b * width.b,
    sumReads: total.sumReads * width.sum,
    sumWrites: total.store * width.sum,
  };
  for (const [what, count] of Object.entries(bits)) exactCount(job.layer, `bits of DRAM ${what}`, count);
  const of = (tile: Tile): TileTraffic => {
    const { a, b, sumReads, store } = wordsOf(tile);
    return { fetch: a * width.a + b * width.b + sumReads * width.sum, store: store * width.sum };
  };
  return { bits, of };
}

/** Bits of half a memory. */
const halfOf = (kilobytes: number) => (kilobytes * 1024 * 8) / 2;

/** Whether tiles cut an index; the others pass in time, whole. */
function isCut(index: Index, { dataflow }: MacArray): boolean {
  return DATAFLOWS[dataflow].time !== index;
}

/**
 * The codes of an operand that a tile fetches. Half a memory holds all of a group's operand, or else the block of the tile
 * before, if that fits.
 */
function takerOf(
  [x, y]: readonly [Index, Index],
  job: ArrayJob,
  array: MacArray,
  lanes: number,
  kilobytes: number,
  width: number,
): (tile: Tile) => number {
  const os = array.dataflow === 'os';
  const { row, col } = DATAFLOWS[array.dataflow];
  const has = (index: Index) => index === x || index === y;
  const [variesOuter, variesInner] = os ? [has(row), has(col)] : [has(col), has(row)];
  const extents = extentsOf(job, array, lanes);
  const isOneInner = os ? extents.col <= array.cols : extents.row <= array.rows;
  const isWhole = job[x] * job[y] * width <= halfOf(kilobytes);
  const isKnown = (firstOuter: boolean, firstInner: boolean, fits: boolean) => {
    if (isWhole) return !((variesOuter || firstOuter) && (variesInner || firstInner));
    if (!fits || (firstOuter && firstInner)) return false;
    return firstInner ? !variesOuter && (!variesInner || isOneInner) : !variesInner;
  };
  return (tile) => {
    const [outer, inner] = os ? [tile.row, tile.col] : [tile.col, tile.row];
    const codes = spanOf(x, job, array, lanes, tile) * spanOf(y, job, array, lanes, tile);
    return isKnown(outer === 0, inner === 0, codes * width <= halfOf(kilobytes)) ? 0 : codes;
  };
}

/** How much of an index a tile covers, in products. */
function spanOf(index: Index, job: ArrayJob, array: MacArray, lanes: number, tile: Tile): number {
  if (!isCut(index, array)) return job[index];
  const unit = index === 'k' ? lanes : 1;
  const [from, count] = index === DATAFLOWS[array.dataflow].row ? [tile.row, tile.rows] : [tile.col, tile.cols];
  return Math.min(count * unit, job[index] - from * unit);
}
