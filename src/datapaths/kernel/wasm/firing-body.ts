import type { AlignedCombine, FusedCombine, TreeCombine } from '../../datapath.js';
import { type Code, i32, type Local } from './assembler.js';
import { carrierOf, type Step } from './lanes.js';
import { type Frame, ROWS } from './nest.js';
import { v128 } from './vector.js';

/** How a firing's products meet: summed exactly, aligned and cut first, or added pairwise as the lanes round. */
export type FiringCombine = FusedCombine | AlignedCombine | TreeCombine;

/** A unit that takes several products at once. */
export interface Firing {
  combine: FiringCombine;
  /** Places of one firing. */
  lanes: number;
  /** Products of one term, in whose place their scale and its power of two follow; none where every product is a term. */
  group?: number;
  /** Rounds a firing's sum; where the running sum stays outside, `plus` adds the two. */
  fit: Step;
  plus?: Step;
  outer: Step;
  alignment?: Alignment;
  /** Additions that change nothing, and terms that are cut to nothing, are counted for each tile. */
  count?: boolean;
}

/** What an alignment needs to know of the terms; all are exponents of two, but for the bits. */
export interface Alignment {
  /** No term but zero has a smaller exponent; it may be the unit's own floor. */
  floor: number;
  /** No finite running sum has a larger one. */
  top: number;
  /** The register's lowest normal, where running sums may lie below it. */
  lowest?: number;
  /** No product but zero is smaller than 2^smallest, so that none is cut to nothing where its last place is not larger. */
  smallest?: number;
  /** Significant bits of the widest product. */
  productBits: number;
  /** Nothing can be cut while every running sum is below 2^exact. */
  exact?: number;
}

/** Columns of a tile: two vectors; of an alignment, as many as a vector has exponents of 16 bits. */
export function firingWidth({ fit, combine }: Pick<Firing, 'fit' | 'combine'>): number {
  return combine.kind === 'aligned' ? 8 : 2 * carrierOf(fit).lanes;
}

/** A tile at work: its running sums are [row][vector of columns]. */
export interface Body extends Frame {
  firing: Firing;
  sums4: readonly (readonly Local[])[];
  counter: Local | undefined;
  /** The operands' exponents, beside b and a. */
  weights: Local;
}

/** Every lane, or the even or odd ones. */
export type Half = 'all' | 'even' | 'odd';

/** How many lanes that is, the first of them, and the step to the next. */
export function lanesOf({ lanes }: Pick<Firing, 'lanes'>, half: Half): { count: number; first: number; step: number } {
  return half === 'all'
    ? { count: lanes, first: 0, step: 1 }
    : { count: lanes / 2, first: half === 'even' ? 0 : 1, step: 2 };
}

/** Does `each` for every lane, row and chosen vector with their product. */
export function overLanes(
  body: Body,
  vectors: readonly number[],
  each: (row: number, vector: number, product: Code) => void,
  half: Half = 'all',
): void {
  const { f, a, b, firing, sums4 } = body;
  const { bytes, v } = carrierOf(firing.fit);
  const [x, y] = [f.local('i32'), f.local('i32')];
  const columns = vectors.map(() => f.local('v128'));
  const splat = bytes === 4 ? v128.load32Splat : v128.load64Splat;
  const { count, first, step } = lanesOf(firing, half);
  const [rowBytes, columnBytes] = [ROWS * bytes, sums4[0].length * 16];
  f.emit(x.set(i32.add(a.get, i32.const(first * rowBytes))), y.set(i32.add(b.get, i32.const(first * columnBytes))));
  f.repeat(i32.const(count), () => {
    vectors.forEach((vector, i) => f.emit(columns[i].set(v128.load(y.get, vector * 16))));
    for (let r = 0; r < ROWS; r++) {
      const row = vectors.length === 1 ? splat(x.get, r * bytes) : f.keep('v128', splat(x.get, r * bytes));
      vectors.forEach((vector, i) => each(r, vector, v.mul(row, columns[i].get)));
    }
    f.emit(x.set(i32.add(x.get, i32.const(step * rowBytes))), y.set(i32.add(y.get, i32.const(step * columnBytes))));
  });
}

/** Moves on to the next firing's operands. */
export function advance({ f, a, b, weights, firing, sums4 }: Body): void {
  const { bytes } = carrierOf(firing.fit);
  const by = (pointer: Local, size: number) =>
    f.emit(pointer.set(i32.add(pointer.get, i32.const(firing.lanes * size))));
  by(a, ROWS * bytes);
  by(b, sums4[0].length * 16);
  if (firing.alignment !== undefined && firing.group === undefined) by(weights, 16);
}
