import type { ConvLayer, Layer, PoolLayer } from '../network.js';
import { sizeOf } from '../tensor.js';

/** Positions of a window along one axis. */
function windows(length: number, kernel: number, stride: number, pads: number, dilation = 1): number {
  return Math.floor((length + pads - dilation * (kernel - 1) - 1) / stride) + 1;
}

function slide(
  [, height, width]: readonly number[],
  channels: number,
  kernel: readonly [number, number],
  { stride, pad }: ConvLayer | PoolLayer,
  dilation: readonly [number, number] = [1, 1],
): number[] {
  const [top, left, bottom, right] = pad;
  return [
    channels,
    windows(height, kernel[0], stride[0], top + bottom, dilation[0]),
    windows(width, kernel[1], stride[1], left + right, dilation[1]),
  ];
}

/** Shape of what a layer writes, from the shape that it reads; both without the batch. */
export function shapeAfter(layer: Layer, shape: readonly number[]): readonly number[] {
  switch (layer.op) {
    case 'conv': {
      const [filters, , r, s] = layer.weight.shape;
      return slide(shape, filters, [r, s], layer, layer.dilation);
    }
    case 'dense':
      return [layer.weight.shape[0]];
    case 'maxPool':
    case 'averagePool':
      return slide(shape, shape[0], layer.kernel, layer);
    case 'flatten':
      return [sizeOf(shape)];
    default:
      return shape;
  }
}
