import { type Fit, fitTo } from '../../formats/codec.js';
import type { FloatFormat, Format } from '../../formats/format.js';
import { floorLog2 } from '../../formats/raw.js';
import { squaredError } from './omse.js';
import { magnitudeOf } from './maximum.js';
import { largestOf } from '../contract/range.js';
import { total } from '../algebra/reals.js';
import type { Calibrator } from '../contract/scheme.js';

/**
 * Small floats whose exponent bias is chosen for each tensor: value = (-1)^s 2^(E - b) (1 + M / 2^m), E = 0 subnormal.
 * Another bias is another power of two on the whole format, so it is held as the tensor's scale, 2^(bias - b), and costs
 * the hardware one addition to the output's exponent.
 *
 * `fixed`: b as the format has it, 2^(e-1) - 1. `max`: the top exponent is that of the largest magnitude (AdaptivFloat's
 * choice, Tambe et al., DAC 2020): b = top - floor(log2 max |x|). `sqnr`: of the integers around that, the one with the
 * best signal to quantization noise; the smaller of equals.
 */
export type BiasRule = 'fixed' | 'max' | 'sqnr';

/** How far from `max` the search of `sqnr` goes: biases max - below .. max + above. */
export interface BiasSearch {
  below?: number;
  above?: number;
}

/** The bias that the rule gives some values in a format. */
export function biasFor(
  values: Float32Array,
  fit: Fit,
  rule: BiasRule,
  { below = 3, above = 5 }: BiasSearch = {},
): number {
  const format = floatOf(fit.format);
  if (rule === 'fixed') return format.bias;
  const top = format.bias + floorLog2(largestOf(format));
  const fitting = top - floorLog2(magnitudeOf(values));
  if (rule === 'max') return fitting;
  let [best, least] = [fitting, Infinity];
  for (let bias = fitting - below; bias <= fitting + above; bias++) {
    const error = squaredError(values, fit, scaleOf(format, bias));
    if (error < least) [best, least] = [bias, error];
  }
  return best;
}

/** As a calibrator: the scale is the power of two that stands for the bias. */
export function adaptiveBias(rule: BiasRule, search?: BiasSearch): Calibrator {
  return (values, fit) => ({ scale: scaleOf(floatOf(fit.format), biasFor(values, fit, rule, search)), zeroPoint: 0 });
}

function scaleOf(format: FloatFormat, bias: number): number {
  return 2 ** (format.bias - bias);
}

/** @throws Error for a format without an exponent */
function floatOf(format: Format): FloatFormat {
  if (format.kind === 'float' && format.radix === 2) return format;
  throw new Error(`an exponent bias is a binary float's, found ${format.name}: take the maximum`);
}

/** What one rule makes of some values in one format. */
export interface BiasRow {
  format: string;
  bits: number;
  rule: BiasRule;
  bias: number;
  /** 10 log10 of signal power over quantization noise. */
  sqnrDb: number;
}

/** The three rules side by side, for each format. */
export function compareBiases(values: Float32Array, formats: readonly FloatFormat[], search?: BiasSearch): BiasRow[] {
  const power = total(values, (x) => x * x);
  return formats.flatMap((format) =>
    (['fixed', 'max', 'sqnr'] as const).map((rule) => {
      const fit = fitTo(format, { overflow: 'saturate' });
      const bias = biasFor(values, fit, rule, search);
      const noise = squaredError(values, fit, scaleOf(format, bias));
      const bits = 1 + format.exponentBits + format.mantissaBits;
      return { format: format.name, bits, rule, bias, sqnrDb: 10 * Math.log10(power / noise) };
    }),
  );
}

/** A float of e exponent and m mantissa bits with all codes finite, subnormals, and the usual bias 2^(e-1) - 1. */
export function plainFloat(exponentBits: number, mantissaBits: number): FloatFormat {
  return {
    kind: 'float',
    name: `e${exponentBits}m${mantissaBits}`,
    signed: true,
    exponentBits,
    mantissaBits,
    bias: 2 ** (exponentBits - 1) - 1,
    radix: 2,
    lowest: 'subnormal',
    specials: 'none',
  };
}
