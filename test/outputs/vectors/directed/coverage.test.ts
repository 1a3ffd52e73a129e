import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { datapath, type Datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../../src/formats/format.js';
import { finite, fromNumber, toNumber } from '../../../../src/formats/raw.js';
import {
  classOf,
  coverageOf,
  coverageReport,
  type CoverageReport,
  largestRow,
  overRow,
  UNDER,
} from '../../../../src/outputs/vectors/directed/coverage.js';
import { unitRows } from '../../../../src/outputs/vectors/directed/rows.js';
import { expecter, portsOf } from '../../../../src/outputs/vectors/unitVectors.js';
import { rowOf } from '../faults.js';

/** Magnitudes of a format on each side of zero, smallest first: from its codes, which the laws of formats hold right. */
function magnitudesOf(format: Format, negative: boolean): number[] {
  const values = Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, BigInt(code))));
  const side = values.filter((value) => Number.isFinite(value) && (value === 0 || value < 0 === negative));
  return [...new Set(side.map(Math.abs))].sort((x, y) => x - y);
}

/** Of the place within a step, by the distance from the numbers and the tie: at most a sixteenth is just beside them. */
function positionOf(fraction: number, odd: boolean): number {
  if (fraction === 0) return 0;
  if (fraction === 1 / 2) return odd ? 5 : 4;
  if (fraction < 1 / 2) return fraction <= 1 / 16 ? 1 : fraction < 7 / 16 ? 2 : 3;
  return fraction <= 9 / 16 ? 6 : fraction < 15 / 16 ? 7 : 8;
}

const binadeOf = (value: number) => Math.floor(Math.log2(Math.abs(value)));

/** A unit whose sums are rounded to a format. */
const unitOf = (format: Format): Datapath =>
  datapath({ name: 'unit', a: formatNamed('fp16'), b: formatNamed('fp16'), sum: fitTo(format) });

describe.each(
  [formatNamed('e4m3fn'), formatNamed('e5m2'), formatNamed('e3m2fn'), formatNamed('e4m3fnuz'), int(6, true, -2)].map(
    (format) => [format.name, format] as const,
  ),
)('classes of %s, enumerated', (_name, format) => {
  const [site] = coverageOf(unitOf(format)).sites;
  const all = { false: magnitudesOf(format, false), true: magnitudesOf(format, true) };
  const smallest = all.false.find((value) => value > 0) as number;
  const largest = all.false.at(-1) as number;

  it('its rows are the binades of its numbers', () => {
    expect([site.lowest, site.binades]).toEqual([binadeOf(smallest), binadeOf(largest) - binadeOf(smallest) + 1]);
    expect([UNDER, largestRow(site), overRow(site)]).toEqual([0, site.binades + 1, site.binades + 2]);
  });

  it('every 64th of every step has the position of its fraction and the row of its binade', () => {
    let tried = 0;
    for (const negative of [false, true]) {
      const numbers = all[`${negative}`];
      for (const [i, base] of numbers.entries()) {
        // Behind the largest number steps go on as before it.
        const step = (numbers[i + 1] ?? 2 * base - numbers[i - 1]) - base;
        for (let part = base === 0 ? 1 : 0; part < 64; part++) {
          const value = base + (part / 64) * step;
          const raw = { ...fromNumber(value), sign: negative } as ReturnType<typeof finite>;
          const row =
            i === numbers.length - 1
              ? largestRow(site)
              : value < smallest
                ? UNDER
                : binadeOf(value) - binadeOf(smallest) + 1;
          const found = classOf(site, raw);
          if (found.row !== row || found.position !== positionOf(part / 64, i % 2 === 1) || found.negative !== negative)
            throw new Error(`${negative} ${value}: ${JSON.stringify(found)}`);
          tried++;
        }
      }
      const above = 2 * (numbers.at(-1) as number) - (numbers.at(-2) as number);
      for (const factor of [1, 1.5, 4, 1e6])
        expect(classOf(site, { ...fromNumber(above * factor), sign: negative } as ReturnType<typeof finite>).row).toBe(
          overRow(site),
        );
    }
    expect(tried).toBe(64 * (all.false.length + all.true.length) - 2);
  });
});

/** `under -14..3 5 largest over` as what it names. */
function namesIn(text: string): string[] {
  return text.split(' ').flatMap((part) => {
    const range = /^(-?\d+)\.\.(-?\d+)$/.exec(part);
    if (range === null) return part === '' ? [] : [part];
    const [from, to] = [Number(range[1]), Number(range[2])];
    return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
  });
}

it.each([
  [],
  ['under'],
  ['under', '2'],
  ['-2', '-1', '0'],
  ['largest'],
  ['over'],
  ['under', '-2', '0', '2', 'largest', 'over'],
])('what a report names is what was hit, and what it misses is all else: %j', (...hit) => {
  const format = int(6, true, -2);
  const coverage = coverageOf(unitOf(format));
  const values: Record<string, number> = { under: 1 / 8, largest: 31 / 4, over: 64 };
  coverage.begin(0n);
  for (const name of hit) coverage.watch(fromNumber(values[name] ?? 2 ** Number(name)), unitOf(format).sum);
  const [{ classes }] = coverageReport(coverage).sites;
  const rows = ['under', '-2', '-1', '0', '1', '2', 'largest', 'over'];
  for (const { sign, position, binades, missed } of classes) {
    const own =
      sign === '-'
        ? []
        : hit.filter(
            (name) =>
              (name === 'under') === (position === 'tie, even kept') && (name === 'under' || position === 'exact'),
          );
    expect(namesIn(binades), `${sign} ${position}`).toEqual(own);
    expect(namesIn(missed), `${sign} ${position}`).toEqual(rows.filter((name) => !own.includes(name)));
  }
});

/** How far a result lies below the initial sum. */
function cancelledOf(start: number, total: number): string {
  if (!Number.isFinite(start) || !Number.isFinite(total) || start === 0) return 'none';
  if (total === 0) return 'to zero';
  const lost = binadeOf(start) - binadeOf(total);
  return lost < 1 ? 'none' : lost <= 3 ? '1 to 3 binades' : lost <= 7 ? '4 to 7 binades' : '8 binades or more';
}

/** The report counted again in float64, where all sums of these units are exact. */
function recounted(unit: Datapath, rows: number): { counted: CoverageReport; again: Record<string, number> } {
  const { inputs } = portsOf(unit, 1);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const again: Record<string, number> = {
    infinite: 0,
    nan: 0,
    positive: 0,
    negative: 0,
    none: 0,
    '1 to 3 binades': 0,
    '4 to 7 binades': 0,
    '8 binades or more': 0,
    'to zero': 0,
  };
  for (const codes of unitRows(unit, inputs, rows, 5, coverage)) {
    expected(codes);
    const { start, exact } = rowOf(unit, codes);
    const total = toNumber(exact);
    if (Number.isNaN(total)) again.nan++;
    else if (!Number.isFinite(total)) again.infinite++;
    else if (total === 0) again[Object.is(total, -0) ? 'negative' : 'positive']++;
    again[cancelledOf(toNumber(start), total)]++;
  }
  return { counted: coverageReport(coverage), again };
}

it.each([
  datapathNamed('fp8-fp16'),
  datapath({
    name: 'int8-saturating',
    a: formatNamed('int8'),
    b: formatNamed('int8'),
    sum: sumFit('int20', { overflow: 'saturate' }),
  }),
])('$name: zeros, specials and cancellations are counted once a row', (unit) => {
  const { counted, again } = recounted(unit, 3000);
  const [{ zeros, specials }] = counted.sites;
  expect({ ...zeros, ...specials, ...counted.cancelled }).toEqual(again);
  expect(Object.values(counted.cancelled).reduce((sum, rows) => sum + rows, 0)).toBe(3000);
});

it('a class counts once a row, however many sums of a row fall into it', () => {
  const unit = unitOf(formatNamed('fp16'));
  const coverage = coverageOf(unit);
  for (let row = 0; row < 3; row++) {
    coverage.begin(encode(finite(false, 1n, 0), unit.sum).code);
    for (let sum = 0; sum < 5; sum++) coverage.watch(finite(false, 3n, 0), unit.sum);
  }
  const exact = coverageReport(coverage).sites[0].classes.find(
    ({ sign, position }) => sign === '+' && position === 'exact',
  );
  expect([coverage.rows, exact?.rows, exact?.binades]).toEqual([3, 3, '1']);
});
