import { expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { codeArray, compileGemm, type GemmJob, sumArray } from '../../../../src/datapaths/kernel/index.js';
import { int } from '../../../../src/formats/catalog.js';
import type { IntFormat } from '../../../../src/formats/format.js';

/**
 * Saturating integer sums about the ends of their registers, one product after the other: lanes of 16 bits that saturate by
 * themselves, lanes of 32 that are held within the range, and those that are left alone until they come near an end. What
 * is counted is counted here in three plain loops.
 */
interface Plain {
  codes: number[];
  swamped: number;
  overflowed: number;
}

const valueOf = (code: number, { bits, signed }: IntFormat) =>
  signed && code >= 2 ** (bits - 1) ? code - 2 ** bits : code;

function plain({ a, b, sum }: Datapath, job: GemmJob): Plain {
  const { m, n, k } = job;
  const format = sum.format as IntFormat;
  const high = 2 ** (format.bits - Number(format.signed)) - 1;
  const low = format.signed ? -high - 1 : 0;
  const found: Plain = { codes: [], swamped: 0, overflowed: 0 };
  for (let at = 0; at < m * n; at++) {
    let total = valueOf(Number(job.c?.[at] ?? 0), format);
    for (let i = 0; i < k; i++) {
      const x = valueOf(job.a[Math.floor(at / n) * k + i], a as IntFormat);
      const y = valueOf(job.b[i * n + (at % n)], b as IntFormat);
      const next = Math.min(high, Math.max(low, total + x * y));
      if (next !== total + x * y) found.overflowed++;
      if (x * y !== 0 && next === total) found.swamped++;
      total = next;
    }
    found.codes.push(total < 0 ? total + 2 ** format.bits : total);
  }
  return found;
}

function hold(unit: Datapath, job: GemmJob): void {
  const gemm = compileGemm(unit);
  const { codes, swamped, overflowed } = plain(unit, job);
  const got = gemm.stats(job);
  const at = [unit.name, job.k, gemm.route];
  expect([at, Array.from(gemm.sums(job) as Uint32Array)]).toEqual([at, codes]);
  expect([at, Array.from(got.sums as Uint32Array)]).toEqual([at, codes]);
  expect([at, got.swamped, got.overflowed]).toEqual([at, swamped, overflowed]);
}

const [int4, int8, uint8] = [int(4), int(8), int(8, false)];

const unitOf = (bits: number, signed: boolean, a: IntFormat, b: IntFormat) =>
  datapath({
    name: `${a.name} x ${b.name} to ${signed ? '' : 'u'}int${bits}`,
    a,
    b,
    sum: sumFit(int(bits, signed), { overflow: 'saturate' }),
  });

/**
 * Each output begins so that its products, all of them the largest, take it to an end of the register, one short of it or
 * one beyond; some go down, some go up and down in turn.
 */
function endsJob(unit: Datapath, k: number): GemmJob {
  const { bits, signed } = unit.sum.format as IntFormat;
  const [a, b] = [unit.a as IntFormat, unit.b as IntFormat];
  const [x, y] = [a, b].map((format) => 2 ** (format.bits - Number(format.signed)) - 1);
  const high = 2 ** (bits - Number(signed)) - 1;
  const low = signed ? -high - 1 : 0;
  const [m, n] = [4, 16];
  const job = { m, n, k, a: codeArray(a, m * k).fill(x), b: codeArray(b, k * n), c: sumArray(unit.sum.format, m * n) };
  const down = b.signed ? 2 ** b.bits - y : 0;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < n; j++) job.b[i * n + j] = j % 4 === 3 ? (i % 2 === 0 ? y : down) : j % 4 === 2 ? down : y;
  for (let at = 0; at < m * n; at++) {
    const column = at % n;
    // How far from the end the sums would come, from three short of it to three beyond.
    const beyond = (at % 7) - 3;
    const upward = column % 4 < 2;
    const way = column % 4 === 3 ? x * y * (at % 3) : k * x * y;
    const start = upward ? high + beyond - way : low - beyond + way;
    const held = Math.max(low, Math.min(high, start));
    job.c[at] = held < 0 ? held + 2 ** bits : held;
  }
  return job;
}

const REGISTERS = [
  ...[4, 8, 12, 14, 15, 16, 17, 18, 20, 23, 31].map((bits) => [bits, true] as const),
  ...[8, 15, 16, 20, 30].map((bits) => [bits, false] as const),
];

const LENGTHS = [1, 2, 3, 8, 15, 16, 17, 31, 32, 33, 47, 64, 127, 128, 129, 130, 200];

it.each(REGISTERS)('sums of %i bits, signed %s, stop at their ends', (bits, signed) => {
  for (const [a, b] of [
    [int4, int4],
    [int8, int4],
    [int8, int8],
    [uint8, int8],
    [uint8, int(7, false)],
  ] as const) {
    const unit = unitOf(bits, signed, a, b);
    expect(compileGemm(unit).route).toBe('simd int');
    for (const k of LENGTHS) hold(unit, endsJob(unit, k));
  }
});

/** Every addition overflows: the counts of lanes of 16 bits are full at 65535, which eight sums of 8191 do not reach. */
it.each([
  [8, 127, 8191],
  [8, 127, 8192],
  [15, 127, 8191],
  [15, 127, 8192],
  [15, -128, 8191],
  [16, 127, 8191],
  [16, 127, 8192],
  [16, -128, 8193],
  [16, 127, 65535],
  [16, 127, 65536],
  [18, 127, 8192],
  [18, -128, 65536],
])(
  'sums of %i bits that each of their products of 127 x %i takes beyond an end are counted, %s of them',
  (bits, y, k) => {
    const unit = unitOf(bits, true, int8, int8);
    const [m, n] = [4, 16];
    const end = y > 0 ? 2 ** (bits - 1) - 1 : 2 ** (bits - 1);
    const c = (sumArray(unit.sum.format, m * n) as Uint32Array).fill(end);
    const job = { m, n, k, a: codeArray(int8, m * k).fill(127), b: codeArray(int8, n * k).fill(y & 255), c };
    const { sums, swamped, overflowed, exact } = compileGemm(unit).stats(job);
    expect(sums).toEqual(c);
    expect([swamped, overflowed]).toEqual([m * n * k, m * n * k]);
    expect(new Set(exact)).toEqual(new Set([(y > 0 ? end : -end) + k * 127 * y]));
  },
);
