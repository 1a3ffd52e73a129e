import type { Tile } from './tiling.js';

/**
 * Control words on their way through the array: what was issued at row 0, column 0 reaches a PE as many cycles later as
 * its age says. In hardware this is one control bit beside the operands.
 */
export class Wave {
  /** By cycle modulo the ring's size (a power of two): rows and columns that the word is for, 0 where there is none. */
  readonly rows: Int32Array;
  readonly cols: Int32Array;
  /** Products of k that are left at row 0. */
  readonly left: Int32Array;
  readonly mask: number;
  readonly #tiles: (Tile | undefined)[];
  readonly #steps: Int32Array;
  readonly #leftOf: (tile: Tile, step: number) => number;
  #issued = -1;
  #changed = -1;

  /** @param oldest the greatest age that is looked up */
  constructor(oldest: number, leftOf: (tile: Tile, step: number) => number = () => 0) {
    const size = 2 ** Math.ceil(Math.log2(oldest + 2));
    this.#tiles = Array<Tile | undefined>(size).fill(undefined);
    this.#steps = new Int32Array(size);
    this.rows = new Int32Array(size);
    this.cols = new Int32Array(size);
    this.left = new Int32Array(size);
    this.#leftOf = leftOf;
    this.mask = size - 1;
  }

  /** Every cycle issues one word, or none (undefined). */
  issue(cycle: number, tile: Tile | undefined, step: number): void {
    if (cycle !== this.#issued + 1) throw new Error(`wave: cycle ${cycle} issued after ${this.#issued}`);
    this.#issued = cycle;
    const at = cycle & this.mask;
    this.#tiles[at] = tile;
    this.#steps[at] = step;
    this.rows[at] = tile?.rows ?? 0;
    this.cols[at] = tile?.cols ?? 0;
    this.left[at] = tile === undefined ? 0 : this.#leftOf(tile, step);
    const before = (cycle - 1) & this.mask;
    for (const ring of [this.rows, this.cols, this.left]) if (ring[at] !== ring[before]) this.#changed = cycle;
  }

  /** The last cycle that issued another kind of word than the one before. */
  get changed(): number {
    return this.#changed;
  }

  tileAt(cycle: number): Tile | undefined {
    return this.#tiles[cycle & this.mask];
  }

  stepAt(cycle: number): number {
    return this.#steps[cycle & this.mask];
  }
}
