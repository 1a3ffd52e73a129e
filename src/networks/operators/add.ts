import type { AddLayer } from '../network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../tensor.js';
import { oneEach, type Operator, realLikeInput } from './operator.js';

/** Elementwise sum of two tensors of one shape. */
export const add: Operator<AddLayer> = {
  reads: 2,
  facts: realLikeInput,
  reals({ name }, [x, y]) {
    if (sizeOf(y.shape) !== sizeOf(x.shape))
      throw new Error(`layer ${name} adds shapes ${x.shape.join('x')} and ${y.shape.join('x')}: they must be the same`);
    return [sum(x, y)];
  },
  operations: oneEach,
};

function addInto(to: Float32Array, x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = x[i] + y[i];
}

/** In float32. */
export function sum(x: FloatTensor, y: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  addInto(output.data, x.data, y.data);
  return output;
}
