import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DATAPATHS, datapathNamed } from '../../../src/datapaths/catalog.js';
import type { Datapath } from '../../../src/datapaths/datapath.js';
import { widthOf } from '../../../src/formats/format.js';
import { toNumber } from '../../../src/formats/raw.js';
import { coverageOf, coverageReport, POSITIONS } from '../../../src/outputs/vectors/directed/coverage.js';
import { unitRows } from '../../../src/outputs/vectors/directed/rows.js';
import { manifestSchema } from '../../../src/outputs/vectors/manifest.js';
import { expecter, portsOf } from '../../../src/outputs/vectors/unitVectors.js';
import { folderWith, lastbit } from '../../cli/command.js';
import { rowOf } from './faults.js';
import { MANY_SITES, REQUANTIZED } from './units.js';

/** The rows that `lastbit vectors` writes by itself. */
const DEFAULT_COUNT = 10_000;

it('the coverage is that of the rows, recounted in float64', () => {
  const unit = datapathNamed('fp8-fp16');
  const { inputs } = portsOf(unit, 1);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const counts: Record<string, number> = {};
  for (const codes of unitRows(unit, inputs, 3000, 5, coverage)) {
    expected(codes);
    const value = toNumber(rowOf(unit, codes).exact);
    if (!Number.isFinite(value) || value === 0) continue;
    const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
    const steps = Math.abs(value) / step;
    const key = `${value < 0 ? '-' : '+'} ${placeOf(steps - Math.floor(steps), Math.floor(steps) % 2 === 1)}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  const [sum] = coverageReport(coverage).sites;
  expect(Object.fromEntries(sum.classes.map(({ sign, position, rows }) => [`${sign} ${position}`, rows]))).toEqual(
    Object.fromEntries(
      ['+', '-'].flatMap((sign) => POSITIONS.map((name) => [`${sign} ${name}`, counts[`${sign} ${name}`] ?? 0])),
    ),
  );
  expect(Object.values(counts).every((count) => count > 20)).toBe(true);
});

function placeOf(rest: number, odd: boolean): (typeof POSITIONS)[number] {
  if (rest === 0) return 'exact';
  if (rest === 0.5) return odd ? 'tie, odd kept' : 'tie, even kept';
  if (rest < 0.5)
    return rest <= 1 / 16 ? 'just above a number' : rest >= 7 / 16 ? 'just below the tie' : 'below the tie';
  return rest >= 15 / 16 ? 'just below the next number' : rest <= 9 / 16 ? 'just above the tie' : 'above the tie';
}

it.each([
  [MANY_SITES, 4, ['product', 'node', 'sum', 'result'], 'result'],
  [REQUANTIZED, 1, ['sum', 'requantize'], 'requantize'],
] as const)('$name: every kind of rounding is covered, the last one in every position', (unit, k, names, last) => {
  const { inputs } = portsOf(unit, k);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  for (const codes of unitRows(unit, inputs, DEFAULT_COUNT, 1, coverage)) expected(codes);
  const { sites } = coverageReport(coverage);
  expect(sites.map(({ site }) => site)).toEqual(names);
  const classes = sites.find(({ site }) => site === last)?.classes ?? [];
  expect(classes.filter(({ rows }) => rows === 0)).toEqual([]);
});

/** Landmarks, and enough behind them for each of 64 lanes. */
const COUNT = 1300;

/** What the rows of a unit are; of units that differ in nothing but their names they are the same, and are drawn once. */
function drawnFor(unit: Datapath): Drawn {
  const { name: _name, ...parts } = unit;
  const key = JSON.stringify(parts);
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const { inputs } = portsOf(unit, unit.lanes);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const alone = new Set<number>();
  const hash = createHash('sha256');
  let rows = 0;
  for (const codes of unitRows(unit, inputs, COUNT, 1, coverage)) {
    rows++;
    hash.update(`${codes.join(';')}\n`);
    expected(codes);
    codes.forEach((lanes, i) => {
      if (lanes.length !== inputs[i].lanes) expect(lanes).toHaveLength(inputs[i].lanes);
      for (const code of lanes) if (code >> BigInt(widthOf(inputs[i].format)) !== 0n) throw new Error(`${code}`);
    });
    const active = codes[0].flatMap((code, lane) => (code === 0n ? [] : [lane]));
    if (active.length === 1) alone.add(active[0]);
  }
  const found = { rows, counted: coverage.rows, alone: alone.size, digest: hash.digest('hex').slice(0, 16) };
  drawn.set(key, found);
  return found;
}
interface Drawn {
  rows: number;
  counted: number;
  alone: number;
  digest: string;
}
const drawn = new Map<string, Drawn>();

/** By unit, a digest of the rows of seed 1 as version 0.2.0 gives them: whoever makes vectors again gets the same ones. */
const DIGESTS = new Map(
  readFileSync(join(import.meta.dirname, 'rows.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',') as [string, string]),
);

it.each(DATAPATHS.map((unit) => [unit.name, unit] as const))(
  '%s: rows are codes of its ports, those that they were, and each lane has its turn',
  (_name, unit) => {
    const { rows, counted, alone, digest } = drawnFor(unit);
    expect([rows, counted]).toEqual([COUNT, COUNT]);
    // Of binary operands every lane is active always.
    if (unit.a.kind !== 'table') expect(alone).toBe(unit.lanes);
    // A unit that was added since has none.
    expect(digest).toBe(DIGESTS.get(unit.name) ?? digest);
  },
);

it('the manifest says what was covered, and stays small', () => {
  const folder = folderWith();
  lastbit(folder, ['vectors', 'fp8-fp32', '--out', 'x']);
  const text = readFileSync(join(folder, 'x', 'manifest.json'), 'utf8');
  const manifest = manifestSchema.parse(JSON.parse(text));
  if (manifest.kind !== 'unit' || manifest.coverage === undefined) throw new Error('no coverage');
  expect(manifest.schemaVersion).toBe(1);
  expect(manifest.stimulus).toBe('landmarks, directed, then random');
  const [{ site, format, classes }] = manifest.coverage.sites;
  expect([site, format]).toEqual(['sum', 'fp32']);
  const exact = classes.find(({ sign, position }) => sign === '-' && position === 'exact');
  // Nothing below the smallest number is exact; a product is at most 2^17.6, so nothing overflows.
  expect(exact).toMatchObject({ binades: '-149..127 largest', missed: 'under over' });
  expect(text.length).toBeLessThan(10_000);
});
