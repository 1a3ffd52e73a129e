import type { FloatTensor } from '../../networks/tensor.js';
import type { Quantized } from '../../quantize/contract/fake.js';
import type { GradientQuantizer, RoundedGradient } from '../../quantize/learned/gradients.js';
import { rangeOf } from '../../quantize/contract/range.js';

/** Exponents of the histogram's first and last class; what lies beyond is counted in them. */
export const LOWEST_EXPONENT = -60;
export const HIGHEST_EXPONENT = 20;

/** What has become of the gradients by the layers' outputs, over all that was seen. */
export interface GradientTally {
  elements: number;
  /** Of these, zero before any rounding. */
  zeros: number;
  /** Nonzero, and rounded to zero. */
  underflowed: number;
  /** Beyond the grid's largest value, or no longer finite. */
  overflowed: number;
  /** Nonzero gradients, with loss scaling taken off, by floor(log2 |g|) from LOWEST_EXPONENT on. */
  histogram: Float64Array;
}

export function noGradients(): GradientTally {
  const histogram = new Float64Array(HIGHEST_EXPONENT - LOWEST_EXPONENT + 1);
  return { elements: 0, zeros: 0, underflowed: 0, overflowed: 0, histogram };
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** Counts a gradient and what it was rounded to. */
export function countGradient(tally: GradientTally, before: FloatTensor, after: Quantized, lossScale: number): void {
  const { values, quantization: q } = after;
  const largest = q === undefined ? Infinity : rangeOf(q)[1] * q.scale[0];
  const shift = Math.log2(lossScale);
  tally.elements += before.data.length;
  for (let i = 0; i < before.data.length; i++) {
    const g = before.data[i];
    if (g === 0) {
      tally.zeros++;
      continue;
    }
    const y = values.data[i];
    if (y === 0) tally.underflowed++;
    else if (y - y !== 0 || Math.abs(g) > largest) tally.overflowed++;
    tally.histogram[classOf(g, shift)]++;
  }
}

/** A power-of-two loss scale moves classes as a whole; another is taken off by its logarithm, to the nearest class. */
function classOf(g: number, shift: number): number {
  single[0] = g;
  const exponent = ((word[0] >>> 23) & 0xff) - 127 - Math.round(shift);
  return Math.min(Math.max(exponent, LOWEST_EXPONENT), HIGHEST_EXPONENT) - LOWEST_EXPONENT;
}

/** The quantizer, with every gradient reported; `undefined` leaves gradients as they are. */
export function watched(
  quantizer: GradientQuantizer | undefined,
  see: (before: FloatTensor, after: Quantized) => void,
): GradientQuantizer {
  return {
    state: quantizer?.state,
    forward(gradient) {
      const real: Quantized = { values: gradient, quantization: undefined };
      const rounded: RoundedGradient = quantizer?.forward(gradient) ?? { inputGradient: real, weightGradient: real };
      see(gradient, rounded.weightGradient);
      return rounded;
    },
  };
}
