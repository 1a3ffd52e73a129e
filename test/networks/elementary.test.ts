import { expect, it } from 'vitest';
import { cos, exp, log, sin } from '../../src/networks/elementary.js';

/** The engine's own functions are right to about an ulp: near enough to find a wrong series. */
it('agrees with the engine to 1e-14', () => {
  for (let i = -4000; i <= 4000; i++) {
    const x = i / 173;
    expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
    expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(2e-14);
    expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(2e-14);
    const y = 2 ** (i / 10);
    expect(Math.abs(log(y) - Math.log(y))).toBeLessThan(1e-14 * Math.max(1, Math.abs(Math.log(y))));
  }
});

it('has the usual ends', () => {
  expect([exp(-Infinity), exp(0), exp(Infinity), exp(Number.NaN)]).toEqual([0, 1, Infinity, Number.NaN]);
  expect([log(0), log(1), log(Infinity), log(-1)]).toEqual([-Infinity, 0, Infinity, Number.NaN]);
});
