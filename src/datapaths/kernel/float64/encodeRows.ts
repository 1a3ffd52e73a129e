import { encode } from '../../../formats/codec.js';
import type { Fit } from '../../../formats/codec.js';
import { NAN } from '../../../formats/raw.js';
import { factsOf } from '../contract/facts.js';
import { encoderOf } from './encode.js';

/** Writes the codes of a row of carried sums from `at` on. */
export type RowEncoder = (to: Uint32Array, at: number, row: Float32Array | Float64Array) => void;

/**
 * Codes by integer arithmetic on float32 patterns: a code is the pattern with its exponent rebiased and its low bits cut.
 * Undefined for formats that float32 does not contain.
 */
export function rowEncoderOf(fit: Fit): RowEncoder | undefined {
  const { format } = fit;
  const facts = factsOf(format);
  if (format.kind !== 'float' || format.radix !== 2 || !format.signed || (format.shift ?? 0) !== 0) return undefined;
  if (facts.quantum < -149 || facts.max >= 2 ** 128 || format.mantissaBits > 23 || format.bias > 127) return undefined;
  const slow = encoderOf(fit);
  const cut = 23 - format.mantissaBits;
  const rebias = (127 - format.bias) << format.mantissaBits;
  const smallest = (128 - format.bias) << 23;
  const padding = format.paddingBits ?? 0;
  const sign = format.exponentBits + format.mantissaBits + padding;
  const nan = Number(encode(NAN, { ...fit, rounding: 'rne' }).code);
  const identity = cut === 0 && rebias === 0 && format.specials === 'ieee';
  return (to, at, row) => {
    const single = row instanceof Float32Array ? row : new Float32Array(row);
    const bits = new Uint32Array(single.buffer, single.byteOffset, row.length);
    if (identity) {
      to.set(bits, at);
      quietNans(to, at, row.length, nan);
      return;
    }
    for (let i = 0; i < bits.length; i++) {
      const magnitude = bits[i] & 0x7fffffff;
      if (magnitude >= 0x7f800000 || magnitude < smallest) to[at + i] = slow(single[i]);
      else to[at + i] = (((magnitude >>> cut) - rebias) << padding) | ((bits[i] >>> 31) << sign);
    }
  };
}

/** Its own function, because a loop over one kind of array is fast. */
function quietNans(codes: Uint32Array, from: number, count: number, nan: number): void {
  for (let i = from; i < from + count; i++) if ((codes[i] & 0x7fffffff) > 0x7f800000) codes[i] = nan;
}
