import { dequantize } from '../quantization.js';
import { floatTensor, type FloatTensor, type Tensor } from '../tensor.js';
import { byHeads, together } from './attention.js';
import { type Attributes, float, int } from './attributes.js';
import type { TensorFunction } from './function.js';
import { attended, headProducts, type ScoreLengths, maskBias } from './heads.js';
import { floatsOf, integersOf } from './operands.js';
import { shapesOf } from './selfAttention.js';

/**
 * ONNX Runtime's MultiHeadAttention: queries, keys, values, a bias for each of them, a mask of keys, what is added to
 * scores, and keys and values of the past. Keys and values may have their heads apart already [batch, heads, length, size].
 */

type Shape = readonly number[];

interface Sizes extends ScoreLengths {
  size: number;
  width: number;
}

function sizesOf(shapes: readonly (Shape | undefined)[], { num_heads }: Attributes): Sizes {
  const [q = [], k, v, , mask, added, past, pastValue] = shapes;
  const heads = num_heads as number;
  const gone = past?.[2] ?? 0;
  if (q.length !== 3 || k === undefined || v === undefined)
    throw new Error(
      `reads ${[q, k, v].map((shape) => shape?.join('x') ?? 'none').join(', ')}: three axes each are wanted`,
    );
  // A mask of one axis has other lengths; what is added to scores may be the same for all images.
  const others = [k, v, past, pastValue, mask?.length === 1 ? undefined : mask, added?.[0] === 1 ? undefined : added];
  const apart = others.find((shape) => shape !== undefined && shape[0] !== q[0]);
  if (apart !== undefined) throw new Error(`reads ${q.join('x')} and ${apart.join('x')}: as many images are wanted`);
  const size = q[2] / heads;
  const width = v.length === 4 ? v[3] : v[2] / heads;
  const keys = (k.length === 4 ? k[2] : k[1]) + gone;
  if (![size, width].every(Number.isInteger))
    throw new Error(`has ${heads} heads in ${q.join('x')}: they do not divide`);
  return { batch: q[0], heads, queries: q[1], keys, past: gone, size, width };
}

/** With its part of the bias, where heads are together. */
function biased(x: FloatTensor, bias: Tensor | undefined, from: number): FloatTensor {
  if (bias === undefined || x.shape.length === 4) return x;
  const size = x.shape[2];
  const terms = dequantize(bias).data;
  return floatTensor(
    x.shape,
    x.data.map((value, i) => value + terms[from + (i % size)]),
  );
}

const multiHeadAttention: TensorFunction = {
  operands: 8,
  attributes: { num_heads: int(undefined), unidirectional: int(0), scale: float(0), mask_filter_value: float(-10000) },
  facts: (operands, attributes) => {
    const { batch, heads, queries, keys, size, width } = sizesOf(shapesOf(operands), attributes);
    const [present, values] = [size, width].map((each) => ({ shape: [batch, heads, keys, each] }));
    return [{ shape: [batch, queries, heads * width] }, present, values];
  },
  products: (operands, attributes) => {
    const sizes = sizesOf(shapesOf(operands), attributes);
    return headProducts(sizes, sizes.size, sizes.width);
  },
  run: (operands, attributes, around) => {
    const [q, k, v, bias, mask, added, pastKey, pastValue] = operands;
    const sizes = sizesOf(shapesOf(operands), attributes);
    const { heads, size } = sizes;
    const [query, key, value] = [q, k, v].map((each, place) => floatsOf(each, place));
    const hidden = heads * size;
    const parts = {
      query: byHeads(biased(query, bias, 0), heads, undefined),
      key: byHeads(biased(key, bias, hidden), heads, pastKey),
      value: byHeads(biased(value, bias, 2 * hidden), heads, pastValue),
    };
    const { mask_filter_value: filter, unidirectional, scale } = attributes;
    const masks = maskBias(sizes, mask && integersOf(mask, 4), added, filter as number, unidirectional === 1);
    const result = attended(parts, masks, { scale: scale as number }, around);
    return [together(result), parts.key, parts.value];
  },
};

export const CROSS_ATTENTION: Readonly<Record<string, TensorFunction>> = {
  'com.microsoft.MultiHeadAttention': multiHeadAttention,
};
