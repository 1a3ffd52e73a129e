import type { BatchNormLayer } from '../network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../tensor.js';
import { type Operator, realLikeInput } from './operator.js';

/** A scale and a shift for each channel of [n, c, ...]. */
export const batchNorm: Operator<BatchNormLayer> = {
  reads: 1,
  check({ name, scale, shift }) {
    if (scale.length !== shift.length)
      throw new Error(`layer ${name} has ${scale.length} scales and ${shift.length} shifts: one of each a channel`);
  },
  facts: realLikeInput,
  reals: (layer, [x]) => [scaledAndShifted(layer, x)],
  operations: (_, [{ shape }]) => 2 * sizeOf(shape),
  parameters: ({ scale, shift }) => [
    { part: 'scale', data: scale, meaning: 'a factor for each channel' },
    { part: 'shift', data: shift, meaning: 'added to each channel' },
  ],
};

function scaledAndShifted({ scale, shift }: BatchNormLayer, x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  const run = sizeOf(x.shape.slice(2));
  for (let plane = 0, i = 0; plane < x.shape[0] * x.shape[1]; plane++) {
    const c = plane % x.shape[1];
    for (let end = i + run; i < end; i++) output.data[i] = Math.fround(x.data[i] * scale[c]) + shift[c];
  }
  return output;
}
