import { integerSum } from '../arbitrary.js';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { compileGemm, type GemmJob, valuesOf } from '../../../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { int } from '../../../../src/formats/catalog.js';
import { type IntFormat, widthOf } from '../../../../src/formats/format.js';
import { anyCode, type Draw, drawJob, generator, landmarks, normalCode } from '../jobs.js';

const FACTOR = process.env.LASTBIT_LONG ? 15 : 1;

/** Sums and statistics are the reference's. */
function hold(unit: Datapath, job: GemmJob): void {
  const gemm = compileGemm(unit);
  const expected = referenceGemm(unit, unit.order, '').stats(job);
  const got = gemm.stats(job);
  expect(gemm.sums(job)).toEqual(expected.sums);
  expect(got.sums).toEqual(expected.sums);
  expect(got.exact.map((value) => value + 0)).toEqual(expected.exact.map((value) => value + 0));
  expect([got.swamped, got.overflowed]).toEqual([expected.swamped, expected.overflowed]);
}

const operand = fc
  .record({ bits: fc.integer({ min: 2, max: 16 }), signed: fc.boolean() })
  .map(({ bits, signed }) => int(bits, signed));

const order: fc.Arbitrary<Order> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Order>({ kind: 'sequential' }) },
  fc.integer({ min: 1, max: 40 }).map((length): Order => ({ kind: 'chunked', length })),
  fc.constantFrom(2, 8).map((width): Order => ({ kind: 'tree', width })),
  fc.constantFrom(2, 3).map((ways): Order => ({ kind: 'interleaved', ways })),
  fc.constantFrom([1, 0], [2, 0, 1, 3]).map((indices): Order => ({ kind: 'permuted', indices })),
);

const integers: fc.Arbitrary<Datapath> = fc
  .record({
    a: operand,
    b: operand,
    sum: integerSum,
    order,
  })
  .map((parts) => datapath({ name: 'own', ...parts }));

/** Codes of the upper quarter, whose sums go one way. */
function largeCode(random: () => number): Draw {
  return (format) => {
    const { bits, signed } = format as IntFormat;
    return BigInt(Math.floor((0.75 + random() / 4) * 2 ** (bits - Number(signed))));
  };
}

it('any integers to any integer register, in any order: sums and statistics are the reference’s', () => {
  const routes = new Set<string>();
  fc.assert(
    fc.property(
      integers,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 66 })),
      (unit, seed, size) => {
        const random = generator(seed);
        const draws = [anyCode(random), normalCode(random, 1), largeCode(random), normalCode(random, 0.1)];
        const marks = landmarks(unit.sum.format);
        const start = seed % 3 === 0 ? () => marks[Math.floor(random() * marks.length)] : undefined;
        routes.add(compileGemm(unit).route);
        hold(unit, drawJob(unit, size, draws[seed % 4], start));
      },
    ),
    { numRuns: 100 * FACTOR, seed: 3 },
  );
  expect(routes).toContain('simd int');
});

/** Three loops and the register's limits. */
function plainSums({ a, b, sum }: Datapath, { m, n, k, a: rows, b: columns }: GemmJob): number[] {
  const [x, y] = [valuesOf(a), valuesOf(b)];
  const { bits, exponent } = sum.format as IntFormat;
  const unit = 2 ** exponent;
  const [low, high] = [-(2 ** (bits - 1)) * unit, (2 ** (bits - 1) - 1) * unit];
  return Array.from({ length: m * n }, (_, at) => {
    let total = 0;
    for (let i = 0; i < k; i++) {
      const next = total + x[rows[Math.floor(at / n) * k + i]] * y[columns[i * n + (at % n)]];
      total = Math.max(low, Math.min(high, next));
    }
    return ((total / unit) & (2 ** bits - 1)) >>> 0;
  });
}

/** Sums that come near their limits, reach them and leave them again, while others of the same tile do not. */
function driftingJob({ a, b }: Datapath, [m, n, k]: readonly [number, number, number], seed: number): GemmJob {
  const random = generator(seed);
  const signed = valuesOf(a).some((value) => value < 0);
  const size = (width: number) => 2 ** width;
  const code = (width: number, way: number) => {
    const half = size(width - 1);
    const value = Math.floor(random() * half) * (random() < 0.5 + 0.45 * way ? 1 : -1);
    return value < 0 ? value + size(width) : value;
  };
  const job: GemmJob = { m, n, k, a: new Uint8Array(m * k), b: new Uint8Array(k * n) };
  // The sign of the drift turns after 900 products; rows differ in how strong it is.
  for (let i = 0; i < m * k; i++)
    job.a[i] = signed ? code(widthOf(a), Math.floor(i / k) % 4 === 0 ? 0 : Math.floor((i % k) / 900) % 2 ? -1 : 1) : 0;
  for (let i = 0; i < k * n; i++) job.b[i] = code(widthOf(b), i % n < n / 2 ? 1 : 0.1);
  return job;
}

const int8 = int(8);
const saturating = (bits: number, a = int8, b = int8) =>
  datapath({ name: `int${bits}`, a, b, sum: sumFit(int(bits), { overflow: 'saturate' }) });

it.each([
  ['8 to 16 bits', saturating(16)],
  ['8 to 20 bits', saturating(20)],
  ['8 to 22 bits', saturating(22)],
  ['8 to 24 bits', saturating(24)],
  ['4 to 16 bits', saturating(16, int(4), int(4))],
  ['4 to 14 bits', saturating(14, int(4), int(4))],
  ['8 and 3 to 17 bits', saturating(17, int8, int(3))],
  ['radix 4', datapathNamed('radix4')],
])('long drifting sums saturate one after the other: %s', (_name, unit) => {
  const gemm = compileGemm(unit);
  expect(gemm.route).toBe('simd int');
  for (const size of [
    [6, 19, 1501],
    [8, 16, 640],
  ] as const) {
    const job = driftingJob(unit, size, 5);
    expect(Array.from(gemm.sums(job) as Uint32Array)).toEqual(plainSums(unit, job));
  }
});

it('drifting sums do saturate, and not all of them', () => {
  for (const bits of [16, 20, 22]) {
    const unit = saturating(bits);
    const { overflowed } = compileGemm(unit).stats(driftingJob(unit, [6, 19, 1501], 5));
    expect(overflowed).toBeGreaterThan(100);
    expect(overflowed).toBeLessThan(6 * 19 * 1501 * 0.9);
  }
});

it.each([
  [1, 1, 1],
  [3, 5, 63],
  [2, 2, 64],
  [5, 17, 65],
  [259, 70, 200],
  [4, 130, 129],
])('signs: %i x %i sums of %i products are counted', (m, n, k) => {
  const unit = datapathNamed('xnor');
  const random = generator(m * n + k);
  const job = drawJob(unit, [m, n, k], anyCode(random));
  const value = valuesOf(unit.a);
  const exact = Array.from({ length: m * n }, (_, at) => {
    let total = 0;
    for (let i = 0; i < k; i++) total += value[job.a[Math.floor(at / n) * k + i]] * value[job.b[i * n + (at % n)]];
    return total;
  });
  const got = compileGemm(unit).stats(job);
  expect(Array.from(got.sums as Uint32Array)).toEqual(exact.map((sum) => sum & 0xffff));
  expect(Array.from(got.exact)).toEqual(exact);
  expect([got.swamped, got.overflowed]).toEqual([0, 0]);
});
