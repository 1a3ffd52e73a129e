import type { CodeArray } from '../datapaths/kernel/index.js';
import type { Counts } from './counts.js';
import type { Dataflow, Index } from './dataflow.js';
import type { OperandRegisters } from './operandRegisters.js';
import type { ArrayJob, Tile } from './tiling.js';

/** What the array works on; a is [groups, m, k] and b [groups, k, n], row-major. */
export interface ArrayProduct {
  job: ArrayJob;
  a: CodeArray;
  b: CodeArray;
}

/** A place in a tile: row and column of the PE, and step of the stream. */
export interface TilePlace {
  tile: Tile;
  row: number;
  col: number;
  step: number;
}

/** How far the group, row, column and step of a place lead into a memory. */
interface Strides {
  group: number;
  row: number;
  col: number;
  step: number;
}

function stridesOf({ row, col, time }: Dataflow, group: number, by: Record<Index, number>): Strides {
  return { group, row: by[row], col: by[col], step: by[time] };
}

function addressOf({ tile, row, col, step }: TilePlace, by: Strides): number {
  return tile.group * by.group + (tile.row + row) * by.row + (tile.col + col) * by.col + step * by.step;
}

/** The operand memories, read a word of `lanes` codes at a time at the edge of the array. */
export class OperandPorts {
  /** How many products fewer are left of k with each row further down. */
  readonly perRow: number;
  readonly #product: ArrayProduct;
  readonly #lanes: number;
  readonly #counts: Counts;
  readonly #a: Strides;
  readonly #b: Strides;
  readonly #k: Strides;

  constructor(product: ArrayProduct, dataflow: Dataflow, lanes: number, counts: Counts) {
    const { m, n, k } = product.job;
    this.#product = product;
    this.#lanes = lanes;
    this.#counts = counts;
    this.#a = stridesOf(dataflow, m * k, { m: k, n: 0, k: lanes });
    this.#b = stridesOf(dataflow, k * n, { m: 0, n: 1, k: lanes * n });
    this.#k = stridesOf(dataflow, 0, { m: 0, n: 0, k: lanes });
    this.perRow = this.#k.row;
  }

  /** Products that the word at that place holds: fewer than the lanes where k ends. */
  liveAt(place: TilePlace): number {
    return Math.min(this.#lanes, this.#product.job.k - addressOf(place, this.#k));
  }

  /** The same for all the tile's rows from that place on, where these run along k. */
  liveFrom(place: TilePlace): number {
    const most = this.#lanes + (place.tile.rows - 1 - place.row) * this.perRow;
    return Math.min(most, this.#product.job.k - addressOf(place, this.#k));
  }

  /** Reads a word, of which the lanes past the end of k are code 0. */
  read(operand: 'a' | 'b', place: TilePlace, to: CodeArray, offset: number): void {
    const live = this.#take(operand, place);
    const codes = this.#product[operand];
    for (let lane = 0, at = this.#first(operand, place); lane < this.#lanes; lane++, at += this.#next(operand))
      to[offset + lane] = lane < live ? codes[at] : 0;
  }

  /** Reads a word into the registers of a PE. */
  load(operand: 'a' | 'b', place: TilePlace, to: OperandRegisters, pe: number): void {
    const live = this.#take(operand, place);
    to.put(pe, this.#product[operand], this.#first(operand, place), this.#next(operand), live);
  }

  #take(operand: 'a' | 'b', place: TilePlace): number {
    const live = this.liveAt(place);
    if (operand === 'a') this.#counts.aReads += live;
    else this.#counts.bReads += live;
    return live;
  }

  #first(operand: 'a' | 'b', place: TilePlace): number {
    return addressOf(place, operand === 'a' ? this.#a : this.#b);
  }

  /** From one lane's code to the next. */
  #next(operand: 'a' | 'b'): number {
    return operand === 'a' ? 1 : this.#product.job.n;
  }
}

/**
 * The memory below the array, one bank a column. It adds (accumulator memory), or gives sums back to the top. A sum that
 * is wanted before it is there, and two sums at one bank's port, are faults of the schedule and end the run.
 */
export class ResultMemory {
  /** Sums as values (kernel/contract/bank.ts), [groups, m, n]. */
  readonly sums: Float64Array;
  readonly #readyAt: Int32Array;
  readonly #freeAt: Int32Array;
  readonly #strides: Strides;
  readonly #counts: Counts;

  constructor(job: ArrayJob, dataflow: Dataflow, cols: number, zero: number, counts: Counts) {
    const size = (job.groups ?? 1) * job.m * job.n;
    this.sums = new Float64Array(size).fill(zero);
    this.#readyAt = new Int32Array(size);
    this.#freeAt = new Int32Array(cols);
    this.#strides = stridesOf(dataflow, job.m * job.n, { m: job.n, n: 1, k: 0 });
    this.#counts = counts;
  }

  /** Where the sum of a place is. */
  addressOf(place: TilePlace): number {
    return addressOf(place, this.#strides);
  }

  /** The sum that earlier tiles have left at that address. */
  read(cycle: number, address: number): number {
    if (cycle < this.#readyAt[address])
      throw new Error(`mesh: cycle ${cycle} reads sum ${address}, which is ready in cycle ${this.#readyAt[address]}`);
    this.#counts.sumReads++;
    return this.sums[address];
  }

  /** Takes a sum, which can be read from cycle `ready` on. */
  store(address: number, sum: number, ready: number): void {
    this.sums[address] = sum;
    this.#readyAt[address] = ready;
    this.#counts.sumWrites++;
  }

  /** A column's port is in use for `interval` cycles, for a sum or for the empty place of one. */
  occupy(cycle: number, col: number, interval: number): void {
    if (cycle < this.#freeAt[col]) throw new Error(`mesh: two sums want column ${col}'s port in cycle ${cycle}`);
    this.#freeAt[col] = cycle + interval;
  }
}
