import type { ConvLayer, PoolLayer } from '../network.js';
import { sizeOf } from '../tensor.js';

/** Windows that slide over planes of height x width: those of a convolution, and those of pools. */

/** Positions of a window along one axis. */
function positions(length: number, kernel: number, stride: number, pads: number, dilation: number): number {
  return Math.floor((length + pads - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Height and width of what windows over [channels, height, width] give. */
export function slide(
  [, height, width]: readonly number[],
  kernel: readonly [number, number],
  { stride, pad }: Pick<ConvLayer, 'stride' | 'pad'>,
  dilation: readonly [number, number] = [1, 1],
): [number, number] {
  const [top, left, bottom, right] = pad;
  return [
    positions(height, kernel[0], stride[0], top + bottom, dilation[0]),
    positions(width, kernel[1], stride[1], left + right, dilation[1]),
  ];
}

/** The planes of a pool's input and the windows that slide over each. */
export interface Sliding {
  planes: number;
  /** Elements of a plane. */
  size: number;
  outputs: number;
  taps: number;
  /** What lies under each window: places in a plane [outputs, taps], -1 in the padding. */
  places: Int32Array;
  /** Of the output. */
  shape: readonly number[];
}

/** Shape of what a pool gives for [images, channels, height, width]. */
export function pooledShape(layer: PoolLayer, shape: readonly number[]): readonly number[] {
  return [shape[0], shape[1], ...slide(shape.slice(1), layer.kernel, layer)];
}

/** @param shape of the input: [images, channels, height, width] */
export function slidingOf(layer: PoolLayer, shape: readonly number[]): Sliding {
  const after = pooledShape(layer, shape);
  const places = placesOf(layer, shape.slice(2), after.slice(2));
  const taps = layer.kernel[0] * layer.kernel[1];
  return {
    planes: shape[0] * shape[1],
    size: sizeOf(shape.slice(2)),
    outputs: places.length / taps,
    taps,
    places,
    shape: after,
  };
}

function placesOf(
  { kernel, stride, pad }: PoolLayer,
  [height, width]: readonly number[],
  [p, q]: readonly number[],
): Int32Array {
  const places = new Int32Array(p * q * kernel[0] * kernel[1]);
  let at = 0;
  for (let y = 0; y < p; y++)
    for (let x = 0; x < q; x++)
      for (let i = 0; i < kernel[0]; i++)
        for (let j = 0; j < kernel[1]; j++) {
          const row = y * stride[0] + i - pad[0];
          const col = x * stride[1] + j - pad[1];
          places[at++] = row >= 0 && row < height && col >= 0 && col < width ? row * width + col : -1;
        }
  return places;
}
