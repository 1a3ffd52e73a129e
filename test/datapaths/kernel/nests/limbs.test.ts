import { describe, expect, it } from 'vitest';
import { codeArray, exactSums, type GemmJob } from '../../../../src/datapaths/kernel/index.js';
import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { limbSums } from '../../../../src/datapaths/kernel/nests/limbs.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { int } from '../../../../src/formats/catalog.js';

/** Exact sums of integers from dot products of 16 bits, about the bounds of what 32 bits and float64 hold. */
const seen = (max: number, rest: Partial<Seen> = {}): Seen => ({
  max,
  negative: true,
  nans: false,
  infinities: false,
  quantum: 0,
  ...rest,
});

/** Rows of x and -x, columns of y and -y: sums are k x y with either sign. */
function sumsOf(x: number, y: number, k: number, starts?: { value: number; quantum?: number }, unit = 1) {
  const job: GemmJob = { m: 2, n: 2, k, a: new Uint8Array(2 * k), b: new Uint8Array(2 * k) };
  job.a.fill(1, k);
  for (let i = 0; i < k; i++) job.b[2 * i + 1] = 1;
  const tables = [Float64Array.of(x * unit, -x * unit), Float64Array.of(y, -y)];
  const all = [seen(x * unit, { quantum: Math.log2(unit) }), seen(y)];
  const begun = starts && {
    values: new Float64Array(4).fill(starts.value),
    seen: seen(Math.abs(starts.value), { quantum: starts.quantum ?? 0 }),
  };
  const sums = limbSums(job, tables, all, begun);
  return sums && Array.from(sums);
}

const signed = (sum: number, start = 0) => [sum + start, start - sum, start - sum, sum + start];

describe('sums of limbs', () => {
  it.each([
    [1, 1],
    [127, 127],
    [255, 3],
    [4096, 4096],
    [32767, 1],
    [32767, 32767],
    [32768, 1],
    [32768, 32767],
    [65535, 255],
    [65535, 65535],
    [2 ** 20 - 1, 2 ** 10 + 1],
    [2 ** 23 - 1, 2 ** 14],
    [2 ** 24 + 1, 77],
    [2 ** 28 - 1, 3],
    [1, 2 ** 30 - 1],
  ])('%i x %i are exact about the length at which 32 bits are full', (x, y) => {
    const full = Math.max(1, Math.floor(2 ** 31 / (x * y)));
    for (const k of new Set([1, 2, 3, 5, 8, 64, full - 1, full, full + 1, 2 * full, 2 * full + 1])) {
      if (k < 1 || k > 20_000) continue;
      const got = sumsOf(x, y, k);
      if (got !== undefined) expect([k, got]).toEqual([k, signed(k * x * y)]);
    }
  });

  it.each([
    // 2^31 is full of 32767 x 32767 x 2; longer ones are cut into limbs.
    [32767, 32767, 100, true],
    [2 ** 30, 2 ** 30, 1, false],
    // Two limbs by two, and three by one, are the most.
    [2 ** 26 - 1, 2 ** 26 - 1, 1, true],
    [2 ** 28, 2 ** 28, 1, false],
    [2 ** 40, 1, 1, true],
  ])('%i x %i, %i of them: %s', (x, y, k, known) => expect(sumsOf(x, y, k) !== undefined).toBe(known));

  it('go on from what is begun where float64 holds both', () => {
    expect(sumsOf(3, 5, 7, { value: 1000 })).toEqual(signed(105, 1000));
    expect(sumsOf(3, 5, 7, { value: 2 ** 53 - 106 })).toEqual(signed(105, 2 ** 53 - 106));
    expect(sumsOf(3, 5, 7, { value: 2 ** 53 - 105 })).toBeUndefined();
    expect(sumsOf(3, 5, 7, { value: 2 ** 43 - 1, quantum: -10 })).toBeUndefined();
    expect(sumsOf(3, 5, 7, { value: 2 ** 43 - 106, quantum: -10 })).toEqual(signed(105, 2 ** 43 - 106));
    expect(sumsOf(3, 5, 7, { value: 2 ** 43 - 105, quantum: -10 })).toBeUndefined();
  });

  it('are in units of the operands’ last places', () => {
    expect(sumsOf(3, 5, 7, { value: 0.5, quantum: -1 }, 2 ** -20)).toEqual(signed(105 * 2 ** -20, 0.5));
    expect(sumsOf(3, 5, 7, undefined, 2 ** 20)).toEqual(signed(105 * 2 ** 20));
  });

  it('are none of what is no number', () => {
    const job: GemmJob = { m: 1, n: 1, k: 1, a: new Uint8Array(1), b: new Uint8Array(1) };
    const tables = [Float64Array.of(1), Float64Array.of(1)];
    const begun = (rest: Partial<Seen>) => ({ values: Float64Array.of(1), seen: seen(1, rest) });
    for (const rest of [{ nans: true }, { infinities: true }]) {
      expect(limbSums(job, tables, [seen(1, rest), seen(1)])).toBeUndefined();
      expect(limbSums(job, tables, [seen(1), seen(1, rest)])).toBeUndefined();
      expect(limbSums(job, tables, [seen(1), seen(1)], begun(rest))).toBeUndefined();
    }
    expect(limbSums(job, tables, [seen(1), seen(1)], begun({}))).toEqual(Float64Array.of(2));
    const zeros = { max: 0, quantum: Infinity, negative: false };
    expect(limbSums(job, [Float64Array.of(0), tables[1]], [seen(0, zeros), seen(1)])).toEqual(Float64Array.of(0));
  });
});

/** Every 16-bit pair of extremes, in lengths at which two float64 sums or none are enough. */
it.each([
  [int(16), 32768],
  [int(32), 2 ** 31],
  [int(30), 2 ** 29],
])('exact sums of the most negative %o are plain products', (format, most) => {
  const unit = datapath({ name: 'own', a: format, b: format, sum: sumFit('fp32') });
  for (const k of [1, 2, 3, 31, 33, 64]) {
    const job = { m: 1, n: 1, k, a: codeArray(format, k).fill(most), b: codeArray(format, k).fill(most) };
    const total = BigInt(k) * BigInt(most) * BigInt(most);
    expect([k, Array.from(exactSums(unit, job))]).toEqual([k, [Number(total)]]);
  }
});
