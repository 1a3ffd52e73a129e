import { dequantize } from '../quantization.js';
import { floatTensor, type FloatTensor, type Tensor } from '../tensor.js';
import { byHeads, together } from './attention.js';
import { type Attributes, float, int, ints } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { attended, headProducts, type ScoreLengths, maskBias } from './heads.js';
import { floatsOf, integersOf } from './operands.js';

/**
 * What is left of ONNX Runtime's Attention and QAttention once queries, keys and values are there side by side
 * [batch, length, sizes together] (contrib.ts): operands are these, a mask, the past [2, batch, heads, length, size] and
 * what is added to scores.
 */

interface Sizes extends ScoreLengths {
  /** Numbers of queries (and keys) and of values, all heads together. */
  hidden: number;
  values: number;
}

function sizesOf(shapes: readonly (readonly number[] | undefined)[], attributes: Attributes): Sizes {
  const [x = [], , past] = shapes;
  const heads = attributes.num_heads as number;
  if (x.length !== 3) throw new Error(`reads ${x.join('x')}: three axes are wanted`);
  const [hidden, keys, values] = (attributes.qkv_hidden_sizes as number[] | undefined) ?? [0, 0, 0].fill(x[2] / 3);
  const whole = [hidden / heads, values / heads].every(Number.isInteger);
  if (hidden !== keys || hidden + keys + values !== x[2] || !whole)
    throw new Error(`has ${heads} heads of ${hidden}, ${keys} and ${values} in ${x.join('x')}: they do not divide`);
  const gone = past?.[3] ?? 0;
  return { batch: x[0], heads, queries: x[1], keys: x[1] + gone, past: gone, hidden, values };
}

/** Numbers from .. to of the last axis. */
function columns({ shape, data }: FloatTensor, from: number, to: number): FloatTensor {
  const [batch, length, size] = shape;
  const result = floatTensor([batch, length, to - from]);
  for (let row = 0; row < batch * length; row++)
    result.data.set(data.subarray(row * size + from, row * size + to), row * (to - from));
  return result;
}

export const selfAttention: TensorFunction = {
  operands: 4,
  attributes: {
    ...{ num_heads: int(undefined), qkv_hidden_sizes: ints(), unidirectional: int(0), scale: float(0) },
    ...{ mask_filter_value: float(-10000), do_rotary: int(0), past_present_share_buffer: int(0) },
  },
  facts: (operands, attributes) => {
    const { batch, heads, queries, keys, hidden, values } = sizesOf(shapesOf(operands), attributes);
    return [{ shape: [batch, queries, values] }, { shape: [2, batch, heads, keys, hidden / heads] }];
  },
  acrossBatch: ([, , past]) => past !== undefined,
  products: (operands, attributes) => {
    const sizes = sizesOf(shapesOf(operands), attributes);
    return headProducts(sizes, sizes.hidden / sizes.heads, sizes.values / sizes.heads);
  },
  run: ([operand, mask, past, bias], attributes, around) => {
    if (attributes.do_rotary === 1 || attributes.past_present_share_buffer === 1)
      throw new Error('has do_rotary or past_present_share_buffer = 1: 0 is supported');
    const x = floatsOf(operand, 0);
    const sizes = sizesOf(shapesOf([operand, mask, past, bias]), attributes);
    const { hidden, values, heads } = sizes;
    const [keysBefore, valuesBefore] = past === undefined ? [] : halvesOf(dequantize(past));
    const parts = {
      query: byHeads(columns(x, 0, hidden), heads, undefined),
      key: byHeads(columns(x, hidden, 2 * hidden), heads, keysBefore),
      value: byHeads(columns(x, 2 * hidden, 2 * hidden + values), heads, valuesBefore),
    };
    const { mask_filter_value: filter, unidirectional, scale } = attributes;
    const masks = maskBias(sizes, mask && integersOf(mask, 1), bias, filter as number, unidirectional === 1);
    const result = attended(parts, masks, { scale: scale as number }, around);
    const present = floatTensor([2, ...parts.key.shape]);
    if (parts.value.data.length === parts.key.data.length) {
      present.data.set(parts.key.data);
      present.data.set(parts.value.data, parts.key.data.length);
    }
    return [together(result), present];
  },
};

function halvesOf({ shape, data }: FloatTensor): [Tensor, Tensor] {
  const half = data.length / 2;
  return [floatTensor(shape.slice(1), data.slice(0, half)), floatTensor(shape.slice(1), data.slice(half))];
}

export function shapesOf(operands: readonly ({ shape: readonly number[] } | OperandFacts | undefined)[]) {
  return operands.map((each) => each?.shape);
}

export const SELF_ATTENTION: Readonly<Record<string, TensorFunction>> = { 'lastbit.SelfAttention': selfAttention };
