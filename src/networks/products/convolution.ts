import type { ConvLayer, DenseLayer } from '../network.js';
import { sizeOf } from '../tensor.js';
import { slide } from './windows.js';

/** A conv or dense layer as matrix products, one for each group: m = images * output pixels, n = filters, k = c r s. */
export interface Product {
  m: number;
  n: number;
  k: number;
  groups: number;
  /** Output pixels of one image. */
  pixels: number;
  /** Shape of the output with the batch: [images, filters, p, q], without p over lines, or [images, outputs]. */
  output: readonly number[];
}

/** Lines [images, channels, length], as 1-d convolutions read them, are planes of height 1. */
export function asPlanes(shape: readonly number[]): readonly number[] {
  return shape.length === 3 ? [shape[0], shape[1], 1, shape[2]] : shape;
}

/** Shape of what a conv or dense layer writes, without the batch, for an input with it. */
function productShape(layer: ConvLayer | DenseLayer, input: readonly number[]): readonly number[] {
  const [filters, , r, s] = layer.weight.shape;
  if (layer.op !== 'conv') return [filters];
  const lengths = slide(asPlanes(input).slice(1), [r, s], layer, layer.dilation);
  return [filters, ...(input.length === 3 ? lengths.slice(1) : lengths)];
}

export function productOf(layer: ConvLayer | DenseLayer, input: readonly number[]): Product {
  const [filters, ...patch] = layer.weight.shape;
  const output = [input[0], ...productShape(layer, input)];
  const pixels = sizeOf(output.slice(2));
  const groups = layer.op === 'conv' ? layer.groups : 1;
  return { m: input[0] * pixels, n: filters / groups, k: sizeOf(patch), groups, pixels, output };
}

/** A group of an image with its padding around it: channels / groups planes of height x width. */
interface Frame {
  channels: number;
  height: number;
  width: number;
  /** Where each element of the patches [p * q, channels * r * s] of one image lies in the frame. */
  from: Int32Array;
  /** Where each element of the image's group lies in the frame. */
  inside: Int32Array;
}

const frames = new WeakMap<ConvLayer, Map<string, Frame>>();

/** Made once for a layer and the size of what it reads. */
function frameOf(layer: ConvLayer, shape: readonly number[]): Frame {
  let known = frames.get(layer);
  if (known === undefined) frames.set(layer, (known = new Map()));
  const size = shape.slice(1).join('x');
  let frame = known.get(size);
  if (frame === undefined) known.set(size, (frame = buildFrame(layer, shape)));
  return frame;
}

function buildFrame(layer: ConvLayer, shape: readonly number[]): Frame {
  const [top, left, bottom, right] = layer.pad;
  const [rows, cols] = shape.slice(2);
  const channels = shape[1] / layer.groups;
  const [height, width] = [rows + top + bottom, cols + left + right];
  const inside = new Int32Array(channels * rows * cols);
  for (let i = 0; i < inside.length; i++) {
    const plane = Math.floor(i / (rows * cols));
    const row = Math.floor(i / cols) % rows;
    inside[i] = (plane * height + row + top) * width + (i % cols) + left;
  }
  return {
    channels,
    height,
    width,
    inside,
    from: patchPlaces(layer, channels, height, width, productOf(layer, shape).output),
  };
}

function patchPlaces(
  { weight, stride, dilation }: ConvLayer,
  channels: number,
  height: number,
  width: number,
  output: readonly number[],
) {
  const [r, s] = weight.shape.slice(2);
  const [p, q] = output.slice(2);
  const from = new Int32Array(p * q * channels * r * s);
  let at = 0;
  for (let y = 0; y < p; y++)
    for (let x = 0; x < q; x++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < r; i++)
          for (let j = 0; j < s; j++)
            from[at++] = (c * height + y * stride[0] + i * dilation[0]) * width + x * stride[1] + j * dilation[1];
  return from;
}

/** Place of a group's first element in an image of a batch [images, c, h, w]. */
function firstOf([, c, height, width]: readonly number[], { groups }: ConvLayer, image: number, group: number): number {
  return (image * c + (group * c) / groups) * height * width;
}

/** The adjoint of `patchesOf`: every patch element is added to the input element that it came from (col2im). */
export function addPatches(
  patches: Float32Array,
  x: Float32Array,
  given: readonly number[],
  layer: ConvLayer,
  group: number,
): void {
  const shape = asPlanes(given);
  const { channels, height, width, from, inside } = frameOf(layer, shape);
  const frame = new Float32Array(channels * height * width);
  for (let image = 0; image < shape[0]; image++) {
    frame.fill(0);
    const at = image * from.length;
    for (let i = 0; i < from.length; i++) frame[from[i]] += patches[at + i];
    const first = firstOf(shape, layer, image, group);
    for (let i = 0; i < inside.length; i++) x[first + i] += frame[inside[i]];
  }
}
