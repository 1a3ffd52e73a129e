import type { CodeArray, Bank, Plane } from '../datapaths/kernel/index.js';
import type { OperandRegisters } from './operandRegisters.js';

/** What an observer sees after a clock edge: the operands that met at each PE, and the sum registered there. */
export interface Registers {
  /** Codes, [rows, cols, lanes]. */
  readonly a: CodeArray;
  readonly b: CodeArray;
  /** Codes, [rows, cols]. */
  readonly sum: Uint32Array | Float64Array;
  /** Products taken by each PE in this cycle; 0 where it idles. */
  readonly live: Uint16Array;
}

/** The registers of a mesh, of which sums become codes, and lanes lie side by side, when they are looked at. */
export class RegisterView implements Registers {
  readonly #bank: Bank;
  readonly #pes: number;
  readonly #held: Readonly<Record<'a' | 'b', OperandRegisters>>;
  readonly #sums: Plane;
  #a: CodeArray | undefined;
  #b: CodeArray | undefined;
  #sum: Uint32Array | Float64Array | undefined;
  #live: Uint16Array | undefined;

  constructor(bank: Bank, pes: number, held: Readonly<Record<'a' | 'b', OperandRegisters>>, sums: Plane) {
    this.#bank = bank;
    this.#pes = pes;
    this.#held = held;
    this.#sums = sums;
  }

  get a(): CodeArray {
    return (this.#a ??= this.#wordsOf(this.#held.a));
  }

  get b(): CodeArray {
    return (this.#b ??= this.#wordsOf(this.#held.b));
  }

  get sum(): Uint32Array | Float64Array {
    return (this.#sum ??= this.#codesOf(this.#sums.subarray(0, this.#pes)));
  }

  get live(): Uint16Array {
    return (this.#live ??= this.#bank.live.subarray(0, this.#pes));
  }

  #codesOf(sums: Plane): Uint32Array | Float64Array {
    const { codeOf, valueOf, codesOf } = this.#bank;
    return codesOf?.(sums) ?? Float64Array.from(sums, (kept) => codeOf(valueOf(kept)));
  }

  /** [lanes, stride] to [PEs, lanes]. */
  #wordsOf({ codes, stride }: OperandRegisters): CodeArray {
    const lanes = codes.length / stride;
    if (lanes === 1) return codes.subarray(0, this.#pes);
    const words = new Uint32Array(this.#pes * lanes);
    for (let lane = 0; lane < lanes; lane++)
      for (let pe = 0; pe < this.#pes; pe++) words[pe * lanes + lane] = codes[lane * stride + pe];
    return words;
  }
}
