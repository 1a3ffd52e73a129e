import type { AlignedCombine, FusedCombine, TreeCombine } from '../../datapath.js';
import { type Code, type FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { carrierOf } from '../steps/lanes.js';
import type { Step } from '../steps/step.js';
import { v128 } from '../../../wasm/vector.js';

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

/** Operands of a firing: where the first lane's are, and how many bytes it is to the next lane's. */
export interface LaneOperands {
  at: Code;
  step: Code;
}

/** How a firing reads its operands: from the panels of a tile, or from the registers of an array. */
export interface Reads {
  x: LaneOperands;
  y: LaneOperands;
  /** The operands' exponents of 16 bits, each vector for eight columns. */
  exponents: readonly [LaneOperands, LaneOperands];
  /** What gives a row's operand to each vector of columns. */
  row: (at: Code, r: number) => (vector: number) => Code;
  rowExponents: (at: Code, r: number) => Code;
  times: (x: Code, y: Code) => Code;
  /** Moves on to the next firing. */
  advance: () => void;
}

/** A tile at work: its running sums are [row][vector of columns]. */
export interface Body {
  f: FunctionBuilder;
  firing: Firing;
  sums4: readonly (readonly Local[])[];
  counter: Local | undefined;
  reads: Reads;
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
  { f, firing, sums4, reads }: Body,
  vectors: readonly number[],
  each: (row: number, vector: number, product: Code) => void,
  half: Half = 'all',
): void {
  overOperands(f, [reads.x, reads.y], lanesOf(firing, half), ([x, y]) => {
    const columns = vectors.map((vector) => f.keep('v128', v128.load(y, vector * 16)));
    for (const r of sums4.keys()) {
      const row = reads.row(x, r);
      vectors.forEach((vector, i) => each(r, vector, reads.times(row(vector), columns[i])));
    }
  });
}

/** Does `each` for so many lanes with the addresses of their operands. */
export function overOperands(
  f: FunctionBuilder,
  operands: readonly LaneOperands[],
  { count, first, step }: ReturnType<typeof lanesOf>,
  each: (at: readonly Code[]) => void,
): void {
  const pointers = operands.map(({ at, step: lane }) => {
    const pointer = f.local('i32');
    f.emit(pointer.set(i32.add(at, i32.mul(lane, i32.const(first)))));
    return pointer;
  });
  const here = pointers.map((pointer) => pointer.get);
  if (count === 1) {
    each(here);
    return;
  }
  f.repeat(i32.const(count), () => {
    each(here);
    pointers.forEach((pointer, i) =>
      f.emit(pointer.set(i32.add(pointer.get, i32.mul(operands[i].step, i32.const(step))))),
    );
  });
}

/** Moves on to the next firing's operands. */
export function advance({ reads }: Body): void {
  reads.advance();
}
