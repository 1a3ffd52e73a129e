import { exp } from '../elementary.js';

/** Taylor series of erf about k / 8: near enough to each number that twelve terms give float64. */
const STEP = 1 / 8;
const TERMS = 14;
/** From here on 1 - erf is below half a unit of float64. */
const ONE = 6;

/** 2 / sqrt(pi), the slope at zero. */
const SLOPE = 1.1283791670955126;

let tables: Float64Array | undefined;

/** The error function; absolute error below 1e-15, relative near zero. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size === 0 || !(size < ONE)) return Number.isNaN(x) || x === 0 ? x : Math.sign(x);
  tables ??= expansions();
  const center = Math.round(size / STEP);
  const h = size - center * STEP;
  let series = 0;
  for (let i = TERMS - 1, first = center * TERMS; i >= 0; i--) series = series * h + tables[first + i];
  return x < 0 ? -series : series;
}

/**
 * The slope g = 2/sqrt(pi) e^(-x^2) has g' = -2 x g, from which its coefficients about any center follow; the value at a
 * center is 2/sqrt(pi) e^(-c^2) (c + 2 c^3 / 3 + 4 c^5 / 15 ...), all of one sign (Abramowitz and Stegun 7.1.6).
 */
function expansions(): Float64Array {
  const centers = ONE / STEP + 1;
  const table = new Float64Array(centers * TERMS);
  for (let k = 0; k < centers; k++) {
    const c = k * STEP;
    let [sum, term] = [0, c];
    for (let n = 1; term > sum * 1e-18; n++) {
      sum += term;
      term *= (2 * c * c) / (2 * n + 1);
    }
    let [before, slope] = [0, SLOPE * exp(-c * c)];
    table[k * TERMS] = slope * sum;
    for (let n = 0; n < TERMS - 1; n++) {
      table[k * TERMS + n + 1] = slope / (n + 1);
      [before, slope] = [slope, (-2 * (c * slope + before)) / (n + 1)];
    }
  }
  return table;
}
