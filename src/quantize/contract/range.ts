import { decoderOf } from '../../datapaths/kernel/index.js';
import { type Format, isSigned, widthOf } from '../../formats/format.js';
import { oneZeroPoint, type Quantization } from '../../networks/tensor.js';

/** Lowest and highest finite value of a quantization's grid, in units of its scale. */
export function rangeOf(q: Quantization): [number, number] {
  const { format } = q.fit;
  if (format.kind === 'int') {
    const zeroPoint = oneZeroPoint(q);
    const half = 2 ** (format.bits - 1);
    const [low, high] = format.signed ? [-half, half - 1] : [0, 2 * half - 1];
    return [low * 2 ** format.exponent - zeroPoint, high * 2 ** format.exponent - zeroPoint];
  }
  const highest = largestOf(format);
  return [isSigned(format) ? -highest : 0, highest];
}

const largests = new WeakMap<Format, number>();

/** Largest finite value of a format of up to 16 bits. */
export function largestOf(format: Format): number {
  const known = largests.get(format);
  if (known !== undefined) return known;
  const value = decoderOf(format);
  let largest = 0;
  for (let code = 0; code < 2 ** widthOf(format); code++) {
    const magnitude = value(code);
    if (Number.isFinite(magnitude) && magnitude > largest) largest = magnitude;
  }
  largests.set(format, largest);
  return largest;
}
