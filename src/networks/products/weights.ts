import { valuesOf } from '../../datapaths/kernel/index.js';
import { conventionOf } from '../conventions/index.js';
import type { ConvLayer, DenseLayer } from '../network.js';
import type { CodeTensor, FloatTensor, Quantization } from '../tensor.js';
import { transpose } from './gemm.js';

/** Weights of a group as [k, n], with the sum of the values of each column. */
export interface PackedWeights {
  codes: CodeTensor['data'];
  totals: Float64Array;
}

const packed = new WeakMap<CodeTensor, PackedWeights[]>();

/** Kept, so that an arithmetic can keep what it derives from these arrays too. */
export function weightsOf(
  { name }: ConvLayer | DenseLayer,
  w: CodeTensor,
  group: number,
  n: number,
  k: number,
): PackedWeights {
  let groups = packed.get(w);
  if (groups === undefined) packed.set(w, (groups = []));
  if (groups[group] === undefined) {
    const { format } = w.quantization.fit;
    const rows = w.data.subarray(group * n * k, (group + 1) * n * k);
    const value = valuesOf(format);
    const totals = new Float64Array(n);
    for (let j = 0; j < n; j++) for (let i = 0; i < k; i++) totals[j] += value[rows[j * k + i]];
    if (totals.some(Number.isNaN))
      throw new Error(`layer ${name}: a weight is not a number (a NaN code of ${format.name})`);
    groups[group] = { codes: transpose(rows, n, k, rows.slice()), totals };
  }
  return groups[group];
}

const turned = new WeakMap<FloatTensor, Float32Array[]>();

/** Real weights of a group as [k, n]; kept as well. */
export function realWeightsOf(w: FloatTensor, group: number, n: number, k: number): Float32Array {
  let groups = turned.get(w);
  if (groups === undefined) turned.set(w, (groups = []));
  const rows = w.data.subarray(group * n * k, (group + 1) * n * k);
  return (groups[group] ??= transpose(rows, n, k, new Float32Array(n * k)));
}

/** What a layer multiplies its sums by, in float32, a filter each: s_in * s_w, over s_out where the result is codes. */
export function multipliersOf(
  { name, weight, result }: ConvLayer | DenseLayer,
  a: Quantization,
  b: Quantization,
): Float32Array {
  const scales = Float32Array.from(
    { length: weight.shape[0] },
    (_, f) => a.scale[0] * b.scale[b.scale.length === 1 ? 0 : f],
  );
  if (result.kind !== 'requantize') return scales;
  return conventionOf(name, result.convention).multipliers(scales, result.output);
}
