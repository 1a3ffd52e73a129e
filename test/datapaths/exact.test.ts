import { describe, expect, it } from 'vitest';
import { type Datapath, totalFitOf } from '../../src/datapaths/datapath.js';
import { errorUlp, exactSum, rescaled, resultFormatOf, ulpExponent } from '../../src/datapaths/exact.js';
import { operandsOf } from '../../src/datapaths/kernel/float64/reference.js';
import { FORMATS, formatNamed, int } from '../../src/formats/catalog.js';
import { decode } from '../../src/formats/codec.js';
import { type Format, quantumExponentOf, widthOf } from '../../src/formats/format.js';
import { type FiniteRaw, fromNumber, type Raw, toNumber } from '../../src/formats/raw.js';
import { drawJob, generator, MATRIX_UNITS, normalCode } from './kernel/jobs.js';

/** A number as a whole count of 2^-UNIT, far below whatever a product of four codes about one has. */
const UNIT = 1400;
const FACTOR = 350;
const counted = (value: number) => BigInt(value * 2 ** FACTOR);
const units = (raw: Raw) => {
  if (raw.kind !== 'finite') throw new Error('a number was expected');
  const magnitude = raw.significand << BigInt(raw.exponent + UNIT);
  return raw.sign ? -magnitude : magnitude;
};
const one = counted(1);

describe('the sum with no rounding', () => {
  const plain = MATRIX_UNITS.filter(({ requantize }) => requantize === undefined);
  it.each(plain.map((unit) => [unit.name, unit] as const))('of %s, scales and initial sum included', (_name, unit) => {
    const { a, b, operands: subnormals, blockScale } = unit;
    const draw = normalCode(generator(3), 1);
    const k = (blockScale?.size ?? 2) * 2 + 1;
    const job = drawJob(unit, [2, 2, k], draw, draw);
    const value = (format: Format, code: bigint | number, kept = subnormals) =>
      counted(toNumber(decode(format, code, kept)));
    for (let index = 0; index < 4; index++) {
      const operands = operandsOf(unit, job, index);
      const total = totalFitOf(unit);
      let sum = value(total.format, operands.c ?? 0, total.subnormals) * one ** 3n;
      for (let i = 0; i < k; i++) {
        const block = blockScale === undefined ? 0 : Math.floor(i / blockScale.size);
        const [x, y] = [operands.aScales, operands.bScales].map((scales) =>
          blockScale && scales ? value(blockScale.format, scales[block], 'keep') : one,
        );
        sum += value(a, operands.a[i]) * value(b, operands.b[i]) * x * y;
      }
      expect(units(exactSum(unit, operands))).toBe(sum);
    }
  });

  it('of what is requantized is in units of the result, scaled and moved', () => {
    const raw = fromNumber(-40);
    const format = int(8);
    const values = [
      rescaled({ kind: 'shift', format, shift: 3 }, raw),
      rescaled({ kind: 'shift', format, shift: 3, bias: 8, zeroPoint: 5 }, raw),
      rescaled({ kind: 'float', format, multiplier: 0.75, bias: -1, zeroPoint: -2 }, raw),
      rescaled({ kind: 'gemmlowp-double', format }, raw),
      rescaled({ kind: 'shift', format }, raw),
    ];
    expect(values.map(toNumber)).toEqual([-5, 1, -32.75, -40, -40]);
    const fixed = int(20, true, -4);
    const unit: Datapath = {
      ...MATRIX_UNITS[0],
      sum: { format: fixed, rounding: 'rne', overflow: 'wrap', subnormals: 'keep' },
      requantize: { kind: 'shift', format, shift: 1 },
    };
    // 3 * 5 is 240 sixteenths, of which the register counts as many.
    expect(toNumber(exactSum(unit, { a: [3], b: [5] }))).toBe(120);
    expect(resultFormatOf(unit, unit.order)).toBe(format);
    expect(resultFormatOf({ ...unit, requantize: undefined }, unit.order)).toBe(fixed);
  });
});

describe('a unit in the last place', () => {
  const floats = FORMATS.filter((format) => format.kind === 'float' && widthOf(format) <= 10 && format.radix === 2);
  it.each(floats.map((format) => [format.name, format] as const))(
    'of %s is the step to the next number',
    (_name, format) => {
      const all = Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));
      const numbers = [...new Set(all.filter(Number.isFinite).map(Math.abs))].sort((x, y) => x - y);
      const ulp = (value: number) => 2 ** ulpExponent(format, fromNumber(value) as FiniteRaw);
      numbers.forEach((low, i) => {
        const high = numbers[i + 1];
        if (low === 0 || high === undefined) return;
        for (const part of [0, 0.25, 0.99])
          expect([low, part, ulp(low + part * (high - low))]).toEqual([low, part, high - low]);
        expect(ulp(-low)).toBe(ulp(low));
      });
      // Above the largest it stays what it is there, at zero it is the smallest step.
      const largest = numbers[numbers.length - 1];
      for (const factor of [1, 1.5, 1e6]) expect(ulp(largest * factor)).toBe(ulp(largest));
      expect(ulp(0)).toBe(2 ** quantumExponentOf(format));
    },
  );

  it('of a radix of 4 is the level itself, of an integer its last bit', () => {
    const radix4 = formatNamed('radix4');
    const levels = [1, 1.5, 3.9, 4, 15, 16, 64, 1000, 1 / 64, 1 / 70].map((value) =>
      ulpExponent(radix4, fromNumber(value) as FiniteRaw),
    );
    expect(levels).toEqual([0, 0, 0, 2, 2, 4, 6, 6, -6, quantumExponentOf(radix4)]);
    for (const value of [0, 1, 100, 1e9])
      expect(ulpExponent(int(8, true, -3), fromNumber(value) as FiniteRaw)).toBe(-3);
  });
});

it('an error counts units at the exact value; what is infinite or none says so', () => {
  const half = formatNamed('fp16');
  const error = (exact: number, got: number) => errorUlp(half, fromNumber(exact), fromNumber(got));
  expect([error(1, 1 + 2 ** -10), error(2, 1), error(-2, -2.5), error(0, 2 ** -24), error(3, 3)]).toEqual([
    1, -512, -256, 1, 0,
  ]);
  expect(Object.is(error(-3, -3), 0)).toBe(true);
  const inf = Infinity;
  const cases: [number, number, number][] = [
    [inf, inf, 0],
    [-inf, -inf, 0],
    [inf, -inf, -inf],
    [-inf, inf, inf],
    [1, inf, inf],
    [1, -inf, -inf],
    [inf, 1, -inf],
    [-inf, 1, inf],
    [Number.NaN, 1, Number.NaN],
    [1, Number.NaN, Number.NaN],
    [inf, Number.NaN, Number.NaN],
  ];
  for (const [exact, got, wanted] of cases) expect([exact, got, error(exact, got)]).toEqual([exact, got, wanted]);
});
