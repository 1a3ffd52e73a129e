import { describe, expect, it } from 'vitest';
import { erf } from '../../../src/networks/scalars/erf.js';
import {
  acosh,
  asinh,
  atanh,
  cosh,
  expm1,
  log1p,
  sigmoid,
  sinh,
  softplus,
  tanh,
} from '../../../src/networks/scalars/hyperbolic.js';
import { power } from '../../../src/networks/scalars/power.js';
import { arccosine, arcsine, arctangent, cosine, sine, tangent } from '../../../src/networks/scalars/trigonometric.js';
import { randomReals } from '../functions/calls.js';

/** The engine's own functions are another implementation: within two units of float64 of the right value. */
const FUNCTIONS = [
  { name: 'expm1', own: expm1, other: Math.expm1, from: -20, to: 20 },
  { name: 'log1p', own: log1p, other: Math.log1p, from: -0.999, to: 50 },
  { name: 'tanh', own: tanh, other: Math.tanh, from: -25, to: 25 },
  { name: 'sinh', own: sinh, other: Math.sinh, from: -60, to: 60 },
  { name: 'cosh', own: cosh, other: Math.cosh, from: -60, to: 60 },
  { name: 'asinh', own: asinh, other: Math.asinh, from: -100, to: 100 },
  { name: 'acosh', own: acosh, other: Math.acosh, from: 1, to: 100 },
  { name: 'atanh', own: atanh, other: Math.atanh, from: -1, to: 1 },
  { name: 'sine', own: sine, other: Math.sin, from: -1e4, to: 1e4 },
  { name: 'sine of large angles', own: sine, other: Math.sin, from: -1e30, to: 1e30 },
  { name: 'cosine', own: cosine, other: Math.cos, from: -1e4, to: 1e4 },
  { name: 'cosine of large angles', own: cosine, other: Math.cos, from: -1e9, to: 1e9 },
  { name: 'tangent', own: tangent, other: Math.tan, from: -100, to: 100 },
  { name: 'arctangent', own: arctangent, other: Math.atan, from: -20, to: 20 },
  { name: 'arcsine', own: arcsine, other: Math.asin, from: -1, to: 1 },
  { name: 'arccosine', own: arccosine, other: Math.acos, from: -1, to: 1 },
];

describe('functions of one number', () => {
  it.each(FUNCTIONS)('$name is the engine’s to 1e-13, near zero too', ({ own, other, from, to }) => {
    const inside = randomReals(3000, from, to, 7).filter((x) => x > from && x < to);
    const near = randomReals(1000, Math.max(from, -1e-3), Math.min(to, 1e-3), 8).filter((x) => x >= from && x <= to);
    for (const x of [...inside, ...(from < 0 ? near : [])]) {
      const [found, wanted] = [own(x), other(x)];
      expect(Math.abs(found - wanted), `${x}`).toBeLessThanOrEqual(1e-13 * Math.abs(wanted));
    }
  });

  it('keeps the sign of zero where the function is odd', () => {
    for (const own of [expm1, log1p, sinh, asinh, atanh, sine, tangent, erf])
      expect([own(0), own(-0)], own.name).toEqual([0, -0]);
  });

  it('says NaN outside, and infinity at the ends', () => {
    const nan = [acosh(0.5), acosh(-1e38), atanh(2), arcsine(1.5), arccosine(-2), sine(Infinity), cosine(-Infinity)];
    expect(nan).toEqual(nan.map(() => Number.NaN));
    expect([atanh(1), atanh(-1), sinh(-Infinity), asinh(Infinity), cosh(-Infinity), tanh(Infinity)]).toEqual([
      Infinity,
      -Infinity,
      -Infinity,
      Infinity,
      Infinity,
      1,
    ]);
    expect([erf(Infinity), erf(-7), erf(Number.NaN), arctangent(-Infinity)]).toEqual([1, -1, Number.NaN, -Math.PI / 2]);
  });

  it('gives sigmoid and softplus where e^x overflows', () => {
    expect([sigmoid(-800), sigmoid(800), softplus(800), softplus(-800)]).toEqual([0, 1, 800, 0]);
    expect(sigmoid(0)).toBe(0.5);
  });
});

describe('erf', () => {
  it('has the digits of Abramowitz and Stegun, table 7.1', () => {
    const table = [
      [0.02, 0.0225645747],
      [0.5, 0.5204998778],
      [1, 0.8427007929],
      [1.5, 0.9661051465],
      [1.98, 0.9948920004],
    ];
    for (const [x, value] of table) expect(erf(x)).toBeCloseTo(value, 9);
  });

  it('is the integral of 2/sqrt(pi) e^(-t^2), by Simpson’s rule', () => {
    for (const x of randomReals(40, -5, 5, 3)) {
      const [n, step] = [2000, x / 2000];
      let sum = 0;
      for (let i = 0; i <= n; i++) sum += Math.exp(-((i * step) ** 2)) * (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2);
      expect(Math.abs(erf(x) - (sum * step * 2) / (3 * Math.sqrt(Math.PI))), `${x}`).toBeLessThan(2e-13);
    }
  });
});

describe('power', () => {
  it('is the engine’s to 1e-13', () => {
    const [bases, exponents] = [randomReals(3000, 0.01, 10, 1), randomReals(3000, -20, 20, 2)];
    bases.forEach((x, i) => {
      const [found, wanted] = [power(x, exponents[i]), x ** exponents[i]];
      expect(Math.abs(found - wanted), `${x} ${exponents[i]}`).toBeLessThanOrEqual(1e-13 * wanted);
    });
  });

  it('is exact for whole exponents, and a root for 1/2', () => {
    expect([power(3, 13), power(-7, 5), power(2, -3), power(2, 40), power(2, 0.5)]).toEqual([
      1594323,
      -16807,
      0.125,
      2 ** 40,
      Math.SQRT2,
    ]);
    expect(power(81, 0.75)).toBe(27);
  });

  it('has the special values of IEEE 754, pow', () => {
    const values = [-Infinity, -2, -1, -0.5, -0, 0, 0.5, 1, 2, Infinity, Number.NaN];
    const exponents = [-Infinity, -3, -2, -0.5, -0, 0, 0.3, 0.5, 0.75, 3, 4, Infinity, Number.NaN];
    // JavaScript alone gives NaN for (+-1)^infinity and 1^NaN.
    const wanted = (x: number, y: number) =>
      x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x === -Infinity && y === 0.75 ? Infinity : x ** y;
    for (const x of values)
      for (const y of exponents) {
        const exact = wanted(x, y);
        if (!Number.isFinite(exact) || exact === 0 || Number.isInteger(exact))
          expect([x, y, power(x, y)]).toEqual([x, y, exact]);
        else expect(Math.abs(power(x, y) / exact - 1)).toBeLessThan(1e-14);
      }
  });
});
