import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import type { AddLayer, AveragePoolLayer, Layer, MaxPoolLayer, SignLayer } from '../../networks/network.js';
import { sum } from '../../networks/operators/add.js';
import { means } from '../../networks/operators/averagePool.js';
import { inRows } from '../../networks/operators/flatten.js';
import { maxPlaces, pick } from '../../networks/operators/maxPool.js';
import { positive } from '../../networks/operators/relu.js';
import { signs } from '../../networks/operators/sign.js';
import { slidingOf } from '../../networks/products/windows.js';
import type { LayerModule, Module } from './module.js';

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
      const passed = dy.data.map((g, i) => (passes(input.data[i]) ? g : 0));
      return floatTensor(dy.shape, passed);
    },
  };
}

export const reluModule = (layer: Layer): Module => gated(layer, positive, (x) => x > 0);

/** The gradient of the hard tanh in place of the step's (BNN, Courbariaux et al. 2016): passed where |x| <= 1. */
export const signModule = (layer: SignLayer): Module =>
  gated(
    layer,
    (x) => signs(x, layer),
    (x) => Math.abs(x) <= 1,
  );

export function flattenModule(layer: Layer): Module {
  let shape: readonly number[] = [];
  return {
    parameters: [],
    layer: () => layer,
    forward(x) {
      shape = x.shape;
      return inRows(x);
    },
    backward: (dy) => floatTensor(shape, dy.data),
  };
}

export function maxPoolModule(layer: MaxPoolLayer): Module {
  let shape: readonly number[] = [];
  let places: Int32Array = new Int32Array(0);
  return {
    parameters: [],
    layer: () => layer,
    forward(x) {
      shape = x.shape;
      places = maxPlaces(layer, x.data, shape);
      return floatTensor(slidingOf(layer, shape).shape, pick(x.data, places, new Float32Array(places.length)));
    },
    backward(dy) {
      const dx = floatTensor(shape);
      places.forEach((place, i) => {
        dx.data[place] += dy.data[i];
      });
      return dx;
    },
  };
}

/** Each output's gradient goes to the elements under its window in equal parts. */
export function averagePoolModule(layer: AveragePoolLayer): Module {
  let shape: readonly number[] = [];
  return {
    parameters: [],
    layer: () => layer,
    forward(x) {
      shape = x.shape;
      return means(layer, x);
    },
    backward(dy) {
      const { planes, size, outputs, taps, places } = slidingOf(layer, shape);
      const dx = floatTensor(shape);
      for (let plane = 0, at = 0; plane < planes; plane++)
        for (let o = 0; o < outputs; o++, at++) {
          const inside = places.subarray(o * taps, (o + 1) * taps).filter((place) => place >= 0);
          for (const place of inside) dx.data[plane * size + place] += dy.data[at] / inside.length;
        }
      return dx;
    },
  };
}

/** Each input's gradient is that of the sum. */
export function addModule(layer: AddLayer): LayerModule {
  return {
    parameters: [],
    layer: () => layer,
    forward: ([x, y]) => [sum(x, y)],
    backward: ([dy]) => [dy, dy],
  };
}
