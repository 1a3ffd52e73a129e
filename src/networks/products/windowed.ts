import type { WindowJob } from '../../datapaths/kernel/index.js';
import type { Arithmetic, ConvLayer, DenseLayer } from '../network.js';
import type { LaneStep } from '../lanes.js';
import { zeroCode } from '../quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Operand, sizeOf } from '../tensor.js';
import { finishedPlanes } from './finish.js';
import { emptyOutput, finishOf } from './finishedRows.js';
import { asPlanes, type Product, productOf } from './convolution.js';

type Mac = ConvLayer | DenseLayer;

/**
 * Sums [groups, m, n] of a convolution in groups, where the arithmetic has a way without patches. Weights with a zero point
 * have none: what comes off their sums are totals of patches.
 */
export function windowSums(
  layer: Mac,
  x: CodeTensor,
  w: CodeTensor,
  product: Product,
  arithmetic: Arithmetic,
): Float64Array | undefined {
  const asked = product.groups === 1 ? undefined : windowsOf(layer, x, w, product);
  return asked && arithmetic.windows?.(asked.windows, asked.job);
}

/**
 * What a convolution gives, and steps over its elements make of that, from whole sums that have not left the kernels' memory;
 * undefined where the arithmetic or the convention has no such way.
 */
export function finishedWindows(
  layer: Mac,
  x: Operand,
  product: Product,
  arithmetic: Arithmetic,
  steps: readonly LaneStep[],
): Operand | undefined {
  const { weight: w } = layer;
  if (arithmetic.integerPlanes === undefined || x.kind !== 'codes' || w.kind !== 'codes') return undefined;
  const asked = windowsOf(layer, x, w, product);
  const finish = asked && finishOf(layer, w, x.quantization, product, steps);
  const blocks = finish && arithmetic.integerPlanes(asked.windows, asked.job);
  if (finish === undefined || blocks === undefined) return undefined;
  const { n, groups, pixels } = product;
  const output = emptyOutput(product, finish);
  for (const block of blocks) {
    const own = finishedPlanes(block, pixels, finish);
    const { first, firstImage, images, filters } = block;
    const length = filters * pixels;
    if (images === 1) output.data.set(own, (firstImage * groups * n + first) * pixels);
    else
      for (let i = 0; i < block.groups * images; i++) {
        const filter = first + Math.floor(i / images) * filters;
        const to = (firstImage + (i % images)) * groups * n + filter;
        output.data.set(own.subarray(i * length, (i + 1) * length), to * pixels);
      }
  }
  return output;
}

/** A convolution of real numbers, and steps over its elements, where the arithmetic has a way without patches. */
export function realWindows(
  layer: Mac,
  x: Operand,
  product: Product,
  arithmetic: Arithmetic,
  steps: readonly LaneStep[],
): FloatTensor | undefined {
  const { weight: w, bias, result } = layer;
  if (arithmetic.realPlanes === undefined || layer.op !== 'conv' || layer.groups > 1 || product.m === 0)
    return undefined;
  if (x.kind !== 'float' || w.kind !== 'float' || result.kind === 'blocks') return undefined;
  if (steps.some(({ codes }) => codes !== undefined)) return undefined;
  // Adding -0 changes no number.
  const biases = Float32Array.from(bias ?? new Float32Array(product.n).fill(-0));
  const operands = { a: x.data, b: w.data, bias: biases, steps };
  const sums = arithmetic.realPlanes({ ...geometryOf(layer, x.shape, w.shape), ...operands });
  return sums && floatTensor(product.output, sums);
}

/** The convolution as the arithmetic reads it; undefined where its sums alone do not say what becomes of them. */
function windowsOf(layer: Mac, x: CodeTensor, w: CodeTensor, { m, n, k, groups }: Product) {
  if (layer.op !== 'conv' || m === 0 || w.quantization.zeroPoint !== 0) return undefined;
  const job = { layer: layer.name, m: groups * m, n, k, a: x.quantization, b: w.quantization };
  return { windows: windowJob(layer, x, w), job };
}

function windowJob(layer: ConvLayer, x: CodeTensor, w: CodeTensor): WindowJob {
  return {
    ...geometryOf(layer, x.shape, w.shape),
    ...{ groups: layer.groups, padding: zeroCode(x.quantization), a: x.data.subarray(0, sizeOf(x.shape)), b: w.data },
  };
}

function geometryOf(
  layer: ConvLayer,
  given: readonly number[],
  weights: readonly number[],
): Omit<WindowJob, 'a' | 'b' | 'groups' | 'padding'> {
  const { groups, stride, dilation, pad } = layer;
  const shape = asPlanes(given);
  const [images, , height, width] = shape;
  const [filters, channels, r, s] = weights;
  const [p, q] = productOf(layer, shape).output.slice(2);
  return {
    ...{ images, channels, filters: filters / groups, plane: [height, width], kernel: [r, s] },
    ...{ output: [p, q], stride, dilation, before: [pad[0], pad[1]] },
  };
}
