import { describe, expect, it } from 'vitest';
import { encoderOf } from '../../../../src/datapaths/kernel/float64/encode.js';
import { rowEncoderOf } from '../../../../src/datapaths/kernel/float64/encodeRows.js';
import { rounderOf } from '../../../../src/datapaths/kernel/float64/rounder.js';
import { decoderOf, sumValues, valuesOf } from '../../../../src/datapaths/kernel/float64/values.js';
import { sumArray } from '../../../../src/datapaths/kernel/index.js';
import { FORMATS, formatNamed, int } from '../../../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../../../src/formats/codec.js';
import { type FloatFormat, type Format, widthOf } from '../../../../src/formats/format.js';
import { fromNumber, toNumber } from '../../../../src/formats/raw.js';
import { records } from '../../../formats/records.js';
import { anyCode, generator, landmarks, setCode } from '../jobs.js';

/** Codes and float64 values, both ways, of every format: they are the codec's, whichever way is quick for a format. */
const random = generator(5);
const shapes = { kind: 'float', signed: true, radix: 2, bias: 15, lowest: 'subnormal', specials: 'ieee' } as const;
const wide: FloatFormat[] = [
  { ...shapes, name: 'e5m14', exponentBits: 5, mantissaBits: 14 },
  { ...shapes, name: 'e5m14 shifted', exponentBits: 5, mantissaBits: 14, shift: -3 },
  { ...shapes, name: 'e5m11 padded', exponentBits: 5, mantissaBits: 11, paddingBits: 15 },
  { ...shapes, name: 'e11m12', exponentBits: 11, mantissaBits: 12, bias: 1023 },
  { ...shapes, name: 'e5m14 merged', exponentBits: 5, mantissaBits: 14, specials: 'merged' },
  { ...shapes, name: 'e5m14 normal', exponentBits: 5, mantissaBits: 14, lowest: 'normal' },
  { ...shapes, name: 'ue5m14', exponentBits: 5, mantissaBits: 14, signed: false },
];
/** Tables of 65536 values take their time: two formats stand for those of 16 bits. */
const sized = FORMATS.filter((format) => widthOf(format) !== 16 || ['fp16', 'dlfloat16'].includes(format.name));
const formats: readonly Format[] = [...sized, ...records(), ...wide, int(20, true, -6), int(33, false, 3)];

/** All codes of few bits; of more the landmarks and drawn ones. */
function codesOf(format: Format): bigint[] {
  if (widthOf(format) <= 10) return Array.from({ length: 2 ** widthOf(format) }, (_, code) => BigInt(code));
  const draw = anyCode(random);
  return [...landmarks(format), ...Array.from({ length: 200 }, () => draw(format))];
}
const all = formats.map((format) => ({ format, codes: codesOf(format) }));
const narrow = all.filter(({ format }) => widthOf(format) <= 32);

/** The codes of a format for which two functions differ, in words. */
function differing<T>(format: Format, codes: readonly bigint[], found: (code: bigint) => T, wanted: typeof found) {
  return codes
    .filter((code) => !Object.is(found(code), wanted(code)))
    .map((code) => `${format.name} ${code.toString(16)}: ${String(found(code))}, not ${String(wanted(code))}`);
}

describe('values', () => {
  it.each(['keep', 'flush'] as const)('of single codes, subnormals: %s', (subnormals) => {
    for (const { format, codes } of narrow) {
      const [one, table] = [decoderOf(format, subnormals), widthOf(format) <= 16 ? valuesOf(format, subnormals) : []];
      const wanted = (code: bigint) => toNumber(decode(format, code, subnormals));
      expect(differing(format, codes, (code) => one(Number(code)), wanted)).toEqual([]);
      if (table.length > 0) expect(differing(format, codes, (code) => table[Number(code)], wanted)).toEqual([]);
    }
  });

  it('of whole arrays, of 32 bits and of 64', () => {
    for (const { format, codes } of all) {
      const sums = sumArray(format, codes.length);
      codes.forEach((code, i) => setCode(sums, i, code));
      const values = new Map(codes.map((code, i) => [code, sumValues(format, sums.subarray(i, i + 1))[0]]));
      expect(
        differing(
          format,
          codes,
          (code) => values.get(code),
          (code) => toNumber(decode(format, code)),
        ),
      ).toEqual([]);
      expect(sumValues(format, sums)).toEqual(Float64Array.from(codes, (code) => values.get(code) ?? Number.NaN));
    }
  });

  it('of more than 16 bits are in no table', () => {
    expect(valuesOf(formatNamed('fp16'))).toHaveLength(65536);
    expect(() => valuesOf(int(17))).toThrow('valuesOf: int17 has more than 16 bits, use decoderOf');
  });
});

/** The quiet NaN, which every other one becomes, and numbers that a code stands for: -0 among them. */
const canonical = (format: Format, value: number) => encode(fromNumber(value), fitTo(format)).code;

describe('codes', () => {
  const fits = narrow.filter(({ format }) => rounderOf(fitTo(format), { swamped: 0, overflowed: 0 }) !== undefined);

  it('of single values', () => {
    for (const { format, codes } of fits) {
      const one = encoderOf(fitTo(format));
      const value = (code: bigint) => toNumber(decode(format, code));
      const wanted = (code: bigint) => canonical(format, value(code));
      expect(differing(format, codes, (code) => BigInt(one(value(code))), wanted)).toEqual([]);
    }
    expect(fits.length).toBeGreaterThan(60);
    expect(() => encoderOf(fitTo(formatNamed('ternary')))).toThrow('encoderOf: ternary is a table');
  });

  it.each([Float32Array, Float64Array])('of rows in a %o, where float32 has all numbers of a format', (kind) => {
    let rows = 0;
    for (const { format, codes } of fits) {
      if (format.kind !== 'float') continue;
      const encodeRow = rowEncoderOf(fitTo(format));
      const values = codes.map((code) => toNumber(decode(format, code)));
      const isContained = values.every((value) => Object.is(Math.fround(value), value)) && (format.shift ?? 0) === 0;
      expect([format.name, encodeRow !== undefined]).toEqual([format.name, isContained && format.bias <= 127]);
      if (encodeRow === undefined) continue;
      const to = new Uint32Array(codes.length + 3).fill(77);
      encodeRow(to, 2, kind.from([5, ...values]).subarray(1));
      expect([format.name, ...to]).toEqual([
        format.name,
        77,
        77,
        ...values.map((x) => Number(canonical(format, x))),
        77,
      ]);
      rows++;
    }
    expect(rows).toBeGreaterThan(40);
  });
});
