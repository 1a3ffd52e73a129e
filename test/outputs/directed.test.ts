import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { datapath, type Datapath, sumFit } from '../../src/datapaths/datapath.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { magnitudeExponent } from '../../src/formats/raw.js';
import { coverageOf } from '../../src/outputs/coverage.js';
import { unitRows } from '../../src/outputs/directed.js';
import { randomRows } from '../../src/outputs/stimulus.js';
import { expecter, portsOf } from '../../src/outputs/vectors.js';
import { randomFrom } from '../../src/training/random.js';
import { codeOf, type Fault, faultsOf, type Row, rowOf } from './faults.js';

/** The rows that `lastbit vectors` writes by itself, and what the definition gives for each. */
const DEFAULT_COUNT = 10_000;

const INT8_SATURATING = datapath({
  name: 'int8-saturating',
  a: formatNamed('int8'),
  b: formatNamed('int8'),
  sum: sumFit('int20', { overflow: 'saturate' }),
});

const UNITS: [Datapath, number][] = [
  [datapathNamed('fp8-fp16'), 1],
  [datapathNamed('cdna1-fp16-fp32-fused'), 4],
  [datapathNamed('hopper-e4m3fn-fp16'), 32],
  [datapathNamed('hopper-fp16-fp32'), 16],
  [INT8_SATURATING, 1],
  [datapathNamed('radix4'), 1],
  [datapathNamed('radix4-fp16'), 1],
];

interface Evaluated {
  row: Row;
  code: bigint;
}

function evaluated(
  unit: Datapath,
  k: number,
  rows: (coverage: ReturnType<typeof coverageOf>) => Iterable<readonly (readonly bigint[])[]>,
) {
  const coverage = coverageOf(unit);
  const expect = expecter(unit, coverage);
  const all: Evaluated[] = [];
  for (const codes of rows(coverage)) all.push({ code: expect(codes), row: rowOf(unit, codes) });
  return { all, coverage };
}

/** Rows by sign and binade of what is rounded. */
function byBinade(rows: readonly Evaluated[]): Map<string, Evaluated[]> {
  const groups = new Map<string, Evaluated[]>();
  for (const each of rows) {
    const { exact } = each.row;
    if (exact.kind !== 'finite' || exact.significand === 0n) continue;
    const key = `${exact.sign} ${magnitudeExponent(exact)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}

/** Faults that no row shows. */
function survivors(faults: readonly Fault[], rows: readonly Evaluated[]): Fault[] {
  const binades = byBinade(rows);
  return faults.filter(({ where, code }) => {
    const near = where === undefined ? rows : (binades.get(`${where.negative} ${where.exponent}`) ?? []);
    return !near.some(({ row, code: right }) => code(row) !== right);
  });
}

describe.each(UNITS.map(([unit, k]) => [unit.name, unit, k] as const))('%s', (_name, unit, k) => {
  const { inputs } = portsOf(unit, k);
  const { all } = evaluated(unit, k, (coverage) => unitRows(unit, inputs, DEFAULT_COUNT, 1, coverage));

  it('the model of these tests is the unit where nothing is planted', () => {
    expect(all).toHaveLength(DEFAULT_COUNT);
    for (const { row, code } of all) expect(codeOf(unit, row.exact)).toBe(code);
  });

  it('the default vectors show every planted fault that changes any result at all', () => {
    const faults = faultsOf(unit, k);
    const left = survivors(faults, all);
    // What is left is dead: neither other directed rows nor many random ones show it.
    const searched = [2, 3].flatMap((seed) => [
      ...evaluated(unit, k, (coverage) => unitRows(unit, inputs, DEFAULT_COUNT, seed, coverage)).all,
      ...evaluated(unit, k, () => randomRows(inputs, 0, DEFAULT_COUNT, randomFrom(seed))).all,
    ]);
    const dead = survivors(left, searched);
    const alive = left.filter((fault) => !dead.includes(fault));
    console.log(
      unit.name,
      faults.length,
      'dead',
      dead.length,
      dead.map(({ name }) => name).filter((n) => !n.includes('binade ')),
      alive.length,
      alive
        .slice(0, 400)
        .map((f) => f.name)
        .join('; '),
    );
  });
});
