import type { FlattenLayer } from '../network.js';
import { sizeOf, type Tensor } from '../tensor.js';
import type { Operator } from './operator.js';

/** An image's elements as one row of features. */
export const flatten: Operator<FlattenLayer> = {
  reads: 1,
  facts: (_, [{ shape, quantization }]) => [{ shape: [shape[0], sizeOf(shape.slice(1))], quantization }],
  reals: (_, [x]) => [inRows(x)],
  codes: (_, [x]) => [inRows(x)],
  homogeneous: true,
  chooses: true,
};

export function inRows<T extends Tensor>(x: T): T {
  return { ...x, shape: [x.shape[0], sizeOf(x.shape.slice(1))] };
}
