import type { Plane } from '../datapaths/kernel/index.js';
import type { Marks } from './marks.js';
import { Mesh, type MeshParts } from './mesh.js';
import type { OperandRegisters } from './operandRegisters.js';
import type { TilePlace } from './ports.js';

/**
 * Weight or input stationary: one operand stays, the other moves right, sums move down. The operand that stays is shifted
 * in from the top; with two buffers the first word of its tile switches it in.
 */
export class OperandMesh extends Mesh {
  protected readonly joins: boolean;
  readonly #held: 'a' | 'b';
  readonly #moving: 'a' | 'b';
  /** The second buffer. */
  readonly #next: OperandRegisters | undefined;
  readonly #first: Marks;

  constructor(parts: MeshParts) {
    super(parts);
    const { dataflow, doubleBuffer } = parts.array;
    this.joins = !this.timing.reinject;
    this.#held = dataflow === 'ws' ? 'b' : 'a';
    this.#moving = dataflow === 'ws' ? 'a' : 'b';
    this.#first = this.marked((_tile, step) => step === 0);
    this.#next = doubleBuffer ? this.registersOf(this.#held) : undefined;
  }

  /** The sum registered in the last row goes to the memory below. */
  protected leave(cycle: number): void {
    const { multiplyStages, addStages, cols } = this.array;
    const sums = this.sums.at(cycle);
    for (const height of this.heights) {
      const lowest = (height - 1) * cols;
      const first = cycle - this.ageOf(height - 1, 0) - multiplyStages - addStages;
      for (let col = 0; col < cols; col++) {
        const word = first - this.ageOf(0, col);
        const tile = this.stream.tileAt(word);
        if (tile === undefined || tile.height !== height || col >= tile.width) continue;
        const step = this.stream.stepAt(word);
        this.memory.occupy(cycle, col, this.timing.interval);
        if (col < tile.cols) this.#store(cycle, { tile, row: 0, col, step }, sums[lowest + col]);
        if (col === tile.width - 1 && step === tile.steps - 1) this.storesLast(cycle);
      }
    }
  }

  #store(cycle: number, place: TilePlace, kept: number): void {
    const { memory, bank } = this;
    const address = memory.addressOf(place);
    const sum = bank.valueOf(kept);
    if (this.timing.reinject) memory.store(address, sum, cycle + 1);
    else {
      const before = place.tile.continues ? memory.read(cycle, address) : bank.zero;
      memory.store(address, this.join(before, sum), cycle + this.timing.store);
    }
  }

  protected move(cycle: number): void {
    this.#hold(cycle);
    this.moveRight(cycle, this.#moving);
    this.#moveSums(cycle);
  }

  /** Held words stay, are switched in by the first word of their tile, and load. */
  #hold(cycle: number): void {
    const stages = this.operands[this.#held];
    const held = stages.at(cycle);
    const next = this.#next;
    if (stages.at(cycle - 1) !== held) held.shift(stages.at(cycle - 1), 0);
    if (next !== undefined) this.atWords(cycle, this.#first, (pe) => held.take(pe, next, pe));
    this.#shiftIn(cycle, next ?? held);
  }

  /** A column's words move down a row, the lowest first; rows that no new word has reached keep theirs. */
  #shiftIn(cycle: number, to: OperandRegisters): void {
    const { cols } = this.array;
    const { depths } = this.bank;
    let loading = false;
    for (let col = 0; col < cols; col++) {
      const word = cycle - this.ageOf(0, col);
      const tile = this.load.tileAt(word);
      const loads = tile !== undefined && col < tile.cols;
      depths[col] = loads ? this.load.stepAt(word) : 0;
      loading ||= loads;
    }
    if (!loading) return;
    to.sink(cols);
    for (let col = 0; col < cols; col++) this.#enterTop(cycle - this.ageOf(0, col), col, to);
  }

  /** The next word of a column comes from memory, where it is one of the tile's. */
  #enterTop(word: number, col: number, to: OperandRegisters): void {
    const tile = this.load.tileAt(word);
    if (tile === undefined || col >= tile.cols) return;
    const place = { tile, row: tile.height - 1 - this.load.stepAt(word), col, step: 0 };
    if (place.row >= tile.rows) return;
    this.ports.load(this.#held, place, to, col);
    this.counts[`${this.#held}Moves`] += this.ports.liveFrom(place);
  }

  /** Sums move down a row; the top takes zero, or the sum that it is to go on with. */
  #moveSums(cycle: number): void {
    const { cols } = this.array;
    const sums = this.sums.at(cycle);
    sums.copyWithin(cols, 0, sums.length - cols);
    sums.fill(this.bank.keptOf(this.bank.zero), 0, cols);
    if (this.timing.reinject) for (let col = 0; col < cols; col++) this.#goOn(cycle, col, sums);
  }

  #goOn(cycle: number, col: number, sums: Plane): void {
    const word = cycle - this.ageOf(0, col) - this.array.multiplyStages;
    const tile = this.stream.tileAt(word);
    if (tile === undefined || !tile.continues || col >= tile.cols) return;
    const address = this.memory.addressOf({ tile, row: 0, col, step: this.stream.stepAt(word) });
    sums[col] = this.bank.keptOf(this.memory.read(cycle, address));
  }
}
