import { exp } from '../elementary.js';
import type { SoftmaxLayer } from '../network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../tensor.js';
import { type Operator, realLikeInput } from './operator.js';

/** e^x over its sum, along the last axis. */
export const softmax: Operator<SoftmaxLayer> = {
  reads: 1,
  facts: realLikeInput,
  reals: (_, [x]) => [shares(x)],
  // A maximum, a difference, an exponential, a sum and a quotient of each element.
  operations: (_, [{ shape }]) => 5 * sizeOf(shape),
};

function shares(x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  const width = x.shape[x.shape.length - 1];
  for (let first = 0; first < x.data.length; first += width) {
    const row = x.data.subarray(first, first + width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = Float64Array.from(row, (value) => exp(value - most));
    const total = powers.reduce((a, b) => a + b, 0);
    output.data.set(
      powers.map((power) => power / total),
      first,
    );
  }
  return output;
}
