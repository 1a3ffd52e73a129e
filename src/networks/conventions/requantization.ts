import type { Finishing } from '../products/finish.js';
import type { CodeArray, Quantization } from '../tensor.js';

/** How sums of codes become codes again. In between a sum is a float32 that is multiplied by its filter's multiplier. */
export interface Requantization {
  /** From the float32 scale of the sums of each filter, s_in * s_w. */
  multipliers(scales: Float32Array, output: Quantization): Float32Array;
  /** Sums [rows, filters] with the bias of each filter, as the register between holds them. */
  withBias(sums: Float32Array | Float64Array, bias: Float32Array | Int32Array): Float64Array;
  /** Codes of multiplied sums. */
  codes(scaled: Float32Array, output: Quantization): CodeArray;
  /** All of it at once, for integer sums where they lie; undefined where that would not give the same. */
  finish?(filters: Filters, output: Quantization): Finishing | undefined;
}

/** What is done to the sums of each filter. */
export interface Filters {
  multipliers: Float32Array;
  /** Taken off, because of the input's zero point: an integer each. */
  corrections: Float64Array;
  bias?: Float32Array | Int32Array;
  /** No sum less its correction is larger. */
  largest: number;
}
