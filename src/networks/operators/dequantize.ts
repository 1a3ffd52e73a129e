import type { DequantizeLayer } from '../network.js';
import { dequantize as realsOf } from '../quantization.js';
import { always, oneEach, type Operator, realLikeInput } from './operator.js';

/** Codes to real numbers; real numbers as they are. */
export const dequantize: Operator<DequantizeLayer> = {
  reads: 1,
  facts: realLikeInput,
  reals: (_, inputs) => inputs,
  codes: (_, [x]) => [realsOf(x)],
  elementwise: always,
  operations: oneEach,
};
