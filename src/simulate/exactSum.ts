import { fromNumber, sum, toNumber } from '../formats/raw.js';

/**
 * An exact sum of float64 numbers: parts that do not overlap, of which each addition leaves as few as it can (J. R.
 * Shewchuk, Discrete & Computational Geometry 18, 1997, grow-expansion with zeros left out).
 */
export class ExactSum {
  readonly #parts: number[] = [];
  #notFinite = 0;

  add(x: number): void {
    if (x - x !== 0) this.#notFinite += x;
    let high = x;
    let kept = 0;
    const parts = this.#parts;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      const total = high + part;
      const virtual = total - high;
      const low = high - (total - virtual) + (part - virtual);
      if (low !== 0) parts[kept++] = low;
      high = total;
    }
    parts[kept] = high;
    if (parts.length !== kept + 1) parts.length = kept + 1;
  }

  /** Rounded once to float64; infinity and NaN as an addition gives them. */
  get value(): number {
    if (this.#notFinite !== 0) return this.#notFinite;
    return this.#parts.length === 1 ? this.#parts[0] : toNumber(sum(this.#parts.map(fromNumber)));
  }
}
