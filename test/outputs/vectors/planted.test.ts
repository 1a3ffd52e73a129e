import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { datapath, type Datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { magnitudeExponent } from '../../../src/formats/raw.js';
import { type Coverage, coverageOf } from '../../../src/outputs/vectors/directed/coverage.js';
import { unitRows } from '../../../src/outputs/vectors/directed/rows.js';
import { type RowCodes, randomRows } from '../../../src/outputs/vectors/stimulus.js';
import { expecter, portsOf } from '../../../src/outputs/vectors/unitVectors.js';
import { randomFrom } from '../../../src/random/random.js';
import { codeOf, type Fault, faultsOf, type Row, rowOf } from './faults.js';

/** The rows that `lastbit vectors` writes by itself. */
const DEFAULT_COUNT = 10_000;

const INT8_SATURATING = datapath({
  name: 'int8-saturating',
  a: formatNamed('int8'),
  b: formatNamed('int8'),
  sum: sumFit('int20', { overflow: 'saturate' }),
});

/** No integer has a sign of zero, subnormals, NaN or bits below its last one; twice a saturated sum is saturated. */
const NOT_OF_INTEGERS = [
  'overflow one ulp early',
  'subnormal results are flushed',
  'a sum that cancels to zero is -0',
  '-0 is +0',
  'a carry out of the significand is lost',
  '1 bits are kept below the last one, without sticky',
  '2 bits are kept below the last one, without sticky',
  '3 bits are kept below the last one, without sticky',
  'NaN is infinity',
];

/** Units that round once, the products in a row, and the faults beside those of one binade that change no result of theirs. */
const UNITS: [unit: Datapath, k: number, dead: string[]][] = [
  [datapathNamed('fp8-fp16'), 1, []],
  // Products reach 2^34, and half an ulp of the largest fp32 is 2^103.
  [datapathNamed('cdna1-fp16-fp32-fused'), 4, ['overflow one ulp late']],
  // A fixed-point adder has no -0, and zeros' exponent of -126 is below every product's.
  [datapathNamed('hopper-e4m3fn-fp16'), 32, ['-0 is +0', 'zeros take part']],
  [
    datapathNamed('hopper-fp16-fp32'),
    16,
    [
      // As above; and what truncates looks at nothing below the last bit, and carries nothing.
      'overflow one ulp late',
      '-0 is +0',
      'a carry out of the significand is lost',
      '1 bits are kept below the last one, without sticky',
      '2 bits are kept below the last one, without sticky',
      '3 bits are kept below the last one, without sticky',
    ],
  ],
  [INT8_SATURATING, 1, NOT_OF_INTEGERS],
  [datapathNamed('radix4'), 1, NOT_OF_INTEGERS],
  [
    datapathNamed('radix4-fp16'),
    1,
    [
      // Half an ulp of dlfloat16's largest is 2^22, and products end at 2^9; it has no subnormals and one special code;
      // a chunk begins at +0; and ties away look at the first bit below the last only.
      'overflow one ulp late',
      'subnormal results are flushed',
      '-0 is +0',
      '1 bits are kept below the last one, without sticky',
      '2 bits are kept below the last one, without sticky',
      '3 bits are kept below the last one, without sticky',
      'NaN is infinity',
    ],
  ],
];

interface Evaluated {
  row: Row;
  code: bigint;
}

function evaluated(unit: Datapath, rows: (coverage: Coverage) => Iterable<RowCodes>): Evaluated[] {
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const all: Evaluated[] = [];
  for (const codes of rows(coverage)) all.push({ code: expected(codes), row: rowOf(unit, codes) });
  return all;
}

/** The same by the model of these tests, which is held to be the unit on its own rows: much quicker than the reference. */
function modelled(unit: Datapath, rows: Iterable<RowCodes>): Evaluated[] {
  return Array.from(rows, (codes) => {
    const row = rowOf(unit, codes);
    return { row, code: codeOf(unit, row.exact) };
  });
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

describe.each(UNITS.map(([unit, ...rest]) => [unit.name, unit, ...rest] as const))('%s', (_name, unit, k, dead) => {
  const { inputs } = portsOf(unit, k);
  const all = evaluated(unit, (coverage) => unitRows(unit, inputs, DEFAULT_COUNT, 1, coverage));

  it('the model of these tests is the unit where nothing is planted', () => {
    expect(all).toHaveLength(DEFAULT_COUNT);
    for (const { row, code } of all) expect(codeOf(unit, row.exact)).toBe(code);
  });

  it('the default vectors show every planted fault that changes any result', () => {
    const left = survivors(faultsOf(unit, k), all);
    expect(left.filter(({ where }) => where === undefined).map(({ name }) => name)).toEqual(dead);
    // Of a binade's faults those may be left that neither other directed rows nor many random ones show.
    const others = [2, 3].flatMap((seed) => [
      ...evaluated(unit, (coverage) => unitRows(unit, inputs, DEFAULT_COUNT, seed, coverage)),
      ...modelled(unit, randomRows(inputs, 0, DEFAULT_COUNT, randomFrom(seed))),
    ]);
    const binades = left.filter(({ where }) => where !== undefined);
    const silent = new Set(survivors(binades, others));
    expect(binades.filter((fault) => !silent.has(fault)).map(({ name }) => name)).toEqual([]);
  }, 120_000);
});

it('fp8 in fp16: no binade that can have a tie is left out', () => {
  const unit = datapathNamed('fp8-fp16');
  const { inputs } = portsOf(unit, 1);
  const all = evaluated(unit, (coverage) => unitRows(unit, inputs, DEFAULT_COUNT, 1, coverage));
  const left = survivors(faultsOf(unit, 1), all).flatMap(({ where }) => (where === undefined ? [] : [where.exponent]));
  // Every sum is a multiple of 2^-24, which is the step of fp16 up to binade -14.
  expect(Math.max(...left)).toBe(-14);
});
