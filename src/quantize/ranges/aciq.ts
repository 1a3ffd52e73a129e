import { widthOf } from '../../formats/format.js';
import { type ClipRule, extentOf } from './clip.js';
import { total } from '../algebra/reals.js';

/**
 * Analytical clipping (Banner, Nahshan, Soudry, NeurIPS 2019, "Post training 4-bit quantization of convolutional networks
 * for rapid-deployment", section 2): the clipping level a with the least expected squared error of M bits over [-a, a],
 * for values of a known distribution around their mean.
 */
export type Prior = 'laplace' | 'gauss';

/** 2 b^2 e^(-a / b) + a^2 / (3 4^M): what clipping at a and rounding to 2^M steps cost, for Laplace with scale b. */
export function laplaceError(a: number, bits: number, b = 1): number {
  return 2 * b * b * Math.exp(-a / b) + (a * a) / (3 * 4 ** bits);
}

/** (s^2 + a^2) (1 - erf(a / (s sqrt 2))) - sqrt(2 / pi) a s e^(-a^2 / (2 s^2)) + a^2 / (3 4^M), for a normal deviation s. */
export function gaussError(a: number, bits: number, s = 1): number {
  const x = a / s;
  const clipped = (1 + x * x) * (1 - erf(x / Math.SQRT2)) - Math.sqrt(2 / Math.PI) * x * Math.exp((-x * x) / 2);
  return s * s * clipped + (a * a) / (3 * 4 ** bits);
}

/**
 * The best level in units of b = E|x - mu| (Laplace) or of the standard deviation (Gauss), for any number of bits, solved
 * where the derivative of the error is zero. M = 4: 5.02864 and 2.55914.
 */
export function aciqFactor(prior: Prior, bits: number): number {
  const slope = prior === 'laplace' ? laplaceSlope : gaussSlope;
  let [low, high] = [0, 64];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (slope(middle, bits) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function laplaceSlope(a: number, bits: number): number {
  return -2 * Math.exp(-a) + (2 * a) / (3 * 4 ** bits);
}

function gaussSlope(a: number, bits: number): number {
  const tail = a * (1 - erf(a / Math.SQRT2)) - Math.sqrt(2 / Math.PI) * Math.exp((-a * a) / 2);
  return 2 * tail + (2 * a) / (3 * 4 ** bits);
}

/** 2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n + 1) / (2n + 1)!!, whose terms are all positive; x at least 0. */
export function erf(x: number): number {
  if (x > 6) return 1;
  let [term, sum] = [x, x];
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export interface AciqOptions {
  /** By default the format's. */
  bits?: number;
  /**
   * Values of one sign, as after a ReLU: the grid spans half of the distribution, so the level is that of one bit more,
   * and the window begins at zero. `auto` (default): where no value is negative.
   */
  oneSided?: boolean | 'auto';
  /**
   * Whether the window ends where the values do (default). Without, as the authors' code is (clip2max false in
   * submission2019/cnn-quantization, int_quantizer.py), it is 2 a wide from its lower end: a grid for values to come.
   */
  withinValues?: boolean;
}

/** As a clip rule: [max(min, mu - a), min(max, mu + a)], and [0, min(max, max(mu, 0) + a)] for values of one sign. */
export function aciq(prior: Prior, { bits, oneSided = 'auto', withinValues = true }: AciqOptions = {}): ClipRule {
  return (values, { format }) => {
    const { low, high } = extentOf(values);
    const half = oneSided === 'auto' ? low >= 0 : oneSided;
    const { mean, spread } = momentsOf(values, prior);
    const level = spread * aciqFactor(prior, (bits ?? widthOf(format)) + Number(half));
    if (half) return { low: 0, high: Math.min(withinValues ? high : Infinity, Math.max(mean, 0) + level) };
    const from = Math.max(low, mean - level);
    return { low: from, high: withinValues ? Math.min(high, mean + level) : from + 2 * level };
  };
}

/** Mean, and E|x - mu| or the standard deviation. */
function momentsOf(values: Float32Array, prior: Prior): { mean: number; spread: number } {
  const mean = total(values) / values.length;
  if (prior === 'laplace') return { mean, spread: total(values, (x) => Math.abs(x - mean)) / values.length };
  return { mean, spread: Math.sqrt(total(values, (x) => (x - mean) * (x - mean)) / values.length) };
}
