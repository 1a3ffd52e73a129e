import type { Layer, PoolLayer, SignLayer } from '../../networks/network.js';
import { flatten, maxPlaces, pick, relu, sign } from '../../networks/operators.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import { shapeAfter } from '../../networks/onnx/shapes.js';
import type { Module } from './module.js';

/** Layers without parameters. */

/** A layer whose gradient is that of its output, passed where `passes` says so by the input. */
function gated(layer: Layer, run: (x: FloatTensor) => FloatTensor, passes: (x: number) => boolean): Module {
  let input = floatTensor([0]);
  return {
    parameters: [],
    layer: () => layer,
    forward(x) {
      input = x;
      return run(x);
    },
    backward(dy) {
      const dx = floatTensor(dy.shape);
      for (let i = 0; i < dy.data.length; i++) dx.data[i] = passes(input.data[i]) ? dy.data[i] : 0;
      return dx;
    },
  };
}

export const reluModule = (layer: Layer): Module =>
  gated(
    layer,
    (x) => relu(x) as FloatTensor,
    (x) => x > 0,
  );

/** The gradient of the hard tanh in place of the step's (BNN, Courbariaux et al. 2016): passed where |x| <= 1. */
export const signModule = (layer: SignLayer): Module =>
  gated(
    layer,
    (x) => sign(x, layer),
    (x) => Math.abs(x) <= 1,
  );

export function flattenModule(layer: Layer): Module {
  let shape: readonly number[] = [];
  return {
    parameters: [],
    layer: () => layer,
    forward(x) {
      shape = x.shape;
      return flatten(x) as FloatTensor;
    },
    backward: (dy) => floatTensor(shape, dy.data),
  };
}

export function maxPoolModule(layer: PoolLayer): Module {
  let shape: readonly number[] = [];
  let places: Int32Array = new Int32Array(0);
  return {
    parameters: [],
    layer: () => layer,
    forward(x) {
      shape = x.shape;
      places = maxPlaces(layer, x.data, shape);
      const output = [shape[0], ...shapeAfter(layer, shape.slice(1))];
      return floatTensor(output, pick(x.data, places, new Float32Array(places.length)));
    },
    backward(dy) {
      const dx = floatTensor(shape);
      for (let i = 0; i < places.length; i++) dx.data[places[i]] += dy.data[i];
      return dx;
    },
  };
}
