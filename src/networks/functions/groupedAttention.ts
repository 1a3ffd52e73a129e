import { floatTensor, type FloatTensor, integerTensor, type Tensor } from '../tensor.js';
import { byHeads, together } from './attention.js';
import { type Attributes, float, int } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { attended, headProducts, type ScoreLengths, maskBias } from './heads.js';
import { floatsOf, integersOf, knownIntegers } from './operands.js';
import { rotated } from './rotary.js';
import { shapesOf } from './selfAttention.js';

/**
 * ONNX Runtime's GroupQueryAttention: operands are queries (or all three side by side), keys, values, the past of both, the
 * last place of each image, the length of all, cosines and sines, positions, what is added to scores, and sinks. Only what
 * lies behind is seen, or the last places of it.
 */

interface Sizes extends ScoreLengths {
  kvHeads: number;
  size: number;
}

function sizesOf(shapes: readonly (readonly number[] | undefined)[], attributes: Attributes, total: number): Sizes {
  const [q = [], k, , past] = shapes;
  const [heads, kvHeads] = [attributes.num_heads as number, attributes.kv_num_heads as number];
  const size = k === undefined ? q[2] / (heads + 2 * kvHeads) : q[2] / heads;
  if (q.length !== 3 || !Number.isInteger(size) || !Number.isInteger(heads / kvHeads))
    throw new Error(`has ${heads} heads of queries and ${kvHeads} of keys in ${q.join('x')}: they do not divide`);
  const keys = Math.max(total, past?.[2] ?? 0);
  return { batch: q[0], heads, kvHeads, queries: q[1], keys, past: past?.[2] ?? 0, size };
}

/** Queries, keys and values of all heads side by side, apart. */
function apart({ shape, data }: FloatTensor, { heads, kvHeads, size }: Sizes): FloatTensor[] {
  const rows = shape[0] * shape[1];
  let from = 0;
  return [heads, kvHeads, kvHeads].map((count) => {
    const part = floatTensor([shape[0], shape[1], count * size]);
    for (let row = 0; row < rows; row++)
      part.data.set(data.subarray(row * shape[2] + from, row * shape[2] + from + count * size), row * count * size);
    from += count * size;
    return part;
  });
}

/** [batch, heads, keys, size] of the past and what comes now, from the place where the past of each image ends. */
function behind(now: FloatTensor, past: Tensor | undefined, { batch, kvHeads, keys, size }: Sizes, ends: Int32Array) {
  const result = floatTensor([batch, kvHeads, keys, size]);
  const [gone, length] = [past?.shape[2] ?? 0, now.shape[2]];
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < kvHeads; h++) {
      const [head, at] = [b * kvHeads + h, (b * kvHeads + h) * keys * size];
      const before = Math.min(ends[b], gone) * size;
      if (past !== undefined) result.data.set(past.data.slice(head * gone * size, head * gone * size + before), at);
      const own = now.data.subarray(head * length * size, (head + 1) * length * size);
      result.data.set(own.subarray(0, (keys - ends[b]) * size), at + ends[b] * size);
    }
  return result;
}

const groupQueryAttention: TensorFunction = {
  operands: 12,
  attributes: {
    ...{ num_heads: int(undefined), kv_num_heads: int(undefined), scale: float(0), softcap: float(0), causal: int(1) },
    ...{ do_rotary: int(0), rotary_interleaved: int(0), local_window_size: int(-1), smooth_softmax: int(0) },
  },
  facts: (operands, attributes) => {
    const [total] = knownIntegers(operands[6], 'the length of all');
    const { batch, queries, keys, heads, kvHeads, size } = sizesOf(shapesOf(operands), attributes, total);
    const present = { shape: [batch, kvHeads, keys, size] };
    return [{ shape: [batch, queries, heads * size] }, present, present];
  },
  products: (operands, attributes) => {
    const [total] = knownIntegers(operands[6], 'the length of all');
    const sizes = sizesOf(shapesOf(operands), attributes, total);
    return headProducts(sizes, sizes.size, sizes.size);
  },
  // ScoreLengths of images are told apart from them.
  acrossBatch: (operands: readonly (OperandFacts | undefined)[]) => operands[5]?.value !== undefined,
  run: (operands, attributes, around) => {
    const [, k, v, pastKey, pastValue, last, total, cosines, sines, positions, added, sinks] = operands;
    const sizes = sizesOf(shapesOf(operands), attributes, integersOf(total, 6).data[0]);
    const { batch, heads, kvHeads, queries, keys } = sizes;
    const q = floatsOf(operands[0], 0);
    const [query, key, value] = k === undefined ? apart(q, sizes) : [q, floatsOf(k, 1), floatsOf(v, 2)];
    const ends = Int32Array.from(integersOf(last, 5).data, (place) => Math.max(place + 1 - queries, 0));
    const turned = (x: FloatTensor, count: number) => {
      if (attributes.do_rotary !== 1) return x;
      const [c, s] = [floatsOf(cosines, 7), floatsOf(sines, 8)];
      const places = Float64Array.from(
        { length: batch * queries },
        (_, i) => ends[Math.floor(i / queries)] + (i % queries),
      );
      const at = positions === undefined ? integerTensor([batch, queries], 'int64', places) : integersOf(positions, 9);
      const given = { interleaved: attributes.rotary_interleaved, num_heads: count };
      return rotated(x, c, s, at, { ...given, rotary_embedding_dim: 2 * c.shape[1] });
    };
    const parts = {
      query: byHeads(turned(query, heads), heads, undefined),
      key: behind(byHeads(turned(key, kvHeads), kvHeads, undefined), pastKey, sizes, ends),
      value: behind(byHeads(value, kvHeads, undefined), pastValue, sizes, ends),
    };
    const bias = maskBias({ ...sizes, keys }, undefined, added, 0, false);
    hideBy(bias, sizes, ends, integersOf(last, 5).data, attributes);
    const given = sinks === undefined ? undefined : floatsOf(sinks, 11).data;
    const smooth = attributes.smooth_softmax === 1 ? new Float32Array(heads) : undefined;
    const rules = { scale: attributes.scale as number, softcap: attributes.softcap as number, sinks: given ?? smooth };
    return [together(attended(parts, bias, rules, around)), parts.key, parts.value];
  },
};

/** Takes out what lies ahead of a query, behind its image's end, and before its window. */
function hideBy(
  bias: Float32Array,
  sizes: Sizes,
  ends: Int32Array,
  last: ArrayLike<number>,
  { causal, local_window_size }: Attributes,
): void {
  const { batch, heads, queries, keys } = sizes;
  const window = local_window_size as number;
  for (let b = 0, at = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let q = 0; q < queries; q++)
        for (let k = 0; k < keys; k++, at++) {
          const place = ends[b] + q;
          const ahead = k > last[b] || (causal === 1 && k > place);
          if (ahead || (window > 0 && k <= place - window)) bias[at] = -Infinity;
        }
}

export const GROUPED_ATTENTION: Readonly<Record<string, TensorFunction>> = {
  'com.microsoft.GroupQueryAttention': groupQueryAttention,
};
