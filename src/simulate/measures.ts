/** How far the outputs of two runs lie apart, and how well classes are told. */

/** One output of a network over all images, a row each. */
export interface OutputRows {
  name: string;
  rows: number;
  width: number;
  data: Float32Array;
}

/** Cosine of the angle between two vectors; 1 where both are zero. */
export function cosineOf(x: Float32Array, y: Float32Array): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += x[i] * y[i];
    xx += x[i] * x[i];
    yy += y[i] * y[i];
  }
  if (xx === 0 && yy === 0) return 1;
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** Largest magnitude of a difference; NaN where one of two is NaN and the other not. */
export function largestDifferenceOf(x: Float32Array, y: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    // Equal infinities have no difference, nor have two NaNs; of one NaN the largest is NaN from there on.
    if (!Object.is(x[i], y[i]) && x[i] !== y[i]) largest = Math.max(largest, Math.abs(x[i] - y[i]));
  }
  return largest;
}

/** Share of rows whose largest element is at the same place in both. */
export function agreementOf(x: OutputRows, y: OutputRows): number {
  let same = 0;
  for (let row = 0; row < x.rows; row++) if (bestOf(x, row) === bestOf(y, row)) same++;
  return same / x.rows;
}

/** Place of the largest element of a row, the first of equals. */
function bestOf({ data, width }: OutputRows, row: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (data[row * width + i] > data[row * width + best]) best = i;
  return best;
}

/** Rows whose label is among the k largest elements; of equals the first count. */
export function hitsOf({ data, width, rows }: OutputRows, labels: ArrayLike<number>, k: number): number {
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    const own = data[row * width + labels[row]];
    let before = 0;
    for (let i = 0; i < width; i++) {
      const other = data[row * width + i];
      // A NaN comes before every number, and the label's own after all: sums that left their format are no hits.
      if (i !== labels[row] && !(other < own || (other === own && i > labels[row]))) before++;
    }
    if (before < k) hits++;
  }
  return hits;
}

/** Of a normal distribution, 95 % lie within so many deviations. */
const DEVIATIONS = 1.959963984540054;

/** The 95 % interval of a share, 0..1, of which `hits` of n were seen (Wilson 1927, without correction). */
export function intervalOf(hits: number, n: number): [low: number, high: number] {
  const z2 = DEVIATIONS * DEVIATIONS;
  const share = hits / n;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (DEVIATIONS / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
