import { expect, it } from 'vitest';
import type { Datapath } from '../../../../src/datapaths/datapath.js';
import type { CodeArray, GemmJob } from '../../../../src/datapaths/kernel/index.js';
import { EXPONENT_BIAS, operandsFor } from '../../../../src/datapaths/kernel/panels/operands.js';
import { alignmentExponent } from '../../../../src/datapaths/products.js';
import { decode } from '../../../../src/formats/codec.js';
import { isZero, type Raw, toNumber } from '../../../../src/formats/raw.js';
import { anyCode, drawJob, generator, MATRIX_UNITS, normalCode } from '../jobs.js';

/** What firings in lanes read of operands: each element times its block's scale, and the exponent that it aligns by. */
const shapeOf = ({ a, b, combine, blockScale, operands, widened }: Datapath) =>
  JSON.stringify([a, b, combine, blockScale, operands, widened]);
const units = [
  ...new Map(
    MATRIX_UNITS.filter(({ blockScale }) => blockScale?.apply !== 'group').map((unit) => [shapeOf(unit), unit]),
  ).values(),
];

/** Element by element the value and the exponent; undefined for what takes part in no alignment. */
function wanted(unit: Datapath, side: 'a' | 'b', { n, k, ...job }: GemmJob): [number, number | undefined][] {
  const { blockScale, combine, operands, widened } = unit;
  const format = unit[side];
  const scales = side === 'a' ? job.aScales : job.bScales;
  const zeros = combine.kind === 'aligned' && combine.zerosAlign === true;
  return Array.from(job[side] as ArrayLike<number>, (code, i) => {
    const element = decode(format, code, operands);
    const scale: Raw | undefined =
      blockScale && scales && decode(blockScale.format, scales[blockOf(side, i, n, k, blockScale.size)]);
    const value = toNumber(element) * (scale === undefined ? 1 : toNumber(scale));
    const counts = element.kind === 'finite' && (scale === undefined || scale.kind === 'finite');
    const exponent =
      alignmentExponent(widened ?? format, element) +
      (scale && blockScale ? alignmentExponent(blockScale.format, scale) : 0);
    return [value, counts && (zeros || (!isZero(element) && value !== 0)) ? exponent : undefined];
  });
}

/** Where the scale of an element lies: a is [m][k] with scales [m][blocks], b is [k][n] with scales [blocks][n]. */
function blockOf(side: 'a' | 'b', i: number, n: number, k: number, size: number): number {
  const [row, column] = side === 'a' ? [Math.floor(i / k), i % k] : [Math.floor(i / n), i % n];
  return side === 'a' ? row * Math.ceil(k / size) + Math.floor(column / size) : Math.floor(row / size) * n + column;
}

it.each(units.map((unit) => [unit.name, unit] as const))('%s: elements, scales and exponents', (_name, unit) => {
  const random = generator(7);
  const k = (unit.blockScale?.size ?? 2) + 3;
  for (const draw of [normalCode(random, 1), anyCode(random)])
    for (const scaled of [true, false]) {
      const { aScales, bScales, ...plain } = drawJob(unit, [3, 5, k], draw);
      const job: GemmJob = { ...plain, ...(scaled && aScales && { aScales }), ...(bScales && { bScales }) };
      operandsFor(unit)(job).forEach((operand, i) => {
        const elements = wanted(unit, i === 0 ? 'a' : 'b', job);
        const { codes, values, exponents } = operand;
        const found = Array.from(codes as ArrayLike<number>, (code) => values[code]);
        expect(found).toEqual(elements.map(([value]) => value));
        if (unit.combine.kind !== 'aligned') return expect(exponents).toHaveLength(0);
        const numbers = elements.filter(([value]) => Number.isFinite(value));
        const known = Array.from(codes as ArrayLike<number>, (code) => exponents[code]);
        elements.forEach(([value, exponent], at) => {
          if (!Number.isFinite(value)) return;
          expect([value, known[at]]).toEqual([value, exponent === undefined ? 0 : EXPONENT_BIAS + exponent]);
        });
        const all = numbers.flatMap(([, exponent]) => (exponent === undefined ? [] : [exponent]));
        expect(operand.largest).toBe(Math.max(...all));
        // Beside a NaN no one asks for the smallest.
        if (elements.some(([value]) => Number.isNaN(value))) return;
        const least = Math.min(...numbers.map(([value]) => Math.abs(value)).filter((value) => value > 0));
        expect(2 ** operand.smallest).toBeLessThanOrEqual(least);
        expect(2 ** (operand.smallest + 1)).toBeGreaterThan(least);
      });
    }
});

it('codes of every array are read', () => {
  const [unit] = units;
  const kinds: CodeArray[] = [new Uint8Array([1, 2]), new Uint16Array([1, 2]), new Uint32Array([1, 2])];
  for (const a of kinds) {
    const [x] = operandsFor(unit)({ m: 1, n: 1, k: 2, a, b: new Uint8Array(2) });
    expect(Array.from(x.codes as ArrayLike<number>, (code) => x.values[code])).toEqual(
      [1, 2].map((code) => toNumber(decode(unit.a, code))),
    );
  }
});
