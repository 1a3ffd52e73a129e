import { decode, encode, type Encoded, type Fit, INVALID_FLAG, OVERFLOW } from '../formats/codec.js';
import type { Format } from '../formats/format.js';
import { type Raw, sum } from '../formats/raw.js';
import { productOf } from './products.js';
import { type RandomBits, zeroSignOf } from '../formats/rounding.js';

/** One operation on codes of any formats: exact, then rounded once. `fma` is a * b + c. */
export type ScalarOp = 'add' | 'sub' | 'mul' | 'fma';

export const OPERANDS: Readonly<Record<ScalarOp, number>> = { add: 2, sub: 2, mul: 2, fma: 3 };

/**
 * The result's code and flags as IEEE 754 defines them, for mixed formats too. Under `flush` subnormal operands are
 * read as zero. A float operation that is too large for an integer result is `invalid`, as in a conversion.
 * @param formats one format for each operand
 */
export function operate(
  op: ScalarOp,
  formats: readonly Format[],
  codes: readonly (bigint | number)[],
  fit: Fit,
  random?: RandomBits,
): Encoded {
  const raws = codes.map((code, i) => decode(formats[i], code, fit.subnormals));
  const { code, flags } = encode(exactly(op, raws, formats, zeroSignOf(fit.rounding)), fit, random);
  const fromFloat = formats.some((format) => format.kind === 'float');
  if (fit.format.kind === 'int' && fromFloat && (flags & OVERFLOW) !== 0) return { code, flags: INVALID_FLAG };
  return { code, flags };
}

/** @param zeroSign the sign of an exact zero from terms of both signs: negative only when rounding down */
function exactly(op: ScalarOp, [a, b, c]: readonly Raw[], [x, y]: readonly Format[], zeroSign: boolean): Raw {
  switch (op) {
    case 'add':
      return sum([a, b], zeroSign);
    case 'sub':
      return sum([a, b.kind === 'nan' ? b : { ...b, sign: !b.sign }], zeroSign);
    case 'mul':
      return productOf({ a: x, b: y }, a, b);
    default:
      return sum([productOf({ a: x, b: y }, a, b), c], zeroSign);
  }
}
