import {
  type CodeArray,
  type Bank,
  type BankJob,
  type Met,
  ownRegisters,
  type Plane,
} from '../datapaths/kernel/index.js';

/** A MAC unit on codes. */
export interface ArrayUnit {
  /** Products in a firing. */
  lanes: number;
  /** Code of +0 in the sum register. */
  zero: number;
  /** One firing: the first `live` lanes of a (from aOffset) and b (from bOffset) meet the sum; other lanes give +0. */
  fire(sum: number, a: CodeArray, aOffset: number, b: CodeArray, bOffset: number, live: number): number;
  /** Adds a finished sum to an outer register: an accumulator memory, the next chunk, another interleaved register. */
  join?(outer: number, inner: number): number;
  /** Units of a whole array that fire at once; without, they fire one after the other. */
  bank?(job: BankJob): Bank;
}

export function bankOf(unit: ArrayUnit, job: BankJob): Bank {
  return unit.bank?.(job) ?? codeBank(unit, job.pes);
}

/** A bank of any unit that fires on codes, one PE after the other: what it keeps, and its values, are codes. */
function codeBank(unit: ArrayUnit, pes: number): Bank {
  const { lanes, zero } = unit;
  const registers = ownRegisters(pes);
  const { live } = registers;
  const [x, y] = [new Uint32Array(lanes), new Uint32Array(lanes)];
  const same = (code: number) => code;
  return {
    ...registers,
    zero,
    sums: () => new Float64Array(pes).fill(zero),
    forms: () => [],
    fire(sums: Plane, a: Met, b: Met) {
      for (let pe = 0; pe < pes; pe++) {
        if (live[pe] === 0) continue;
        gather(x, a.codes, pe, pes);
        gather(y, b.codes, pe, pes);
        sums[pe] = unit.fire(sums[pe], x, 0, y, 0, live[pe]);
      }
    },
    valueOf: same,
    keptOf: same,
    join(outer, inner) {
      if (unit.join === undefined) throw new Error('mesh: this order joins sums and the unit has no join');
      return unit.join(outer, inner);
    },
    codeOf: same,
    outerCodeOf: same,
  };
}

function gather(to: Uint32Array, codes: CodeArray, pe: number, stride: number): void {
  for (let lane = 0, at = pe; lane < to.length; lane++, at += stride) to[lane] = codes[at];
}
