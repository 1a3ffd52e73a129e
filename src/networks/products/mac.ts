import { valuesOf } from '../../datapaths/kernel/index.js';
import { conventionOf } from '../conventions/index.js';
import { type Product, productOf } from './convolution.js';
import { type LaneStep, NO_STEPS } from '../lanes.js';
import type { Arithmetic, ConvLayer, DenseLayer } from '../network.js';
import { type ProductRows, rowsFor, rowsOf } from './parts.js';
import { finishedRows } from './finishedRows.js';
import { finishedWindows, realWindows, windowSums } from './windowed.js';
import { columnsOf, multipliersOf, realWeightsOf, totalsOf } from './weights.js';
import { codeTensor, zeroCode } from '../quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, oneZeroPoint, type Operand } from '../tensor.js';

type Mac = ConvLayer | DenseLayer;

/**
 * Runs a conv or dense layer: patches times weights on the arithmetic, then what `layer.result` says becomes of the sums.
 * Rows go in chunks, so that neither patches nor sums of a whole batch are ever in memory.
 * @throws Error when the input is float where the weights are codes, or the reverse
 */
export function executeMac(layer: Mac, input: Operand, arithmetic: Arithmetic): Operand {
  const { weight, result } = layer;
  if (input.kind !== weight.kind)
    throw new Error(
      `layer ${layer.name}: the input is ${input.kind}, the weights are ${weight.kind}: add a quantize layer before it`,
    );
  const product = productOf(layer, input.shape);
  const { m, n, k, groups } = product;
  const quick = executeThrough(layer, input, arithmetic, NO_STEPS);
  if (quick !== undefined) return quick;
  const output = floatTensor(product.output);
  const spreadSums = spreadOf(layer, input, product, output.data);
  const together = input.kind === 'codes' && windowSums(layer, input, weight as CodeTensor, product, arithmetic);
  const chunk = together || arithmetic.whole === true ? m : rowsFor(Math.max(k * input.data.BYTES_PER_ELEMENT, n * 8));
  for (let group = 0; group < groups; group++)
    for (let first = 0; first < m; first += chunk) {
      const part = { group, first, count: Math.min(chunk, m - first) };
      const known = together ? together.subarray(group * m * n, (group + 1) * m * n) : undefined;
      spreadSums(
        input.kind === 'codes'
          ? codeSums(layer, input, weight as CodeTensor, product, part, arithmetic, known)
          : floatSums(layer, input, weight as FloatTensor, product, part, arithmetic),
        part,
      );
    }
  if (result.kind !== 'requantize' || input.kind !== 'codes') return output;
  const { codes } = conventionOf(layer.name, result.convention);
  return codeTensor(product.output, codes(output.data, result.output), result.output);
}

/** What `executeMac` gives once steps have gone over its elements; undefined where sums cannot be met in registers. */
export function executeThrough(
  layer: Mac,
  input: Operand,
  arithmetic: Arithmetic,
  steps: readonly LaneStep[],
): Operand | undefined {
  const product = productOf(layer, input.shape);
  return (
    realWindows(layer, input, product, arithmetic, steps) ??
    finishedWindows(layer, input, product, arithmetic, steps) ??
    finishedRows(layer, input, product, arithmetic, steps)
  );
}

function floatSums(
  layer: Mac,
  x: FloatTensor,
  w: FloatTensor,
  { n, k }: Product,
  part: ProductRows,
  arithmetic: Arithmetic,
): Float32Array {
  const { group, count } = part;
  const a = rowsOf(layer, x.data, x.shape, part, 0);
  const b = realWeightsOf(w, group, n, k);
  const blocks = layer.result.kind === 'blocks' ? layer.result : undefined;
  return arithmetic.values(a, b, { layer: layer.name, m: count, n, k, ...(blocks && { blocks }) });
}

/**
 * Sums of (value(a) - za) * (value(w) - zw): the array multiplies raw codes, the corrections are exact integers.
 * @param known the array's sums, where all groups have gone through it together: their weights have no zero point
 */
function codeSums(
  layer: Mac,
  x: CodeTensor,
  w: CodeTensor,
  { n, k }: Product,
  part: ProductRows,
  arithmetic: Arithmetic,
  known?: Float64Array,
): Float64Array {
  const a = known ? x.data : rowsOf(layer, x.data, x.shape, part, zeroCode(x.quantization));
  const totals = totalsOf(layer, w, k).subarray(part.group * n, (part.group + 1) * n);
  const { count: m } = part;
  const job = { layer: layer.name, m, n, k, a: x.quantization, b: w.quantization };
  const sums = known ?? arithmetic.codes(a, columnsOf(w, part.group, n, k), job);
  const za = oneZeroPoint(x.quantization);
  const zw = w.quantization.zeroPoint;
  if (za === 0 && zw === 0) return sums;
  const value = valuesOf(x.quantization.fit.format);
  const corrected = new Float64Array(sums.length);
  for (let i = 0, at = 0; i < m; i++) {
    const total = zw === 0 ? 0 : totalOf(a, value, i * k, k);
    for (let j = 0; j < n; j++, at++) {
      const own = typeof zw === 'number' ? zw : zw[part.group * n + j];
      corrected[at] = sums[at] - za * totals[j] - own * (total - k * za);
    }
  }
  return corrected;
}

function totalOf(codes: CodeTensor['data'], value: Float64Array, first: number, length: number): number {
  let total = 0;
  for (let i = first; i < first + length; i++) total += value[codes[i]];
  return total;
}

type Sums = Float32Array | Float64Array;

/** Adding it changes no number, not even the sign of a zero. */
const NOTHING = -0;

/**
 * Puts sums [rows, n] of a group where they belong in [images, filters, pixels], as what becomes of them: reals, or what
 * is yet to be encoded by the layer's convention (conventions/).
 */
function spreadOf(
  layer: Mac,
  input: Operand,
  product: Product,
  output: Float32Array,
): (sums: Sums, part: ProductRows) => void {
  const { bias, weight, result } = layer;
  const filters = product.n * product.groups;
  const fill = (value: number) => new Float64Array(filters).fill(value);
  const nothing = fill(NOTHING);
  if (input.kind !== 'codes' || weight.kind !== 'codes') {
    const biases = Float32Array.from(bias ?? nothing);
    return (sums, part) => spreadReals(sums as Float32Array, output, product, part, biases);
  }
  const scales = Float64Array.from(multipliersOf(layer, input.quantization, weight.quantization));
  if (result.kind !== 'requantize') {
    const biases = Float64Array.from(bias ?? fill(0));
    return (sums, part) => spread(sums, output, product, part, scales, biases);
  }
  const { withBias } = conventionOf(layer.name, result.convention);
  const own = Array.from({ length: product.groups }, (_, group) =>
    bias?.subarray(group * product.n, (group + 1) * product.n),
  );
  return (sums, part) => {
    const biases = own[part.group];
    const whole = biases === undefined ? sums : withBias(sums, biases);
    spread(whole, output, product, part, scales, nothing);
  };
}

/** Sums in float32, plus bias. */
function spreadReals(
  sums: Float32Array,
  output: Float32Array,
  { n, groups, pixels }: Product,
  { group, first, count }: ProductRows,
  biases: Float32Array,
): void {
  const [filters, from] = [n * groups, group * n];
  for (let i = 0, at = 0; i < count; i++) {
    const pixel = (first + i) % pixels;
    let to = (first + i - pixel) * filters + from * pixels + pixel;
    for (let f = from; f < from + n; f++, at++, to += pixels) output[to] = sums[at] + biases[f];
  }
}

/** float32 of float32(sum) * scale, plus bias. */
function spread(
  sums: Sums,
  output: Float32Array,
  { n, groups, pixels }: Product,
  { group, first, count }: ProductRows,
  scales: Float64Array,
  biases: Float64Array,
): void {
  const filters = n * groups;
  for (let i = 0, from = 0; i < count; i++) {
    const pixel = (first + i) % pixels;
    let at = (first + i - pixel) * filters + group * n * pixels + pixel;
    for (let f = group * n; f < (group + 1) * n; f++, from++, at += pixels)
      output[at] = Math.fround(Math.fround(sums[from]) * scales[f]) + biases[f];
  }
}
