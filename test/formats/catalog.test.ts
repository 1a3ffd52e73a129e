import { describe, expect, it } from 'vitest';
import { FORMATS, findFormat, formatNamed } from '../../src/formats/catalog.js';
import { decode } from '../../src/formats/codec.js';
import { type Format, hasInfinity, hexDigitsOf, quantumExponentOf, widthOf } from '../../src/formats/format.js';
import { toNumber } from '../../src/formats/raw.js';

/** Every value of a format of up to 16 bits. */
function valuesOf(format: Format): number[] {
  return Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));
}

function positives(format: Format): number[] {
  return valuesOf(format).filter((v) => v > 0 && v < Number.POSITIVE_INFINITY);
}

// Name, width, largest, smallest positive, number of NaN codes: OCP OFP8 and MX v1.0 specifications, IEEE 754, the
// documentation of ml_dtypes, US patent 10,656,913 (dlfloat16), Sun et al. 2020 (radix-4 fp4).
const published: [string, number, number, number, number][] = [
  ['fp16', 16, 65504, 2 ** -24, 2046],
  ['bf16', 16, 255 * 2 ** 120, 2 ** -133, 254],
  ['dlfloat16', 16, (1 + 510 / 512) * 2 ** 32, (1 + 2 ** -9) * 2 ** -31, 2],
  ['e4m3fn', 8, 448, 2 ** -9, 2],
  ['e4m3', 8, 240, 2 ** -9, 14],
  ['e5m2', 8, 57344, 2 ** -16, 6],
  ['e4m3fnuz', 8, 240, 2 ** -10, 1],
  ['e5m2fnuz', 8, 57344, 2 ** -17, 1],
  ['e4m3b11fnuz', 8, 30, 2 ** -13, 1],
  ['e3m4', 8, 15.5, 2 ** -6, 30],
  ['hfp8', 8, 30, (1 + 2 ** -3) * 2 ** -11, 0],
  ['hfp8b7', 8, 448, (1 + 2 ** -3) * 2 ** -7, 2],
  ['hfp8fbgemm', 8, 0.9375, 2 ** -17, 14],
  ['hfp8e5m2', 8, 98304, (1 + 2 ** -2) * 2 ** -15, 2],
  ['e3m2fn', 6, 28, 2 ** -4, 0],
  ['e2m3fn', 6, 7.5, 2 ** -3, 0],
  ['e2m1fn', 4, 6, 0.5, 0],
  ['e8m0fnu', 8, 2 ** 127, 2 ** -127, 1],
  ['radix4', 4, 64, 1 / 64, 0],
  ['radix4odd', 4, 32, 1 / 128, 0],
  ['int4', 4, 7, 1, 0],
  ['uint4', 4, 15, 1, 0],
  ['ternary', 2, 1, 1, 1],
  ['binary', 1, 1, 1, 0],
];

describe('the catalogue', () => {
  it.each(published)('%s has the published range', (name, width, largest, smallest, nans) => {
    const format = formatNamed(name);
    const values = valuesOf(format);
    expect(widthOf(format)).toBe(width);
    expect(Math.max(...positives(format))).toBe(largest);
    expect(Math.min(...positives(format))).toBe(smallest);
    expect(values.filter(Number.isNaN)).toHaveLength(nans);
    expect(values.filter((v) => v === Number.POSITIVE_INFINITY)).toHaveLength(hasInfinity(format) ? 1 : 0);
  });

  it('lists the 16 values of OCP fp4 and of radix-4 fp4', () => {
    const half = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    expect(valuesOf(formatNamed('e2m1fn'))).toEqual([...half, ...half.map((v) => -v)]);
    const powers = [0, 1 / 64, 1 / 16, 1 / 4, 1, 4, 16, 64];
    expect(valuesOf(formatNamed('radix4'))).toEqual([...powers, ...powers.map((v) => -v)]);
  });

  it('keeps tf32 in 32-bit words of which 13 bits are zero', () => {
    const tf32 = formatNamed('tf32');
    expect(widthOf(tf32)).toBe(32);
    expect(hexDigitsOf(tf32)).toBe(8);
    expect(toNumber(decode(tf32, 0x3f802000))).toBe(1 + 2 ** -10);
  });

  it('gives every value as a multiple of the quantum', () => {
    for (const format of FORMATS.filter((f) => widthOf(f) <= 16)) {
      const quantum = 2 ** quantumExponentOf(format);
      expect(positives(format).every((v) => Number.isInteger(v / quantum))).toBe(true);
    }
  });

  it('makes integers and fixed point of any width, and says what there is', () => {
    expect(widthOf(formatNamed('int37'))).toBe(37);
    expect(toNumber(decode(formatNamed('int8q6'), 0xff))).toBe(-(2 ** -6));
    for (const name of ['int1', 'int65', 'fp17', 'E4M3']) expect(findFormat(name)).toBeUndefined();
    expect(() => formatNamed('fp17')).toThrow(/unknown format "fp17".*e4m3fn/);
  });

  it('has no name twice', () => {
    expect(new Set(FORMATS.map((f) => f.name)).size).toBe(FORMATS.length);
  });
});
