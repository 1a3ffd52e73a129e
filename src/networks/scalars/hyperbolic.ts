import { exp, log } from '../elementary.js';

/** Hyperbolic functions and what they need near zero, from additions, multiplications and roots alone; in float64. */

/** e^x - 1, without loss near zero. */
export function expm1(x: number): number {
  if (Math.abs(x) > 0.35) return exp(x) - 1;
  let series = 1;
  for (let i = 14; i >= 2; i--) series = 1 + (series * x) / i;
  return x * series;
}

/** log(1 + x), without loss near zero: what the sum 1 + x loses is made good by the quotient (Kahan). */
export function log1p(x: number): number {
  const sum = 1 + x;
  if (sum === 1 || sum === Infinity) return x;
  return (log(sum) * x) / (sum - 1);
}

export function tanh(x: number): number {
  if (Math.abs(x) > 20) return Math.sign(x);
  const power = expm1(2 * x);
  return power / (power + 2);
}

export function sinh(x: number): number {
  if (x === 0) return x;
  if (Math.abs(x) > 20) return (Math.sign(x) * exp(Math.abs(x))) / 2;
  const power = expm1(Math.abs(x));
  const value = (power + power / (power + 1)) / 2;
  return x < 0 ? -value : value;
}

export function cosh(x: number): number {
  return (exp(x) + exp(-x)) / 2;
}

export function asinh(x: number): number {
  const size = Math.abs(x);
  if (size === Infinity || size === 0) return x;
  const value = log1p(size + (size * size) / (1 + Math.sqrt(size * size + 1)));
  return x < 0 ? -value : value;
}

/** NaN below 1. */
export function acosh(x: number): number {
  const over = x - 1;
  return over < 0 ? Number.NaN : log1p(over + Math.sqrt(over * (x + 1)));
}

/** NaN outside [-1, 1], infinite at its ends. */
export function atanh(x: number): number {
  if (x === 0) return x;
  if (!(Math.abs(x) < 1)) return Math.abs(x) === 1 ? x * Infinity : Number.NaN;
  const size = Math.abs(x);
  const value = log1p((2 * size) / (1 - size)) / 2;
  return x < 0 ? -value : value;
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/** log(1 + e^x), which is x where e^x is large. */
export function softplus(x: number): number {
  return Math.max(x, 0) + log1p(exp(-Math.abs(x)));
}
