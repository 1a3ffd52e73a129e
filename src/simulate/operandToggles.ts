import type { MacArray } from '../arrays/dataflow.js';
import type { GatedProduct } from '../arrays/gatedFeed.js';
import type { Tile } from '../arrays/tiling.js';
import type { CodeArray } from '../datapaths/kernel/index.js';

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
  // Rows of a lie along k, columns of b across it.
  const ofRows = alongLines(a, groups * m, k, (line, at) => line * k + at, unit.lanes);
  const ofCols = alongLines(
    b,
    groups * n,
    k,
    (line, at) => (Math.floor(line / n) * k + at) * n + (line % n),
    unit.lanes,
  );
  const sumOf = (lines: Float64Array, from: number, count: number) => {
    let sum = 0;
    for (let line = from; line < from + count; line++) sum += lines[line];
    return sum;
  };
  return ({ group, row, rows: own, col, cols: ownCols }) =>
    cols * sumOf(ofRows, group * m + row, own) + rows * sumOf(ofCols, group * n + col, ownCols);
}

/** Bits of each line of codes that are others a step later; the lanes of a step lie side by side. */
function alongLines(
  codes: CodeArray,
  lines: number,
  k: number,
  place: (line: number, at: number) => number,
  lanes: number,
): Float64Array {
  const toggles = new Float64Array(lines);
  for (let line = 0; line < lines; line++) {
    let sum = 0;
    for (let at = lanes; at < k; at++) sum += onesIn(codes[place(line, at)] ^ codes[place(line, at - lanes)]);
    toggles[line] = sum;
  }
  return toggles;
}
