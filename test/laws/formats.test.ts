import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/formats/catalog.js';
import { decode, encode, fitTo, INEXACT, OVERFLOW } from '../../src/formats/codec.js';
import { type Format, isSigned, widthOf } from '../../src/formats/format.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';
import { ROUNDINGS } from '../../src/formats/rounding.js';
import { records } from '../formats/records.js';

/**
 * Laws that every catalogue format of up to 16 bits must obey. "Nearest" is found here by search over the sorted values
 * of all codes, in float64, where the values, their midpoints and the midpoints' neighbours are all exact. What lies outside
 * is in overflow.test.ts.
 */
const small = [...FORMATS.filter((format) => widthOf(format) <= 16), ...records()];
type Named = (typeof ROUNDINGS)[number];

interface Listed {
  /** Magnitudes on one side of zero, ascending; without infinity and NaN. */
  magnitudes: number[];
  codes: number[];
}

function codesOf(format: Format): number[] {
  return Array.from({ length: 2 ** widthOf(format) }, (_, code) => code);
}

/** The sorted values of a side. Zero is on both sides. */
function listed(format: Format, negative: boolean): Listed {
  const side = codesOf(format)
    .map((code) => ({ code, raw: decode(format, code) }))
    .filter(({ raw }) => raw.kind === 'finite')
    .map(({ code, raw }) => ({ code, value: toNumber(raw) }))
    .filter(({ value }) => onSide(format, value, negative))
    .map(({ code, value }) => ({ code, magnitude: Math.abs(value) }))
    .sort((x, y) => x.magnitude - y.magnitude || x.code - y.code)
    .filter(
      ({ magnitude }, i, all) => i === 0 || magnitude !== all[i - 1].magnitude || !isRedundant(format, magnitude),
    );
  return { magnitudes: side.map((s) => s.magnitude), codes: side.map((s) => s.code) };
}

/** Where exponent field 0 is all zeros, the first code of them is the one that is written. */
function isRedundant(format: Format, value: number): boolean {
  return format.kind === 'float' && format.lowest === 'zero-only' && value === 0;
}

function onSide(format: Format, value: number, negative: boolean): boolean {
  if (value !== 0) return value < 0 === negative;
  return !hasNegativeZero(format) || Object.is(value, -0) === negative;
}

function hasNegativeZero(format: Format): boolean {
  return format.kind === 'float' && format.signed && format.specials !== 'fnuz' && format.lowest !== 'none';
}

function greatestAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What lies one step beyond the largest value if the exponent had no limit. */
function beyond(format: Format, { magnitudes, codes }: Listed): number {
  const top = magnitudes[magnitudes.length - 1];
  if (magnitudes.length < 2) return top * 2;
  const gap = top - magnitudes[magnitudes.length - 2];
  if (format.kind !== 'float') return top + gap;
  if (format.mantissaBits === 0) return top * format.radix;
  const startsBinade = codes[codes.length - 1] % 2 ** format.mantissaBits === 0;
  return top + (startsBinade ? 2 * gap : gap);
}

function goesUp(rounding: Named, negative: boolean, odd: boolean, x: number, low: number, high: number): boolean {
  if (x === low) return false;
  const middle = (low + high) / 2;
  if (rounding === 'rne') return x > middle || (x === middle && odd);
  if (rounding === 'rna') return x >= middle;
  if (rounding === 'rnz') return x > middle;
  if (rounding === 'rup') return !negative;
  if (rounding === 'rdn') return negative;
  return rounding === 'rto' && !odd;
}

/** The code by search, or 'overflow'. */
function searched(format: Format, side: Listed, x: number, negative: boolean, rounding: Named) {
  const { magnitudes, codes } = side;
  if (x < magnitudes[0]) return codes[0];
  const at = greatestAtMost(magnitudes, x);
  const last = at === magnitudes.length - 1;
  const high = last ? beyond(format, side) : magnitudes[at + 1];
  if (x >= high) return 'overflow';
  // The codes of a table need not alternate in parity; its positions do.
  const odd = (format.kind === 'table' ? at : codes[at]) % 2 === 1;
  const up = goesUp(rounding, negative, odd, x, magnitudes[at], high);
  if (up && last) return 'overflow';
  return codes[up ? at + 1 : at];
}

const float64 = new Float64Array(1);
const bits64 = new BigUint64Array(float64.buffer);
function neighbour(x: number, step: bigint): number {
  float64[0] = x;
  bits64[0] += step;
  return float64[0];
}

/** Values, midpoints, both neighbours of each midpoint, tiny values, and the overflow edge. */
function probes(format: Format, side: Listed, stride: number): number[] {
  const { magnitudes } = side;
  const top = magnitudes[magnitudes.length - 1];
  const next = beyond(format, side);
  const edge = (top + next) / 2;
  const result = [top, edge, neighbour(edge, 1n), neighbour(edge, -1n), next, next * 1.5, next * 64];
  const smallest = magnitudes.find((m) => m > 0) ?? top;
  result.push(smallest * 2 ** -60, smallest / 4, smallest / 2, neighbour(smallest / 2, 1n), neighbour(smallest, -1n));
  for (let i = 0; i + 1 < magnitudes.length; i += i < 40 || i > magnitudes.length - 40 ? 1 : stride) {
    const middle = (magnitudes[i] + magnitudes[i + 1]) / 2;
    result.push(magnitudes[i], middle, neighbour(middle, 1n), neighbour(middle, -1n));
  }
  return result;
}

describe.each(small.map((format) => [format.name, format] as const))('%s', (_name, format) => {
  it('decodes and encodes every code to itself', () => {
    let checked = 0;
    for (const code of codesOf(format)) {
      const raw = decode(format, code);
      if (raw.kind === 'nan') {
        if (format.kind === 'float') expect(decode(format, encode(raw, fitTo(format)).code).kind).toBe('nan');
      } else {
        const back = encode(raw, fitTo(format));
        if (isRedundant(format, Math.abs(toNumber(raw)))) expect(decode(format, back.code)).toEqual(raw);
        else if (back.code !== BigInt(code) || back.flags !== 0) expect(back).toEqual({ code: BigInt(code), flags: 0 });
      }
      checked++;
    }
    expect(checked).toBe(2 ** widthOf(format));
  });

  it('has ascending values on each side of zero', () => {
    for (const negative of [false, true]) {
      const { magnitudes } = listed(format, negative);
      if (negative && !isSigned(format)) continue;
      expect(magnitudes.every((m, i) => i === 0 || magnitudes[i - 1] < m)).toBe(true);
    }
  });

  it('encodes to the nearest code that a search over all values finds, in every rounding', () => {
    let checked = 0;
    for (const negative of isSigned(format) ? [false, true] : [false]) {
      const side = listed(format, negative);
      const xs = probes(format, side, widthOf(format) > 12 ? 61 : 1);
      for (const x of xs)
        for (const rounding of ROUNDINGS) {
          const want = searched(format, side, x, negative, rounding);
          const got = encode(fromNumber(negative ? -x : x), fitTo(format, { rounding, overflow: 'saturate' }));
          checked++;
          const code = want === 'overflow' ? side.codes[side.codes.length - 1] : want;
          const exact = want !== 'overflow' && toNumber(decode(format, code)) === (negative ? -x : x);
          const overflow = want === 'overflow';
          const flagged = ((got.flags & OVERFLOW) !== 0) === overflow && ((got.flags & INEXACT) !== 0) === !exact;
          if (got.code !== BigInt(code) || !flagged)
            expect({ x, negative, rounding, ...got }).toEqual({ code: BigInt(code), flags: { exact, overflow } });
        }
    }
    expect(checked).toBeGreaterThan(50);
  });
});
