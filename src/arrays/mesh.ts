import type { Bank, Plane } from '../datapaths/kernel/index.js';
import type { Order } from '../datapaths/order.js';
import { Census } from './census.js';
import { type Counts, noCounts } from './counts.js';
import { DATAFLOWS, type MacArray } from './dataflow.js';
import { Marks } from './marks.js';
import { OperandRegisters } from './operandRegisters.js';
import { OperandPorts, type ArrayProduct, ResultMemory } from './ports.js';
import { type Registers, RegisterView } from './registers.js';
import { type Pace, type Timing, timingOf } from './schedule.js';
import { Stages } from './stages.js';
import { extentsOf, type Tile } from './tiling.js';
import { bankOf, type ArrayUnit } from './unit.js';
import { Wave } from './wave.js';

export type { Registers } from './registers.js';
export type { ArrayUnit } from './unit.js';

/** All that a mesh is built from. */
export interface MeshParts {
  product: ArrayProduct;
  array: MacArray;
  order: Order;
  unit: ArrayUnit;
  /** Where memories hinder the array. */
  pace?: Pace;
}

/** The words that act on their PEs in a cycle: of which tile and step, and where. */
type Act = (pe: number, tile: Tile, step: number) => void;

/**
 * The PEs and their registers. `edge` is the clock edge: finished sums leave, operands and sums move on, and every PE that
 * an operand word has reached adds it. Dataflows differ in which of the three registers moves right, moves down or stays.
 *
 * Where a PE is pipelined, a product register is represented by the two operands that it holds the product of.
 */
export abstract class Mesh {
  /** Control words: what is loaded, what streams, which sums leave. */
  readonly load: Wave;
  readonly stream: Wave;
  readonly drain: Wave;
  readonly counts: Counts = noCounts();
  readonly timing: Timing;
  /** Heights and widths of tiles that occur: the array's and, for edge tiles, their own. */
  readonly heights: readonly number[];
  readonly widths: readonly number[];
  protected readonly memory: ResultMemory;
  protected readonly array: MacArray;
  protected readonly lanes: number;
  protected readonly bank: Bank;
  protected readonly ports: OperandPorts;
  protected readonly operands: Readonly<Record<'a' | 'b', Stages<OperandRegisters>>>;
  /** Planes of sums, as many as cycles pass until a sum is met again. */
  protected readonly sums: Stages<Plane>;
  readonly #product: ArrayProduct;
  readonly #census: Census;
  /** The PEs that a word reaches at an age, by age. */
  readonly #reached: readonly (readonly number[])[];
  readonly #oldest: number;
  readonly #marks: Marks[] = [];
  /** Cycles in which the last sum of a tile goes into the memory. */
  readonly #lastStores: number[] = [];

  constructor({ product, array, order, unit, pace }: MeshParts) {
    const { rows, cols, dataflow, multiplyStages } = array;
    const pes = rows * cols;
    this.array = array;
    this.lanes = unit.lanes;
    this.#product = product;
    this.timing = timingOf(array, order, pace);
    this.ports = new OperandPorts(product, DATAFLOWS[dataflow], unit.lanes, this.counts);
    this.bank = bankOf(unit, { pes, k: product.job.k, a: product.a, b: product.b });
    this.memory = new ResultMemory(product.job, DATAFLOWS[dataflow], cols, this.bank.zero, this.counts);
    const stages = (operand: 'a' | 'b') => new Stages(multiplyStages + 1, () => this.registersOf(operand));
    this.operands = { a: stages('a'), b: stages('b') };
    this.sums = new Stages(this.timing.sumRegisters, () => this.bank.sums());
    const oldest = this.ageOf(rows, cols) + multiplyStages + array.addStages + this.timing.settle;
    this.#oldest = oldest;
    this.load = new Wave(oldest);
    this.stream = new Wave(oldest, (tile, step) => this.ports.liveFrom({ tile, row: 0, col: 0, step }));
    this.drain = new Wave(oldest);
    const reached = Array.from({ length: this.ageOf(rows - 1, cols - 1) + 1 }, (): number[] => []);
    for (let pe = 0; pe < pes; pe++) reached[this.ageOf(Math.floor(pe / cols), pe % cols)].push(pe);
    this.#reached = reached;
    this.#census = new Census(array, this.timing, this.ports, reached.length, this.stream.mask);
    const { row, col } = extentsOf(product.job, array, unit.lanes);
    this.heights = array.edge === 'whole' ? [rows] : [...new Set([Math.min(rows, row), row % rows || rows])];
    this.widths = array.edge === 'whole' ? [cols] : [...new Set([Math.min(cols, col), col % cols || cols])];
  }

  /** One clock edge. */
  edge(cycle: number): void {
    for (const marks of this.#marks) marks.note(cycle);
    this.leave(cycle);
    this.move(cycle);
    this.#fire(cycle);
    this.#census.count(cycle, this.stream, this.counts);
  }

  /** What the PEs hold after the edge. */
  registersAt(cycle: number): Registers {
    return new RegisterView(this.bank, this.array.rows * this.array.cols, this.#met(cycle), this.sums.at(cycle));
  }

  /** Codes of the sums in the result memory, [groups, m, n]. */
  results(): Float64Array {
    const codeOf = this.joins ? this.bank.outerCodeOf : this.bank.codeOf;
    return this.memory.sums.map((sum) => codeOf(sum));
  }

  /** Gives the registers back. */
  end(): void {
    this.bank.release();
  }

  /** Cycles until an operand word issued at row 0, column 0 is due at a PE. */
  ageOf(row: number, col: number): number {
    return row * this.timing.rowDelay + col * this.timing.colDelay;
  }

  /** Tiles whose last PE, far down at the right, registers its last addition in that cycle. */
  addedIn(cycle: number): number {
    let count = 0;
    for (const height of this.heights)
      for (const width of this.widths) {
        const { multiplyStages, addStages } = this.array;
        const word = cycle - this.ageOf(height - 1, width - 1) - multiplyStages - (addStages - 1);
        const tile = this.stream.tileAt(word);
        if (tile === undefined || this.stream.stepAt(word) !== tile.steps - 1) continue;
        if (tile.height === height && tile.width === width) count++;
      }
    return count;
  }

  /** Tiles whose last sum the result memory has finished taking in that cycle. */
  storedIn(cycle: number): number {
    let count = 0;
    for (; this.#lastStores[0] === cycle; count++) this.#lastStores.shift();
    return count;
  }

  /** Notes that the last sum of a tile has reached the memory. */
  protected storesLast(cycle: number): void {
    this.#lastStores.push(cycle + this.timing.store - 1);
  }

  /** Whether the sums in the result memory have been joined. */
  protected abstract readonly joins: boolean;
  protected abstract leave(cycle: number): void;
  protected abstract move(cycle: number): void;
  /** Before and after PEs fire: sums begin, and end. */
  protected begin(_cycle: number): void {}
  protected finish(_cycle: number): void {}

  #fire(cycle: number): void {
    const { a, b } = this.#met(cycle);
    this.#wake(cycle);
    this.begin(cycle);
    this.bank.fire(this.sums.at(cycle), a, b);
    this.finish(cycle);
  }

  #met(cycle: number): Record<'a' | 'b', OperandRegisters> {
    const met = cycle - this.array.multiplyStages;
    return { a: this.operands.a.at(met), b: this.operands.b.at(met) };
  }

  /** New registers, empty. */
  protected registersOf(operand: 'a' | 'b'): OperandRegisters {
    return new OperandRegisters(operand, this.#product[operand], this.lanes, this.bank);
  }

  /** Operand registers take their left neighbour's word; column 0 reads the operand memory. */
  protected moveRight(cycle: number, operand: 'a' | 'b'): void {
    const { rows, cols } = this.array;
    const to = this.operands[operand].at(cycle);
    to.shift(this.operands[operand].at(cycle - 1), 1);
    for (let row = 0; row < rows; row++) {
      const first = row * cols;
      this.enter(operand, cycle - this.ageOf(row, 0), row, 0, to);
      if (this.timing.colDelay === 0) for (let col = 1; col < cols; col++) to.take(first + col, to, first);
    }
  }

  /** The word issued in that cycle comes from memory to the edge of the array; none where there is none. */
  protected enter(operand: 'a' | 'b', word: number, row: number, col: number, to: OperandRegisters): void {
    const pe = row * this.array.cols + col;
    const tile = this.stream.tileAt(word);
    if (tile === undefined || row >= tile.rows || col >= tile.cols) to.blank(pe);
    else this.ports.load(operand, { tile, row, col, step: this.stream.stepAt(word) }, to, pe);
  }

  protected join(outer: number, inner: number): number {
    this.counts.joins++;
    return this.bank.join(outer, inner);
  }

  /** Tells each PE how many products of the word that has reached it are its own. */
  #wake(cycle: number): void {
    const { rows, cols, multiplyStages } = this.array;
    const { rowDelay, colDelay } = this.timing;
    const { rows: tall, cols: wide, left, mask, changed } = this.stream;
    const newest = cycle - multiplyStages;
    // All words in the array, and the one that has left it, are alike: so is what they do.
    if (newest > changed + this.#reached.length) return;
    const { lanes, bank, ports } = this;
    const { live } = bank;
    const { perRow } = ports;
    for (let row = 0, pe = 0; row < rows; row++)
      for (let col = 0; col < cols; col++, pe++) {
        const word = (newest - row * rowDelay - col * colDelay) & mask;
        live[pe] = row < tall[word] && col < wide[word] ? Math.min(lanes, left[word] - row * perRow) : 0;
      }
  }

  /** Words that something begins or ends with; `atWords` finds them. */
  protected marked(wants: (tile: Tile, step: number) => boolean): Marks {
    const marks = new Marks(this.stream, this.#oldest, wants);
    this.#marks.push(marks);
    return marks;
  }

  /** Does something at every PE that a marked word is at: issued as long before that cycle as its age there says. */
  protected atWords(cycle: number, { words }: Marks, act: Act): void {
    for (const word of words)
      for (const pe of this.#reached[cycle - word] ?? [])
        act(pe, this.stream.tileAt(word) as Tile, this.stream.stepAt(word));
  }

  /** Whether a PE is one of the tile's. */
  protected works(pe: number, { rows, cols }: Tile): boolean {
    return pe < rows * this.array.cols && pe % this.array.cols < cols;
  }
}
