/** Float32 arithmetic of processors, from float64's. */

const words = new Int32Array(1);
const float = new Float32Array(words.buffer);

/**
 * a b + c of float32 numbers, rounded to float32 once. The product is exact in float64; the sum's error there decides
 * where it lies in the middle between two float32 numbers.
 */
export function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const nearest = Math.fround(sum);
  const back = sum - product;
  const error = product - (sum - back) + (c - back);
  if (error === 0 || nearest === sum || !Number.isFinite(nearest)) return nearest;
  const other = neighbour(nearest, sum);
  if (Math.abs(other - sum) !== Math.abs(nearest - sum)) return nearest;
  return error > 0 === other > nearest ? other : nearest;
}

/** The float32 number next to one, on the side of another number. */
function neighbour(from: number, towards: number): number {
  float[0] = from;
  words[0] += towards > from === from >= 0 ? 1 : -1;
  return float[0];
}

/** To the nearest integer, ties to even; magnitudes below 2^51. */
export function halfEven(value: number): number {
  const middle = 1.5 * 2 ** 52;
  return value + middle - middle;
}
