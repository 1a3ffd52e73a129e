import { f32x4 } from '../../wasm/vector.js';
import { laneFunction, type LaneStep } from '../lanes.js';
import type { AddLayer } from '../network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../tensor.js';
import { always, oneEach, type Operator, realLikeInput } from './operator.js';

/** Elementwise sum of two tensors of one shape. */
export const add: Operator<AddLayer> = {
  reads: 2,
  facts: realLikeInput,
  reals({ name }, [x, y]) {
    if (sizeOf(y.shape) !== sizeOf(x.shape))
      throw new Error(`layer ${name} adds shapes ${x.shape.join('x')} and ${y.shape.join('x')}: they must be the same`);
    return [sum(x, y)];
  },
  elementwise: always,
  lanes: () => addStep,
  operations: oneEach,
};

const addStep: LaneStep = {
  ...{ name: 'add', constants: new Int32Array(0), operands: 2 },
  compute: (x, _, y = x) => f32x4.add(x, y),
};

const added = laneFunction(2, f32x4.add);

/** In float32. */
export function sum(x: FloatTensor, y: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  added([x.data, y.data], output.data);
  return output;
}
