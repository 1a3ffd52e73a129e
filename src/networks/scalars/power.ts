import { exp, log } from '../elementary.js';

/** Up to here a whole exponent is a row of products. */
const LARGEST_PRODUCT = 1024;

/**
 * x^y as IEEE 754 has it (pow), in float64: whole exponents by products, which are exact where the result can be; 1/2 and
 * 3/4 by roots.
 */
export function power(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (Number.isInteger(y) && Math.abs(y) <= LARGEST_PRODUCT) return y < 0 ? 1 / product(x, -y) : product(x, y);
  if (y === 0.5) return x === -Infinity ? Infinity : Math.sqrt(x + 0);
  if (y === 0.75 && x >= 0) return Math.sqrt(x) * Math.sqrt(Math.sqrt(x));
  const size = Math.abs(x);
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && !Number.isInteger(y)) return Number.NaN;
  const value = size === 1 ? 1 : exp(y * log(size));
  const odd = Number.isInteger(y) && Math.abs(y) < 2 ** 53 && Math.abs(y % 2) === 1;
  return odd && (x < 0 || Object.is(x, -0)) ? -value : value;
}

function product(x: number, y: number): number {
  let result = 1;
  for (let square = x, left = y; left > 0; square *= square, left = Math.floor(left / 2))
    if (left % 2 === 1) result *= square;
  return result;
}
