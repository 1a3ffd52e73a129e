import { describe, expect, it } from 'vitest';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { convert, decode, encode, type Fit, fitTo, flagNames, round } from '../../src/formats/codec.js';
import type { FloatFormat } from '../../src/formats/format.js';
import { finite, fromNumber, multiply, sum, toNumber } from '../../src/formats/raw.js';

type Parts = Partial<Omit<Fit, 'format'>>;

/** The code alone, as a number, rounding ties toward zero. */
function level(name: string, value: number): number {
  return Number(encode(fromNumber(value), fitTo(formatNamed(name), { rounding: 'rnz' })).code);
}

/** "7c00 inexact overflow": the code and flags of a number fitted to a format. */
function fitted(name: string, value: number, parts: Parts = {}): string {
  const { code, flags } = encode(fromNumber(value), fitTo(formatNamed(name), parts));
  return `${code.toString(16)} ${flagNames(flags)}`.trim();
}

function converted(from: string, code: number, to: string, parts: Parts = {}): string {
  const { code: result, flags } = convert(formatNamed(from), code, fitTo(formatNamed(to), parts));
  return `${result.toString(16)} ${flagNames(flags)}`.trim();
}

describe('overflow', () => {
  it.each<[string, number, Parts, string]>([
    ['fp16', 65519, {}, '7bff inexact'],
    ['fp16', 65520, {}, '7c00 inexact overflow'],
    ['fp16', 65536, { rounding: 'rtz' }, '7bff inexact overflow'],
    ['fp16', 65536, { rounding: 'rtz', overflow: 'infinity' }, '7c00 inexact overflow'],
    ['fp16', -65536, { rounding: 'rup' }, 'fbff inexact overflow'],
    ['fp16', 1e6, { overflow: 'nan' }, '7e00 inexact overflow'],
    ['e4m3fn', 464, {}, '7e inexact'],
    ['e4m3fn', 465, {}, '7f inexact overflow'],
    ['e4m3fn', -465, { overflow: 'saturate' }, 'fe inexact overflow'],
    ['e4m3fn', Infinity, { overflow: 'saturate' }, '7e invalid'],
    ['e4m3fn', -Infinity, { overflow: 'saturate-propagate' }, 'fe invalid'],
    ['e4m3fn', Infinity, { rounding: 'rtz' }, '7f invalid'],
    ['e4m3fn', 1e9, { rounding: 'rtz' }, '7e inexact overflow'],
    ['e4m3fnuz', -Infinity, { rounding: 'rtz' }, '80 invalid'],
    ['e5m2', Infinity, { overflow: 'saturate' }, '7b invalid'],
    ['e5m2', -Infinity, { overflow: 'saturate' }, 'fb invalid'],
    ['e5m2', Infinity, { overflow: 'saturate-propagate' }, '7c'],
    ['e5m2', 1e9, { overflow: 'saturate-propagate' }, '7b inexact overflow'],
    ['e5m2', Infinity, { rounding: 'rtz' }, '7c'],
    ['dlfloat16', -Infinity, { rounding: 'rtz' }, 'ffff invalid'],
    ['dlfloat16', Infinity, { overflow: 'saturate' }, '7ffe invalid'],
    ['e2m1fn', -Infinity, {}, 'f invalid'],
    ['int8', -Infinity, { overflow: 'wrap' }, '80 invalid'],
    ['e2m1fn', -100, {}, 'f inexact overflow'],
    ['e2m1fn', -5, {}, 'e inexact'],
    ['int8', 300, { overflow: 'wrap' }, '2c inexact overflow'],
    ['int8', -300, { overflow: 'saturate' }, '80 inexact overflow'],
  ])('%s of %d with %o is %s', (name, value, parts, want) => {
    expect(fitted(name, value, parts)).toBe(want);
  });

  it('refuses to wrap a float', () => {
    expect(() => fitted('fp16', 1e6, { overflow: 'wrap' })).toThrow(/"wrap" is for integers, fp16 is not/);
  });
});

describe('as other libraries have it', () => {
  const values = [0, -0, -1, 2 ** -130, 3, 2 ** 128, Infinity, -Infinity];

  /** numpy casts of float64 by ml_dtypes 0.6.0: no saturation, nearest even. A scale's ties, as of 3, go up there. */
  it.each<[string, Parts, string]>([
    ['e8m0fnu', { rounding: 'rna' }, 'ff ff ff 0 81 ff ff ff'],
    ['e4m3fn', {}, '0 80 b8 0 44 7f 7f ff'],
    ['e5m2', {}, '0 80 bc 0 42 7c 7c fc'],
    ['e4m3fnuz', {}, '0 0 c0 0 4c 80 80 80'],
    ['e5m2fnuz', {}, '0 0 c0 0 46 80 80 80'],
    ['e3m4', {}, '0 80 b0 0 48 70 70 f0'],
    ['e4m3', {}, '0 80 b8 0 44 78 78 f8'],
    ['e2m1fn', {}, '0 8 a 0 5 7 7 f'],
    ['e3m2fn', {}, '0 20 2c 0 12 1f 1f 3f'],
  ])('ml_dtypes, %s', (name, parts, want) => {
    expect(values.map((value) => fitted(name, value, parts).split(' ')[0]).join(' ')).toBe(want);
  });

  /** The table of ONNX Cast-25: Inf, -Inf and what is larger than FLT_MAX, with saturate = 1. */
  it.each([
    ['e4m3fn', '7e fe 7e fe'],
    ['e4m3fnuz', '7f ff 7f ff'],
    ['e5m2', '7b fb 7b fb'],
    ['e5m2fnuz', '7f ff 7f ff'],
  ])('ONNX, %s', (name, want) => {
    const got = [Infinity, -Infinity, 1e9, -1e9].map((value) => fitted(name, value, { overflow: 'saturate' }));
    expect(got.map((text) => text.split(' ')[0]).join(' ')).toBe(want);
  });
});

describe('small values', () => {
  const almostNormal = 2 ** -14 * (1 - 2 ** -13);
  it.each<[string, number, Parts, string]>([
    ['fp16', 2 ** -25, {}, '0 inexact underflow'],
    ['fp16', -(2 ** -25), {}, '8000 inexact underflow'],
    ['fp16', 2 ** -25 * 1.0001, {}, '1 inexact underflow'],
    ['fp16', 2 ** -24, {}, '1'],
    ['fp16', 2 ** -24, { subnormals: 'flush' }, '0 inexact underflow'],
    ['fp16', almostNormal, {}, '400 inexact'],
    ['fp16', almostNormal, { tininess: 'before' }, '400 inexact underflow'],
    ['fp16', almostNormal, { subnormals: 'flush' }, '400 inexact'],
    ['fp16', almostNormal, { subnormals: 'flush', tininess: 'before' }, '0 inexact underflow'],
    ['e8m0fnu', 0, {}, 'ff invalid'],
    ['e8m0fnu', -0, { rounding: 'rtz' }, 'ff invalid'],
    ['e8m0fnu', 0, { overflow: 'saturate' }, '0 inexact underflow'],
    ['e8m0fnu', 2 ** -130, {}, '0 inexact underflow'],
    ['e8m0fnu', 2 ** -130, { rounding: 'rup' }, '0 inexact underflow'],
    ['e8m0fnu', 1.25 * 2 ** -127, {}, '0 inexact'],
    ['e8m0fnu', -1, {}, 'ff invalid'],
    ['e8m0fnu', -1, { rounding: 'rtz' }, 'ff invalid'],
    ['e8m0fnu', -1, { rounding: 'rtz', overflow: 'saturate' }, '0 inexact underflow'],
    ['e8m0fnu', Infinity, { rounding: 'rtz' }, 'ff invalid'],
    ['e8m0fnu', Infinity, { overflow: 'saturate' }, 'fe invalid'],
    ['e8m0fnu', 3, {}, '80 inexact'],
    ['e8m0fnu', 3, { rounding: 'rna' }, '81 inexact'],
    ['binary', -0, {}, '1 inexact'],
    ['binary', -0.5, {}, '0 inexact'],
  ])('%s of %d with %o is %s', (name, value, parts, want) => {
    expect(fitted(name, value, parts)).toBe(want);
  });

  it('lets a float without a sign round a small negative value to its zero', () => {
    const field = { exponentBits: 4, mantissaBits: 3, bias: 7, radix: 2, lowest: 'subnormal', specials: 'fn' } as const;
    const format: FloatFormat = { kind: 'float', name: 'ue4m3', signed: false, ...field };
    expect(encode(fromNumber(-1e-9), fitTo(format))).toEqual({ code: 0n, flags: 3 });
    expect(encode(fromNumber(-1), fitTo(format))).toEqual({ code: 0x7fn, flags: 16 });
  });

  it('reads subnormal operands as signed zeros under flush', () => {
    expect(converted('fp16', 0x83ff, 'fp32', { subnormals: 'flush' })).toBe('80000000');
    expect(converted('fp16', 0x8400, 'fp32', { subnormals: 'flush' })).toBe('b8800000');
  });
});

describe('the radix-4 thresholds of the 4-bit training paper', () => {
  const thresholds = [0.0390625, 0.15625, 0.625, 2.5, 10, 40];

  it('rounds 4^n/1.6 down and anything above it up', () => {
    thresholds.forEach((threshold, below) => {
      expect(level('radix4', threshold)).toBe(below + 1);
      expect(level('radix4', threshold * (1 + 2 ** -40))).toBe(below + 2);
      expect(level('radix4odd', threshold / 2)).toBe(below + 1);
    });
  });

  it('goes to zero at half of the smallest level, the nearest rule, and not at its 1/1.6', () => {
    expect(level('radix4', 1 / 128)).toBe(0);
    expect(level('radix4', 0.009765625)).toBe(1);
  });
});

describe('conversion', () => {
  it.each<[string, number, string, string]>([
    ['fp32', 0x7fc00000, 'int32', '0 invalid'],
    ['fp32', 0x4f000000, 'int32', '7fffffff invalid'],
    ['fp32', 0xbf800000, 'uint32', '0 invalid'],
    ['fp32', 0x3f000000, 'int32', '0 inexact'],
    ['fp32', 0x7f800001, 'fp16', '7e00 invalid'],
    ['fp32', 0x7fc00000, 'fp16', '7e00'],
    ['fp32', 0x7fc00000, 'e2m1fn', '7 invalid'],
    ['int32', 0x7fffffff, 'fp32', '4f000000 inexact'],
  ])('%s %i to %s is %s', (from, code, to, want) => {
    const overflow = to.includes('int') ? 'saturate' : 'ieee';
    expect(converted(from, code, to, { overflow })).toBe(want);
  });

  it('rejects codes that are too wide', () => {
    expect(() => decode(formatNamed('e4m3fn'), 256)).toThrow(/e4m3fn codes have 8 bits, found 256/);
  });
});

const fp16 = formatNamed('fp16');

/** e4m3fn * e4m3fn + fp32, as an fp16 code. */
function fma(a: number, b: number, c: number, parts: Parts = {}): number {
  const e4m3fn = formatNamed('e4m3fn');
  const product = multiply(decode(e4m3fn, a), decode(e4m3fn, b));
  return Number(
    encode(sum([product, decode(formatNamed('fp32'), c)], parts.rounding === 'rdn'), fitTo(fp16, parts)).code,
  );
}

describe('fused multiply-add of mixed formats', () => {
  it('rounds once: a product above the range of fp16 is brought back by the addend', () => {
    expect(toNumber(decode(fp16, fma(0x7e, 0x7e, 0xc8000000)))).toBe(Infinity);
    expect(toNumber(decode(fp16, fma(0x7e, 0x7e, 0xc8200000)))).toBe(448 * 448 - 2.5 * 2 ** 16);
  });

  it('sees one fp32 ulp beyond a tie', () => {
    // 1 * 1 + 2^-11 is a tie between 1 and 1 + 2^-10.
    expect(fma(0x38, 0x38, 0x3a000000)).toBe(0x3c00);
    expect(fma(0x38, 0x38, 0x3a000001)).toBe(0x3c01);
    expect(fma(0x38, 0x38, 0x3a000001, { rounding: 'rtz' })).toBe(0x3c00);
  });

  it('gives a cancelled sum +0, and -0 when rounding down', () => {
    expect(fma(0x38, 0x38, 0xbf800000)).toBe(0);
    expect(fma(0x38, 0x38, 0xbf800000, { rounding: 'rdn' })).toBe(0x8000);
  });
});

describe('round', () => {
  it('is encode and decode', () => {
    const { raw, flags } = round(finite(false, 5n, -4), fitTo(int(4)));
    expect([toNumber(raw), flagNames(flags)]).toEqual([0, 'inexact']);
  });
});
