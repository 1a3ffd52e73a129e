import { factsOf, type IntegerRows } from '../../datapaths/kernel/index.js';
import type { ByteColumns } from '../conventions/bytes.js';
import { conventionOf } from '../conventions/index.js';
import type { Filters } from '../conventions/requantization.js';
import type { Arithmetic, ConvLayer, DenseLayer } from '../network.js';
import { codeTensor, zeroCode } from '../quantization.js';
import { type CodeTensor, oneZeroPoint, type Operand, type Quantization } from '../tensor.js';
import type { Product } from './convolution.js';
import { rowsFor, rowsOf } from './parts.js';
import type { RowRange } from './patches.js';
import { columnsOf, multipliersOf, totalsOf } from './weights.js';

type Mac = ConvLayer | DenseLayer;
type Become = (rows: IntegerRows) => ByteColumns;

/**
 * The codes that a layer gives, from sums that are exact integers and have not left the kernels' memory: what `executeMac`
 * gives, several times as fast. Undefined where the arithmetic or the convention has no such way.
 */
export function requantizedCodes(
  layer: Mac,
  x: Operand,
  product: Product,
  arithmetic: Arithmetic,
): CodeTensor | undefined {
  const { weight: w, result, name } = layer;
  if (arithmetic.integerRows === undefined || result.kind !== 'requantize' || product.groups > 1) return undefined;
  if (x.kind !== 'codes' || w.kind !== 'codes' || w.quantization.zeroPoint !== 0) return undefined;
  const become = becomingOf(layer, w, x.quantization, product);
  if (become === undefined) return undefined;
  const { m, n, k } = product;
  const b = columnsOf(w, 0, n, k);
  const codes = new Uint8Array(m * n);
  const padding = zeroCode(x.quantization);
  const chunk = arithmetic.whole === true ? m : rowsFor(k * x.data.BYTES_PER_ELEMENT);
  for (let first = 0; first < m; first += chunk) {
    const part = { group: 0, first, count: Math.min(chunk, m - first) };
    const a = rowsOf(layer, x.data, x.shape, part, padding, spareOf(x.data, part.count * k));
    const job = { layer: name, m: part.count, n, k, a: x.quantization, b: w.quantization };
    const blocks = arithmetic.integerRows(a, b, job);
    if (blocks === undefined) return undefined;
    for (const block of blocks)
      placeBytes(become(block), codes, product, { first: first + block.first, count: block.rows });
  }
  return codeTensor(product.output, codes, result.output);
}

let spare = new Uint8Array(0);

/** An array for rows that nobody needs any more when the next are made; undefined for wider codes. */
function spareOf<T extends CodeTensor['data']>(like: T, length: number): T | undefined {
  if (!(like instanceof Uint8Array)) return undefined;
  if (spare.length < length) spare = new Uint8Array(length);
  return spare.subarray(0, length) as T;
}

const becomingOf = oncePerInput(becoming);

/** The same function of a layer and the meaning of what it reads, worked out once for each meaning. */
export function oncePerInput<T>(
  make: (layer: Mac, w: CodeTensor, input: Quantization, product: Product) => T,
): typeof make {
  const known = new WeakMap<Mac, { input: Quantization; made: T }>();
  return (layer, w, input, product) => {
    let own = known.get(layer);
    if (own?.input !== input) known.set(layer, (own = { input, made: make(layer, w, input, product) }));
    return own.made;
  };
}

/** What becomes of a layer's sums. */
function becoming(layer: Mac, w: CodeTensor, input: Quantization, product: Product): Become | undefined {
  const { result, name } = layer;
  if (result.kind !== 'requantize') return undefined;
  return conventionOf(name, result.convention).columns?.(filtersOf(layer, w, input, product), result.output);
}

/** What is done to the sums of a layer's filters, those of all groups, where its weights have no zero point. */
export function filtersOf(layer: Mac, w: CodeTensor, input: Quantization, { k }: Product): Filters {
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

/** Puts codes [n, rows] where they belong in [images, n, pixels]. */
function placeBytes(
  { codes, stride }: ByteColumns,
  to: Uint8Array,
  { n, pixels }: Product,
  { first, count }: RowRange,
): void {
  for (let done = 0, here = 0; done < count; done += here) {
    const pixel = (first + done) % pixels;
    here = Math.min(count - done, pixels - pixel);
    let at = (first + done - pixel) * n + pixel;
    for (let f = 0, from = done; f < n; f++, from += stride, at += pixels)
      to.set(codes.subarray(from, from + here), at);
  }
}
