import { exp } from '../elementary.js';
import { transpose } from '../products/gemm.js';
import type { ArrayProducts } from '../products/product.js';
import { floatTensor, type FloatTensor, type IntegerTensor, type Tensor } from '../tensor.js';
import type { Around } from './function.js';

/** ONNX Runtime's attention of heads: scores times one scale, plus what masks say, and a softmax in between. */

/** Queries, keys and values [batch, heads, length, size]; each head of keys is for as many of queries. */
export interface Heads {
  query: FloatTensor;
  key: FloatTensor;
  value: FloatTensor;
}

export interface HeadRules {
  scale: number | undefined;
  /** Scores beyond are bent back. */
  softcap?: number;
  /** A score of no key, for each head of queries: it takes its share and gives nothing. */
  sinks?: ArrayLike<number>;
}

/** Largest of float32, below zero: the score of what lies ahead. */
export const LOWEST = -3.4028234663852886e38;

/** @param bias added to scores [batch, heads, queries, keys]; -Infinity takes a key out @returns [batch, heads, queries, size] */
export function attended(
  { query, key, value }: Heads,
  bias: Float32Array,
  { scale, softcap = 0, sinks }: HeadRules,
  { layer, arithmetic }: Around,
): FloatTensor {
  const [batch, heads, m, size] = query.shape;
  const [, kvHeads, keys] = key.shape;
  const width = value.shape[3];
  const factor = scale || 1 / Math.sqrt(size);
  const result = floatTensor([batch, heads, m, width]);
  for (let g = 0; g < batch * heads; g++) {
    const own = Math.floor(g / heads) * kvHeads + Math.floor((g % heads) / (heads / kvHeads));
    const rows = key.data.subarray(own * keys * size, (own + 1) * keys * size);
    const turned = transpose(rows, keys, size, new Float32Array(rows.length));
    const left = query.data.subarray(g * m * size, (g + 1) * m * size);
    const scores = Float32Array.from(arithmetic.values(left, turned, { layer, m, n: keys, k: size }));
    for (let i = 0; i < scores.length; i++) {
      const scaled = Math.fround(scores[i] * factor);
      scores[i] = (softcap > 0 ? bent(scaled, softcap) : scaled) + bias[g * m * keys + i];
    }
    for (let q = 0; q < m; q++) shares(scores.subarray(q * keys, (q + 1) * keys), sinks?.[g % heads]);
    const values = value.data.subarray(own * keys * width, (own + 1) * keys * width);
    result.data.set(arithmetic.values(scores, values, { layer, m, n: width, k: keys }), g * m * width);
  }
  return result;
}

/** cap * tanh(x / cap). */
function bent(x: number, cap: number): number {
  const twice = exp((-2 * Math.abs(x)) / cap);
  return Math.sign(x) * cap * ((1 - twice) / (1 + twice));
}

/** exp(x - largest) over their sum, in place; of nothing to be seen nothing. */
function shares(scores: Float32Array, sink: number | undefined): void {
  let largest = sink ?? -Infinity;
  for (let i = 0; i < scores.length; i++) largest = Math.max(largest, scores[i]);
  if (largest === -Infinity) return void scores.fill(0);
  const powers = new Float64Array(scores.length);
  let sum = sink === undefined ? 0 : exp(sink - largest);
  for (let i = 0; i < scores.length; i++) sum += powers[i] = scores[i] === -Infinity ? 0 : exp(scores[i] - largest);
  for (let i = 0; i < scores.length; i++) scores[i] = powers[i] / sum;
}

/** ScoreLengths of scores. */
export interface ScoreLengths {
  batch: number;
  heads: number;
  queries: number;
  /** With the past. */
  keys: number;
  past: number;
}

/** Both products of a head as one, of as many multiplications. */
export function headProducts(lengths: ScoreLengths, size: number, width: number): ArrayProducts {
  const { batch, heads, queries, keys } = lengths;
  return { m: queries, n: keys, k: size + width, groups: batch * heads, inputs: queries * size };
}

/**
 * What masks add to scores. A mask is [batch] of lengths, [2 batch] of ends and begins, or has a number for each key
 * [batch, keys] or each score [batch, queries, keys], where 0 is not to be seen.
 */
export function maskBias(
  lengths: ScoreLengths,
  mask: IntegerTensor | undefined,
  added: Tensor | undefined,
  filter: number,
  causal: boolean,
): Float32Array {
  const { batch, heads, queries, keys, past } = lengths;
  const bias = new Float32Array(batch * heads * queries * keys);
  const masked = mask === undefined ? undefined : maskedBy(mask, lengths);
  const more = added === undefined ? undefined : broadcastTo(added, lengths);
  for (let b = 0, at = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let q = 0; q < queries; q++)
        for (let k = 0; k < keys; k++, at++) {
          const hidden = masked?.(b, q, k) === true ? filter : 0;
          bias[at] = (causal && k > past + q ? LOWEST : hidden) + (more?.(b, h, q, k) ?? 0);
        }
  return bias;
}

function maskedBy({ shape, data }: IntegerTensor, { batch, queries, keys }: ScoreLengths) {
  const ends = shape.length === 1 && (shape[0] === batch || shape[0] === 2 * batch);
  const [begins, all] = [shape[0] === 2 * batch, shape.join()];
  if (ends) return (b: number, _: number, k: number) => k >= data[b] || (begins && k < data[batch + b]);
  if (all === [batch, keys].join()) return (b: number, _: number, k: number) => !(data[b * keys + k] > 0);
  if (all === [batch, queries, keys].join())
    return (b: number, q: number, k: number) => !(data[(b * queries + q) * keys + k] > 0);
  throw new Error(
    `has a mask of shape ${shape.join('x')}: ${batch}, ${2 * batch}, ${batch}x${keys} or ${batch}x${queries}x${keys} is wanted`,
  );
}

function broadcastTo({ shape, data }: Tensor, { batch, heads, queries, keys }: ScoreLengths) {
  const [b1, h1, q1, k1] = shape;
  const fits = shape.length === 4 && (b1 === 1 || b1 === batch) && (h1 === 1 || h1 === heads);
  if (!fits || q1 !== queries || k1 !== keys)
    throw new Error(`adds ${shape.join('x')} to scores of ${[batch, heads, queries, keys].join('x')}`);
  return (b: number, h: number, q: number, k: number) =>
    data[(((b1 === 1 ? 0 : b) * h1 + (h1 === 1 ? 0 : h)) * q1 + q) * k1 + k];
}
