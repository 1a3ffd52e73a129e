import type { ConvLayer } from '../network.js';
import { onArray } from './mac.js';
import type { Operator } from './operator.js';

/** Two-dimensional convolution, in groups. */
export const conv: Operator<ConvLayer> = {
  ...onArray,
  check(layer) {
    onArray.check(layer);
    const [filters] = layer.weight.shape;
    if (layer.weight.shape.length !== 4 || !(layer.groups >= 1) || filters % layer.groups !== 0)
      throw new Error(
        `layer ${layer.name} has weights of shape ${layer.weight.shape.join('x')} in ${layer.groups} groups: filters x channels x height x width, in groups that divide the filters, are wanted`,
      );
  },
};
