import type { Tile } from './tiling.js';
import type { Wave } from './wave.js';

/** The words of a wave that something begins or ends with, while they are on their way. */
export class Marks {
  readonly #wave: Wave;
  readonly #wants: (tile: Tile, step: number) => boolean;
  readonly #oldest: number;
  /** Cycles in which they were issued. */
  readonly #words: number[] = [];

  /** @param oldest the greatest age that is looked up */
  constructor(wave: Wave, oldest: number, wants: (tile: Tile, step: number) => boolean) {
    this.#wave = wave;
    this.#oldest = oldest;
    this.#wants = wants;
  }

  /** Called in every cycle, once the wave has issued its word. */
  note(cycle: number): void {
    const tile = this.#wave.tileAt(cycle);
    if (tile !== undefined && this.#wants(tile, this.#wave.stepAt(cycle))) this.#words.push(cycle);
    if (this.#words.length > 0 && this.#words[0] < cycle - this.#oldest) this.#words.shift();
  }

  /** The marked words, oldest first. */
  get words(): readonly number[] {
    return this.#words;
  }
}
