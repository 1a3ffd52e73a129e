import type { CodeArray, Quantization } from '../tensor.js';

/** How sums of codes become codes again. In between a sum is a float32 that is multiplied by its filter's multiplier. */
export interface Requantization {
  /** From the float32 scale of the sums of each filter, s_in * s_w. */
  multipliers(scales: Float32Array, output: Quantization): Float32Array;
  /** Sums [rows, filters] with the bias of each filter, as the register between holds them. */
  withBias(sums: Float32Array | Float64Array, bias: Float32Array | Int32Array): Float64Array;
  /** Codes of multiplied sums. */
  codes(scaled: Float32Array, output: Quantization): CodeArray;
}
