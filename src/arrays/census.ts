import { DATAFLOWS, type MacArray, movesOf } from './dataflow.js';
import type { Counts } from './counts.js';
import type { OperandPorts } from './ports.js';
import type { Timing } from './schedule.js';
import type { Tile } from './tiling.js';
import type { Wave } from './wave.js';

/** What one word makes happen in the cycle in which it is at the PEs of an age: counts by age. */
interface Events {
  moves: Pick<Counts, 'aMoves' | 'bMoves' | 'sumMoves'>[];
  firings: Pick<Counts, 'firings' | 'macs'>[];
}

const COUNTED = ['aMoves', 'bMoves', 'sumMoves', 'firings', 'macs'] as const;

/**
 * Counts what the words in an array do, cycle by cycle. The PEs that a word is at in a cycle are known from its age, so
 * they are gone through once for each shape of tile, not in each cycle.
 */
export class Census {
  readonly #array: MacArray;
  readonly #timing: Timing;
  readonly #ports: OperandPorts;
  readonly #ages: number;
  readonly #known = new Map<string, Events>();
  /** Of each word, by cycle modulo the ring's size. */
  readonly #events: (Events | undefined)[];
  readonly #now: Pick<Counts, (typeof COUNTED)[number]> = { aMoves: 0, bMoves: 0, sumMoves: 0, firings: 0, macs: 0 };
  /** The last cycle with another word than the one before. */
  #changed = 0;
  #last: { tile: Tile; live: number; events: Events } | undefined;

  constructor(array: MacArray, timing: Timing, ports: OperandPorts, ages: number, mask: number) {
    this.#array = array;
    this.#timing = timing;
    this.#ports = ports;
    this.#ages = ages;
    this.#events = Array<Events | undefined>(mask + 1).fill(undefined);
  }

  /** Adds what happens in a cycle: words move on, and fire `multiplyStages` cycles later. */
  count(cycle: number, stream: Wave, counts: Counts): void {
    const at = cycle & stream.mask;
    this.#events[at] = this.#eventsOf(stream.tileAt(cycle), stream.stepAt(cycle));
    if (this.#events[at] !== this.#events[(cycle - 1) & stream.mask]) this.#changed = cycle;
    // While all words on their way are alike, the same happens again.
    if (cycle <= this.#changed + this.#ages + this.#array.multiplyStages) this.#gatherAll(cycle, stream.mask);
    for (const name of COUNTED) counts[name] += this.#now[name];
  }

  #gatherAll(cycle: number, mask: number): void {
    const now = this.#now;
    for (const name of COUNTED) now[name] = 0;
    for (let age = 0; age < this.#ages; age++) {
      const moves = this.#events[(cycle - age) & mask]?.moves[age];
      if (moves !== undefined) {
        now.aMoves += moves.aMoves;
        now.bMoves += moves.bMoves;
        now.sumMoves += moves.sumMoves;
      }
      const fired = this.#events[(cycle - age - this.#array.multiplyStages) & mask]?.firings[age];
      if (fired !== undefined) {
        now.firings += fired.firings;
        now.macs += fired.macs;
      }
    }
  }

  #eventsOf(tile: Tile | undefined, step: number): Events | undefined {
    if (tile === undefined) return undefined;
    const live = this.#ports.liveAt({ tile, row: 0, col: 0, step });
    if (this.#last?.tile === tile && this.#last.live === live) return this.#last.events;
    const { rows, cols, height, width } = tile;
    const lowest = this.#ports.liveAt({ tile, row: rows - 1, col: 0, step });
    const key = [rows, cols, height, width, live, lowest].join();
    let events = this.#known.get(key);
    if (events === undefined) this.#known.set(key, (events = this.#gather(tile, step)));
    this.#last = { tile, live, events };
    return events;
  }

  #gather(tile: Tile, step: number): Events {
    const { rows, cols, dataflow } = this.#array;
    const { right, down } = movesOf(DATAFLOWS[dataflow]);
    const moves = Array.from({ length: this.#ages }, () => ({ aMoves: 0, bMoves: 0, sumMoves: 0 }));
    const firings = Array.from({ length: this.#ages }, () => ({ firings: 0, macs: 0 }));
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) {
        const age = row * this.#timing.rowDelay + col * this.#timing.colDelay;
        const live = this.#ports.liveAt({ tile, row, col, step });
        if (row < tile.rows && col < tile.width) moves[age][`${right}Moves`] += live;
        if (row < tile.height && col < tile.cols) moves[age][`${down}Moves`] += down === 'sum' ? 1 : live;
        if (row >= tile.rows || col >= tile.cols) continue;
        firings[age].firings++;
        firings[age].macs += live;
      }
    return { moves, firings };
  }
}
