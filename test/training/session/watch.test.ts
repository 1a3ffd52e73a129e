import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { perTensor } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import {
  countGradient,
  HIGHEST_EXPONENT,
  LOWEST_EXPONENT,
  noGradients,
  watched,
} from '../../../src/training/session/watch.js';

const tensor = (...values: number[]) => floatTensor([values.length], Float32Array.from(values));

/** The largest number of each format, by its document: OCP's fp8, and integers. */
const LARGEST = { e5m2: 57344, e4m3fn: 448, int8: 127 } as const;

describe('gradients that are watched', () => {
  it('are counted by what became of them, more with each that is seen', () => {
    const tally = noGradients();
    expect(tally).toEqual({ elements: 0, zeros: 0, underflowed: 0, overflowed: 0, histogram: new Float64Array(81) });
    const before = tensor(0, -0, 1, 1e-9, -1e-9, 3, 5, Infinity, -4);
    const after = tensor(0, 0, 1, 0, -0, 3, Infinity, Infinity, Number.NaN);
    for (let seen = 1; seen <= 2; seen++) {
      countGradient(tally, before, { values: after, quantization: undefined }, 1);
      expect(tally).toMatchObject({ elements: 9 * seen, zeros: 2 * seen, underflowed: 2 * seen, overflowed: 3 * seen });
      expect(tally.histogram.reduce((sum, count) => sum + count)).toBe(7 * seen);
    }
  });

  it.each(Object.entries(LARGEST))(
    'overflow beyond the largest number of %s times its scale, not at it',
    (name, largest) => {
      for (const scale of [1, 0.125, 8]) {
        const quantization = perTensor(fitTo(formatNamed(name), { overflow: 'saturate' }), scale);
        const top = largest * scale;
        const before = tensor(top, -top, top * (1 + 2 ** -20), -top * (1 + 2 ** -20), top * 4, top / 2);
        const after = tensor(top, -top, top, -top, top, top / 2);
        const tally = noGradients();
        countGradient(tally, before, { values: after, quantization }, 1);
        expect([tally.overflowed, tally.underflowed]).toEqual([3, 0]);
      }
    },
  );

  it('stand in the class of their binade, with the loss scale taken off to the nearest power of two', () => {
    for (const [scale, power] of [
      [1, 0],
      [1024, 10],
      [1000, 10],
      [1 / 8, -3],
      [3, 2],
      [2.8, 1],
    ] as const)
      for (const exponent of [-126, -61, -60, -59, -10, 0, 1, 19, 20, 21, 100])
        for (const significand of [1, 1.5, 2 - 2 ** -23]) {
          const tally = noGradients();
          const one = tensor(-significand * 2 ** exponent);
          countGradient(tally, one, { values: one, quantization: undefined }, scale);
          const wanted = Math.max(-60, Math.min(20, exponent - power)) + 60;
          expect([...tally.histogram.keys()].filter((i) => tally.histogram[i] !== 0)).toEqual([wanted]);
          expect(tally.histogram[wanted]).toBe(1);
        }
    expect([LOWEST_EXPONENT, HIGHEST_EXPONENT]).toEqual([-60, 20]);
  });

  it('go through as their quantizer gives them, and as they are without one', () => {
    const g = tensor(1, 2);
    const seen: unknown[] = [];
    const plain = watched(undefined, (before, after) => seen.push([before, after]));
    const real = { values: g, quantization: undefined };
    expect(plain.forward(g)).toEqual({ inputGradient: real, weightGradient: real });
    expect(plain.state).toBeUndefined();
    const state = [{ name: 's', data: new Float64Array(1) }];
    const [inner, other] = [tensor(3, 4), tensor(5, 6)].map((values) => ({ values, quantization: undefined }));
    const own = watched({ state, forward: () => ({ inputGradient: inner, weightGradient: other }) }, (before, after) =>
      seen.push([before, after]),
    );
    expect(own.forward(g)).toEqual({ inputGradient: inner, weightGradient: other });
    expect(own.state).toBe(state);
    expect(seen).toEqual([
      [g, real],
      [g, other],
    ]);
  });
});
