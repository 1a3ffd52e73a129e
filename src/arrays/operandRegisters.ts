import type { CodeArray, Bank, Form, Plane } from '../datapaths/kernel/index.js';

/**
 * One operand's registers in all PEs, [lanes, stride]: the codes, and beside each what the adders read it as. All of it
 * moves together, so that a register is decoded once, where its word enters the array.
 */
export class OperandRegisters {
  readonly codes: CodeArray;
  readonly forms: readonly Form[];
  readonly stride: number;
  readonly #bank: Bank;
  readonly #planes: readonly (CodeArray | Plane)[];
  readonly #group: number;

  /** @param operand registers of codes like the operand's are made */
  constructor(operand: 'a' | 'b', like: CodeArray, lanes: number, bank: Bank) {
    this.codes = bank.codes(like, bank.stride * lanes);
    this.forms = bank.forms(operand);
    this.stride = bank.stride;
    this.#bank = bank;
    this.#planes = [this.codes, ...this.forms.map(({ plane }) => plane)];
    this.#group = bank.group(this.#planes);
  }

  /** Every register takes what the one `distance` PEs before it held. */
  shift(from: OperandRegisters, distance: number): void {
    this.#bank.shift(this.#group, from.#group, distance);
  }

  /** In each column, rows down to the bank's depth of it take the word above. */
  sink(cols: number): void {
    this.#bank.sink(this.#group, cols);
  }

  /** All lanes of one PE take those of a PE in other registers, or in these. */
  take(pe: number, from: OperandRegisters, other: number): void {
    for (let i = 0; i < this.#planes.length; i++) {
      const [to, source] = [this.#planes[i], from.#planes[i]];
      for (let lane = 0; lane < to.length; lane += this.stride) to[lane + pe] = source[lane + other];
    }
  }

  /** A word for one PE: `live` codes from `first` on, each `next` after the other; other lanes are 0, which is no product. */
  put(pe: number, codes: CodeArray, first: number, next: number, live: number): void {
    const end = pe + live * this.stride;
    for (let at = pe, from = first; at < end; at += this.stride, from += next) {
      const code = codes[from];
      this.codes[at] = code;
      for (let i = 0; i < this.forms.length; i++) this.forms[i].plane[at] = this.forms[i].read(code);
    }
    this.blank(end);
  }

  /** Lanes from one of a PE's on hold code 0, and no product. */
  blank(from: number): void {
    for (let at = from; at < this.codes.length; at += this.stride)
      for (let i = 0; i < this.#planes.length; i++) this.#planes[i][at] = 0;
  }
}
