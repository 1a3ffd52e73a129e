import type { Fit } from '../formats/codec.js';

/**
 * An Order says how k products become one sum: which firings feed which register. An array fixes it by its dataflow
 * (arrays/dataflow.ts); a unit on its own has one of its own.
 */
export type Order = SequentialOrder | ChunkedOrder | TreeOrder | InterleavedOrder | PermutedOrder;

/** One register; firings in k order. */
export interface SequentialOrder {
  kind: 'sequential';
}
/** A fresh register for each `length` products, whose result is then added to an outer register that fits to `outer`. */
export interface ChunkedOrder {
  kind: 'chunked';
  /** Products in a chunk; a multiple of the unit's lanes. */
  length: number;
  /** How the outer register rounds; the unit's own sum fit by default. */
  outer?: Fit;
}
/**
 * Blocks of `width` products are reduced pairwise with a rounding at every node, and each block's result is added. The
 * leaves are exact products; of a unit with several lanes, its firings from +0.
 */
export interface TreeOrder {
  kind: 'tree';
  width: number;
}
/** `ways` registers take the firings in turn and are added in the end, first to last. */
export interface InterleavedOrder {
  kind: 'interleaved';
  ways: number;
}
/**
 * Within each run of `indices.length` products (of a unit that sums groups, groups), the k's are taken in the order given;
 * then `after` (default sequential) follows.
 */
export interface PermutedOrder {
  kind: 'permuted';
  indices: readonly number[];
  after?: SequentialOrder | ChunkedOrder | InterleavedOrder;
}

export const SEQUENTIAL: SequentialOrder = { kind: 'sequential' };

/** The places 0..k-1 as a permuted order takes them; in a last run that is not whole, those that are there. */
export function permutedPlaces(indices: readonly number[], k: number): number[] {
  const period = indices.length;
  const whole = Math.ceil(k / period) * period;
  return Array.from({ length: whole }, (_, i) => i - (i % period) + indices[i % period]).filter((place) => place < k);
}
