import { type Datapath, registerFitOf, type SumFit } from '../../datapath.js';
import { weigherOf } from '../float64/align.js';
import { encoderOf } from '../float64/encode.js';
import type { Engine } from '../float64/engine.js';
import type { CodeArray } from './gemm.js';
import { decoderOf } from '../float64/values.js';

/** Registers of many PEs. */
export type Plane = Float32Array | Float64Array | Int32Array | Int16Array;

/** What an operand register holds beside the code, as the adders read it: a value, an alignment's exponent. */
export interface Form {
  /** [lanes, stride] */
  plane: Plane;
  read: (code: number) => number;
}

/** Operand registers that meet the sums: codes and forms, [lanes, stride] each. */
export interface Met {
  codes: CodeArray;
  forms: readonly Form[];
}

/** What a bank is for: so many PEs, and the operands of the product that they will see. */
export interface BankJob {
  pes: number;
  k: number;
  a: CodeArray;
  b: CodeArray;
}

/**
 * The adders of all PEs of an array, side by side. A sum register keeps its sum in a form that suits the adders (`kept`);
 * sums that have left the PEs are values, which a joining adder adds; codes are what the outside sees of either.
 */
export interface Bank {
  /** From one lane's registers to the next; at least the number of PEs. */
  readonly stride: number;
  /** Products that each PE takes in this cycle, [stride]; 0 where it idles. Whoever calls `fire` sets them before. */
  readonly live: Uint16Array;
  /** The empty register, kept and as a value. */
  readonly zero: number;
  /** A plane of empty sum registers, [stride]. */
  sums(): Plane;
  /** New registers of an operand, which read as no product where they are 0. */
  forms(operand: 'a' | 'b'): Form[];
  /** New registers of codes, of the same kind as these. */
  codes(like: CodeArray, length: number): CodeArray;
  /** Planes that move together, by the number that it gives. */
  group(planes: readonly (Plane | CodeArray)[]): number;
  /** Every register of a group takes what the one `distance` before it held in `from`, which may be the same group. */
  shift(to: number, from: number, distance: number): void;
  /** Rows that the registers of each column go down when a group sinks. Whoever calls `sink` sets them before. */
  readonly depths: Int32Array;
  /** In each of so many columns, rows down to its depth take the word above; row 0 keeps its own. */
  sink(group: number, columns: number): void;
  /** One firing of every PE: its sum meets its live lanes' products. Idle PEs keep their sums. */
  fire(sums: Plane, a: Met, b: Met): void;
  valueOf(kept: number): number;
  keptOf(value: number): number;
  /** An outer register after a PE's sum has been added to it. */
  join(outer: number, inner: number): number;
  /** Codes of a PE's sum and of an outer register. */
  codeOf(value: number): number;
  outerCodeOf(value: number): number;
  /** Codes of a whole plane; undefined where there is no better way than one by one. */
  codesOf?(sums: Plane): Uint32Array;
  /** Gives the registers back, last bank first. */
  release(): void;
}

/** Where a bank's registers lie, and how they move: `plane` gives new ones, all 0. */
export interface Registers
  extends Pick<Bank, 'stride' | 'live' | 'codes' | 'group' | 'shift' | 'depths' | 'sink' | 'release'> {
  plane(length: number): Plane;
}

/** Registers in ordinary arrays. */
export function ownRegisters(pes: number): Registers {
  const groups: (readonly (Plane | CodeArray)[])[] = [];
  const depths = new Int32Array(pes);
  return {
    stride: pes,
    live: new Uint16Array(pes),
    depths,
    plane: (length) => new Float64Array(length),
    codes: (like, length) => new (like.constructor as new (length: number) => CodeArray)(length),
    group: (planes) => groups.push(planes) - 1,
    shift(to, from, distance) {
      groups[to].forEach((plane, i) => {
        const end = plane.length - distance;
        if (to === from) plane.copyWithin(distance, 0, end);
        else plane.set(groups[from][i].subarray(0, end), distance);
      });
    },
    sink(group, columns) {
      for (const plane of groups[group])
        for (let first = 0; first < plane.length; first += pes)
          for (let column = 0; column < columns; column++)
            for (let at = first + depths[column] * columns + column; at >= first + columns; at -= columns)
              plane[at] = plane[at - columns];
    },
    release: () => undefined,
  };
}

/** A bank of which one PE fires after the other, on float64 values. */
export interface EngineBank extends Bank {
  /** The same for PEs [from, to) only. */
  fireOnly(sums: Plane, a: Met, b: Met, from: number, to: number): void;
}

/** @param total the register that sums are joined in */
export function engineBank(
  datapath: Datapath,
  engine: Engine,
  total: SumFit,
  { pes }: Pick<BankJob, 'pes'>,
  registers: Registers = ownRegisters(pes),
): EngineBank {
  const { stride, live, plane, codes, group, shift, depths, sink, release } = registers;
  const { lanes } = datapath;
  const outer = engine.registerOf(registerFitOf(total));
  const weigh = weigherOf(datapath);
  const terms = new Float64Array(lanes);
  const weights = new Float64Array(lanes);

  function fireOnly(sums: Plane, a: Met, b: Met, from: number, to: number): void {
    const [x, y] = [a.forms[0].plane, b.forms[0].plane];
    for (let pe = from; pe < to; pe++) {
      const count = live[pe];
      if (count === 0) continue;
      for (let lane = 0, at = pe; lane < count; lane++, at += stride) {
        terms[lane] = engine.product(x[at] * y[at]);
        weights[lane] = weigh(x[at], y[at], terms[lane]);
      }
      sums[pe] = engine.fire(sums[pe], terms, weights, 0, count);
    }
  }

  return {
    stride,
    live,
    zero: 0,
    sums: () => plane(stride),
    forms: (operand) => [{ plane: plane(lanes * stride), read: decoderOf(datapath[operand], datapath.operands) }],
    codes,
    group,
    shift,
    depths,
    sink,
    fire: (sums, a, b) => fireOnly(sums, a, b, 0, pes),
    fireOnly,
    valueOf: (kept) => kept,
    keptOf: (value) => value,
    join: (sum, inner) => outer.add(sum, engine.register.read(inner)),
    codeOf: encoderOf(registerFitOf(datapath.sum)),
    outerCodeOf: encoderOf(registerFitOf(total)),
    release,
  };
}
