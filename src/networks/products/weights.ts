import { valuesOf } from '../../datapaths/kernel/index.js';
import { conventionOf } from '../conventions/index.js';
import type { ConvLayer, DenseLayer } from '../network.js';
import type { CodeTensor, FloatTensor, Quantization } from '../tensor.js';
import { transpose } from './gemm.js';

const totals = new WeakMap<CodeTensor, Float64Array>();

/** Sums of the values of each filter's weights, k of them. @throws Error naming the layer where one is not a number */
export function totalsOf({ name }: ConvLayer | DenseLayer, w: CodeTensor, k: number): Float64Array {
  let known = totals.get(w);
  if (known === undefined) {
    const { format } = w.quantization.fit;
    const value = valuesOf(format);
    known = new Float64Array(w.data.length / k);
    for (let j = 0; j < known.length; j++) for (let i = 0; i < k; i++) known[j] += value[w.data[j * k + i]];
    if (known.some(Number.isNaN))
      throw new Error(`layer ${name}: a weight is not a number (a NaN code of ${format.name})`);
    totals.set(w, known);
  }
  return known;
}

const columns = new WeakMap<CodeTensor, CodeTensor['data'][]>();

/** Weights of a group as [k, n]; kept, so that an arithmetic can keep what it derives from these arrays too. */
export function columnsOf(w: CodeTensor, group: number, n: number, k: number): CodeTensor['data'] {
  let groups = columns.get(w);
  if (groups === undefined) columns.set(w, (groups = []));
  const rows = w.data.subarray(group * n * k, (group + 1) * n * k);
  return (groups[group] ??= transpose(rows, n, k, rows.slice()));
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
