import { expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { ErrorMeter, sqnrDb, ulpOf } from '../../src/simulate/errors.js';

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
