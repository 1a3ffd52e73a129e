import { valuesOf } from '../datapaths/kernel/index.js';
import { encodeAll } from './codes.js';
import { patchesOf, type Product, productOf } from './convolution.js';
import { transpose } from './gemm.js';
import type { Arithmetic, ConvLayer, DenseLayer } from './network.js';
import { codeTensor, zeroCode } from './quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Quantization, type Tensor } from './tensor.js';

type Mac = ConvLayer | DenseLayer;

/**
 * Runs a conv or dense layer: patches times weights on the arithmetic, then what `layer.result` says becomes of the sums.
 * @throws Error when the input is float where the weights are codes, or the reverse
 */
export function executeMac(layer: Mac, input: Tensor, arithmetic: Arithmetic): Tensor {
  const product = productOf(layer, input.shape);
  const { weight } = layer;
  if (input.kind === 'codes' && weight.kind === 'codes') {
    const sums = overGroups(product, (group) => codeSums(layer, input, weight, product, group, arithmetic));
    return finishCodes(layer, sums, input.quantization, weight.quantization, product);
  }
  if (input.kind !== weight.kind)
    throw new Error(
      `layer ${layer.name}: the input is ${input.kind}, the weights are ${weight.kind}: add a quantize layer before it`,
    );
  const sums = overGroups(product, (group) =>
    floatSums(layer, input as FloatTensor, weight as FloatTensor, product, group, arithmetic),
  );
  return finishFloat(layer, sums, product);
}

/** Sums as [m, filters], the groups' columns side by side. */
type Sums = Float32Array | Float64Array;

function overGroups<T extends Sums>({ m, n, groups }: Product, sumsOf: (group: number) => T): T {
  if (groups === 1) return sumsOf(0);
  const parts = Array.from({ length: groups }, (_, group) => sumsOf(group));
  const all = new (parts[0].constructor as new (length: number) => T)(m * n * groups);
  parts.forEach((part, group) => {
    for (let i = 0; i < m; i++) all.set(part.subarray(i * n, (i + 1) * n), (i * groups + group) * n);
  });
  return all;
}

function floatSums(
  layer: Mac,
  x: FloatTensor,
  w: FloatTensor,
  { m, n, k }: Product,
  group: number,
  arithmetic: Arithmetic,
): Float32Array {
  const a = layer.op === 'conv' ? patchesOf(x.data, x.shape, layer, group, 0) : x.data;
  const b = transpose(w.data.subarray(group * n * k, (group + 1) * n * k), n, k, new Float32Array(n * k));
  const blocks = layer.result.kind === 'blocks' ? layer.result : undefined;
  return arithmetic.values(a, b, { layer: layer.name, m, n, k, ...(blocks && { blocks }) });
}

/** Sums of (value(a) - za) * (value(w) - zw): the array multiplies raw codes, the corrections are exact integers. */
function codeSums(
  layer: Mac,
  x: CodeTensor,
  w: CodeTensor,
  { m, n, k }: Product,
  group: number,
  arithmetic: Arithmetic,
): Float64Array {
  const a = layer.op === 'conv' ? patchesOf(x.data, x.shape, layer, group, zeroCode(x.quantization)) : x.data;
  const { codes, totals } = weightsOf(layer, w, group, n, k);
  const sums = arithmetic.codes(a, codes, { layer: layer.name, m, n, k, a: x.quantization, b: w.quantization });
  const za = x.quantization.zeroPoint;
  const zw = w.quantization.zeroPoint;
  if (za === 0 && zw === 0) return sums;
  const value = valuesOf(x.quantization.fit.format);
  const corrected = new Float64Array(sums.length);
  for (let i = 0; i < m; i++) {
    let total = 0;
    if (zw !== 0) for (let j = i * k; j < (i + 1) * k; j++) total += value[a[j]];
    for (let j = 0; j < n; j++) corrected[i * n + j] = sums[i * n + j] - za * totals[j] - zw * (total - k * za);
  }
  return corrected;
}

/** Weights of a group as [k, n], with the sum of the values of each column. */
interface PackedWeights {
  codes: CodeTensor['data'];
  totals: Float64Array;
}

const packed = new WeakMap<CodeTensor, PackedWeights[]>();

/** Kept, so that an arithmetic can keep what it derives from these arrays too. */
function weightsOf({ name }: Mac, w: CodeTensor, group: number, n: number, k: number): PackedWeights {
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

function finishFloat(layer: Mac, sums: Float32Array, product: Product): FloatTensor {
  const { bias } = layer;
  const output = floatTensor(product.output);
  scatter(product, (at, from, filter) => {
    output.data[at] = bias === undefined ? sums[from] : sums[from] + bias[filter];
  });
  return output;
}

/** Calls `put` for every sum with its place in [images, filters, p, q], its place in [m, filters] and its filter. */
function scatter({ m, n, groups, pixels }: Product, put: (at: number, from: number, filter: number) => void): void {
  const filters = n * groups;
  for (let i = 0; i < m; i++) {
    const image = Math.floor(i / pixels);
    const first = image * filters * pixels + (i - image * pixels);
    for (let filter = 0; filter < filters; filter++) put(first + filter * pixels, i * filters + filter, filter);
  }
}

/** What a layer multiplies its sums by, in float32, a filter each: s_in * s_w, over s_out where the result is codes. */
export function multipliersOf({ weight, result }: Mac, a: Quantization, b: Quantization): Float32Array {
  const scales = Float32Array.from(
    { length: weight.shape[0] },
    (_, f) => a.scale[0] * b.scale[b.scale.length === 1 ? 0 : f],
  );
  return result.kind === 'requantize' ? scales.map((scale) => scale / result.output.scale[0]) : scales;
}

function finishCodes(layer: Mac, sums: Float64Array, a: Quantization, b: Quantization, product: Product): Tensor {
  const { result } = layer;
  const scales = multipliersOf(layer, a, b);
  if (result.kind === 'requantize') return requantize(sums, scales, layer.bias, result.output, product);
  const bias = layer.bias ?? new Float32Array(scales.length);
  const output = floatTensor(product.output);
  scatter(product, (at, from, f) => {
    output.data[at] = Math.fround(Math.fround(sums[from]) * scales[f]) + bias[f];
  });
  return output;
}

/**
 * ONNX Runtime's requantization (mlas, RequantizeOutput): the sum plus bias as an int32 is made a float32, multiplied by
 * the float32 s_in * s_w / s_out, rounded half to even, moved by the zero point and saturated.
 */
function requantize(
  sums: Float64Array,
  multipliers: Float32Array,
  bias: Mac['bias'],
  output: Quantization,
  product: Product,
): CodeTensor {
  const scaled = new Float32Array(sums.length);
  scatter(product, (at, from, f) => {
    const sum = bias === undefined ? sums[from] : (sums[from] + bias[f]) | 0;
    scaled[at] = Math.fround(sum) * multipliers[f];
  });
  return codeTensor(product.output, encodeAll(scaled, output.fit, output.zeroPoint), output);
}
