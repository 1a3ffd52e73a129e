import type { ConvLayer, DenseLayer } from './network.js';
import { shapeAfter } from './onnx/shapes.js';
import { sizeOf } from './tensor.js';

/** A conv or dense layer as matrix products, one for each group: m = images * output pixels, n = filters, k = c r s. */
export interface Product {
  m: number;
  n: number;
  k: number;
  groups: number;
  /** Output pixels of one image. */
  pixels: number;
  /** Shape of the output with the batch: [images, filters, p, q] or [images, outputs]. */
  output: readonly number[];
}

export function productOf(layer: ConvLayer | DenseLayer, input: readonly number[]): Product {
  const [filters, ...patch] = layer.weight.shape;
  const output = [input[0], ...shapeAfter(layer, input.slice(1))];
  const pixels = sizeOf(output.slice(2));
  const groups = layer.op === 'conv' ? layer.groups : 1;
  return { m: input[0] * pixels, n: filters / groups, k: sizeOf(patch), groups, pixels, output };
}

/** Where a patch element comes from: for every output row (or column) and kernel row (or column), the input's, or -1. */
function sources(
  outputs: number,
  taps: number,
  stride: number,
  dilation: number,
  pad: number,
  length: number,
): Int32Array {
  const from = new Int32Array(outputs * taps);
  for (let o = 0; o < outputs; o++)
    for (let t = 0; t < taps; t++) {
      const at = o * stride + t * dilation - pad;
      from[o * taps + t] = at >= 0 && at < length ? at : -1;
    }
  return from;
}

interface Window {
  channels: number;
  height: number;
  width: number;
  p: number;
  q: number;
  r: number;
  s: number;
  rows: Int32Array;
  cols: Int32Array;
}

function windowOf(layer: ConvLayer, [, c, height, width]: readonly number[], [, , p, q]: readonly number[]): Window {
  const [r, s] = layer.weight.shape.slice(2);
  const { stride, dilation, pad } = layer;
  const rows = sources(p, r, stride[0], dilation[0], pad[0], height);
  const cols = sources(q, s, stride[1], dilation[1], pad[1], width);
  return { channels: c / layer.groups, height, width, p, q, r, s, rows, cols };
}

type Elements = Float32Array | Uint8Array | Uint16Array | Uint32Array;

/**
 * The patches of one group as rows: [images * p * q, channels * r * s] from [images, c, h, w] (im2col).
 * @param padding what lies outside of the image: 0, or the code of zero
 */
export function patchesOf<T extends Elements>(
  x: T,
  shape: readonly number[],
  layer: ConvLayer,
  group: number,
  padding: number,
): T {
  const { m, k, output } = productOf(layer, shape);
  const { channels, height, width, p, q, r, s, rows, cols } = windowOf(layer, shape, output);
  const patches = new (x.constructor as new (length: number) => T)(m * k);
  let at = 0;
  for (let image = 0; image < shape[0]; image++) {
    const first = (image * shape[1] + group * channels) * height * width;
    for (let y = 0; y < p; y++)
      for (let z = 0; z < q; z++)
        for (let c = 0; c < channels; c++)
          for (let i = 0; i < r; i++) {
            const row = rows[y * r + i];
            const line = first + (c * height + row) * width;
            for (let j = 0; j < s; j++) {
              const col = cols[z * s + j];
              patches[at++] = row < 0 || col < 0 ? padding : x[line + col];
            }
          }
  }
  return patches;
}

/** The adjoint of `patchesOf`: every patch element is added to the input element that it came from (col2im). */
export function addPatches(
  patches: Float32Array,
  x: Float32Array,
  shape: readonly number[],
  layer: ConvLayer,
  group: number,
): void {
  const { channels, height, width, p, q, r, s, rows, cols } = windowOf(layer, shape, productOf(layer, shape).output);
  let at = 0;
  for (let image = 0; image < shape[0]; image++) {
    const first = (image * shape[1] + group * channels) * height * width;
    for (let y = 0; y < p; y++)
      for (let z = 0; z < q; z++)
        for (let c = 0; c < channels; c++)
          for (let i = 0; i < r; i++) {
            const row = rows[y * r + i];
            const line = first + (c * height + row) * width;
            for (let j = 0; j < s; j++, at++) {
              const col = cols[z * s + j];
              if (row >= 0 && col >= 0) x[line + col] += patches[at];
            }
          }
  }
}
