/** How far the outputs of two runs lie apart, and how well classes are told. */

/** One output of a network over all images, a row each. */
export interface OutputRows {
  name: string;
  rows: number;
  width: number;
  data: Float32Array;
  /** Shapes of the rows, as `3x4`, where the data of an image decide them: then `width` says nothing. */
  shapes?: readonly string[];
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

/** Share of rows whose largest element is at the same place in both, which have rows of the same lengths. */
export function agreementOf(x: OutputRows, y: OutputRows): number {
  const lengths = y.shapes?.map(sizeOfText) ?? Array.from({ length: x.rows }, () => y.width);
  let [same, from] = [0, 0];
  for (const length of lengths) {
    if (bestOf(x.data, from, length) === bestOf(y.data, from, length)) same++;
    from += length;
  }
  return same / lengths.length;
}

function sizeOfText(shape: string): number {
  return shape === '' ? 1 : shape.split('x').reduce((size, length) => size * Number(length), 1);
}

/** Place of the largest of so many elements, the first of equals. */
function bestOf(data: Float32Array, from: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (data[from + i] > data[from + best]) best = i;
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
