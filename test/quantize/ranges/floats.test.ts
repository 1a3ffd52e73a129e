import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { dequantize, quantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { absmean } from '../../../src/quantize/ranges/absmean.js';
import {
  adaptiveBias,
  biasFor,
  type BiasRule,
  compareBiases,
  plainFloat,
} from '../../../src/quantize/ranges/adaptiveBias.js';
import { adaptivFloat, adaptivFloatBias } from '../../../src/quantize/ranges/adaptivFloat.js';
import { quantizationOf, scheme } from '../../../src/quantize/contract/scheme.js';
import { quantizeValues } from '../../../src/quantize/contract/values.js';
import { randomFrom } from '../../../src/random/random.js';

const random = randomFrom(4);
const gauss = Float32Array.from({ length: 5000 }, () => random.normal());
const scaledBy = (factor: number) => gauss.map((x) => x * factor);
const db = (values: Float32Array, e: number, m: number, rule: BiasRule) =>
  compareBiases(values, [plainFloat(e, m)]).find((row) => row.rule === rule)?.sqnrDb ?? Number.NaN;

/** Every value of a float with bias b, from the formula. */
function valuesWith(e: number, m: number, bias: number): number[] {
  const values = [];
  for (let code = 0; code < 2 ** (e + m); code++) {
    const [exponent, mantissa] = [Math.floor(code / 2 ** m), (code % 2 ** m) / 2 ** m];
    values.push(exponent === 0 ? 2 ** (1 - bias) * mantissa : 2 ** (exponent - bias) * (1 + mantissa));
  }
  return values;
}

describe('adaptive exponent bias', () => {
  it('has the biases of the definition', () => {
    const fit = fitTo(formatNamed('e3m2fn'), { overflow: 'saturate' });
    const x = Float32Array.of(0.1, -0.3, 5.9);
    expect(biasFor(x, fit, 'fixed')).toBe(3);
    // (2^3 - 1) - floor(log2 5.9) = 5: the largest value is 2^2 * 1.75 = 7.
    expect(biasFor(x, fit, 'max')).toBe(5);
    expect(() => biasFor(x, fitTo(formatNamed('int4')), 'max')).toThrow(
      "an exponent bias is a binary float's, found int4",
    );
  });

  it.each([
    [3, 2],
    [2, 3],
    [2, 1],
  ])('e%im%i: the scale is another bias, value for value', (e, m) => {
    for (const factor of [0.003, 1, 40]) {
      const x = floatTensor([gauss.length], scaledBy(factor));
      const format = `e${e}m${m}fn`;
      const own = scheme(format, adaptiveBias('sqnr'));
      const bias = biasFor(x.data, own.fit, 'sqnr');
      const values = valuesWith(e, m, bias);
      const held = dequantize(quantize(x, quantizationOf(x, own))).data;
      held.forEach((y, i) => {
        const nearest = Math.min(...values.map((value) => Math.abs(Math.abs(x.data[i]) - value)));
        expect(Math.abs(y - x.data[i])).toBeCloseTo(nearest, 6);
      });
    }
  });

  it('by SQNR is the best of the biases searched, by brute force over the values', () => {
    const x = scaledBy(0.07);
    const fit = fitTo(formatNamed('e2m3fn'), { overflow: 'saturate' });
    const errorAt = (bias: number) => {
      const values = valuesWith(2, 3, bias);
      return x.reduce((sum, y) => sum + Math.min(...values.map((v) => (Math.abs(y) - v) ** 2)), 0);
    };
    const most = biasFor(x, fit, 'max');
    const errors = Array.from({ length: 9 }, (_, i) => errorAt(most - 3 + i));
    expect(biasFor(x, fit, 'sqnr')).toBe(most - 3 + errors.indexOf(Math.min(...errors)));
  });

  it('is far better than a fixed one where values are small, and never worse than the maximum', () => {
    for (const [e, m] of [
      [3, 2],
      [2, 3],
      [2, 1],
    ])
      for (const factor of [0.02, 1, 30]) {
        const x = scaledBy(factor);
        expect(db(x, e, m, 'sqnr')).toBeGreaterThanOrEqual(db(x, e, m, 'max'));
        expect(db(x, e, m, 'sqnr')).toBeGreaterThanOrEqual(db(x, e, m, 'fixed'));
      }
    expect(db(scaledBy(0.02), 3, 2, 'sqnr')).toBeGreaterThan(db(scaledBy(0.02), 3, 2, 'fixed') + 20);
  });

  it('each format is named with its bits', () => {
    const rows = compareBiases(gauss, [plainFloat(3, 2), plainFloat(4, 3)]);
    expect(rows.map(({ bits, rule }) => `${bits} ${rule}`)).toEqual(
      [6, 8].flatMap((bits) => ['fixed', 'max', 'sqnr'].map((rule) => `${bits} ${rule}`)),
    );
  });

  it('"two bits fewer": holds against a fixed bias with the same exponent field, not against the maximum or e4m3', () => {
    const small = scaledBy(0.02);
    expect(db(small, 3, 2, 'sqnr')).toBeGreaterThan(db(small, 3, 4, 'fixed'));
    expect(db(small, 3, 2, 'sqnr')).toBeLessThan(db(small, 3, 4, 'max') - 10);
    expect(db(small, 3, 2, 'sqnr')).toBeLessThan(db(small, 4, 3, 'fixed') - 3);
    expect(db(gauss, 3, 2, 'sqnr')).toBeLessThan(db(gauss, 3, 4, 'fixed') - 10);
  });
});

describe('AdaptivFloat', () => {
  it('four bits, two of exponent: .375 .5 .75 1 1.5 2 3 for a maximum in [2, 4)', () => {
    const options = { bits: 4, exponentBits: 2 };
    expect(adaptivFloatBias(Float64Array.of(2.7), 2)).toBe(-2);
    const x = Float64Array.of(2.7, -0.1, 0.18, 0.19, 0.2, 0.44, 0.6, 0.63, -0.9, 1.24, 1.76, 2.4);
    const y = [3, -0, 0, 0.375, 0.375, 0.5, 0.5, 0.75, -1, 1, 2, 2];
    expect(Array.from(adaptivFloat(x, options)).map((v) => v + 0)).toEqual(y.map((v) => v + 0));
    expect(Array.from(adaptivFloat(Float64Array.of(3.9, 0.3, -0.37), { ...options, below: 'zero' }))).toEqual([
      3, 0, 0,
    ]);
    expect(() => adaptivFloat(x, { bits: 3, exponentBits: 3 })).toThrow('3 bits do not hold 3 exponent bits');
  });

  it.each([
    [4, 2, 'paper', -2, 2 ** 1 * 1.5],
    [8, 3, 'paper', 0, 2 ** 7 * (2 - 2 ** -4)],
    [6, 3, 'paper', -5, 2 ** 2 * 1.75],
    [8, 3, 'code2022', 1, 2 ** 2 * (2 - 2 ** -4)],
    [5, 3, 'code2022', 0, 2 ** 3 * 1.5],
    [3, 2, 'code2022', -3, 2 ** 4],
  ] as const)('<%i, %i> of %s with the bias %i clips at %d', (bits, exponentBits, version, bias, largest) => {
    const x = Float64Array.of(largest, 1.01 * largest, -2 * largest, 1e9, -1e30);
    expect([...adaptivFloat(x, { bits, exponentBits, version, bias })]).toEqual(
      [1, 1, -1, 1, -1].map((sign) => sign * largest),
    );
  });

  // ttambe/AdaptivFloat, adaptivfloat.py at 15f7620 (2020, numpy 1.24) and e107ec4 (2022, torch 1.13) on the same numbers.
  it.each([
    [
      'paper',
      8,
      3,
      [-50, -2.625, -0.96875, -0.265625, 0.34375, 1.125, 3.25, -14, -2.125, -0.8125, -0.265625, 0.4375, 1.3125, 4, -8],
    ],
    ['paper', 6, 3, [-48, -2.5, -1, -0.3125, 0.3125, 1, 3, -14, -2, -0.75, 0, 0.4375, 1.25, 4, -8]],
    ['paper', 4, 2, [-48, 0, 0, 0, 0, 0, 6, -16, 0, 0, 0, 0, 0, 6, -8]],
    ['code2022', 8, 3, [-50, -2.625, 0, 0, 0, 1.125, 3.25, -14, -2.125, 0, 0, 0, 1.3125, 4, -8]],
    ['code2022', 5, 3, [-48, -3, 0, 0, 0, 1, 3, -16, -2, 0, 0, 0, 1.5, 4, -8]],
    ['code2022', 4, 2, [-48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ] as const)('%s <%i, %i> gives what the public code gives', (version, bits, exponentBits, expected) => {
    const x = Float64Array.from({ length: 40 }, (_, i) => {
      const u = ((i * 7919) % 41) / 41 - 0.5;
      return u / (0.26 - u * u);
    });
    expect(Array.from(adaptivFloat(x, { bits, exponentBits, version }).subarray(0, 15)).map((v) => v + 0)).toEqual(
      expected,
    );
  });

  it.each([
    ['e3m4af', 8, 3],
    ['e3m2af', 6, 3],
    ['e2m1af', 4, 2],
  ])('is the format %s with the bias by max', (format, bits, exponentBits) => {
    const x = floatTensor([gauss.length], scaledBy(0.3));
    const held = dequantize(quantize(x, quantizationOf(x, scheme(format, adaptiveBias('max'))))).data;
    expect(Array.from(held, (y) => y + 0)).toEqual(
      Array.from(adaptivFloat(x.data, { bits, exponentBits }), (y) => y + 0),
    );
  });
});

describe('absmean', () => {
  it('makes +-1 of what lies beyond half the mean magnitude', () => {
    const x = floatTensor([1, 5], Float32Array.of(0.1, -0.49, 0.51, 2.9, -1));
    const q = quantizationOf(x, scheme('ternary', absmean()));
    expect(q.scale[0]).toBeCloseTo(1, 6);
    expect(Array.from(dequantize(quantize(x, q)).data, (y) => Math.round(y) + 0)).toEqual([0, 0, 1, 1, -1]);
  });

  it('is the mean of the magnitudes, however small they are', () => {
    const { scales } = quantizeValues([0.001, -0.001, 0.0006, -0.0001], 'ternary', absmean());
    expect(scales[0]).toBeCloseTo(0.000675, 10);
    expect(quantizeValues([2e-9, -2e-9], 'ternary', absmean()).reals).toEqual(Float32Array.of(2e-9, -2e-9));
    expect(quantizeValues([0, 0], 'ternary', absmean()).scales).toEqual([1]);
  });
});
