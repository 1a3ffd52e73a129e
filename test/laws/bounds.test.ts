import { expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../src/datapaths/datapath.js';
import { codeArray, compileGemm, type GemmJob, sumArray } from '../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../src/datapaths/kernel/float64/reference.js';
import type { Order } from '../../src/datapaths/order.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { encode, fitTo, type Overflow } from '../../src/formats/codec.js';
import type { FloatFormat } from '../../src/formats/format.js';
import { fromNumber } from '../../src/formats/raw.js';
import { type Rounding, stochastic } from '../../src/formats/rounding.js';
import { setCode } from '../datapaths/kernel/jobs.js';

/**
 * A quick way is taken where a bound says that sums stay exact, or innocuous, in the lanes. Here the largest sum walks
 * octave by octave across all such bounds, and every sum is one that a way taken too far would get wrong: half an ulp or a
 * whole one, one quantum more or less, beside the ends of its octave. Sums, counts and exact sums are the reference's.
 */
const own = (
  name: string,
  exponentBits: number,
  mantissaBits: number,
  rest: Partial<FloatFormat> = {},
): FloatFormat => ({
  kind: 'float',
  name,
  signed: true,
  radix: 2,
  exponentBits,
  mantissaBits,
  bias: 2 ** (exponentBits - 1) - 1,
  lowest: 'subnormal',
  specials: 'ieee',
  ...rest,
});

const REGISTERS = [
  ...['fp16', 'bf16', 'e4m3fn', 'dlfloat16', 'fp32'].map((name) => formatNamed(name) as FloatFormat),
  own('half of 22 octaves', 4, 9),
  own('half without subnormals', 5, 10, { lowest: 'zero-only' }),
  own('22 bits', 8, 22),
  own('24 bits', 8, 24),
];

const ROUNDINGS: readonly Rounding[] = ['rne', 'rna', 'rtz', stochastic(4, 3)];

/** Two factors below 2^9 of a whole number, where it has such. */
function split(value: number): [number, number] | undefined {
  for (let y = 1; y < 512; y++) if (value % y === 0 && value / y < 512) return [value / y, y];
  return undefined;
}

/** What is added, in quanta: half an ulp of the octave and a whole one, one quantum to each side. */
function addendsIn(mantissaBits: number, octave: number): [number, number][] {
  const places = [octave - mantissaBits - 1, octave - mantissaBits].filter((place) => place >= 0);
  const values = places.flatMap((place) => [-1, 0, 1].map((more) => 2 ** place + more));
  return values.map(split).filter((factors) => factors !== undefined && factors[0] > 0) as [number, number][];
}

/** Initial sums about the ends of an octave, and so small ones that the lanes can only just see them beside it. */
function startsIn({ mantissaBits: m }: FloatFormat, top: number): number[] {
  const ends = [1, 1 + 2 ** -m, 2 - 2 ** -m, 1.5].map((value) => value * top);
  const small = [22, 23, 24, 25, 26, 52, 54].map((octaves) => top * 2 ** -octaves);
  return [0, ...ends, ...small].flatMap((value) => [value, -value]);
}

/** A unit whose products are integers of 2^quantum. */
function unitOf(format: FloatFormat, rounding: Rounding, overflow: Overflow, quantum: number, order: Order): Datapath {
  return datapath({
    name: `${format.name} ${typeof rounding === 'string' ? rounding : 'stochastic'} ${overflow} of 2^${quantum}`,
    a: int(9, false, quantum),
    b: int(10),
    sum: sumFit(format, { rounding, overflow }),
    order,
  });
}

/** Every first factor meets every second one, of either sign, on top of every start in some octave. */
function jobOf(unit: Datapath, factors: readonly (readonly [number, number])[], starts: readonly number[]): GemmJob {
  const columns = factors.flatMap(([, y], i) => (i % 2 === 0 ? [y, -y] : [-y]));
  const [m, n] = [factors.length, columns.length];
  const job = { m, n, k: 1, a: codeArray(unit.a, m), b: codeArray(unit.b, n) };
  job.a.set(factors.map(([x]) => x));
  job.b.set(columns.map((y) => y & 1023));
  const c = sumArray(unit.sum.format, m * n);
  const fit = fitTo(unit.sum.format, { rounding: 'rtz', overflow: 'saturate' });
  for (let i = 0; i < m * n; i++)
    setCode(c, i, encode(fromNumber(starts[(i + Math.floor(i / n)) % starts.length]), fit).code);
  return { ...job, c };
}

/** @returns whether the sums are known to be the exact ones */
function hold(unit: Datapath, job: GemmJob, octave: number): boolean {
  const gemm = compileGemm(unit);
  const expected = referenceGemm(unit, unit.order, '').stats(job);
  const { sums, exact, swamped, overflowed, same } = gemm.stats(job);
  const at = `${unit.name}, octave ${octave}, ${gemm.route}`;
  expect([at, gemm.sums(job)]).toEqual([at, expected.sums]);
  expect([at, sums]).toEqual([at, expected.sums]);
  expect([at, swamped, overflowed]).toEqual([at, expected.swamped, expected.overflowed]);
  expect([at, exact.map((value) => value + 0)]).toEqual([at, expected.exact.map((value) => value + 0)]);
  return same === true;
}

const nameOf = (rounding: Rounding) => (typeof rounding === 'string' ? rounding : 'stochastic');

it.each(
  REGISTERS.flatMap((format) =>
    ROUNDINGS.map((rounding) => [format.name, nameOf(rounding), format, rounding] as const),
  ),
)('sums in %s walk over the octaves, rounded by %s', (_name, _mode, format, rounding) => {
  const { bias, mantissaBits: m, exponentBits } = format;
  const [lowest, highest] = [1 - bias, 2 ** exponentBits - 2 - bias];
  for (const [quantum, overflow] of [
    [lowest - m - 1, 'ieee'],
    [lowest - m, 'saturate'],
    [highest - 25, 'ieee'],
  ] as const) {
    const unit = unitOf(format, rounding, overflow, quantum, { kind: 'sequential' });
    for (const octave of [m, m + 1, m + 2, 13, 22, 23, 24, 25, 26].filter((each, i) => i < 3 || each > m + 2)) {
      const rows = addendsIn(m, octave);
      if (rows.length === 0 || quantum + octave > highest + 2) continue;
      hold(unit, jobOf(unit, rows, startsIn(format, 2 ** (quantum + octave))), octave);
    }
  }
});

/** A register holds every multiple of a quantum until one has too many bits, is too large or lies below the lattice. */
it.each(REGISTERS.map((format) => [format.name, format] as const))(
  'sums in %s are known to be exact up to the last one that must be',
  (_name, format) => {
    const { bias, mantissaBits: m, exponentBits, lowest: below } = format;
    const [lowest, highest] = [1 - bias, 2 ** exponentBits - 2 - bias];
    for (const quantum of [lowest - m - 1, lowest - m, lowest - 1, lowest, -4, highest - m - 2, highest - m - 1]) {
      const exact = (count: number) => {
        const { flags } = encode(fromNumber(count * 2 ** quantum), fitTo(format));
        return flags === 0;
      };
      let [held, tooMany] = [0, 2 ** (m + 1) + 1];
      // Up to 2^(m + 1) all are held or only those up to the largest number, or none.
      while (tooMany - held > 1) {
        const middle = Math.floor((held + tooMany) / 2);
        if (exact(middle) && exact(1)) held = middle;
        else tooMany = middle;
      }
      const unit = unitOf(format, 'rne', 'ieee', quantum, { kind: 'sequential' });
      for (const last of [held - 1, held, held + 1, held + 2]) {
        if (last < 2 || (below === 'normal' && quantum < lowest)) continue;
        const job = { m: 1, n: 2, k: 1, a: Uint16Array.of(1), b: Uint16Array.of(1, 1023) };
        const c = sumArray(format, 2);
        [last - 1, 1 - last].forEach((count, i) =>
          setCode(c, i, encode(fromNumber(count * 2 ** quantum), fitTo(format)).code),
        );
        expect([quantum, last, hold(unit, { ...job, c }, m)]).toEqual([quantum, last, last <= held]);
      }
    }
  },
);
