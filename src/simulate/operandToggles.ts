import type { MacArray } from '../arrays/dataflow.js';
import type { GatedProduct } from '../arrays/gatedFeed.js';
import type { Tile } from '../arrays/tiling.js';

/** Ones of each byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
});

const onesIn = (bits: number): number =>
  ONES[bits & 255] + ONES[(bits >>> 8) & 255] + ONES[(bits >>> 16) & 255] + ONES[bits >>> 24];

/**
 * How many bits of operands toggle at the sides of the array while it works on a tile, from one step of k to the next: known
 * for every tile at little cost, and what its gates take goes with it.
 */
export function operandToggles(product: GatedProduct, { rows, cols }: MacArray): (tile: Tile) => number {
  const { job, unit, a, b } = product;
  const { m, n, k, groups = 1 } = job;
  const { lanes } = unit;
  const [ofRows, ofCols] = [new Float64Array(groups * m), new Float64Array(groups * n)];
  for (let row = 0; row < groups * m; row++) {
    let sum = 0;
    // The lanes of a step lie side by side.
    for (let at = row * k + lanes; at < (row + 1) * k; at++) sum += onesIn(a[at] ^ a[at - lanes]);
    ofRows[row] = sum;
  }
  for (let group = 0; group < groups; group++)
    for (let at = (group * k + lanes) * n; at < (group + 1) * k * n; at++)
      ofCols[group * n + (at % n)] += onesIn(b[at] ^ b[at - lanes * n]);
  const sumOf = (lines: Float64Array, from: number, count: number) => {
    let sum = 0;
    for (let line = from; line < from + count; line++) sum += lines[line];
    return sum;
  };
  return ({ group, row, rows: own, col, cols: ownCols }) =>
    cols * sumOf(ofRows, group * m + row, own) + rows * sumOf(ofCols, group * n + col, ownCols);
}
