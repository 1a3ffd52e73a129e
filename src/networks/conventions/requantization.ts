import type { IntegerPlanes, IntegerRows } from '../../datapaths/kernel/index.js';
import type { CodeArray, Quantization } from '../tensor.js';
import type { ByteColumns } from './bytes.js';

/** How sums of codes become codes again. In between a sum is a float32 that is multiplied by its filter's multiplier. */
export interface Requantization {
  /** From the float32 scale of the sums of each filter, s_in * s_w. */
  multipliers(scales: Float32Array, output: Quantization): Float32Array;
  /** Sums [rows, filters] with the bias of each filter, as the register between holds them. */
  withBias(sums: Float32Array | Float64Array, bias: Float32Array | Int32Array): Float64Array;
  /** Codes of multiplied sums. */
  codes(scaled: Float32Array, output: Quantization): CodeArray;
  /**
   * All of it at once, for integer sums where they lie; undefined where that would not give the same.
   */
  columns?(filters: Filters, output: Quantization): ((rows: IntegerRows) => ByteColumns) | undefined;
  /** The same for planes of sums, of so many pixels each: codes in their order. */
  planes?(filters: Filters, output: Quantization): ((planes: IntegerPlanes, pixels: number) => Uint8Array) | undefined;
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
