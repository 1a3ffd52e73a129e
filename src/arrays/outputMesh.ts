import type { Order } from '../datapaths/order.js';
import type { Marks } from './marks.js';
import { Mesh, type MeshParts } from './mesh.js';
import { Stages } from './stages.js';

/** More firings than any sum has; a small integer, because remainders of others are slow. */
const WHOLE = 2 ** 30;

/** Output stationary: a moves right, b moves down, sums stay until their tile is done and then leave downwards. */
export class OutputMesh extends Mesh {
  protected readonly joins: boolean;
  /** Firings in a chunk; WHOLE where sums are not cut. */
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
  readonly #begins: Marks;
  readonly #ends: Marks;

  constructor(parts: MeshParts) {
    super(parts);
    const { array, order, unit } = parts;
    const pes = array.rows * array.cols;
    this.#chunk = order.kind === 'chunked' ? firingsIn(order.length, unit.lanes) : WHOLE;
    this.#ways = waysOf(order);
    this.joins = this.#chunk !== WHOLE || this.#ways > 1;
    this.#outer = new Float64Array(pes);
    this.#leaving = new Float64Array(pes).fill(this.bank.zero);
    this.#settle = array.addStages - 1 + this.timing.settle;
    this.#begins = this.marked((_tile, step) => step % this.#chunk === 0 || step < this.#ways);
    this.#ends = this.marked((tile, step) => step === tile.steps - 1);
    this.#finished = new Stages(this.#settle + 1, () => new Float64Array(pes));
  }

  protected leave(cycle: number): void {
    this.#capture(cycle - 1);
    for (let col = 0; col < this.array.cols; col++) this.#shiftOut(cycle, col);
  }

  /** Sums that have settled in that cycle go to the registers that drain. */
  #capture(cycle: number): void {
    const finished = this.#finished.at(cycle - this.#settle);
    this.atWords(cycle - this.#settle - this.array.multiplyStages, this.#ends, (pe, tile) => {
      if (this.works(pe, tile)) this.#leaving[pe] = finished[pe];
    });
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
      this.memory.store(
        this.memory.addressOf({ tile, row, col, step: 0 }),
        sums[(tile.height - 1) * cols + col],
        cycle + 1,
      );
    for (let r = tile.height - 1; r > step; r--) sums[r * cols + col] = sums[(r - 1) * cols + col];
    if (col < tile.cols) this.counts.sumMoves += Math.min(tile.rows, tile.height - step);
    if (col === tile.width - 1 && row === 0) this.storesLast(cycle);
  }

  protected move(cycle: number): void {
    this.moveRight(cycle, 'a');
    this.#moveDown(cycle);
  }

  #moveDown(cycle: number): void {
    const { rows, cols } = this.array;
    const to = this.operands.b.at(cycle);
    to.shift(this.operands.b.at(cycle - 1), cols);
    for (let col = 0; col < cols; col++) {
      this.enter('b', cycle - this.ageOf(0, col), 0, col, to);
      if (this.timing.rowDelay === 0) for (let row = 1; row < rows; row++) to.take(row * cols + col, to, col);
    }
  }

  /** Where a tile or a chunk begins, so does the sum. */
  protected override begin(cycle: number): void {
    const sums = this.sums.at(cycle);
    const { zero, valueOf, keptOf } = this.bank;
    const empty = keptOf(zero);
    this.atWords(cycle - this.array.multiplyStages, this.#begins, (pe, tile, step) => {
      if (!this.works(pe, tile)) return;
      if (step % this.#chunk === 0) this.#outer[pe] = step === 0 ? zero : this.join(this.#outer[pe], valueOf(sums[pe]));
      sums[pe] = empty;
    });
  }

  protected override finish(cycle: number): void {
    const finished = this.#finished.at(cycle);
    this.atWords(cycle - this.array.multiplyStages, this.#ends, (pe, tile, step) => {
      if (this.works(pe, tile)) finished[pe] = this.#total(cycle, pe, step);
    });
  }

  /** The sum of one PE: its register, added to the chunks before it, or joined with the other interleaved ones. */
  #total(cycle: number, pe: number, last: number): number {
    const { valueOf, zero } = this.bank;
    if (this.#chunk !== WHOLE) return this.join(this.#outer[pe], valueOf(this.sums.at(cycle)[pe]));
    const ways = this.#ways;
    if (ways === 1) return valueOf(this.sums.at(cycle)[pe]);
    const registers = Array.from({ length: ways }, (_, way) =>
      way > last ? zero : valueOf(this.sums.at(cycle - ((last - way) % ways) * this.timing.interval)[pe]),
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
