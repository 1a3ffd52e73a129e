/**
 * contract: what routes are given and what they give, and the types that several rooms speak. Nothing here computes a
 * product.
 */

import type { Datapath } from '../../datapath.js';
import { resultFormatOf } from '../../exact.js';
import { widthOf, type Format } from '../../../formats/format.js';
import type { Order } from '../../order.js';

/** Operand codes, one for each element; the narrowest array that holds the format's width is the usual one. */
export type CodeArray = Uint8Array | Uint16Array | Uint32Array;
/** Codes of sums: 32 bits, or 64 where the format is wider. */
export type SumArray = Uint32Array | BigUint64Array;

/** One matrix product, all arrays row-major. */
export interface GemmJob {
  m: number;
  n: number;
  k: number;
  /** [m][k] */
  a: CodeArray;
  /** [k][n] */
  b: CodeArray;
  /** Initial sums [m][n]; +0 without. */
  c?: SumArray;
  /** Block scales [m][ceil(k / size)], for a datapath that has them; 1 without. */
  aScales?: CodeArray;
  /** Block scales [ceil(k / size)][n]. */
  bScales?: CodeArray;
  /** Where the sums go, whatever it holds; a new array without. */
  sums?: SumArray;
}

/** Sums beside what no rounding at all would have given, with the reference's counts over the whole product. */
export interface GemmStatistics {
  sums: SumArray;
  /** Exact sums [m][n], rounded once to float64. */
  exact: Float64Array;
  /** The sums are the exact ones, which are their values. */
  same?: boolean;
  /** Additions of something nonzero that changed nothing. */
  swamped: number;
  /** Roundings that overflowed. */
  overflowed: number;
}

/** Exact sums of some rows, [rows][stride], in the kernels' memory until the next ones are asked for. */
export interface IntegerRows {
  sums: Int32Array;
  stride: number;
  first: number;
  rows: number;
  /** Address in that memory behind all that the product has there. */
  free: number;
}

/** Products whose sums are integers of 32 bits that no addition rounds or overflows. */
export interface IntegerSums {
  /** Whether that is so for every product of this length, whatever the operands hold. */
  hold(k: number): boolean;
  rows(job: GemmJob): Iterable<IntegerRows>;
}

/** A datapath compiled for matrix products in one order of additions. */
export interface Gemm {
  datapath: Datapath;
  order: Order;
  /** Which way the sums are computed: a name for `--verbose`. */
  route: string;
  /** The facts that chose the route. */
  why: string;
  /** Codes [m][n] of the sum's format, or of `result` or `requantize.format` where the datapath has one. */
  sums(job: GemmJob): SumArray;
  stats(job: GemmJob): GemmStatistics;
  /** The same sums without a way out of the kernels' memory, where a unit's can be exact. */
  integers?: IntegerSums;
}

/** The most bits of an operand of matrix products: codes of more are left to the reference's `reduce`. */
export const OPERAND_BITS = 32;

/**
 * An array for codes of operands.
 * @throws RangeError for formats of more than OPERAND_BITS
 */
export function codeArray(format: Format, length: number): CodeArray {
  const bits = widthOf(format);
  if (bits > OPERAND_BITS)
    throw new RangeError(
      `codeArray: ${format.name} has ${bits} bits; operands of products have at most ${OPERAND_BITS}`,
    );
  return bits <= 8 ? new Uint8Array(length) : bits <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** An array for codes of sums. */
export function sumArray(format: Format, length: number): SumArray {
  return widthOf(format) <= 32 ? new Uint32Array(length) : new BigUint64Array(length);
}

/** The array for a job's sums, where it brings none. */
export function sumsFor(datapath: Datapath, order: Order, { m, n, sums }: GemmJob): SumArray {
  return sums ?? sumArray(outputFormatOf(datapath, order), m * n);
}

/** The format of the codes that a datapath gives in an order. */
export function outputFormatOf(datapath: Datapath, order: Order = datapath.order): Format {
  return resultFormatOf(datapath, order);
}
