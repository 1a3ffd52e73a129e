import { describe, expect, it } from 'vitest';
import type { Datapath } from '../../../../src/datapaths/datapath.js';
import { codeArray } from '../../../../src/datapaths/kernel/contract/gemm.js';
import { alignsInFloat64, factorWeight, spillOf, weightOf } from '../../../../src/datapaths/kernel/float64/align.js';
import { operandsOf } from '../../../../src/datapaths/kernel/float64/reference.js';
import { decodeRows, termPlan, termsOf, transpose } from '../../../../src/datapaths/kernel/float64/terms.js';
import { alignmentExponent, productsOf, termOrder, termsPerFiring } from '../../../../src/datapaths/products.js';
import { FORMATS } from '../../../../src/formats/catalog.js';
import { decode } from '../../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../../src/formats/format.js';
import { isZero, toNumber } from '../../../../src/formats/raw.js';
import { records } from '../../../formats/records.js';
import { anyCode, drawJob, generator, MATRIX_UNITS, normalCode } from '../jobs.js';

/** What firings in float64 read of operands and scales: the reference's exact products and exponents. */

/** Units that differ in more than their sums and names. */
const shapeOf = ({ a, b, lanes, combine, blockScale, operands, widened }: Datapath) =>
  JSON.stringify([a, b, lanes, combine, blockScale, operands, widened]);
const units = [...new Map(MATRIX_UNITS.map((unit) => [shapeOf(unit), unit])).values()];

it.each(units.map((unit) => [unit.name, unit] as const))('%s: terms and what they weigh', (_name, unit) => {
  const random = generator(11);
  const [m, n, k] = [2, 3, Math.max(5, (unit.blockScale?.size ?? 1) + 3)];
  for (const draw of [anyCode(random), normalCode(random, 1)])
    for (const scaled of [true, false]) {
      const { aScales, bScales, ...plain } = drawJob(unit, [m, n, k], draw);
      // Of two operands, one may bring no scales.
      const job = scaled && aScales ? { ...plain, aScales, bScales } : { ...plain, ...(bScales && { bScales }) };
      const { fill, terms, weights } = termsOf(unit, job, (exact) => exact);
      for (let index = 0; index < m * n; index++) {
        fill(index);
        const wanted = productsOf(unit, operandsOf(unit, job, index), (raw) => raw);
        expect([index, ...terms].map((x) => x + 0)).toEqual([index, ...wanted.map(({ raw }) => toNumber(raw) + 0)]);
        if (unit.combine.kind !== 'aligned') continue;
        const counts = wanted.map(({ raw }) => raw.kind === 'finite' && !isZero(raw));
        const powers = wanted.map(({ exponent }) => 2 ** exponent);
        expect([...weights].filter((_, i) => counts[i])).toEqual(powers.filter((_, i) => counts[i]));
      }
    }
});

const narrow = units.filter(({ a, b, blockScale }) =>
  [a, b, ...(blockScale ? [blockScale.format] : [])].every((format) => widthOf(format) <= 10),
);

it.each(narrow.map((unit) => [unit.name, unit] as const))(
  '%s: a term keeps below its weight times a power',
  (_name, unit) => {
    const { a, b, blockScale } = unit;
    const numbers = (format: Format) =>
      Array.from({ length: 2 ** widthOf(format) }, (_, code) => Math.abs(toNumber(decode(format, code)))).filter(
        (value) => value > 0 && value < Infinity,
      );
    const ratio = (format: Format) => Math.max(...numbers(format).map((value) => value / weightOf(format, value)));
    const scales = blockScale === undefined ? 1 : ratio(blockScale.format) ** 2;
    // Scales of one bit are what they weigh; a group has the weight of its scales alone.
    const ofScales = scales === 1 ? 0 : 2;
    if (blockScale?.apply === 'group') {
      const largest = (blockScale.group ?? blockScale.size) * Math.max(...numbers(a)) * Math.max(...numbers(b));
      expect(spillOf(unit)).toBe(ofScales + Math.log2(largest));
    } else {
      expect(spillOf(unit)).toBe(ofScales + 2);
      expect(ratio(a) * ratio(b) * scales).toBeLessThan(2 ** spillOf(unit));
    }
  },
);

it('an operand weighs what the reference aligns it by, and a zero the least of fp32', () => {
  for (const format of [...FORMATS, ...records()].filter((each) => widthOf(each) <= 10))
    for (let code = 0; code < 2 ** widthOf(format); code++) {
      const raw = decode(format, code);
      if (raw.kind !== 'finite') continue;
      const [value, wanted] = [toNumber(raw), 2 ** alignmentExponent(format, raw)];
      expect([format.name, code, factorWeight(format, value)]).toEqual([format.name, code, wanted]);
      if (value !== 0) expect(weightOf(format, value)).toBe(wanted);
    }
});

describe('alignment in float64', () => {
  const combine = { kind: 'aligned', truncate: 'rtz', productExponent: 'unnormalised', sumInside: true } as const;
  const unit = (lanes: number, parts: object) => ({
    ...units[0],
    lanes,
    combine: { ...combine, fractionBits: 4, ...parts },
  });

  it('is for counts of at most 50 bits, in all stages', () => {
    // A term below 4 has two bits before its point; so many terms and the sum carry into as many bits as count them.
    for (const lanes of [1, 2, 3, 4, 7, 8, 16, 31])
      for (let bits = 40; bits <= 50; bits++) {
        const fits = bits + 1 + 2 + Math.ceil(Math.log2(lanes + 1)) <= 50;
        const stage = { productFractionBits: 4, sumFractionBits: 4, truncate: 'rtz' };
        for (const parts of [
          { fractionBits: bits },
          { sumFractionBits: bits },
          { twoStage: { ...stage, productFractionBits: bits } },
          { twoStage: { ...stage, sumFractionBits: bits } },
        ])
          expect([lanes, bits, alignsInFloat64(unit(lanes, parts))]).toEqual([lanes, bits, fits]);
      }
    expect(alignsInFloat64({ ...unit(99, { fractionBits: 99 }), combine: { kind: 'fused', sumInside: true } })).toBe(
      true,
    );
  });
});

it('rows of values are those of the codes, turned where they are columns', () => {
  const codes = codeArray(units[0].a, 6).map((_, i) => i);
  const values = decodeRows(codes, (code) => code * 10);
  expect([...values]).toEqual([0, 10, 20, 30, 40, 50]);
  expect([...transpose(values, 2, 3)]).toEqual([0, 30, 10, 40, 20, 50]);
});

it('groups that share their scales count as one product in every order', () => {
  const [grouped] = units.filter(({ blockScale }) => blockScale?.apply === 'group');
  const { size, group = size } = grouped.blockScale ?? { size: 0 };
  expect(termsPerFiring(grouped)).toBe(Math.max(1, grouped.lanes / group));
  const lengths = (order: Parameters<typeof termPlan>[1], k: number) => termPlan(grouped, order, k).runs;
  expect(lengths({ kind: 'sequential' }, 3 * group + 1)).toEqual([4]);
  expect(lengths({ kind: 'chunked', length: 2 * group }, 5 * group)).toEqual([2, 2, 1]);
  expect(lengths({ kind: 'tree', width: 4 * group }, 5 * group)).toEqual([4, 1]);
  const after = { kind: 'chunked', length: 2 * group } as const;
  const moved = { kind: 'permuted', indices: [1, 0], after } as const;
  expect(termOrder(grouped, moved)).toEqual({ ...moved, after: { ...after, length: 2 } });
  const plain = { ...grouped, blockScale: undefined };
  expect(termOrder(plain, moved)).toBe(moved);
  expect(termPlan(plain, after, 5 * group).runs).toEqual([2 * group, 2 * group, group]);
});
