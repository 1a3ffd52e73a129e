import type { Datapath } from '../datapaths/datapath.js';
import { widthOf } from '../formats/format.js';
import { DATAFLOWS, type Index, type MacArray } from './dataflow.js';
import { type GemmJob, type Tile, tilesOf } from './tiling.js';

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
  tiles: readonly TileTraffic[];
  bits: TrafficBits;
}

/** Capacities in kilobytes of 1024 bytes. */
export type Capacities = Readonly<Record<'a' | 'b' | 'sum', number>>;

/**
 * What the tiles move between DRAM and the memories. An operand of a group that fits into half its memory is read once.
 * Of a larger one the tile's block stays as long as consecutive tiles use it, if it fits; else it is read anew for every
 * tile. Partial sums stay if the tile's block of them fits into half the memory of sums, else they go out and come back
 * between the tiles of k. A convolution's activations are counted as they lie in DRAM (`inputs`), not unrolled.
 */
export function trafficOf(
  job: GemmJob,
  array: MacArray,
  unit: Pick<Datapath, 'lanes' | 'a' | 'b' | 'sum'>,
  capacities: Capacities,
): Traffic {
  const { m, n, k, inputs = m * k } = job;
  // Of the unrolled activations, the share that DRAM holds.
  const share = Math.min(1, inputs / (m * k));
  const width = { a: widthOf(unit.a) * share, b: widthOf(unit.b), sum: widthOf(unit.sum.format) };
  const a = new Half(capacities.a, m * k * width.a);
  const b = new Half(capacities.b, k * n * width.b);
  const sums = new Half(capacities.sum, 0);
  const bits = { aReads: 0, bReads: 0, sumReads: 0, sumWrites: 0 };
  const tiles = [...tilesOf(job, array, unit.lanes)].map((tile): TileTraffic => {
    const [alongM, alongN, alongK] = (['m', 'n', 'k'] as const).map((index) =>
      spanOf(index, job, array, unit.lanes, tile),
    );
    const block = alongM.length * alongN.length * width.sum;
    const stays = sums.fits(block);
    const aReads = a.take(
      `${tile.group}:${alongM.start}:${alongK.start}`,
      tile.group,
      alongM.length * alongK.length * width.a,
    );
    const bReads = b.take(
      `${tile.group}:${alongN.start}:${alongK.start}`,
      tile.group,
      alongN.length * alongK.length * width.b,
    );
    const sumReads = tile.continues && !stays ? block : 0;
    const store = stays && alongK.start + alongK.length < k ? 0 : block;
    bits.aReads += aReads;
    bits.bReads += bReads;
    bits.sumReads += sumReads;
    bits.sumWrites += store;
    return { fetch: aReads + bReads + sumReads, store };
  });
  return { tiles, bits };
}

/** Half a memory, and the blocks of an operand that it holds. */
class Half {
  readonly #bits: number;
  /** Whether it holds all of a group's operand, or one block at a time. */
  readonly #whole: boolean;
  readonly #held = new Set<string>();
  #group = 0;

  constructor(kilobytes: number, operandBits: number) {
    this.#bits = (kilobytes * 1024 * 8) / 2;
    this.#whole = this.fits(operandBits);
  }

  fits(bits: number): boolean {
    return bits <= this.#bits;
  }

  /** Bits to fetch so that the block is there. */
  take(block: string, group: number, bits: number): number {
    if (this.#held.has(block)) return 0;
    if (!this.#whole || group !== this.#group) this.#held.clear();
    this.#group = group;
    if (this.#whole || this.fits(bits)) this.#held.add(block);
    return bits;
  }
}

/** The part of an index that a tile covers, in products. */
function spanOf(
  index: Index,
  job: GemmJob,
  array: MacArray,
  lanes: number,
  tile: Tile,
): { start: number; length: number } {
  const { row, col } = DATAFLOWS[array.dataflow];
  const unit = index === 'k' ? lanes : 1;
  if (index !== row && index !== col) return { start: 0, length: job[index] };
  const [from, count] = index === row ? [tile.row, tile.rows] : [tile.col, tile.cols];
  return { start: from * unit, length: Math.min(count * unit, job[index] - from * unit) };
}
