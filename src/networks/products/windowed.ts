import type { WindowJob } from '../../datapaths/kernel/index.js';
import type { Arithmetic, ConvLayer, DenseLayer } from '../network.js';
import { zeroCode } from '../quantization.js';
import type { CodeTensor } from '../tensor.js';
import { asPlanes, type Product, productOf } from './convolution.js';

/**
 * Sums [groups, m, n] of a convolution in groups, where the arithmetic has a way without patches. Weights with a zero point
 * have none: what comes off their sums are totals of patches.
 */
export function windowSums(
  layer: ConvLayer | DenseLayer,
  x: CodeTensor,
  w: CodeTensor,
  { m, n, k, groups }: Product,
  arithmetic: Arithmetic,
): Float64Array | undefined {
  if (layer.op !== 'conv' || groups === 1 || m === 0 || w.quantization.zeroPoint !== 0) return undefined;
  const job = { layer: layer.name, m: groups * m, n, k, a: x.quantization, b: w.quantization };
  return arithmetic.windows?.(windowJob(layer, x, w), job);
}

function windowJob(layer: ConvLayer, x: CodeTensor, w: CodeTensor): WindowJob {
  const { groups, stride, dilation, pad } = layer;
  const shape = asPlanes(x.shape);
  const [images, planes, height, width] = shape;
  const [filters, channels, r, s] = w.shape;
  const [p, q] = productOf(layer, shape).output.slice(2);
  return {
    ...{ images, groups, channels, filters: filters / groups },
    ...{ plane: [height, width], kernel: [r, s], output: [p, q], stride, dilation, before: [pad[0], pad[1]] },
    ...{ padding: zeroCode(x.quantization), a: x.data.subarray(0, images * planes * height * width), b: w.data },
  };
}
