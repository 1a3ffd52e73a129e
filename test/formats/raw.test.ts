import { assert, bigInt, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitLength,
  finite,
  floorLog2,
  fromNumber,
  infinite,
  INVALID,
  multiply,
  NAN,
  negate,
  sum,
  toDecimal,
  toNumber,
} from '../../src/formats/raw.js';

/** An integer as an exact value. */
function raw(n: bigint) {
  return finite(n < 0n, n < 0n ? -n : n, 0);
}

const runs = { seed: 2024, numRuns: 2000 };

describe('numbers', () => {
  it('go to exact values and back', () => {
    assert(
      property(double(), (x) => Object.is(toNumber(fromNumber(x)), x)),
      runs,
    );
    for (const x of [0, -0, 5e-324, 2 ** -1022, Number.MAX_VALUE, -Infinity, NaN])
      expect(toNumber(fromNumber(x))).toBe(x);
  });

  it('round to nearest even from longer values, as the conversion of a bigint does', () => {
    assert(
      property(bigInt({ min: 0n, max: 2n ** 140n }), (n) => toNumber(finite(false, n, 0)) === Number(n)),
      runs,
    );
    expect(toNumber(finite(true, 3n, -1076))).toBe(-5e-324);
    expect(toNumber(finite(true, 1n, -1075))).toBe(-0);
    expect(toNumber(finite(false, 1n, 1024))).toBe(Infinity);
  });

  it('round to nearest even at both ends of float64, as the subnormal and the largest numbers lie', () => {
    for (const [significand, exponent, value] of [
      [1n, -1075, 0],
      [3n, -1076, 5e-324],
      [3n, -1075, 1e-323],
      [5n, -1075, 1e-323],
      [7n, -1075, 2e-323],
      [(1n << 53n) - 1n, -1075, 2 ** -1022],
      [(1n << 54n) - 1n, -1076, 2 ** -1022],
      [(1n << 53n) - 3n, -1075, (2 ** 52 - 2) * 5e-324],
      [(1n << 53n) + 1n, -1074, 2 ** 52 * 2 ** -1073],
      [1n, -5000, 0],
      [1n << 5000n, -5000, 1],
      [(1n << 54n) - 2n, 970, Number.MAX_VALUE],
      [(1n << 54n) - 1n, 970, Infinity],
      [(1n << 55n) - 3n, 969, Number.MAX_VALUE],
      [1n << 2000n, 0, Infinity],
      [1n << 2000n, -1000, 2 ** 1000],
      [3n, 1022, 1.5 * 2 ** 1023],
    ] as const) {
      expect([significand, exponent, toNumber(finite(false, significand, exponent))]).toEqual([
        significand,
        exponent,
        value,
      ]);
      expect(toNumber(finite(true, significand, exponent))).toBe(-value);
    }
  });
});

describe('exact arithmetic', () => {
  it('adds and multiplies integers like bigint', () => {
    const value = bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
    assert(
      property(value, value, (x, y) => {
        expect(toDecimal(multiply(raw(x), raw(y))).replace('-0', '0')).toBe(`${x * y}`);
        expect(toDecimal(sum([raw(x), raw(y)]))).toBe(`${x + y}`);
      }),
      runs,
    );
  });

  it('gives zeros the sign that IEEE 754 says', () => {
    const [plus, minus] = [fromNumber(0), fromNumber(-0)];
    expect(toNumber(sum([minus, minus]))).toBe(-0);
    expect(toNumber(sum([plus, minus]))).toBe(0);
    expect(toNumber(sum([plus, minus], true))).toBe(-0);
    expect(toNumber(sum([plus, plus], true))).toBe(0);
    expect(toNumber(sum([fromNumber(1), fromNumber(-1)], true))).toBe(-0);
    expect(toNumber(multiply(minus, fromNumber(3)))).toBe(-0);
  });

  it('gives the sum of nothing +0, and -0 where zeros of both signs would be', () => {
    expect(toNumber(sum([]))).toBe(0);
    expect(toNumber(sum([], true))).toBe(-0);
  });

  it('makes invalid operations signal', () => {
    expect(multiply(fromNumber(0), infinite(true))).toEqual(INVALID);
    expect(sum([infinite(true), infinite(false)])).toEqual(INVALID);
    expect(sum([infinite(true), NAN, infinite(false)])).toEqual(INVALID);
    expect(sum([NAN, fromNumber(1)])).toEqual(NAN);
    const signaling = { ...NAN, signaling: true, sign: true, payload: 5n };
    for (const others of [[signaling, NAN], [NAN, signaling], [signaling], [fromNumber(1), signaling]])
      expect(sum(others)).toEqual(INVALID);
    for (const [x, y] of [
      [signaling, fromNumber(1)],
      [NAN, signaling],
      [infinite(false), signaling],
    ])
      expect([multiply(x, y), multiply(y, x)]).toEqual([INVALID, INVALID]);
    for (const x of [fromNumber(0), infinite(true), fromNumber(-2)])
      expect([multiply(NAN, x), multiply({ ...NAN, sign: true, payload: 9n }, x)]).toEqual([NAN, NAN]);
    for (const sign of [false, true])
      for (const x of [2, -2, Infinity, -Infinity])
        expect(multiply(infinite(sign), fromNumber(x))).toEqual(infinite(sign !== x < 0));
    expect(sum([infinite(true), fromNumber(5), infinite(true)])).toEqual(infinite(true));
    expect(toNumber(negate(infinite(false)))).toBe(-Infinity);
  });
});

describe('decimals and logarithms', () => {
  it('have words for what is no number, and a sign of its own for zero', () => {
    const written = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -10].map((value) => toDecimal(fromNumber(value)));
    expect(written).toEqual(['nan', 'inf', '-inf', '0', '-0', '1', '-10']);
  });

  it('are exact', () => {
    expect(toDecimal(fromNumber(-0.0625))).toBe('-0.0625');
    expect(toDecimal(finite(false, 3n, 4))).toBe('48');
    expect(toDecimal(fromNumber(2 ** -20))).toBe('0.00000095367431640625');
  });

  it('agree with the binary digits', () => {
    for (const n of [0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 200n + 1n])
      expect(bitLength(n)).toBe(n === 0n ? 0 : n.toString(2).length);
    for (let e = -1074; e < 1024; e++) expect(floorLog2(2 ** e)).toBe(e);
    expect(floorLog2(2 ** 40 - 2 ** -12)).toBe(39);
  });
});
