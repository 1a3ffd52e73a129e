import type { Tile } from './tiling.js';

/**
 * Control words on their way through the array: what was issued at row 0, column 0 reaches a PE as many cycles later as
 * its age says. In hardware this is one control bit beside the operands.
 */
export class Wave {
  readonly #tiles: (Tile | undefined)[];
  readonly #steps: Int32Array;
  readonly #mask: number;
  #issued = -1;

  /** @param oldest the greatest age that is looked up */
  constructor(oldest: number) {
    const size = 2 ** Math.ceil(Math.log2(oldest + 2));
    this.#tiles = Array<Tile | undefined>(size).fill(undefined);
    this.#steps = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Every cycle issues one word, or none (undefined). */
  issue(cycle: number, tile: Tile | undefined, step: number): void {
    if (cycle !== this.#issued + 1) throw new Error(`wave: cycle ${cycle} issued after ${this.#issued}`);
    this.#issued = cycle;
    this.#tiles[cycle & this.#mask] = tile;
    this.#steps[cycle & this.#mask] = step;
  }

  tileAt(cycle: number): Tile | undefined {
    return this.#tiles[cycle & this.#mask];
  }

  stepAt(cycle: number): number {
    return this.#steps[cycle & this.#mask];
  }
}
