import type { QuantizeLayer } from '../network.js';
import { quantize as codesOf } from '../quantization.js';
import { oneEach, type Operator } from './operator.js';

/** Real numbers to codes. */
export const quantize: Operator<QuantizeLayer> = {
  reads: 1,
  facts: ({ quantization }, [{ shape }]) => [{ shape, quantization }],
  reals: ({ quantization }, [x]) => [codesOf(x, quantization)],
  operations: oneEach,
};
