import { describe, expect, it } from 'vitest';
import { encode, fitTo } from '../../src/formats/codec.js';
import { FORMATS, formatNamed } from '../../src/formats/catalog.js';
import { widthOf } from '../../src/formats/format.js';
import { fromNumber } from '../../src/formats/raw.js';
import { encodeAll, encodeValue, orderTable } from '../../src/networks/codes.js';
import { randomFrom } from '../../src/random/random.js';

const narrow = FORMATS.filter((format) => widthOf(format) <= 8);
const wide = FORMATS.filter((format) => format.kind === 'float' && widthOf(format) > 8 && widthOf(format) <= 32);

/** Landmarks, every midpoint-like value of short significand, and random bit patterns over the whole float32 line. */
function probes(seed: number): Float32Array {
  const random = randomFrom(seed);
  const values = [0, -0, Infinity, -Infinity, Number.NaN, 1e-45, -1e-45, 3.4028234663852886e38, 0.5, -0.5];
  for (let exponent = -18; exponent <= 17; exponent++)
    for (let significand = 16; significand < 32; significand++)
      for (const sign of [1, -1]) values.push(sign * significand * 2 ** (exponent - 4));
  const words = Uint32Array.from({ length: 600 }, () => random.word());
  return Float32Array.from([...values, ...new Float32Array(words.buffer), ...values.map((v) => v * (1 + 2 ** -23))]);
}

describe('encodeAll', () => {
  it.each([...narrow, ...wide].map((format) => [format.name]))('gives the codec’s codes: %s', (name) => {
    const overflow = 'saturate';
    for (const rounding of ['rne', 'rna', 'rtz', 'rup'] as const) {
      const fit = fitTo(formatNamed(name), { overflow, rounding });
      const values = probes(rounding.length);
      const expected = Array.from(values, (value) => Number(encode(fromNumber(value), fit).code));
      expect(Array.from(encodeAll(values, fit))).toEqual(expected);
    }
  });

  const integers = FORMATS.filter((format) => format.kind === 'int' && format.bits <= 32);

  it.each(integers.map((format) => [format.name, format] as const))(
    'rounds, then wraps or saturates, as integers do: %s',
    (_, format) => {
      if (format.kind !== 'int') throw new Error('an integer format');
      const edge = 2 ** (format.bits - 1);
      const values = [
        0,
        0.5,
        1.5,
        2.5,
        1.25,
        edge - 1,
        edge - 0.5,
        edge,
        edge + 1,
        2 * edge - 1,
        2 * edge,
        2 * edge + 3,
        5 * edge + 1,
      ];
      const numbers = Float32Array.from([...values, ...values.map((value) => -value), Infinity, -Infinity, Number.NaN]);
      const ROUNDED: Record<string, (x: number) => number> = {
        rne: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
        rna: (x) => Math.sign(x) * Math.round(Math.abs(x)),
        rtz: Math.trunc,
        rup: Math.ceil,
        rdn: Math.floor,
      };
      const [low, high] = format.signed ? [-edge, edge - 1] : [0, 2 * edge - 1];
      for (const [rounding, round] of Object.entries(ROUNDED))
        for (const overflow of ['saturate', 'wrap'] as const)
          for (const zeroPoint of [0, 1]) {
            const fit = fitTo(format, { overflow, rounding: rounding as 'rne' });
            const codes = Array.from(encodeAll(numbers, fit, zeroPoint));
            const which = `${rounding} ${overflow} ${zeroPoint}`;
            expect(codes, which).toEqual(Array.from(numbers, (value) => encodeValue(value, fit, zeroPoint)));
            for (const [i, value] of numbers.entries()) {
              if (!Number.isFinite(value)) continue;
              const whole = round(value / 2 ** format.exponent) + zeroPoint;
              const kept = overflow === 'wrap' ? whole : Math.max(low, Math.min(whole, high));
              expect(BigInt(codes[i]), `${which} of ${value}`).toBe(BigInt.asUintN(format.bits, BigInt(kept)));
            }
          }
    },
  );

  it('gives the codec’s codes where overflow makes NaN or infinity', () => {
    for (const [name, overflow] of [
      ['e4m3fn', 'nan'],
      ['e4m3fn', 'ieee'],
      ['e5m2', 'ieee'],
      ['e5m2fnuz', 'nan'],
    ] as const) {
      const fit = fitTo(formatNamed(name), { overflow });
      const values = probes(7);
      expect(Array.from(encodeAll(values, fit))).toEqual(
        Array.from(values, (value) => Number(encode(fromNumber(value), fit).code)),
      );
    }
  });

  it('adds the zero point to the rounded integer, as ONNX QuantizeLinear does', () => {
    const fit = fitTo(formatNamed('int8'), { overflow: 'saturate' });
    // 2.5 rounds to 2, 3.5 to 4; then +1. Rounding after the addition would give 4 and 4.
    const codes = encodeAll(Float32Array.of(2.5, 3.5, -0.5, 200, -200), fit, 1);
    expect(Array.from(new Int8Array(Uint8Array.from(codes).buffer))).toEqual([3, 5, 1, 127, -128]);
    for (const value of [2.5, 3.5, -0.5, 126.5, 127.5, -129.5, 1e9, Infinity, -Infinity, Number.NaN])
      expect(encodeAll(Float32Array.of(value), fit, 1)[0]).toBe(encodeValue(value, fit, 1));
  });
});

describe('orderTable', () => {
  it('orders e4m3fn by value with -0 below +0 and NaN on top', () => {
    const ranks = orderTable(formatNamed('e4m3fn'));
    // 0xfe is -448, 0x80 -0, 0 +0, 0x7e 448, 0x7f NaN.
    const [most, minusZero, zero, max, nan] = [0xfe, 0x80, 0, 0x7e, 0x7f].map((code) => ranks[code]);
    expect([most, minusZero, zero, max, nan]).toEqual([...[most, minusZero, zero, max, nan]].sort((a, b) => a - b));
    expect(most).toBe(0);
    expect(zero - minusZero).toBe(1);
  });

  it('orders two’s complement as signed', () => {
    const ranks = orderTable(formatNamed('int4'));
    expect(Array.from(ranks)).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
