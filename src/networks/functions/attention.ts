import { exp } from '../elementary.js';
import type { ArrayProducts } from '../products/product.js';
import { transpose } from '../products/gemm.js';
import { dequantize } from '../quantization.js';
import { floatTensor, type FloatTensor, sizeOf, type Tensor, type TensorFacts } from '../tensor.js';
import { type Attributes, float, int } from './attributes.js';
import { broadcastPlaces } from './broadcast.js';
import type { Around, OperandFacts, TensorFunction } from './function.js';
import { floatsOf } from './operands.js';

/** Scaled dot-product attention (Attention since opset 23), on real numbers: a softmax lies between its two products. */

type Shape = readonly number[];

/** Lengths of an attention; heads of keys and values are repeated for those of queries. */
interface Sizes {
  batch: number;
  heads: number;
  kvHeads: number;
  queries: number;
  /** With the past. */
  keys: number;
  past: number;
  size: number;
  valueSize: number;
  /** Whether operands are [batch, length, heads * size]. */
  flat: boolean;
}

function sizesOf(shapes: readonly (Shape | undefined)[], { q_num_heads, kv_num_heads }: Attributes): Sizes {
  const [q, k, v, , past] = shapes;
  if (q === undefined || k === undefined || v === undefined) throw new Error('lacks a query, keys or values');
  const flat = q.length === 3;
  if (![3, 4].includes(q.length) || k.length !== q.length || v.length !== q.length)
    throw new Error(`has operands of shapes ${q.join('x')}, ${k.join('x')} and ${v.join('x')}: 3 or 4 axes are wanted`);
  if (k[0] !== q[0] || v[0] !== q[0])
    throw new Error(`has queries of ${q[0]} images, keys of ${k[0]} and values of ${v[0]}: as many of each are wanted`);
  const [heads, kvHeads] = flat ? [Number(q_num_heads), Number(kv_num_heads)] : [q[1], k[1]];
  const pastKeys = past?.[2] ?? 0;
  const sizes: Sizes = {
    ...{ batch: q[0], heads, kvHeads, flat, past: pastKeys },
    queries: q[flat ? 1 : 2],
    keys: k[flat ? 1 : 2] + pastKeys,
    size: flat ? q[2] / heads : q[3],
    valueSize: flat ? v[2] / kvHeads : v[3],
  };
  const keySize = flat ? k[2] / kvHeads : k[3];
  const whole = [sizes.size, sizes.valueSize, heads / kvHeads].every((each) => Number.isInteger(each) && each >= 1);
  if (!whole || keySize !== sizes.size)
    throw new Error(
      `has ${heads} heads of queries ${q.join('x')} and ${kvHeads} of keys ${k.join('x')} and values ${v.join('x')}: they do not divide`,
    );
  return sizes;
}

/** [batch, heads, length, size] of an operand [batch, length, heads * size] or of four axes, behind its past. */
export function byHeads(x: FloatTensor, heads: number, past: Tensor | undefined): FloatTensor {
  const flat = x.shape.length === 3;
  const [batch, length, size] = flat
    ? [x.shape[0], x.shape[1], x.shape[2] / heads]
    : [x.shape[0], x.shape[2], x.shape[3]];
  const before = past === undefined ? undefined : dequantize(past).data;
  const gone = before === undefined ? 0 : before.length / (batch * heads * size);
  const result = floatTensor([batch, heads, gone + length, size]);
  for (let b = 0, to = 0; b < batch; b++)
    for (let h = 0; h < heads; h++) {
      if (before !== undefined)
        result.data.set(
          before.subarray((to = (b * heads + h) * gone * size), to + gone * size),
          (b * heads + h) * (gone + length) * size,
        );
      for (let i = 0; i < length; i++) {
        const from = flat ? ((b * length + i) * heads + h) * size : ((b * heads + h) * length + i) * size;
        const at = ((b * heads + h) * (gone + length) + gone + i) * size;
        result.data.set(x.data.subarray(from, from + size), at);
      }
    }
  return result;
}

/** What is added to scores [batch, heads, queries, keys]: -Infinity where a key is not to be seen. */
function biasOf(inputs: readonly (Tensor | undefined)[], sizes: Sizes, { is_causal }: Attributes): Float32Array {
  const [, , , mask, , , lengths] = inputs;
  const { batch, heads, queries, keys, past } = sizes;
  const shape = [batch, heads, queries, keys];
  const bias = new Float32Array(sizeOf(shape));
  if (mask !== undefined) addMask(bias, mask, shape);
  for (let b = 0, at = 0; b < batch; b++) {
    const length = lengths === undefined ? keys : lengths.data[b];
    // Queries are the last of what there is.
    const first = lengths === undefined ? past : length - queries;
    for (let h = 0; h < heads; h++)
      for (let q = 0; q < queries; q++)
        for (let k = 0; k < keys; k++, at++)
          if (k >= length || (is_causal === 1 && k > q + first)) bias[at] = -Infinity;
  }
  return bias;
}

/** A mask of truths or of numbers to be added; keys beyond a shorter one are not seen. */
function addMask(bias: Float32Array, mask: Tensor, shape: Shape): void {
  const keys = shape[3];
  const own = mask.shape[mask.shape.length - 1] ?? 1;
  const seen = own === 1 && keys !== 1 ? 1 : own;
  const spread = [...shape.slice(0, 3), seen === 1 ? 1 : own];
  const places = broadcastPlaces(mask.shape, spread);
  const [width, truths] = [spread[3], mask.kind === 'integers'];
  for (let row = 0, at = 0; row < bias.length / keys; row++)
    for (let k = 0; k < keys; k++, at++) {
      const from = row * width + (width === 1 ? 0 : k);
      const value = k < width || width === 1 ? mask.data[places === undefined ? from : places[from]] : -Infinity;
      bias[at] = truths ? (value === 1 ? 0 : -Infinity) : value;
    }
}

/** exp(x - largest) over their sum, in float64 and rounded once; 0 where all of a row is masked. */
function softmax(scores: Float32Array, bias: Float32Array, first: number, keys: number): void {
  let [largest, seen] = [-Infinity, false];
  for (let k = 0; k < keys; k++) {
    seen ||= bias[first + k] > -Infinity;
    largest = Math.max(largest, scores[k]);
  }
  if (!seen) {
    scores.fill(0);
    return;
  }
  const powers = new Float64Array(keys);
  let sum = 0;
  for (let k = 0; k < keys; k++) sum += powers[k] = scores[k] === -Infinity ? 0 : exp(scores[k] - largest);
  for (let k = 0; k < keys; k++) scores[k] = powers[k] / sum;
}

/** cap * tanh(x / cap). */
function capped(x: number, cap: number): number {
  const twice = exp((-2 * Math.abs(x)) / cap);
  return Math.sign(x) * cap * ((1 - twice) / (1 + twice));
}

function attend(inputs: readonly (Tensor | undefined)[], attributes: Attributes, { layer, arithmetic }: Around) {
  const sizes = sizesOf(
    inputs.map((each) => each?.shape),
    attributes,
  );
  const { batch, heads, kvHeads, queries: m, keys, size, valueSize } = sizes;
  const query = byHeads(floatsOf(inputs[0], 0), heads, undefined);
  const key = byHeads(floatsOf(inputs[1], 1), kvHeads, inputs[4]);
  const value = byHeads(floatsOf(inputs[2], 2), kvHeads, inputs[5]);
  // Both sides take the root of the scale, as the standard has it.
  const root = Math.fround(Math.sqrt((attributes.scale as number | undefined) ?? 1 / Math.sqrt(size)));
  const [scaledQuery, scaledKey] = [query, key].map(({ data }) => data.map((each) => each * root));
  const bias = biasOf(inputs, sizes, attributes);
  const [mode, cap] = [attributes.qk_matmul_output_mode as number, attributes.softcap as number];
  const shown = floatTensor([batch, heads, m, keys]);
  const result = floatTensor([batch, heads, m, valueSize]);
  for (let g = 0; g < batch * heads; g++) {
    const own = Math.floor(g / heads) * kvHeads + Math.floor((g % heads) / (heads / kvHeads));
    const rows = scaledKey.subarray(own * keys * size, (own + 1) * keys * size);
    const turned = transpose(rows, keys, size, new Float32Array(rows.length));
    const left = scaledQuery.subarray(g * m * size, (g + 1) * m * size);
    const scores = arithmetic.values(left, turned, { layer, m, n: keys, k: size });
    const first = g * m * keys;
    const show = (at: number) => mode === at && shown.data.set(scores, first);
    show(0);
    if (cap > 0) for (let i = 0; i < scores.length; i++) scores[i] = capped(scores[i], cap);
    show(1);
    for (let i = 0; i < scores.length; i++) scores[i] += bias[first + i];
    show(2);
    for (let q = 0; q < m; q++) softmax(scores.subarray(q * keys, (q + 1) * keys), bias, first + q * keys, keys);
    show(3);
    const values = value.data.subarray(own * keys * valueSize, (own + 1) * keys * valueSize);
    const sums = arithmetic.values(scores, values, { layer, m, n: valueSize, k: keys });
    result.data.set(sums, g * m * valueSize);
  }
  return [sizes.flat ? together(result) : result, key, value, shown];
}

/** [batch, heads, length, size] as [batch, length, heads * size]. */
export function together({ shape, data }: FloatTensor): FloatTensor {
  const [batch, heads, length, size] = shape;
  const result = floatTensor([batch, length, heads * size]);
  for (let b = 0, at = 0; b < batch; b++)
    for (let i = 0; i < length; i++)
      for (let h = 0; h < heads; h++, at += size) {
        const from = ((b * heads + h) * length + i) * size;
        result.data.set(data.subarray(from, from + size), at);
      }
  return result;
}

function shapesOf(inputs: readonly (OperandFacts | undefined)[], attributes: Attributes): readonly TensorFacts[] {
  const sizes = sizesOf(
    inputs.map((each) => each?.shape),
    attributes,
  );
  const { batch, heads, kvHeads, queries, keys, size, valueSize, flat } = sizes;
  const output = flat ? [batch, queries, heads * valueSize] : [batch, heads, queries, valueSize];
  const [present, values] = [size, valueSize].map((each) => [batch, kvHeads, keys, each]);
  return [output, present, values, [batch, heads, queries, keys]].map((shape) => ({ shape }));
}

/** Both products of a head as one, of as many multiplications. */
function countedBy(inputs: readonly (OperandFacts | undefined)[], attributes: Attributes): ArrayProducts {
  const { batch, heads, queries, keys, size, valueSize } = sizesOf(
    inputs.map((each) => each?.shape),
    attributes,
  );
  return { m: queries, n: keys, k: size + valueSize, groups: batch * heads, inputs: queries * size };
}

const attention: TensorFunction = {
  operands: 7,
  attributes: {
    ...{ is_causal: int(0), kv_num_heads: int(undefined), q_num_heads: int(undefined) },
    ...{ qk_matmul_output_mode: int(0), scale: float(undefined), softcap: float(0), softmax_precision: int(undefined) },
  },
  facts: shapesOf,
  // The first axis of a mask of fewer axes is no batch.
  acrossBatch: ([, , , mask]) => mask !== undefined && mask.value === undefined && mask.shape.length !== 4,
  products: countedBy,
  run: attend,
};

export const ATTENTION: Readonly<Record<string, TensorFunction>> = { Attention: attention };
