import { CASES, type Simulator } from '../gates/simulator.js';
import type { MacArray } from './dataflow.js';

/** Bits of a vector's word. */
const BITS = 32;
const VECTOR = CASES / BITS;

/**
 * What is on the ports of 128 PEs that lie one after another in an array, row by row, over some cycles: a bit of a port is
 * a vector, a PE a bit of it. A row's bits are a pattern of as many bits as there are columns, 32 a number.
 */
export class PortWords {
  /** Rows of which a PE is among the 128. */
  readonly firstRow: number;
  readonly lastRow: number;
  /** Numbers that the bits of a row take. */
  readonly patternWords: number;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #places: ReadonlyMap<string, number>;
  readonly #width: number;
  readonly #cols: number;
  readonly #first: number;
  readonly #outputs: readonly string[];

  /** @param first the first of the 128 PEs */
  constructor(simulator: Simulator, { rows, cols }: MacArray, first: number, cycles: number) {
    this.#width = simulator.inputs.length;
    this.#words = new Uint32Array(cycles * this.#width * VECTOR);
    this.#places = new Map(simulator.inputs.map((name, bit) => [name, bit]));
    this.#outputs = simulator.outputs;
    this.#cols = cols;
    this.patternWords = Math.ceil(cols / BITS);
    this.#first = first;
    this.firstRow = Math.floor(first / cols);
    this.lastRow = Math.min(rows, Math.ceil((first + CASES) / cols)) - 1;
  }

  clear(): void {
    this.#words.fill(0);
  }

  /** As the simulator takes them. */
  bytes(cycles: number, from = 0): Uint8Array {
    const each = this.#width * VECTOR * 4;
    return new Uint8Array(this.#words.buffer, from * each, cycles * each);
  }

  /** What one PE has on its input bits in some cycles, 0 or 1, cycle by cycle. */
  bitsOf(row: number, col: number, cycle: number, cycles: number): Uint8Array {
    const pe = row * this.#cols + col - this.#first;
    const bits = new Uint8Array(cycles * this.#width);
    for (let i = 0; i < bits.length; i++)
      bits[i] = (this.#words[(cycle * this.#width + i) * VECTOR + (pe >> 5)] >>> (pe & 31)) & 1;
    return bits;
  }

  /** The place of a PE among the 128; undefined where it is not one of them. */
  caseOf(row: number, col: number): number | undefined {
    const pe = row * this.#cols + col - this.#first;
    return pe >= 0 && pe < CASES ? pe : undefined;
  }

  /** Where the bits of a port are. @throws RangeError naming a port that the netlist has not */
  placeOf(port: string): number {
    const place = this.#places.get(`${port}[0]`);
    if (place === undefined) throw new RangeError(`gates: the netlist has no input ${port}`);
    return place;
  }

  /** Gives a row's PEs the bits of a pattern, beside what they have. */
  put(cycle: number, bit: number, row: number, pattern: Uint32Array, from = 0): void {
    const base = (cycle * this.#width + bit) * VECTOR;
    for (
      let at = row * this.#cols - this.#first, i = from;
      at < CASES && i < from + this.patternWords;
      at += BITS, i++
    ) {
      const place = at >> 5;
      const shift = at & 31;
      if (place >= 0) this.#words[base + place] |= pattern[i] << shift;
      if (shift > 0 && place >= -1 && place + 1 < VECTOR)
        this.#words[base + place + 1] |= pattern[i] >>> (BITS - shift);
    }
  }

  /** Gives some cycles from one on what the bits of a port have in that one. */
  repeat(cycle: number, bit: number, bits: number, cycles: number): void {
    const each = this.#width * VECTOR;
    const from = cycle * each + bit * VECTOR;
    for (let i = 1; i < cycles; i++) this.#words.copyWithin(from + i * each, from, from + bits * VECTOR);
  }

  /** The code that an output has at a PE, bits upwards. @param words as the simulator gives them */
  codeAt(words: Uint8Array, cycle: number, row: number, col: number): bigint {
    const pe = row * this.#cols + col - this.#first;
    let code = 0n;
    for (let bit = this.#outputs.length - 1; bit >= 0; bit--) {
      const byte = words[(cycle * this.#outputs.length + bit) * (CASES / 8) + (pe >> 3)];
      code = (code << 1n) | BigInt((byte >> (pe & 7)) & 1);
    }
    return code;
  }

  /** The first column of some whose bit of an output is not the pattern's. @param words as the simulator gives them */
  differs(
    words: Uint8Array,
    cycle: number,
    bit: number,
    row: number,
    pattern: Uint32Array,
    from: number,
    some: Uint32Array,
  ): number | undefined {
    const vectors = new Uint32Array(words.buffer, words.byteOffset, words.length / 4);
    const base = (cycle * this.#outputs.length + bit) * VECTOR;
    for (let at = row * this.#cols - this.#first, i = 0; at < CASES && i < this.patternWords; at += BITS, i++) {
      const place = at >> 5;
      const shift = at & 31;
      // PEs that are not among the 128 have no bit to look at.
      const low = place < 0 ? 0 : (vectors[base + place] ^ (pattern[from + i] << shift)) & (some[i] << shift);
      const high =
        shift === 0 || place < -1 || place + 1 >= VECTOR
          ? 0
          : (vectors[base + place + 1] ^ (pattern[from + i] >>> (BITS - shift))) & (some[i] >>> (BITS - shift));
      if (low !== 0) return i * BITS + lowest(low) - shift;
      if (high !== 0) return i * BITS + lowest(high) + BITS - shift;
    }
    return undefined;
  }
}

/** The place of the lowest bit that is set. */
const lowest = (bits: number) => 31 - Math.clz32(bits & -bits);
