import { decode, encode, fitTo } from './codec.js';
import { type FloatFormat, type Format, widthOf } from './format.js';

/** Whether every finite value of `narrow` is a value of `wide`, so that a conversion is exact. */
export function holds(wide: Format, narrow: Format): boolean {
  const fit = fitTo(wide);
  for (const code of decidingCodes(narrow)) {
    const raw = decode(narrow, code);
    if (raw.kind === 'finite' && encode(raw, fit).flags !== 0) return false;
  }
  return true;
}

/** Formats of so many bits are looked at whole. */
const FEW_BITS = 8;

/**
 * Codes of which none is lost only where no code is: of a float the least and the greatest mantissa of each exponent and
 * the one after the least, of an integer the ends and the units. A format's steps do not widen towards zero.
 */
function* decidingCodes(format: Format): Generator<bigint> {
  const width = BigInt(widthOf(format));
  if (width <= FEW_BITS || format.kind === 'table') {
    for (let code = 0n; code < 1n << width; code++) yield code;
  } else if (format.kind === 'float') yield* decidingFloats(format, width);
  else yield* [0n, 1n, 2n ** (width - 1n) - 1n, 2n ** (width - 1n), 2n ** width - 1n];
}

function* decidingFloats({ mantissaBits, paddingBits = 0 }: FloatFormat, width: bigint): Generator<bigint> {
  const [mantissa, padding] = [BigInt(mantissaBits), BigInt(paddingBits)];
  const ones = (1n << mantissa) - 1n;
  // All ones may be a NaN, so the one before it counts too. A sign is one more bit above the exponent.
  const mantissas = new Set([0n, 1n, ones - 1n, ones].filter((bits) => bits >= 0n && bits <= ones));
  for (let exponent = 0n; exponent < 1n << (width - mantissa - padding); exponent++)
    for (const bits of mantissas) yield ((exponent << mantissa) | bits) << padding;
}
