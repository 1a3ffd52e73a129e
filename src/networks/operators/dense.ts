import type { DenseLayer } from '../network.js';
import { onArray } from './mac.js';
import type { Operator } from './operator.js';

/** Features times a matrix. */
export const dense: Operator<DenseLayer> = {
  ...onArray,
  check(layer) {
    onArray.check(layer);
    if (layer.weight.shape.length !== 2)
      throw new Error(
        `layer ${layer.name} has weights of shape ${layer.weight.shape.join('x')}: outputs x inputs is wanted`,
      );
  },
};
