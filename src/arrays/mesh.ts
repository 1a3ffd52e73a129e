import type { Order } from '../datapaths/order.js';
import { type Counts, noCounts } from './counts.js';
import { DATAFLOWS, type MacArray } from './dataflow.js';
import { type Codes, OperandPorts, type Place, type Product, ResultMemory } from './ports.js';
import { type Pace, type Timing, timingOf } from './schedule.js';
import { Stages } from './stages.js';
import { extentsOf } from './tiling.js';
import { Wave } from './wave.js';

/** A MAC unit on codes. */
export interface Unit {
  /** Products in a firing. */
  lanes: number;
  /** Code of +0 in the sum register. */
  zero: number;
  /** One firing: the first `live` lanes of a (from aOffset) and b (from bOffset) meet the sum; other lanes give +0. */
  fire(sum: number, a: Codes, aOffset: number, b: Codes, bOffset: number, live: number): number;
  /** Adds a finished sum to an outer register: an accumulator memory, the next chunk, another interleaved register. */
  join?(outer: number, inner: number): number;
}

/** What an observer sees after a clock edge: the operands that met at each PE, and the sum registered there. */
export interface Registers {
  /** [rows, cols, lanes]. */
  a: Codes;
  b: Codes;
  /** [rows, cols]. */
  sum: Float64Array;
  /** Products taken by each PE in this cycle; 0 where it idles. */
  live: Uint16Array;
}

/** All that a mesh is built from. */
export interface MeshParts {
  product: Product;
  array: MacArray;
  order: Order;
  unit: Unit;
  /** Where memories hinder the array. */
  pace?: Pace;
}

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
  readonly memory: ResultMemory;
  readonly timing: Timing;
  /** Heights and widths of tiles that occur: the array's and, for edge tiles, their own. */
  readonly heights: readonly number[];
  readonly widths: readonly number[];
  protected readonly array: MacArray;
  protected readonly unit: Unit;
  protected readonly ports: OperandPorts;
  protected readonly operands: Readonly<Record<'a' | 'b', Stages<Codes>>>;
  /** Planes of sums, as many as cycles pass until a sum is met again. */
  protected readonly sums: Stages<Float64Array>;
  readonly #live: Uint16Array;
  /** Cycles in which the last sum of a tile goes into the memory. */
  readonly #lastStores: number[] = [];

  constructor({ product, array, order, unit, pace }: MeshParts) {
    const { rows, cols, dataflow, multiplyStages } = array;
    const size = rows * cols;
    this.array = array;
    this.unit = unit;
    this.timing = timingOf(array, order, pace);
    this.ports = new OperandPorts(product, DATAFLOWS[dataflow], unit.lanes, this.counts);
    this.memory = new ResultMemory(product.job, DATAFLOWS[dataflow], cols, unit.zero, this.counts);
    const plane = () => new Uint32Array(size * unit.lanes);
    this.operands = {
      a: new Stages<Codes>(multiplyStages + 1, plane),
      b: new Stages<Codes>(multiplyStages + 1, plane),
    };
    this.sums = new Stages(this.timing.sumRegisters, () => new Float64Array(size).fill(unit.zero));
    this.#live = new Uint16Array(size);
    const oldest = this.ageOf(rows, cols) + multiplyStages + array.addStages + this.timing.settle;
    this.load = new Wave(oldest);
    this.stream = new Wave(oldest);
    this.drain = new Wave(oldest);
    const { row, col } = extentsOf(product.job, array, unit.lanes);
    this.heights = array.edge === 'whole' ? [rows] : [...new Set([Math.min(rows, row), row % rows || rows])];
    this.widths = array.edge === 'whole' ? [cols] : [...new Set([Math.min(cols, col), col % cols || cols])];
  }

  /** One clock edge. */
  edge(cycle: number): void {
    this.leave(cycle);
    this.move(cycle);
    this.#fireAll(cycle);
  }

  /** What the PEs hold after the edge. */
  registersAt(cycle: number): Registers {
    const met = cycle - this.array.multiplyStages;
    return { a: this.operands.a.at(met), b: this.operands.b.at(met), sum: this.sums.at(cycle), live: this.#live };
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
    return this.#lastStores.filter((stored) => stored === cycle).length;
  }

  /** Notes that the last sum of a tile has reached the memory. */
  protected storesLast(cycle: number): void {
    this.#lastStores.push(cycle + this.timing.store - 1);
  }

  protected abstract leave(cycle: number): void;
  protected abstract move(cycle: number): void;
  /** A word meets its PE: `offset` is that of the operands, `pe` that of the sum. */
  protected abstract fire(cycle: number, pe: number, place: Place, live: number): void;

  #fireAll(cycle: number): void {
    const { rows, cols, multiplyStages } = this.array;
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) {
        const pe = row * cols + col;
        const word = cycle - this.ageOf(row, col) - multiplyStages;
        const tile = this.stream.tileAt(word);
        this.#live[pe] = 0;
        if (tile === undefined || row >= tile.rows || col >= tile.cols) continue;
        const place = { tile, row, col, step: this.stream.stepAt(word) };
        this.#live[pe] = this.ports.liveAt(place);
        this.counts.firings++;
        this.counts.macs += this.#live[pe];
        this.fire(cycle, pe, place, this.#live[pe]);
      }
  }

  /** Operand registers take their left neighbour's word; column 0 reads the operand memory. */
  protected moveRight(cycle: number, operand: 'a' | 'b'): void {
    const { rows, cols } = this.array;
    const { lanes } = this.unit;
    const to = this.operands[operand].at(cycle);
    to.set(this.operands[operand].at(cycle - 1).subarray(0, to.length - lanes), lanes);
    for (let row = 0; row < rows; row++) {
      const start = row * cols * lanes;
      this.enter(operand, cycle - this.ageOf(row, 0), row, 0, to, start);
      if (this.timing.colDelay === 0)
        for (let col = 1; col < cols; col++) to.copyWithin(start + col * lanes, start, start + lanes);
    }
  }

  /** The word issued in that cycle comes from memory to the edge of the array; 0 where there is none. */
  protected enter(operand: 'a' | 'b', word: number, row: number, col: number, to: Codes, offset: number): void {
    const tile = this.stream.tileAt(word);
    if (tile === undefined || row >= tile.rows || col >= tile.cols) to.fill(0, offset, offset + this.unit.lanes);
    else this.ports.read(operand, { tile, row, col, step: this.stream.stepAt(word) }, to, offset);
  }

  protected join(outer: number, inner: number): number {
    if (this.unit.join === undefined) throw new Error('mesh: this order joins sums and the unit has no join');
    this.counts.joins++;
    return this.unit.join(outer, inner);
  }
}
