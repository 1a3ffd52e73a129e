import type { SignLayer } from '../network.js';
import { type FloatTensor, floatTensor } from '../tensor.js';
import { always, oneEach, type Operator, realLikeInput } from './operator.js';

/** 1 or -1; of a zero `ofZero`, 1 where it is left out. Where a zero is 0, NaN stays NaN: a network of two values has none. */
export const sign: Operator<SignLayer> = {
  reads: 1,
  check({ name, ofZero }) {
    if (ofZero !== undefined && ofZero !== 0)
      throw new Error(`layer ${name} has ofZero = ${String(ofZero)}: it is 0, or left out for 1`);
  },
  facts: realLikeInput,
  reals: (layer, [x]) => [signs(x, layer)],
  elementwise: always,
  operations: oneEach,
};

export function signs(x: FloatTensor, { ofZero = 1 }: { ofZero?: number } = {}): FloatTensor {
  const output = floatTensor(x.shape);
  for (let i = 0; i < x.data.length; i++) {
    const value = x.data[i];
    output.data[i] = value > 0 ? 1 : value === 0 ? ofZero : ofZero === 0 && Number.isNaN(value) ? Number.NaN : -1;
  }
  return output;
}
