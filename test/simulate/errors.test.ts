import { expect, it } from 'vitest';
import { FORMATS, formatNamed } from '../../src/formats/catalog.js';
import { randomFrom } from '../../src/random/random.js';
import { ErrorMeter, sqnrDb, sqnrOf, ulpOf } from '../../src/simulate/errors.js';

it('ulp of a float follows its binade, and stops at the subnormals', () => {
  const ulp = ulpOf(formatNamed('fp16'));
  expect([1, 1.999, 2, -3, 65504, 1e9, 2 ** -14, 2 ** -20, 0].map(ulp)).toEqual([
    2 ** -10,
    2 ** -10,
    2 ** -9,
    2 ** -9,
    32,
    32,
    2 ** -24,
    2 ** -24,
    2 ** -24,
  ]);
  expect(ulpOf(formatNamed('int24q6'))(5)).toBe(1 / 64);
});

it('errors are signed, counted, and the worst one is kept with its place', () => {
  const meter = new ErrorMeter(formatNamed('fp16'));
  // ulp is 1/1024 at 1 and 1/512 at 2.
  const worst = meter.add(Float64Array.of(1, 2, 3, -2), Float64Array.of(1, 2 - 1 / 512, 3, -2 - 4 / 512), 2, 10);
  expect(worst).toEqual({ row: 11, column: 1, exact: -2, got: -2 - 4 / 512, ulp: -4 });
  const report = meter.report();
  expect(report).toMatchObject({
    sums: 4,
    wrong: 2,
    maxUlp: 4,
    meanUlp: 1.25,
    biasUlp: -1.25,
    notFinite: 0,
    largest: 3,
  });
  expect(report.sqnrDb).toBeCloseTo(10 * Math.log10(18 / (17 / 512 ** 2)), 12);
  expect(meter.add(Float64Array.of(1), Float64Array.of(1), 1)).toBeUndefined();
});

it('without an error the ratio is infinite, and an infinite sum has none', () => {
  expect(sqnrDb([1, 2], [1, 2])).toBe(Infinity);
  const meter = new ErrorMeter(formatNamed('fp16'));
  meter.add(Float64Array.of(1), Float64Array.of(Infinity), 1);
  expect(meter.report()).toMatchObject({ notFinite: 1, maxUlp: Infinity, sqnrDb: Number.NaN });
});

it('a second meter of the same exact sums shares what is known of them', () => {
  const format = formatNamed('fp16');
  const [exact, got] = [Float64Array.of(1, -4, 3), Float64Array.of(1, -4, 3 - 1 / 512)];
  const [first, alone] = [new ErrorMeter(format), new ErrorMeter(format)];
  const second = new ErrorMeter(format, first);
  for (const [meter, sums] of [
    [first, exact],
    [second, got],
    [alone, got],
  ] as const)
    meter.add(exact, sums, 3);
  expect(first.differing).toBe(0);
  expect(second.differing).toBe(1);
  expect(second.report()).toEqual(alone.report());
  expect(first.report()).toMatchObject({ sums: 3, largest: 4, sqnrDb: Infinity });
});

/** Formats whose units in the last place are those of a binade: IEEE 754 and its smaller kin. */
const FLOATS = FORMATS.filter((format) => format.kind === 'float' && format.radix === 2);

it.each(FLOATS.map((format) => [format.name, format] as const))(
  'the ulp of %s is that of its definition',
  (_name, format) => {
    if (format.kind !== 'float') throw new Error('a float is wanted');
    const { exponentBits, mantissaBits, bias, lowest, specials, shift = 0 } = format;
    const ulp = ulpOf(format);
    // The last binade of exponents, unless all of it is infinities and NaNs or its only number is a NaN.
    const isTaken = specials === 'ieee' || (mantissaBits === 0 && ['fn', 'merged'].includes(specials));
    const top = 2 ** exponentBits - 1 - (isTaken ? 1 : 0) - bias + shift;
    // Where a field of 0 holds zero alone, the lowest binade is the next; without a mantissa it does in any case.
    const first = lowest === 'none' || (lowest === 'normal' && mantissaBits > 0) ? 0 : 1;
    const bottom = first - bias + shift;
    for (let exponent = Math.max(-1022, bottom - 3); exponent <= Math.min(1023, top + 3); exponent += 1)
      for (const significand of [1, 1.75, 2 - 2 ** -52]) {
        const wanted = 2 ** (Math.max(bottom, Math.min(top, exponent)) - mantissaBits);
        expect([ulp(significand * 2 ** exponent), ulp(-significand * 2 ** exponent)]).toEqual([wanted, wanted]);
      }
    expect(ulp(0)).toBe(2 ** (bottom - mantissaBits));
  },
);

it('a report is what its definition gives of all sums, whatever the matrices that they came in (seed 21)', () => {
  const random = randomFrom(21);
  for (const name of ['fp16', 'int8', 'e5m2']) {
    const ulp = ulpOf(formatNamed(name));
    const meter = new ErrorMeter(formatNamed(name));
    const pairs: { exact: number; got: number; row: number; column: number }[] = [];
    let firstRow = 0;
    for (let batch = 0; batch < 12; batch++) {
      const [m, n] = [1 + random.below(3), 1 + random.below(4)];
      const exact = Float64Array.from({ length: m * n }, () => Math.round(random.normal() * 64) / 4);
      const got = exact.map((value) => value + (random.below(3) === 0 ? (random.below(9) - 4) / 8 : 0));
      if (batch === 7) got[0] = -Infinity;
      if (batch === 9) got[0] = Number.NaN;
      const before = meter.report().worst;
      const worst = meter.add(exact, got, n, firstRow);
      exact.forEach((value, i) =>
        pairs.push({ exact: value, got: got[i], row: firstRow + Math.floor(i / n), column: i % n }),
      );
      firstRow += m;
      const wrong = pairs.filter((pair) => pair.got !== pair.exact);
      const sizes = wrong.map((pair) => Math.abs((pair.got - pair.exact) / ulp(pair.exact)));
      const most = Math.max(0, ...sizes.filter((size) => !Number.isNaN(size)));
      const first = wrong.find((_, i) => sizes[i] === most);
      const report = meter.report();
      const wanted = first && { ...first, ulp: (first.got - first.exact) / ulp(first.exact) };
      expect(report.worst).toEqual(wanted);
      const isOld = before?.row === wanted?.row && before?.column === wanted?.column;
      expect(worst).toEqual(isOld ? undefined : wanted);
      const total = (of: (pair: (typeof pairs)[number]) => number) => wrong.reduce((sum, pair) => sum + of(pair), 0);
      const signal = pairs.reduce((sum, pair) => sum + pair.exact ** 2, 0);
      const noise = total((pair) => (pair.got - pair.exact) ** 2);
      const isKnown = Number.isFinite(noise);
      expect(report).toEqual({
        sums: pairs.length,
        wrong: wrong.length,
        maxUlp: most,
        meanUlp: total((pair) => Math.abs((pair.got - pair.exact) / ulp(pair.exact))) / pairs.length,
        biasUlp: total((pair) => (pair.got - pair.exact) / ulp(pair.exact)) / pairs.length,
        sqnrDb: noise === 0 ? Infinity : isKnown ? 10 * Math.log10(signal / noise) : Number.NaN,
        notFinite: wrong.filter((pair) => !Number.isFinite(pair.got)).length,
        largest: Math.max(...pairs.map((pair) => Math.abs(pair.exact))),
        ...(wanted && { worst: wanted }),
      });
      expect(meter.differing).toBe(wrong.length);
    }
  }
});

it('a ratio of nothing is none, and one of no errors is infinite', () => {
  expect([sqnrOf(1, 0), sqnrOf(0, 0), sqnrOf(100, 1), sqnrOf(1, 10)]).toEqual([Infinity, Infinity, 20, -10]);
  expect([sqnrOf(0, 1), sqnrOf(1, Infinity), sqnrOf(1, Number.NaN)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(sqnrDb([3, 4], [3, 4.5])).toBe(20);
  expect(new ErrorMeter(formatNamed('fp16')).report()).toEqual({
    ...{ sums: 0, wrong: 0, maxUlp: 0, meanUlp: 0, biasUlp: 0, sqnrDb: Infinity, notFinite: 0, largest: 0 },
  });
});
