import { expect, it } from 'vitest';
import { DATAPATHS } from '../../../../src/datapaths/catalog.js';
import { datapath, type Datapath, totalFitOf } from '../../../../src/datapaths/datapath.js';
import { productsOf } from '../../../../src/datapaths/products.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { decode, fitTo } from '../../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../../src/formats/format.js';
import { type FiniteRaw, magnitudeExponent, type Raw, sum } from '../../../../src/formats/raw.js';
import { coverageOf, indexOf, overRow, POSITIONS, UNDER } from '../../../../src/outputs/vectors/directed/coverage.js';
import { extentOf } from '../../../../src/outputs/vectors/directed/draws.js';
import { edgeRows } from '../../../../src/outputs/vectors/directed/edges.js';
import { isWorthwhile } from '../../../../src/outputs/vectors/directed/reach.js';
import { type Aim, toolsOf } from '../../../../src/outputs/vectors/directed/tools.js';
import { exhaustiveRows, type RowCodes } from '../../../../src/outputs/vectors/stimulus.js';
import { expecter, portsOf } from '../../../../src/outputs/vectors/unitVectors.js';
import { randomFrom } from '../../../../src/random/random.js';

function aimOf(unit: Datapath, lanes: number): Aim {
  return { datapath: unit, inputs: portsOf(unit, lanes).inputs, random: randomFrom(3) };
}

/** The products of a row, its initial sum, and their exact sum. */
function exactly(unit: Datapath, [a, b, [c]]: RowCodes): { products: Raw[]; start: Raw; exact: Raw } {
  const total = totalFitOf(unit);
  const start = decode(total.format, c, total.subnormals);
  const products = productsOf(unit, { a, b }, (raw) => raw).map(({ raw }) => raw);
  return { products, start, exact: sum([start, ...products]) };
}

const isNumber = (raw: Raw): raw is FiniteRaw => raw.kind === 'finite' && raw.significand !== 0n;
const isZero = (raw: Raw) => raw.kind === 'finite' && raw.significand === 0n;

/** How many rows of each kind there are, in their order. */
function kindsOf(unit: Datapath, lanes: number) {
  const aim = aimOf(unit, lanes);
  const { pairs } = toolsOf(aim);
  const [x, y] = [extentOf(unit.a), extentOf(unit.b)];
  const specials = pairs.specials().length;
  const many = lanes > 1 ? 2 : 1;
  const { combine } = unit;
  const cuts =
    combine.kind === 'aligned'
      ? new Set(
          [
            combine.fractionBits,
            combine.sumFractionBits,
            combine.twoStage?.productFractionBits,
            combine.twoStage?.sumFractionBits,
          ].filter((bits) => bits !== undefined),
        ).size
      : 0;
  return {
    lanes: Math.min(lanes, 256),
    zeros: 8 * many,
    opposites: 24 * many,
    cancelled: 4 * Math.min(24, x.high + y.high - x.low - y.low) * many,
    specials: 4 * specials * (lanes > 1 ? 1 + specials : 1),
    cuts: 80 * cuts,
  };
}

/** The rows of each kind. */
const rowsOf = (unit: Datapath, lanes: number) => kept(`${unit.name} ${lanes}`, () => edgesByKind(unit, lanes));

const known = new Map<string, Record<string, RowCodes[]>>();
function kept(key: string, made: () => Record<string, RowCodes[]>): Record<string, RowCodes[]> {
  const found = known.get(key) ?? made();
  known.set(key, found);
  return found;
}

function edgesByKind(unit: Datapath, lanes: number): Record<string, RowCodes[]> {
  const aim = aimOf(unit, lanes);
  const kinds = kindsOf(unit, lanes);
  const most = Object.values(kinds).reduce((total, count) => total + count, 0);
  const all: RowCodes[] = [];
  for (const row of edgeRows(aim, toolsOf(aim))) {
    all.push(row);
    if (all.length > most) break;
  }
  expect(all).toHaveLength(most);
  let at = 0;
  return Object.fromEntries(Object.entries(kinds).map(([kind, count]) => [kind, all.slice(at, (at += count))]));
}

type Case = [name: string, lanes: number, unit: Datapath];

/** What edges are drawn by: generations of a chip have many units alike in this. */
const shapeOf = ({ name: _name, ...unit }: Datapath) => JSON.stringify(unit);
const UNITS = [...new Map(DATAPATHS.map((unit) => [shapeOf(unit), unit])).values()];

/** Every unit with one product in a row, and with one in each lane. */
const CASES: Case[] = UNITS.flatMap((unit) =>
  [...new Set([1, unit.lanes])].map((lanes): Case => [unit.name, lanes, unit]),
);
const isFloat = (format: Format) => format.kind === 'float' && format.signed;
/** Units whose products are floats of both signs, as their codes have them. */
const OF_FLOATS = CASES.filter(
  ([, , { a, b, blockScale, operands }]) => isFloat(a) && isFloat(b) && blockScale === undefined && operands === 'keep',
);
const OF_MANY = OF_FLOATS.filter(([, lanes]) => lanes > 1);
const IN_FP32 = OF_FLOATS.filter(([, , unit]) => unit.sum.format.name === 'fp32' && widthOf(unit.a) === 8);

it.each(CASES)('%s, %i in a row: edges end, and each lane with an operand has been alone', (_name, lanes, unit) => {
  const formats = portsOf(unit, lanes).inputs.map(({ format }) => format);
  const raws = (row: RowCodes) => row.map((codes, port) => codes.map((code) => decode(formats[port], code)));
  rowsOf(unit, lanes).lanes.forEach((row, lane) => {
    const [a, b, [c]] = raws(row);
    // Binary has no zero: all its lanes count always.
    if (unit.a.kind !== 'table' || unit.b.kind !== 'table')
      expect(a.flatMap((raw, i) => (isNumber(raw) && isNumber(b[i]) ? [i] : []))).toEqual([lane]);
    expect(isZero(c)).toBe(true);
  });
});

it.each(OF_FLOATS)(
  '%s, %i in a row: zeros of each sign of the sum and the products, alone and together',
  (_name, lanes, unit) => {
    const signs = rowsOf(unit, lanes).zeros.map((row) => {
      const { products, start } = exactly(unit, row);
      for (const raw of [...products, start]) expect(isZero(raw)).toBe(true);
      const [own, ...others] = [[start], products].map(
        (raws) => new Set(raws.map((raw) => raw.kind === 'finite' && raw.sign)),
      );
      return `${[...own].join()}: ${others.map((found) => Number(found.has(false)) + 2 * Number(found.has(true))).join()}`;
    });
    const starts = totalFitOf(unit).format.kind === 'float' ? 2 : 1;
    expect(new Set(signs).size).toBe(starts * (lanes > 1 ? 3 : 2));
  },
);

it.each(OF_MANY)('%s, %i in a row: two lanes cancel, whatever the sum is', (_name, lanes, unit) => {
  const doubles = rowsOf(unit, lanes)
    .opposites.filter((_, i) => i % 2 === 1)
    .map((row) => exactly(unit, row));
  for (const { products } of doubles) {
    const [one, other, ...more] = products.filter(isNumber);
    expect(more).toEqual([]);
    expect(isZero(sum([one, other]))).toBe(true);
  }
  const [zero, product] = [0, 1].map((rest) =>
    doubles.filter((_, i) => Number(i % 3 > 0) === rest).map(({ start }) => isZero(start)),
  );
  // Where the sum has no bits so low, a product is a zero there.
  expect([new Set(zero), product.includes(false)]).toEqual([new Set([true]), true]);
});

it.each(IN_FP32)('%s, %i in a row: so many leading bits go, and a power of two is left', (_name, lanes, unit) => {
  rowsOf(unit, lanes).cancelled.forEach((row, i) => {
    const { products, exact } = exactly(unit, row);
    const lost = 1 + Math.floor(i / (lanes > 1 ? 8 : 4));
    // Below that, fp32 has not bits enough for both.
    if (lost > 20) return;
    if (!isNumber(exact)) throw new Error(`nothing is left in row ${i}`);
    expect(exact.significand & (exact.significand - 1n)).toBe(0n);
    const largest = Math.max(...products.filter(isNumber).map(magnitudeExponent));
    expect([lost, lost + 1]).toContain(largest - magnitudeExponent(exact));
  });
});

/** A unit of so few codes that all its rows can be tried. */
function tiny(a: string, b: string, register: string, more: Partial<Datapath> = {}): Datapath {
  return datapath({
    name: `${a} x ${b} in ${register}`,
    a: formatNamed(a),
    b: formatNamed(b),
    sum: fitTo(formatNamed(register)),
    ...more,
  });
}

/** Units, how many classes some row of all reaches, and how many more are aimed at in vain. */
it.each<[unit: Datapath, reached: number, inVain: number]>([
  [tiny('e2m1fn', 'e2m1fn', 'e5m2'), 292, 52],
  [tiny('e2m1fn', 'e2m1fn', 'e3m2fn'), 116, 6],
  [tiny('int3', 'int4', 'e4m3'), 189, 25],
  [tiny('radix4', 'int3', 'e3m2fn'), 156, 18],
])('units of few codes, case %#: what some row reaches is aimed at', (unit, reached, inVain) => {
  const aim = aimOf(unit, 1);
  const tools = toolsOf(aim);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  for (const row of exhaustiveRows(aim.inputs, 1)) expected(row);
  const [site] = coverage.sites;
  let [hit, missed] = [0, 0];
  for (let row = UNDER; row <= overRow(site); row++)
    for (const negative of [false, true])
      for (const position of POSITIONS.keys()) {
        const aimed = { negative, row, position };
        const [isHit, isAimedAt] = [site.counts[indexOf(site, aimed)] > 0, isWorthwhile(unit, site, aimed, tools)];
        if (isHit && !isAimedAt) throw new Error(`${JSON.stringify(aimed)} is reached, and not aimed at`);
        hit += Number(isHit);
        missed += Number(isAimedAt && !isHit);
      }
  expect([hit, missed]).toEqual([reached, inVain]);
});
