import type { Format } from '../../formats/format.js';
import { quantize } from '../../networks/quantization.js';
import type { CodeTensor } from '../../networks/tensor.js';
import { quantizationOf, type Scheme } from '../contract/scheme.js';

/**
 * The restricted range of a signed integer: codes in [-(2^(b-1) - 1), 2^(b-1) - 1], so that the grid is symmetric and a
 * product of two codes fits 2b - 1 bits. The full range has one code more, which only clipped values reach: with the
 * scale from max |x| both are the same. For weights, which are rounded beforehand.
 */
export function restricted(full: Scheme): Scheme {
  return {
    ...full,
    codes(x, scale) {
      const own = quantizationOf(x, full);
      return withoutLowest(quantize(x, scale === undefined ? own : { ...own, scale }));
    },
  };
}

/** @throws Error for a format that is no signed integer */
export function withoutLowest(x: CodeTensor): CodeTensor {
  const lowest = lowestCodeOf(x.quantization.fit.format);
  const data = x.data.map((code) => (code === lowest ? lowest + 1 : code)) as CodeTensor['data'];
  return { ...x, data };
}

function lowestCodeOf(format: Format): number {
  if (format.kind === 'int' && format.signed) return 2 ** (format.bits - 1);
  throw new Error(`the restricted range is that of a signed integer, found ${format.name}`);
}
