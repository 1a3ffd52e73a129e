import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curvePlot } from '../../src/cli/accumulate.js';
import { DATAPATHS, datapathNamed } from '../../src/datapaths/catalog.js';
import { exactSum } from '../../src/datapaths/exact.js';
import { codeArray, compileGemm, outputFormatOf, sumValues } from '../../src/datapaths/kernel/index.js';
import { reduce } from '../../src/datapaths/reference.js';
import { decode, encode, fitTo } from '../../src/formats/codec.js';
import { fromNumber, sum, toNumber } from '../../src/formats/raw.js';
import { datapath, sumFit } from '../../src/datapaths/datapath.js';
import type { Order } from '../../src/datapaths/order.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { type Rounding, stochastic } from '../../src/formats/rounding.js';
import { accumulating, accumulationCurve, addendsOf, type Distribution } from '../../src/simulate/accumulate.js';
import { ExactSum } from '../../src/simulate/exactSum.js';

function unit(sum: string, rounding: Rounding, order: Order = { kind: 'sequential' }) {
  const e5m2 = formatNamed('e5m2');
  return datapath({ name: sum, a: e5m2, b: e5m2, sum: sumFit(sum, { rounding }), order });
}

const lastOf = (...parts: Parameters<typeof accumulationCurve>) => accumulationCurve(...parts).at(-1)?.got;

/** Half a unit at 2^p is 1 when the significand has p bits: from there on 1 is a tie (Wang et al. 2018 and arithmetic). */
it.each([
  ['dlfloat16', 'rne', 1024],
  ['dlfloat16', 'rna', 2048],
  ['fp16', 'rne', 2048],
  ['fp16', 'rna', 4096],
] as const)('a sum of ones in %s with %s stops at %d', (sum, rounding, stop) => {
  expect(lastOf(unit(sum, rounding), [8192], { kind: 'ones' }, 1)).toBe(stop);
});

/** Codes of 64 bits are wider than the kernels' operands. */
it('fp64 counts ones, and rounds where its significand ends', () => {
  const fp64 = formatNamed('fp64');
  const wide = datapath({ name: 'fp64', a: fp64, b: fp64, sum: sumFit('fp64') });
  const [some, last] = accumulationCurve(wide, [8, 100], { kind: 'ones' }, 1);
  expect([some.got, some.exact, last.got, last.errorUlp]).toEqual([8, 8, 100, 0]);
  const values = [2 ** 53, 1, 1];
  expect(accumulationCurve(wide, [3], { kind: 'values', values }, 1)).toMatchObject([
    { got: 2 ** 53, exact: 2 ** 53 + 2, swamped: 2 },
  ]);
});

it('codes of 64 bits are added by the reference from their first addend on where bits are drawn at random', () => {
  const fp64 = formatNamed('fp64');
  const wide = datapath({ name: 'fp64', a: fp64, b: fp64, sum: sumFit('fp16', { rounding: stochastic(8) }) });
  const values = [1.5, 2 ** -9, 1024, -0.3, 7];
  const codes = Array.from({ length: 40 }, (_, i) => encode(fromNumber(values[i % 5]), fitTo(fp64)).code);
  const { code: one } = encode(fromNumber(1), fitTo(fp64));
  const lengths = [1, 7, 40];
  const curve = accumulationCurve(wide, lengths, { kind: 'values', values }, 1);
  const wanted = lengths.map((length) => {
    const operands = { a: codes.slice(0, length), b: Array<bigint>(length).fill(one) };
    const { code, swamped, overflowed } = reduce(wide, operands);
    const got = toNumber(decode(outputFormatOf(wide), code));
    return { length, got, exact: toNumber(exactSum(wide, operands)), swamped, overflowed };
  });
  expect(curve).toMatchObject(wanted);
});

it('chunks of 64 bring 8,192 ones home', () => {
  const order = { kind: 'chunked', length: 64 } as const;
  expect(lastOf(unit('dlfloat16', 'rne', order), [8192], { kind: 'ones' }, 1)).toBe(8192);
});

it('a uniform sum of mean 1 and deviation 1 stops at 4096, where half a unit is 4 and no addend is above 2.74', () => {
  const uniform = { kind: 'uniform', mean: 1, deviation: 1 } as const;
  const curve = accumulationCurve(unit('dlfloat16', 'rne'), [8192, 16384, 65536], uniform, 1);
  expect(curve.map(({ got }) => got)).toEqual([4096, 4096, 4096]);
  const chunked = accumulationCurve(unit('dlfloat16', 'rne', { kind: 'chunked', length: 64 }), [16384], uniform, 1);
  expect(Math.abs(chunked[0].relativeError)).toBeLessThan(0.01);
});

it('addends have the mean and deviation that were asked for, and a longer list begins with the shorter', () => {
  const addends = addendsOf({ kind: 'uniform', mean: 1, deviation: 1 }, 50_000, 3);
  const mean = addends.reduce((sum, x) => sum + x) / addends.length;
  const deviation = Math.sqrt(addends.reduce((sum, x) => sum + (x - mean) ** 2, 0) / addends.length);
  expect(mean).toBeCloseTo(1, 1);
  expect(deviation).toBeCloseTo(1, 1);
  expect(addendsOf({ kind: 'uniform', mean: 1, deviation: 1 }, 10, 3)).toEqual(addends.subarray(0, 10));
});

const SHORT = [1, 3, 64, 301];
const DRAWN: Distribution[] = [
  { kind: 'normal', mean: 0, deviation: 30 },
  { kind: 'values', values: [1e9, -3, 0, -0, 1e-9, 0.37, -1e9, 1e300, 2.5, -0.75] },
];

/** Generations of a chip have many units alike in all but their names: each kind once. */
const UNITS = [...new Map(DATAPATHS.map(({ name, ...parts }) => [JSON.stringify(parts), { name, ...parts }])).values()];

describe.each(UNITS.map((datapath) => [datapath.name, datapath] as const))('%s', (_name, datapath) => {
  it.each(DRAWN)('gives what the reference gives for $kind', (distribution) => {
    const fit = { ...fitTo(datapath.a), overflow: 'saturate' as const };
    const codes = Array.from(addendsOf(distribution, 301, 5), (value) => encode(fromNumber(value), fit).code);
    const one = encode(fromNumber(1), fitTo(datapath.b)).code;
    const curve = accumulationCurve(datapath, SHORT, distribution, 5);
    expect(curve.map(({ length }) => length)).toEqual(SHORT);
    for (const { length, got, exact, swamped, overflowed } of curve) {
      const operands = { a: codes.slice(0, length), b: Array<bigint>(length).fill(one) };
      const found = reduce(datapath, operands);
      expect([swamped, overflowed]).toEqual([found.swamped, found.overflowed]);
      expect(got).toBe(toNumber(decode(outputFormatOf(datapath), found.code)));
      expect(exact).toBe(toNumber(exactSum(datapath, operands)));
    }
  });
});

/** Longer than what is added at a time, so that registers go on from code to code; every order that lets them, and a result. */
it.each([
  'fp8-fp16',
  'hopper-mma-e4m3fn-fp16',
  'hopper-e4m3fn-fp32-promoted',
  'ibm-hfp8-forward',
  'nvdla-full-int8',
  'cdna2-fp32',
])('%s: sums in pieces are those of one product', (name) => {
  const unit = datapathNamed(name);
  const gemm = compileGemm(unit);
  const lengths = [140_001, 65_536, 70_000, 131_072];
  const distribution = { kind: 'normal', mean: 0.5, deviation: 2 } as const;
  const fit = { ...fitTo(unit.a), overflow: 'saturate' as const };
  const a = codeArray(unit.a, 140_001);
  addendsOf(distribution, 140_001, 2).forEach((value, i) => (a[i] = Number(encode(fromNumber(value), fit).code)));
  const one = Number(encode(fromNumber(1), fitTo(unit.b)).code);
  accumulationCurve(unit, lengths, distribution, 2).forEach(({ length, got, exact, swamped, overflowed }, i) => {
    const whole = gemm.stats({ m: 1, n: 1, k: length, a: a.slice(0, length), b: codeArray(unit.b, length).fill(one) });
    expect(length).toBe(lengths[i]);
    expect([exact, swamped, overflowed]).toEqual([whole.exact[0], whole.swamped, whole.overflowed]);
    expect(got).toBe(sumValues(outputFormatOf(unit), whole.sums)[0]);
  });
});

it('exact sums stay so where float64 would lose the smallest addend beside the largest', () => {
  const fp16 = formatNamed('fp16');
  const unit = datapath({ name: 'fp16', a: fp16, b: fp16, sum: sumFit('fp32') });
  // Three of the largest numbers to one of the smallest: 2^-24 is lost beside 2^30.
  const values = [65504, 65504, 65504, 2 ** -24];
  for (const { length, exact } of accumulationCurve(unit, [4, 8192, 16_384, 65_536], { kind: 'values', values }, 1))
    expect(exact).toBe((length / 4) * 3 * 65504 + (length / 4) * 2 ** -24);
});

it('a curve comes in pieces of 65,536 additions, of 4,096 where the reference adds, each with the share that is done', () => {
  const sharesOf = (...parts: Parameters<typeof accumulating>) => [...accumulating(...parts)];
  const encoded = (n: number) => Array.from({ length: Math.ceil(n / 4096) }, (_, i) => (0.1 * 4096 * i) / n);
  const added = (n: number, piece: number) =>
    Array.from({ length: Math.ceil(n / piece) - 1 }, (_, i) => 0.1 + (0.9 * piece * i) / n);
  const ones: Distribution = { kind: 'ones' };
  expect(sharesOf(datapathNamed('int8'), [200_000], ones, 1)).toEqual([
    0,
    ...encoded(200_000),
    ...added(200_000, 65_536),
  ]);
  const fp64 = formatNamed('fp64');
  const wide = datapath({ name: 'fp64', a: fp64, b: fp64, sum: sumFit('fp64') });
  expect(sharesOf(wide, [10_000], ones, 1)).toEqual([0, ...encoded(10_000), ...added(10_000, 4096)]);
  // The widest integers whose values are float64 numbers, for which sums go on as well, and those that are wider.
  for (const [bits, pieces] of [
    [32, added(10_000, 4096)],
    [33, [0.1]],
  ] as const) {
    const a = formatNamed(`int${bits}`);
    const integers = datapath({ name: 'own', a, b: formatNamed('int8'), sum: sumFit('int64') });
    expect(sharesOf(integers, [10_000], ones, 1)).toEqual([0, ...encoded(10_000), ...pieces]);
  }
  // A whole number of chunks.
  const chunked = { ...wide, order: { kind: 'chunked', length: 100 } } as const;
  expect(sharesOf(chunked, [10_000], ones, 1)).toEqual([0, ...encoded(10_000), ...added(10_000, 4100)]);
  // Sums that are not gone on with: each begins with the share of the additions before it.
  const own = unit('fp16', stochastic(8));
  expect(sharesOf(own, [10, 30], ones, 1)).toEqual([0, 0, 0.1, 0.1 + (0.9 * 10) / 40]);
});

it('an exact sum is rounded once, whatever its addends', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })), (values) => {
      const exact = new ExactSum();
      for (const value of values) exact.add(value);
      if (values.length > 0) expect(exact.value + 0).toBe(toNumber(sum(values.map(fromNumber))) + 0);
    }),
    { numRuns: 2000, seed: 4 },
  );
});

it('a sum with an infinity or NaN in it is what additions of these give, wherever they stand', () => {
  const numbers = [Infinity, -Infinity, Number.NaN, 1, -1e300, 2 ** -1074];
  for (const x of numbers)
    for (const y of numbers)
      for (const z of numbers) {
        const exact = new ExactSum();
        for (const value of [x, y, z]) exact.add(value);
        const odd = [x, y, z].filter((value) => !Number.isFinite(value));
        if (odd.length > 0) expect(exact.value).toBe(odd.reduce((sum, value) => sum + value, 0));
        else expect(exact.value).toBe(toNumber(sum([x, y, z].map(fromNumber))));
      }
});

it('the plot has every point: a linear axis where a sum is not positive, and what it cannot draw in words', () => {
  const curve = (datapath: string, exact: number[], got: number[]) =>
    exact.map((value, i) => ({ ...NO_ERROR, datapath, length: 64 << i, exact: value, got: got[i] }));
  const positive = curvePlot([curve('x', [1, 2], [1, 3]), curve('y', [1, 2], [2, 4])], 'ones');
  expect([positive.y.log, positive.subtitle]).toEqual([true, undefined]);
  expect(positive.series.map(({ name }) => name)).toEqual(['exact', 'x', 'y']);
  const mixed = curvePlot([curve('x', [-1, 2], [Infinity, 3]), curve('y', [1, 2], [2, Number.NaN])], 'normal');
  expect([mixed.y.log, mixed.subtitle]).toEqual([false, 'not drawn, being infinite or NaN: 1 sum of x, 1 sum of y']);
  expect(mixed.series.map(({ name, points }) => [name, points.length])).toEqual(
    ['exact, x', 'exact, y', 'x', 'y'].map((name) => [name, 2]),
  );
});

const NO_ERROR = { relativeError: 0, errorUlp: 0, swamped: 0, overflowed: 0 };
