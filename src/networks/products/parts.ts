import type { ConvLayer, DenseLayer } from '../network.js';
import type { Operand } from '../tensor.js';
import { patchesOf, type RowRange } from './patches.js';

/** Bytes of patches, or of sums in float64, that are made at a time. */
const CHUNK = 4 << 20;

/** Rows of so many bytes that a chunk takes: a multiple of four, which kernels take rows by. */
export function rowsFor(bytes: number): number {
  return Math.max(4, Math.floor(CHUNK / bytes / 4) * 4);
}

/** Rows of a product that go through the arithmetic together. */
export interface ProductRows extends RowRange {
  group: number;
}

/**
 * The left operand [part.count, k] of a layer's product: patches, or rows as they are.
 * @param padding what lies outside of the image: 0, or the code of zero
 * @param spare an array to be filled when it has the right length
 */
export function rowsOf<T extends Operand['data']>(
  layer: ConvLayer | DenseLayer,
  x: T,
  shape: readonly number[],
  part: ProductRows,
  padding: number,
  spare?: T,
): T {
  if (layer.op === 'conv') return patchesOf(x, shape, layer, part.group, padding, part, spare);
  const k = x.length / shape[0];
  return x.subarray(part.first * k, (part.first + part.count) * k) as T;
}
