import { errorUlp } from '../datapaths/exact.js';
import { decode } from '../formats/codec.js';
import type { Format } from '../formats/format.js';
import { isZero, toNumber } from '../formats/raw.js';

/** How a unit's code differs from the model's. */
export const KINDS = [
  'sign of zero',
  '1 ulp',
  'more than 1 ulp',
  'infinity against finite',
  'NaN against number',
  'other code of NaN',
  'other code of one value',
  'unknown (x or z)',
  'missing',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Difference {
  kind: Kind;
  expected: number;
  got: number;
  /** got - expected in the format's ulp at the expected value. */
  ulp: number;
}

export function differenceOf(format: Format, expected: bigint, got: bigint): Difference {
  const [truth, found] = [decode(format, expected), decode(format, got)];
  const ulp = errorUlp(format, truth, found);
  const values = { expected: toNumber(truth), got: toNumber(found), ulp };
  if (truth.kind === 'nan' || found.kind === 'nan')
    return { kind: truth.kind === found.kind ? 'other code of NaN' : 'NaN against number', ...values };
  if (truth.kind === 'inf' || found.kind === 'inf') return { kind: 'infinity against finite', ...values };
  if (isZero(truth) && isZero(found) && truth.sign !== found.sign) return { kind: 'sign of zero', ...values };
  if (ulp === 0) return { kind: 'other code of one value', ...values };
  return { kind: Math.abs(ulp) <= 1 ? '1 ulp' : 'more than 1 ulp', ...values };
}

/** Where a unit gave no code at all, or one with x or z in it, there is no value to compare. */
export function withoutValue(kind: 'unknown (x or z)' | 'missing', format: Format, expected: bigint): Difference {
  return { kind, expected: toNumber(decode(format, expected)), got: Number.NaN, ulp: Number.NaN };
}
