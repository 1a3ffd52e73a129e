import { describe, expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { codeArray, type GemmJob } from '../../../../src/datapaths/kernel/contract/gemm.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { dotBound, isExact } from '../../../../src/datapaths/kernel/steps/bounds.js';
import type { FloatSite } from '../../../../src/datapaths/kernel/steps/floatSite.js';
import { NO_STARTS, type Starts } from '../../../../src/datapaths/kernel/steps/starts.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { FORMATS, formatNamed, int } from '../../../../src/formats/catalog.js';
import { decode, fitTo } from '../../../../src/formats/codec.js';
import { type FloatFormat, type Format, widthOf } from '../../../../src/formats/format.js';
import { toNumber } from '../../../../src/formats/raw.js';
import { randomFrom } from '../../../../src/random/random.js';
import { records } from '../../../formats/records.js';
import { siteOf } from './sites.js';

const seenOf = (max: number, quantum: number): Seen => ({
  max,
  negative: true,
  nans: false,
  infinities: false,
  quantum,
});

/** Integers of 16 bits as operands: their values are their codes. */
const WORDS = int(16);

const unitOf = (sum: Datapath['sum'], order: Order = { kind: 'sequential' }) =>
  datapath({ name: 'own', a: WORDS, b: WORDS, sum, order });

/** Products of integers, row by row and column by column. */
function jobOf(k: number, a: readonly number[], b: readonly number[]): GemmJob {
  const job = { m: a.length / k, n: b.length / k, k, a: codeArray(WORDS, a.length), b: codeArray(WORDS, b.length) };
  job.a.set(a.map((value) => value & 0xffff));
  job.b.set(b.map((value) => value & 0xffff));
  return job;
}

const floats = [...FORMATS, ...records()].filter(
  (format): format is FloatFormat =>
    format.kind === 'float' && format.signed && format.radix === 2 && widthOf(format) <= 16 && format.lowest !== 'none',
);

/** How many multiples of 2^quantum from zero on are values of the format, until the first that is none. */
function heldCount(values: ReadonlySet<number>, quantum: number): number {
  let count = 0;
  while (values.has((count + 1) * 2 ** quantum)) count++;
  return count;
}

function magnitudesOf(format: Format, subnormals: 'keep' | 'flush'): Set<number> {
  const values = Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code, subnormals)));
  return new Set(values.filter(Number.isFinite).map(Math.abs));
}

describe('a job is exact where the register holds every multiple of the last place up to its largest sum', () => {
  const registers = floats.filter(({ mantissaBits }) => mantissaBits > 0);

  it.each(registers.map((format) => [format.name, format] as const))('%s', (_name, format) => {
    const sides = new Set<boolean>();
    const { mantissaBits, exponentBits, bias } = format;
    for (const subnormals of ['keep', 'flush'] as const) {
      const site = siteOf(unitOf(sumFit(format, { subnormals })));
      const values = magnitudesOf(format, subnormals);
      for (let quantum = -2 - bias - mantissaBits; quantum <= 2 ** exponentBits - bias + 2; quantum++) {
        const count = heldCount(values, quantum);
        for (const sum of new Set([1, count - 1, count, count + 1, 2 * count, 2 * count + 1]))
          for (const begun of new Set([0, 1, sum - 1])) {
            if (sum <= 0 || begun >= sum) continue;
            const exact = isExact(...asked(site, quantum, sum, begun));
            expect([subnormals, quantum, sum, begun, exact]).toEqual([subnormals, quantum, sum, begun, sum <= count]);
            sides.add(exact);
          }
      }
    }
    expect(sides).toEqual(new Set([true, false]));
  });
});

/** A job whose sums go on from `begun` and reach `sum` in four equal products, all in units of 2^quantum. */
function asked(site: FloatSite, quantum: number, sum: number, begun: number) {
  const unit = 2 ** quantum;
  const starts: Starts = { ...NO_STARTS, max: begun * unit, quantum: begun === 0 ? Infinity : quantum };
  const seen = [seenOf((sum - begun) / 4, -2), seenOf(unit, quantum + 2)];
  const tables = seen.map(({ max }) => Float64Array.of(0, max));
  return [{ ...site, tables }, jobOf(4, [1, 1, 1, 1], [1, 1, 1, 1]), seen, starts] as const;
}

describe('what an exact job needs besides', () => {
  const site = siteOf(unitOf(sumFit('fp16')));
  const [ones, plain] = [jobOf(1, [1], [1]), seenOf(1, 0)];

  it.each([
    ['numbers alone', [plain, plain], NO_STARTS, true],
    ['a NaN among the first operands', [{ ...plain, nans: true }, plain], NO_STARTS, false],
    ['a NaN among the second', [plain, { ...plain, nans: true }], NO_STARTS, false],
    ['an infinity', [plain, { ...plain, infinities: true }], NO_STARTS, false],
    ['an initial NaN', [plain, plain], { ...NO_STARTS, nans: true }, false],
    ['an initial infinity', [plain, plain], { ...NO_STARTS, infinities: true }, false],
    ['an initial sum wider than the register', [plain, plain], { ...NO_STARTS, wide: true }, false],
    ['an initial sum of the last place', [plain, plain], { ...NO_STARTS, max: 1, quantum: -10 }, true],
    ['an initial sum of half of it', [plain, plain], { ...NO_STARTS, max: 1, quantum: -11 }, false],
  ] as const)('%s', (_what, seen, starts, exact) => expect(isExact(site, ones, seen, starts)).toBe(exact));

  it('neither an integer nor an outer register that holds less is exact', () => {
    const outer = fitTo(formatNamed('bf16'));
    const chunked = siteOf(unitOf(sumFit('fp16'), { kind: 'chunked', length: 4, outer }));
    const joined = siteOf(unitOf(sumFit('bf16'), { kind: 'chunked', length: 4, outer: fitTo(formatNamed('fp16')) }));
    const fixed = siteOf(unitOf(sumFit(int(20))));
    for (const [sum, exact] of [
      [256, true],
      [257, false],
    ] as const)
      for (const each of [chunked, joined]) expect(isExact(...asked(each, 0, sum, 0))).toBe(exact);
    expect(isExact(...asked(fixed, 0, 1, 0))).toBe(false);
  });

  /** One product of 32 in each sum, of which `holds` = 2048 takes 64 times as much: 64 products of the extremes at most. */
  it.each([
    [45, 45, 60, true],
    [32, 64, 64, false],
    [32, 63, 64, true],
    [32, 63, 65, true],
    [32, 63, 66, false],
    [45, 46, 60, false],
  ])('one product %i x %i among %i, by the lengths of rows and columns', (x, y, k, exact) => {
    const row = Array.from({ length: k }, (_, i) => (i === 3 ? x : 0));
    const column = Array.from({ length: k }, (_, i) => (i === 3 ? y : 0));
    expect(isExact(site, jobOf(k, row, column), [seenOf(x, 0), seenOf(y, 0)], NO_STARTS)).toBe(exact);
  });

  it('what is begun counts beside the lengths', () => {
    const job = jobOf(3, [0, 30, 0], [0, 30, 0]);
    const exact = (max: number) =>
      isExact(site, job, [seenOf(30, 0), seenOf(30, 0)], { ...NO_STARTS, max, quantum: 0 });
    expect([exact(1147), exact(1148), exact(1149)]).toEqual([true, false, false]);
  });
});

it('the bound on sums is the longest row times the longest column, and what float64 may round of it', () => {
  const random = randomFrom(3);
  for (const [m, n, k] of [
    [1, 1, 1],
    [3, 4, 5],
    [4, 2, 17],
    [2, 5, 0],
  ]) {
    const [a, b] = [m * k, k * n].map((length) => Array.from({ length }, () => random.below(401) - 200));
    const row = (i: number) => a.slice(i * k, (i + 1) * k);
    const column = (j: number) => Array.from({ length: k }, (_, i) => b[i * n + j]);
    const longest = (lines: number[][]) =>
      Math.max(0, ...lines.map((line) => line.reduce((total, value) => total + value * value, 0)));
    const x = longest(Array.from({ length: m }, (_, i) => row(i)));
    const y = longest(Array.from({ length: n }, (_, j) => column(j)));
    const job: GemmJob = { ...jobOf(Math.max(k, 1), a, b), m, n, k };
    expect(dotBound(job, siteOf(unitOf(sumFit('fp16'))).tables)).toBe(Math.sqrt(x) * Math.sqrt(y) * (1 + k * 2 ** -50));
  }
});
