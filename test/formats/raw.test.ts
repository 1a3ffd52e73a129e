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

  it('makes invalid operations signal', () => {
    expect(multiply(fromNumber(0), infinite(true))).toEqual(INVALID);
    expect(sum([infinite(true), infinite(false)])).toEqual(INVALID);
    expect(sum([infinite(true), NAN, infinite(false)])).toEqual(INVALID);
    expect(sum([NAN, fromNumber(1)])).toEqual(NAN);
    expect(toNumber(negate(infinite(false)))).toBe(-Infinity);
  });
});

describe('decimals and logarithms', () => {
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
