import type { Datapath } from '../../src/datapaths/datapath.js';
import type { Order } from '../../src/datapaths/order.js';
import { type Counts, noCounts } from '../../src/arrays/counts.js';
import { DATAFLOWS, type Index, type MacArray, orderOf } from '../../src/arrays/dataflow.js';
import { type Memories, paceOf } from '../../src/arrays/memory.js';
import {
  type Arrival,
  type Cycles,
  loadOf,
  noCycles,
  streamOf,
  type Timing,
  timingOf,
  type Turn,
  turnsOf,
} from '../../src/arrays/schedule.js';
import { type ArrayJob, type Tile, tilesOf } from '../../src/arrays/tiling.js';
import type { Capacities, TileTraffic, TrafficBits } from '../../src/arrays/traffic.js';
import { widthOf } from '../../src/formats/format.js';

/**
 * Cycles, counts and traffic as they are defined: tile after tile, every one of them. What src/arrays computes from a few
 * runs of equal tiles has to be just this.
 */

/** Itemised cycles of turns. With two buffers only the first load and the last tile's tail are in sight. */
export function cyclesByTile(turns: Iterable<Turn>, timing: Timing): Cycles {
  const cycles = noCycles();
  let before: Turn | undefined;
  let last = 0;
  let added = 0;
  for (const turn of turns) {
    const { tile, slot } = turn;
    cycles.stream += tile.steps;
    if (before === undefined || !timing.doubleBuffer) {
      cycles.load += loadOf(tile, timing);
      cycles.fill += slot.added - slot.stream - streamOf(tile, timing);
      cycles.drain += slot.done - slot.added;
    }
    last = Math.max(last, slot.stream + streamOf(tile, timing));
    added = Math.max(added, slot.added);
    // A narrow last tile can be done before the wide one ahead of it.
    cycles.total = Math.max(cycles.total, slot.done);
    before = turn;
  }
  if (timing.doubleBuffer) {
    cycles.fill = added - last;
    cycles.drain = cycles.total - added;
  }
  cycles.stall = cycles.total - cycles.load - cycles.stream - cycles.fill - cycles.drain;
  return cycles;
}

/** The counts of all the tiles, by formula. */
export function countsByTile(
  job: ArrayJob,
  array: MacArray,
  order: Order,
  lanes: number,
  tiles: Iterable<Tile>,
): Counts {
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

/**
 * What the tiles move between DRAM and the memories. An operand of a group that fits into half its memory is read once.
 * Of a larger one the tile's block stays as long as consecutive tiles use it, if it fits; else it is read anew for every
 * tile. Partial sums stay if the tile's block of them fits into half the memory of sums, else they go out and come back
 * between the tiles of k. A convolution's activations are counted as they lie in DRAM (`inputs`), not unrolled.
 */
export function trafficByTile(
  job: ArrayJob,
  array: MacArray,
  unit: Pick<Datapath, 'lanes' | 'a' | 'b' | 'sum'>,
  capacities: Capacities,
): { tiles: readonly TileTraffic[]; bits: TrafficBits } {
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
  job: ArrayJob,
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

/** The turns of all tiles, and the cycle before which the last results are in DRAM. */
export function scheduleByTile(
  job: ArrayJob,
  array: MacArray,
  unit: Pick<Datapath, 'lanes' | 'order' | 'a' | 'b' | 'sum'>,
  memories: Memories,
  traffic: readonly TileTraffic[],
): { turns: Turn[]; timing: Timing; written: number } {
  const timing = timingOf(array, orderOf(array, unit), paceOf(array, unit, memories));
  const tiles = tilesOf(job, array, unit.lanes);
  const dram = memories.bandwidth?.dram;
  if (dram === undefined) return { turns: [...turnsOf(tiles, timing)], timing, written: 0 };
  const channel = new Channel(traffic, dram);
  const turns = [...turnsOf(tiles, timing, channel.arrival)];
  return { turns, timing, written: channel.finish(turns) };
}

/**
 * The DRAM channel. It serves, in this order, the operands of tile 0, of tile 1, the results of tile 0, the operands of
 * tile 2, the results of tile 1, ... A tile's operands are fetched from when the tile before begins, into the half that
 * the tile before that has finished with; its results leave when it is done.
 */
class Channel {
  readonly #traffic: readonly TileTraffic[];
  readonly #bitsPerCycle: number;
  #free = 0;
  /** The tile before the one before, whose results are next to leave. */
  #leaving: Turn | undefined;
  #before: Turn | undefined;

  constructor(traffic: readonly TileTraffic[], bitsPerCycle: number) {
    this.#traffic = traffic;
    this.#bitsPerCycle = bitsPerCycle;
  }

  readonly arrival: Arrival = (tile: Tile, before: Turn | undefined): number => {
    this.#leaving = this.#before;
    this.#before = before;
    const stored = this.#storeResults(this.#leaving);
    const { fetch } = this.#traffic[tile.index];
    if (fetch === 0) return stored;
    const wanted = Math.max(before === undefined ? 0 : beginOf(before), this.#leaving?.slot.added ?? 0);
    this.#free = Math.max(this.#free, wanted) + Math.ceil(fetch / this.#bitsPerCycle);
    return this.#free;
  };

  /** The cycle before which the last results are in DRAM. */
  finish(turns: readonly Turn[]): number {
    return Math.max(...turns.slice(-2).map((turn) => this.#storeResults(turn)));
  }

  #storeResults(turn: Turn | undefined): number {
    if (turn === undefined) return 0;
    const { store } = this.#traffic[turn.tile.index];
    if (store === 0) return 0;
    this.#free = Math.max(this.#free, turn.slot.done) + Math.ceil(store / this.#bitsPerCycle);
    return this.#free;
  }
}

const beginOf = ({ slot }: Turn) => Math.min(slot.load, slot.stream);
