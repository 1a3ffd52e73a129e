import { expect, it } from 'vitest';
import { datapath, sumFit } from '../../src/datapaths/datapath.js';
import type { Order } from '../../src/datapaths/order.js';
import { formatNamed } from '../../src/formats/catalog.js';
import type { Rounding } from '../../src/formats/rounding.js';
import { accumulationCurve, addendsOf } from '../../src/simulate/accumulate.js';

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
