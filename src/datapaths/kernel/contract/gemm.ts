/**
 * contract: what routes are given and what they give, and the types that several rooms speak. Nothing here computes a
 * product.
 */

import type { Datapath } from '../../datapath.js';
import { resultFormatOf } from '../../exact.js';
import type { Format } from '../../../formats/format.js';
import type { Order } from '../../order.js';
import { type CodeArray, codeArray, OPERAND_BITS, type SumArray, sumArray } from './codes.js';
import type { WindowProducts } from './windows.js';

export { type CodeArray, codeArray, OPERAND_BITS, type SumArray, sumArray };

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
  /** Convolutions in groups without their patches, where the route has a way. */
  windows?: WindowProducts;
  /** The same sums without a way out of the kernels' memory, where a unit's can be exact. */
  integers?: IntegerSums;
}

/** The array for a job's sums, where it brings none. */
export function sumsFor(datapath: Datapath, order: Order, { m, n, sums }: GemmJob): SumArray {
  return sums ?? sumArray(outputFormatOf(datapath, order), m * n);
}

/** The format of the codes that a datapath gives in an order. */
export function outputFormatOf(datapath: Datapath, order: Order = datapath.order): Format {
  return resultFormatOf(datapath, order);
}
