import type { CodeArray } from './gemm.js';

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
export interface RegisterFile
  extends Pick<Bank, 'stride' | 'live' | 'codes' | 'group' | 'shift' | 'depths' | 'sink' | 'release'> {
  plane(length: number): Plane;
}

/** One firing on codes, for clocked models. */
export interface Unit {
  lanes: number;
  /** The code of an empty register. */
  zero: number;
  /** The register after the first `live` (default: all) lanes' products a[aOffset + i] * b[bOffset + i] have met `sum`. */
  fire(sum: number, a: CodeArray, aOffset: number, b: CodeArray, bOffset: number, live?: number): number;
  /** An outer register after a chunk's sum has been added to it. */
  join(outer: number, inner: number): number;
  /** Many units that fire at once, where there is a better way than one after the other. */
  bank?(job: BankJob): Bank;
}
