import type { Counts } from './counts.js';
import type { Dataflow, Index } from './dataflow.js';
import type { GemmJob, Tile } from './tiling.js';

export type Codes = Uint8Array | Uint16Array | Uint32Array;

/** What the array works on; a is [groups, m, k] and b [groups, k, n], row-major. */
export interface Product {
  job: GemmJob;
  a: Codes;
  b: Codes;
}

/** A place in a tile: row and column of the PE, and step of the stream. */
export interface Place {
  tile: Tile;
  row: number;
  col: number;
  step: number;
}

/** The matrix index that a place stands for; k counts words of `lanes` products. */
function indexOf(index: Index, dataflow: Dataflow, { tile, row, col, step }: Place): number {
  if (dataflow.row === index) return tile.row + row;
  return dataflow.col === index ? tile.col + col : step;
}

/** The operand memories, read a word of `lanes` codes at a time at the edge of the array. */
export class OperandPorts {
  readonly #product: Product;
  readonly #dataflow: Dataflow;
  readonly #lanes: number;
  readonly #counts: Counts;

  constructor(product: Product, dataflow: Dataflow, lanes: number, counts: Counts) {
    this.#product = product;
    this.#dataflow = dataflow;
    this.#lanes = lanes;
    this.#counts = counts;
  }

  /** Products that the word at that place holds: fewer than the lanes where k ends. */
  liveAt(place: Place): number {
    return Math.min(this.#lanes, this.#product.job.k - indexOf('k', this.#dataflow, place) * this.#lanes);
  }

  /** Reads a word into a register plane; lanes past the end of k read code 0. */
  read(operand: 'a' | 'b', place: Place, to: Codes, offset: number): void {
    const { job, a, b } = this.#product;
    const live = this.liveAt(place);
    const first = indexOf('k', this.#dataflow, place) * this.#lanes;
    const { group } = place.tile;
    this.#counts[`${operand}Reads`] += live;
    for (let lane = 0; lane < this.#lanes; lane++) {
      const k = first + lane;
      if (lane >= live) to[offset + lane] = 0;
      else if (operand === 'a')
        to[offset + lane] = a[(group * job.m + indexOf('m', this.#dataflow, place)) * job.k + k];
      else to[offset + lane] = b[(group * job.k + k) * job.n + indexOf('n', this.#dataflow, place)];
    }
  }
}

/**
 * The memory below the array, one bank a column. It adds (accumulator memory), or gives sums back to the top. A sum that
 * is wanted before it is there, and two sums at one bank's port, are faults of the schedule and end the run.
 */
export class ResultMemory {
  /** Codes, [groups, m, n]. */
  readonly sums: Float64Array;
  readonly #readyAt: Int32Array;
  readonly #freeAt: Int32Array;
  readonly #job: GemmJob;
  readonly #dataflow: Dataflow;
  readonly #counts: Counts;

  constructor(job: GemmJob, dataflow: Dataflow, cols: number, zero: number, counts: Counts) {
    const size = (job.groups ?? 1) * job.m * job.n;
    this.sums = new Float64Array(size).fill(zero);
    this.#readyAt = new Int32Array(size);
    this.#freeAt = new Int32Array(cols);
    this.#job = job;
    this.#dataflow = dataflow;
    this.#counts = counts;
  }

  /** The sum that earlier tiles have left at that place. */
  read(cycle: number, place: Place): number {
    const address = this.#addressOf(place);
    if (cycle < this.#readyAt[address])
      throw new Error(`mesh: cycle ${cycle} reads sum ${address}, which is ready in cycle ${this.#readyAt[address]}`);
    this.#counts.sumReads++;
    return this.sums[address];
  }

  /** Takes a sum, which can be read from cycle `ready` on. */
  store(place: Place, code: number, ready: number): void {
    const address = this.#addressOf(place);
    this.sums[address] = code;
    this.#readyAt[address] = ready;
    this.#counts.sumWrites++;
  }

  /** A column's port is in use for `interval` cycles, for a sum or for the empty place of one. */
  occupy(cycle: number, col: number, interval: number): void {
    if (cycle < this.#freeAt[col]) throw new Error(`mesh: two sums want column ${col}'s port in cycle ${cycle}`);
    this.#freeAt[col] = cycle + interval;
  }

  #addressOf(place: Place): number {
    const { m, n } = this.#job;
    const row = place.tile.group * m + indexOf('m', this.#dataflow, place);
    return row * n + indexOf('n', this.#dataflow, place);
  }
}
