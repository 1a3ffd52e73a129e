/** Pipeline registers: those of all PEs, once for each of the last `depth` cycles. */
export class Stages<T> {
  readonly #planes: T[];

  constructor(depth: number, plane: () => T) {
    this.#planes = Array.from({ length: depth }, plane);
  }

  /** The plane written in that cycle; no more than `depth` cycles back. A cycle's plane starts with the oldest's content. */
  at(cycle: number): T {
    const depth = this.#planes.length;
    return this.#planes[(cycle + depth) % depth];
  }
}
