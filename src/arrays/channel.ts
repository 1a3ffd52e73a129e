import { delayed, type Turn } from './schedule.js';
import type { Tile } from './tiling.js';
import type { TileTraffic } from './traffic.js';

/**
 * The DRAM channel. It serves, in this order, the operands of tile 0, of tile 1, the results of tile 0, the operands of
 * tile 2, the results of tile 1, ... A tile's operands are fetched from when the tile before begins, into the half that
 * the tile before that has finished with; its results leave when it is done.
 */
export class Channel {
  readonly #trafficOf: (tile: Tile) => TileTraffic;
  readonly #bitsPerCycle: number;
  #free = 0;
  /** The tile before the one that operands were last brought for. */
  #before: Turn | undefined;

  constructor(trafficOf: (tile: Tile) => TileTraffic, bitsPerCycle: number) {
    this.#trafficOf = trafficOf;
    this.#bitsPerCycle = bitsPerCycle;
  }

  /** The cycle from which a tile's operands lie in the memories beside the array, given the turn before. */
  arrival(tile: Tile, before: Turn | undefined): number {
    const leaving = this.#before;
    this.#before = before;
    const stored = this.#storeResults(leaving);
    const { fetch } = this.#trafficOf(tile);
    if (fetch === 0) return stored;
    this.#free = Math.max(this.#free, wantedFrom(before, leaving)) + Math.ceil(fetch / this.#bitsPerCycle);
    return this.#free;
  }

  /** The cycle before which the last results are in DRAM. */
  finish(last: Turn): number {
    return Math.max(this.#storeResults(this.#before), this.#storeResults(last));
  }

  /** What arrivals to come depend on, as differences to when the last tile streams. */
  state(last: Turn | undefined): number[] {
    if (last === undefined) return [];
    const now = last.slot.stream;
    const wanted = wantedFrom(last, this.#before);
    const done = this.#before?.slot.done ?? now;
    // Nothing to come is wanted earlier than this, so that a channel that has been free for longer is as good.
    const earliest = Math.min(now, wanted, done);
    const store = this.#before === undefined ? 0 : this.#trafficOf(this.#before.tile).store;
    return [wanted - now, done - now, Math.max(this.#free, earliest) - now, store];
  }

  /** All of it, so many cycles later. */
  delay(by: number): void {
    this.#free += by;
    if (this.#before !== undefined) this.#before = delayed(this.#before, by);
  }

  #storeResults(turn: Turn | undefined): number {
    if (turn === undefined) return 0;
    const { store } = this.#trafficOf(turn.tile);
    if (store === 0) return 0;
    this.#free = Math.max(this.#free, turn.slot.done) + Math.ceil(store / this.#bitsPerCycle);
    return this.#free;
  }
}

const beginOf = ({ slot }: Turn) => Math.min(slot.load, slot.stream);

/** When the operands of the tile after `before` may be fetched. */
function wantedFrom(before: Turn | undefined, leaving: Turn | undefined): number {
  return Math.max(before === undefined ? 0 : beginOf(before), leaving?.slot.added ?? 0);
}
