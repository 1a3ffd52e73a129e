import type { Order } from '../datapaths/order.js';
import { Mesh, type MeshParts } from './mesh.js';
import type { Place } from './ports.js';
import { Stages } from './stages.js';

/** Output stationary: a moves right, b moves down, sums stay until their tile is done and then leave downwards. */
export class OutputMesh extends Mesh {
  /** Firings in a chunk; Infinity where sums are not cut. */
  readonly #chunk: number;
  /** Interleaved sum registers. */
  readonly #ways: number;
  /** The chunks' outer registers. */
  readonly #outer: Float64Array;
  /** Finished sums while they settle, and as they leave. */
  readonly #finished: Stages<Float64Array>;
  readonly #leaving: Float64Array;
  /** Cycles from a PE's last firing until its sum is registered, joined and may leave. */
  readonly #settle: number;

  constructor(parts: MeshParts) {
    super(parts);
    const { array, order, unit } = parts;
    const size = array.rows * array.cols;
    this.#chunk = order.kind === 'chunked' ? firingsIn(order.length, unit.lanes) : Infinity;
    this.#ways = waysOf(order);
    this.#outer = new Float64Array(size);
    this.#leaving = new Float64Array(size).fill(unit.zero);
    this.#settle = array.addStages - 1 + this.timing.settle;
    this.#finished = new Stages(this.#settle + 1, () => new Float64Array(size));
  }

  protected leave(cycle: number): void {
    this.#capture(cycle - 1);
    for (let col = 0; col < this.array.cols; col++) this.#shiftOut(cycle, col);
  }

  /** Sums that have settled in that cycle go to the registers that drain. */
  #capture(cycle: number): void {
    const { rows, cols, multiplyStages } = this.array;
    const finished = this.#finished.at(cycle - this.#settle);
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) {
        const word = cycle - this.#settle - multiplyStages - this.ageOf(row, col);
        const tile = this.stream.tileAt(word);
        if (tile === undefined || this.stream.stepAt(word) !== tile.steps - 1) continue;
        if (row < tile.rows && col < tile.cols) this.#leaving[row * cols + col] = finished[row * cols + col];
      }
  }

  /** A column's sums move down a row; the lowest goes to the memory. Rows above the first to leave are empty by then. */
  #shiftOut(cycle: number, col: number): void {
    const word = cycle - this.ageOf(0, col);
    const tile = this.drain.tileAt(word);
    if (tile === undefined || col >= tile.width) return;
    const { cols } = this.array;
    const step = this.drain.stepAt(word);
    const row = tile.height - 1 - step;
    const sums = this.#leaving;
    this.memory.occupy(cycle, col, this.timing.drainInterval);
    if (row < tile.rows && col < tile.cols)
      this.memory.store({ tile, row, col, step: 0 }, sums[(tile.height - 1) * cols + col], cycle + 1);
    for (let r = tile.height - 1; r > step; r--) sums[r * cols + col] = sums[(r - 1) * cols + col];
    if (col < tile.cols) this.counts.sumMoves += Math.min(tile.rows, tile.height - step);
    if (col === tile.width - 1 && row === 0) this.storesLast(cycle);
  }

  protected move(cycle: number): void {
    this.moveRight(cycle, 'a');
    this.#moveDown(cycle);
    this.#countMoves(cycle);
  }

  #moveDown(cycle: number): void {
    const { rows, cols } = this.array;
    const { lanes } = this.unit;
    const row = cols * lanes;
    const to = this.operands.b.at(cycle);
    to.set(this.operands.b.at(cycle - 1).subarray(0, to.length - row), row);
    for (let col = 0; col < cols; col++) this.enter('b', cycle - this.ageOf(0, col), 0, col, to, col * lanes);
    if (this.timing.rowDelay === 0) for (let r = 1; r < rows; r++) to.copyWithin(r * row, 0, row);
  }

  #countMoves(cycle: number): void {
    for (let row = 0; row < this.array.rows; row++)
      for (let col = 0; col < this.array.cols; col++) {
        const word = cycle - this.ageOf(row, col);
        const tile = this.stream.tileAt(word);
        if (tile === undefined) continue;
        const live = this.ports.liveAt({ tile, row, col, step: this.stream.stepAt(word) });
        if (row < tile.rows && col < tile.width) this.counts.aMoves += live;
        if (row < tile.height && col < tile.cols) this.counts.bMoves += live;
      }
  }

  protected fire(cycle: number, pe: number, { tile, step }: Place, live: number): void {
    const { lanes, zero } = this.unit;
    const sums = this.sums.at(cycle);
    if (step % this.#chunk === 0) {
      this.#outer[pe] = step === 0 ? zero : this.join(this.#outer[pe], sums[pe]);
      sums[pe] = zero;
    } else if (step < this.#ways) sums[pe] = zero;
    const { a, b } = this.registersAt(cycle);
    sums[pe] = this.unit.fire(sums[pe], a, pe * lanes, b, pe * lanes, live);
    if (step === tile.steps - 1) this.#finished.at(cycle)[pe] = this.#finish(cycle, pe, step);
  }

  /** The sum of one PE: its register, added to the chunks before it, or joined with the other interleaved ones. */
  #finish(cycle: number, pe: number, last: number): number {
    if (this.#chunk !== Infinity) return this.join(this.#outer[pe], this.sums.at(cycle)[pe]);
    const ways = this.#ways;
    const registers = Array.from({ length: ways }, (_, way) =>
      way > last ? this.unit.zero : this.sums.at(cycle - ((last - way) % ways) * this.timing.interval)[pe],
    );
    return registers.reduce((total, sum) => this.join(total, sum));
  }
}

function firingsIn(length: number, lanes: number): number {
  if (length % lanes !== 0)
    throw new RangeError(`mesh: chunks of ${length} products are not whole firings of ${lanes} lanes`);
  return length / lanes;
}

function waysOf(order: Order): number {
  if (order.kind === 'interleaved') return order.ways;
  if (order.kind === 'sequential' || order.kind === 'chunked') return 1;
  throw new RangeError(
    `mesh: a PE cannot add in ${order.kind} order; its registers can be sequential, chunked or interleaved`,
  );
}
