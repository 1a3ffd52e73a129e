import { type Datapath, registerFitOf, type SumFit } from '../datapath.js';
import { weigherOf } from './align.js';
import { encoderOf } from './encode.js';
import type { Engine } from './engine.js';
import type { CodeArray } from './gemm.js';
import { decoderOf } from './values.js';

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
  /** Every register takes what the one `distance` before it held in `from`, which may be the same plane. */
  shift<T extends Plane | CodeArray>(to: T, from: T, distance: number): void;
  /** In each lane, from a register on and so many times up: it takes what the one `distance` before it holds. */
  sink(plane: Plane | CodeArray, from: number, distance: number, count: number): void;
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

/** Where a bank's registers lie: `plane` gives new ones, all 0. */
export interface Registers {
  stride: number;
  live: Uint16Array;
  plane(length: number): Plane;
  codes: Bank['codes'];
  shift: Bank['shift'];
  sink: Bank['sink'];
  release(): void;
}

/** Registers in ordinary arrays. */
export function ownRegisters(pes: number): Registers {
  return {
    stride: pes,
    live: new Uint16Array(pes),
    plane: (length) => new Float64Array(length),
    codes: (like, length) => new (like.constructor as new (length: number) => CodeArray)(length),
    shift(to, from, distance) {
      if (to === from) to.copyWithin(distance, 0, to.length - distance);
      else to.set(from.subarray(0, to.length - distance), distance);
    },
    sink(plane, from, distance, count) {
      for (let lane = from; lane < plane.length; lane += pes)
        for (let i = 0, at = lane; i < count; i++, at -= distance) plane[at] = plane[at - distance];
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
  const { stride, live, plane, codes, shift, sink, release } = registers;
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
    shift,
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
