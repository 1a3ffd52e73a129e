import type { Fit } from '../../../formats/codec.js';
import type { Datapath } from '../../datapath.js';

/** Counts that a run of roundings and additions leaves behind. */
export interface Tally {
  swamped: number;
  overflowed: number;
}

export function addTally(to: Tally, { swamped, overflowed }: Tally): void {
  to.swamped += swamped;
  to.overflowed += overflowed;
}

/** Draws so many random bits. */
export type Draw = (bits: number) => number;

/**
 * Adds and rounds, on float64 values; x as a register carries it, y as it is read. `odd` is x + y rounded to odd, where y
 * is itself a sum that float64 does not hold.
 */
export type Add = (x: number, y: number, odd?: number) => number;
/** A register: how it adds, and how what it carries is read elsewhere. */
export interface Register {
  add: Add;
  /** The same for two values that no register carries; what it gives can be read again. */
  meet: Add;
  round: (x: number) => number;
  read: (carried: number) => number;
}

/**
 * A datapath on float64 values, for every unit whose sums float64 can carry: exact sums where the facts say so, else
 * sums rounded to odd. A running sum is in the form that `Rounder` describes.
 */
export interface Engine {
  tally: Tally;
  /** What a product becomes before it is added. */
  product: (exact: number) => number;
  fire: Fire;
  /** The running sum's register. */
  register: Register;
  registerOf: (fit: Fit) => Register;
  /** Whether float64 carries a fit of the register's sums, so that `registerOf` gives one. */
  carries: (fit: Fit) => boolean;
}

/** Terms [from, from + count) meet the running sum; count <= lanes. Weights are 2^exponent as an alignment sees it. */
export type Fire = (running: number, terms: Float64Array, weights: Float64Array, from: number, count: number) => number;

/** What a firing is made of: the engine's parts before there is an engine. */
export interface Parts {
  datapath: Datapath;
  tally: Tally;
  register: Register;
  registerOf: (fit: Fit) => Register;
}
