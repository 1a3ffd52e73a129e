import { Mesh, type MeshParts } from './mesh.js';
import type { Codes, Place } from './ports.js';

/**
 * Weight or input stationary: one operand stays, the other moves right, sums move down. The operand that stays is shifted
 * in from the top; with two buffers the first word of its tile switches it in.
 */
export class OperandMesh extends Mesh {
  readonly #held: 'a' | 'b';
  readonly #moving: 'a' | 'b';
  /** The second buffer. */
  readonly #next: Codes | undefined;

  constructor(parts: MeshParts) {
    super(parts);
    const { dataflow, rows, cols, doubleBuffer } = parts.array;
    this.#held = dataflow === 'ws' ? 'b' : 'a';
    this.#moving = dataflow === 'ws' ? 'a' : 'b';
    this.#next = doubleBuffer ? new Uint32Array(rows * cols * parts.unit.lanes) : undefined;
  }

  /** The sum registered in the last row goes to the memory below. */
  protected leave(cycle: number): void {
    const { multiplyStages, addStages, cols } = this.array;
    for (const height of this.heights)
      for (let col = 0; col < cols; col++) {
        const word = cycle - this.ageOf(height - 1, col) - multiplyStages - addStages;
        const tile = this.stream.tileAt(word);
        if (tile === undefined || tile.height !== height || col >= tile.width) continue;
        const step = this.stream.stepAt(word);
        this.memory.occupy(cycle, col, this.timing.interval);
        if (col < tile.cols) this.#store(cycle, { tile, row: 0, col, step });
        if (col === tile.width - 1 && step === tile.steps - 1) this.storesLast(cycle);
      }
  }

  #store(cycle: number, place: Place): void {
    const { tile, col } = place;
    const sum = this.sums.at(cycle)[(tile.height - 1) * this.array.cols + col];
    if (this.timing.reinject) this.memory.store(place, sum, cycle + 1);
    else {
      const before = tile.continues ? this.memory.read(cycle, place) : this.unit.zero;
      this.memory.store(place, this.join(before, sum), cycle + this.timing.store);
    }
  }

  protected move(cycle: number): void {
    this.#hold(cycle);
    this.moveRight(cycle, this.#moving);
    this.#moveSums(cycle);
    this.#countMoves(cycle);
  }

  /** Held words stay, are switched in by the first word of their tile, and load. */
  #hold(cycle: number): void {
    const { rows, cols } = this.array;
    const { lanes } = this.unit;
    const stages = this.operands[this.#held];
    const held = stages.at(cycle);
    held.set(stages.at(cycle - 1));
    if (this.#next !== undefined)
      for (let pe = 0; pe < rows * cols; pe++) {
        const word = cycle - this.ageOf(Math.floor(pe / cols), pe % cols);
        if (this.stream.tileAt(word) === undefined || this.stream.stepAt(word) !== 0) continue;
        held.set(this.#next.subarray(pe * lanes, (pe + 1) * lanes), pe * lanes);
      }
    for (let col = 0; col < cols; col++) this.#shiftIn(cycle, col, this.#next ?? held);
  }

  /** A column's words move down a row, the lowest first; rows that no new word has reached keep theirs. */
  #shiftIn(cycle: number, col: number, to: Codes): void {
    const word = cycle - this.ageOf(0, col);
    const tile = this.load.tileAt(word);
    if (tile === undefined || col >= tile.cols) return;
    const { cols } = this.array;
    const { lanes } = this.unit;
    const step = this.load.stepAt(word);
    for (let row = step; row > 0; row--) {
      const from = ((row - 1) * cols + col) * lanes;
      to.copyWithin(from + cols * lanes, from, from + lanes);
    }
    const place = { tile, row: tile.height - 1 - step, col, step: 0 };
    if (place.row < tile.rows) this.ports.read(this.#held, place, to, col * lanes);
    for (let row = place.row; row < tile.rows; row++)
      this.counts[`${this.#held}Moves`] += this.ports.liveAt({ ...place, row });
  }

  /** Sums move down a row; the top takes zero, or the sum that it is to go on with. */
  #moveSums(cycle: number): void {
    const { cols, multiplyStages } = this.array;
    const sums = this.sums.at(cycle);
    sums.copyWithin(cols, 0, sums.length - cols);
    for (let col = 0; col < cols; col++) {
      const word = cycle - this.ageOf(0, col) - multiplyStages;
      const tile = this.stream.tileAt(word);
      const goesOn = this.timing.reinject && tile !== undefined && tile.continues && col < tile.cols;
      sums[col] = goesOn
        ? this.memory.read(cycle, { tile, row: 0, col, step: this.stream.stepAt(word) })
        : this.unit.zero;
    }
  }

  #countMoves(cycle: number): void {
    for (let row = 0; row < this.array.rows; row++)
      for (let col = 0; col < this.array.cols; col++) {
        const word = cycle - this.ageOf(row, col);
        const tile = this.stream.tileAt(word);
        if (tile === undefined) continue;
        const place = { tile, row, col, step: this.stream.stepAt(word) };
        if (row < tile.rows && col < tile.width) this.counts[`${this.#moving}Moves`] += this.ports.liveAt(place);
        if (row < tile.height && col < tile.cols) this.counts.sumMoves++;
      }
  }

  protected fire(cycle: number, pe: number, _place: Place, live: number): void {
    const { a, b } = this.registersAt(cycle);
    const sums = this.sums.at(cycle);
    const offset = pe * this.unit.lanes;
    sums[pe] = this.unit.fire(sums[pe], a, offset, b, offset, live);
  }
}
