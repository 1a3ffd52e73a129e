import { factsOf } from '../../datapaths/kernel/index.js';
import { conventionOf } from '../conventions/index.js';
import type { Filters } from '../conventions/requantization.js';
import type { LaneStep } from '../lanes.js';
import type { Arithmetic, ConvLayer, DenseLayer } from '../network.js';
import { codeTensor, zeroCode } from '../quantization.js';
import { type CodeTensor, floatTensor, oneZeroPoint, type Operand, type Quantization, sizeOf } from '../tensor.js';
import type { Product } from './convolution.js';
import { type Columns, type Finishing, finishedColumns } from './finish.js';
import { rowsFor, rowsOf } from './parts.js';
import type { RowRange } from './patches.js';
import { columnsOf, multipliersOf, totalsOf } from './weights.js';

type Mac = ConvLayer | DenseLayer;

/**
 * What a layer gives, and steps over its elements make of that, from sums that are exact integers and have not left the
 * kernels' memory: what `executeMac` gives, several times as fast. Undefined where the arithmetic or the convention has no
 * such way.
 */
export function finishedRows(
  layer: Mac,
  x: Operand,
  product: Product,
  arithmetic: Arithmetic,
  steps: readonly LaneStep[],
): Operand | undefined {
  const { weight: w, name } = layer;
  if (arithmetic.integerRows === undefined || product.groups > 1) return undefined;
  if (x.kind !== 'codes' || w.kind !== 'codes' || w.quantization.zeroPoint !== 0) return undefined;
  const finish = finishOf(layer, w, x.quantization, product, steps);
  if (finish === undefined) return undefined;
  const { m, n, k } = product;
  const b = columnsOf(w, 0, n, k);
  const output = emptyOutput(product, finish);
  const padding = zeroCode(x.quantization);
  const chunk = arithmetic.whole === true ? m : rowsFor(k * x.data.BYTES_PER_ELEMENT);
  for (let first = 0; first < m; first += chunk) {
    const part = { group: 0, first, count: Math.min(chunk, m - first) };
    const a = rowsOf(layer, x.data, x.shape, part, padding, spareOf(x.data, part.count * k));
    const job = { layer: name, m: part.count, n, k, a: x.quantization, b: w.quantization };
    const blocks = arithmetic.integerRows(a, b, job);
    if (blocks === undefined) return undefined;
    for (const block of blocks) {
      const range = { first: first + block.first, count: block.rows };
      placeColumns(finishedColumns(block, finish), output.data, product, range);
    }
  }
  return output;
}

/** The tensor that results of a product go to. */
export function emptyOutput({ output }: Product, { steps }: Finishing): Operand {
  const codes = steps.at(-1)?.codes;
  return codes === undefined ? floatTensor(output) : codeTensor(output, new Uint8Array(sizeOf(output)), codes);
}

let spare = new Uint8Array(0);

/** An array for rows that nobody needs any more when the next are made; undefined for wider codes. */
function spareOf<T extends CodeTensor['data']>(like: T, length: number): T | undefined {
  if (!(like instanceof Uint8Array)) return undefined;
  if (spare.length < length) spare = new Uint8Array(length);
  return spare.subarray(0, length) as T;
}

interface Known {
  input: Quantization;
  steps: readonly LaneStep[];
  finish: Finishing | undefined;
}

const finishes = new WeakMap<Mac, Known>();

/**
 * What becomes of a layer's sums, and of that by steps. What makes codes of them is worked out once for each meaning of what
 * the layer reads; scales of real results are taken as they are at each run.
 */
export function finishOf(
  layer: Mac,
  w: CodeTensor,
  input: Quantization,
  product: Product,
  steps: readonly LaneStep[],
): Finishing | undefined {
  if (layer.result.kind !== 'requantize') return finishing(layer, filtersOf(layer, w, input, product), steps);
  let known = finishes.get(layer);
  if (known?.input !== input || known.steps !== steps) {
    known = { input, steps, finish: finishing(layer, filtersOf(layer, w, input, product), steps) };
    finishes.set(layer, known);
  }
  return known.finish;
}

function finishing({ name, result }: Mac, filters: Filters, steps: readonly LaneStep[]): Finishing | undefined {
  const { multipliers, corrections, bias, largest } = filters;
  if (result.kind === 'requantize')
    return steps.length === 0 ? conventionOf(name, result.convention).finish?.(filters, result.output) : undefined;
  // In 32 bits no sum less its correction may wrap, and each is rounded to float32 once, as from float64.
  if (result.kind !== 'dequantize' || largest >= 2 ** 31 || !corrections.every(Number.isInteger)) return undefined;
  if (bias !== undefined && !(bias instanceof Float32Array)) return undefined;
  const offsets = Int32Array.from(corrections, (correction) => -correction);
  return { offsets, multipliers, biases: bias ?? new Float32Array(offsets.length), steps };
}

/** What is done to the sums of a layer's filters, those of all groups, where its weights have no zero point. */
function filtersOf(layer: Mac, w: CodeTensor, input: Quantization, { k }: Product): Filters {
  const za = oneZeroPoint(input);
  return {
    multipliers: multipliersOf(layer, input, w.quantization),
    corrections: totalsOf(layer, w, k).map((total) => za * total),
    largest: k * largestOf(w.quantization) * (largestOf(input) + Math.abs(za)),
    ...(layer.bias && { bias: layer.bias }),
  };
}

/** Largest magnitude of an operand's values. */
function largestOf({ fit: { format } }: Quantization): number {
  return factsOf(format).max;
}

/** Puts results [n, rows] where they belong in [images, n, pixels]. */
function placeColumns(
  { data, stride }: Columns,
  to: Operand['data'],
  { n, pixels }: Product,
  { first, count }: RowRange,
): void {
  for (let done = 0, here = 0; done < count; done += here) {
    const pixel = (first + done) % pixels;
    here = Math.min(count - done, pixels - pixel);
    let at = (first + done - pixel) * n + pixel;
    for (let f = 0, from = done; f < n; f++, from += stride, at += pixels) to.set(data.subarray(from, from + here), at);
  }
}
