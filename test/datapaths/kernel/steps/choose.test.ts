import { describe, expect, it } from 'vitest';
import { sumFit } from '../../../../src/datapaths/datapath.js';
import {
  type Addends,
  chooseStep,
  floatRegister,
  type FloatRegister,
  reachOf,
} from '../../../../src/datapaths/kernel/steps/choose.js';
import type { Step } from '../../../../src/datapaths/kernel/steps/step.js';
import { int } from '../../../../src/formats/catalog.js';
import type { Fit } from '../../../../src/formats/codec.js';
import type { FloatFormat } from '../../../../src/formats/format.js';
import { stochastic } from '../../../../src/formats/rounding.js';

/** Which step a register gets on a carrier, exactly at the values where the choice turns. */
const own = (exponentBits: number, mantissaBits: number, rest: Partial<FloatFormat> = {}): FloatFormat => ({
  kind: 'float',
  name: 'own',
  signed: true,
  radix: 2,
  exponentBits,
  mantissaBits,
  bias: 2 ** (exponentBits - 1) - 1,
  lowest: 'subnormal',
  specials: 'ieee',
  ...rest,
});

function registerOf(fit: Fit): FloatRegister {
  const register = floatRegister(fit);
  if (register === undefined) throw new Error(`${fit.format.name} is left to slower routes`);
  return register;
}

/** Ones, few enough that they stay far below every limit. */
const ONES: Addends = {
  quantum: 0,
  max: 1,
  precision: 1,
  start: 0,
  count: 4,
  specials: false,
  negativeZero: false,
};

const BELOW = 1 - 2 ** -53;

const magic = (limit: number, rest: Partial<Step> = {}) => ({ method: 'magic', overflow: 'none', limit, ...rest });
const pattern = (limit: number, rest: Partial<Step> = {}) => ({ method: 'pattern', overflow: 'none', limit, ...rest });
const native = (limit: number, rest: Partial<Step> = {}) => ({ method: 'native', overflow: 'none', limit, ...rest });
const WATCH = { overflow: 'watch' } as const;

const fp16 = sumFit('fp16');
const rtz = sumFit('fp16', { rounding: 'rtz' });
const bf16 = sumFit('bf16');
const fp32 = sumFit('fp32');
const fp64 = sumFit('fp64');
const RANGE = "addends leave the carrier's range";
const RULES = 'the register has the whole precision of the carrier and other rules';
const TINY = 'sums can be tiny in a register without subnormals';
const BETWEEN = 'sums fall between two subnormals';
const AT_ONCE = 'a sum can be inexact at once';
/** Where sums of 60 octaves are no multiples that float32 holds. */
const FINE = { quantum: -60, precision: 1 };

type Row = readonly [what: string, Fit, Partial<Addends>, Step['carrier'], string | object];

const ROWS: readonly Row[] = [
  ['ones', fp16, {}, 'f32', magic(15)],
  ['ones', fp16, {}, 'f64', magic(15)],
  ['ones toward zero', rtz, {}, 'f32', pattern(15)],
  ['addends as wide as the carrier', fp16, { precision: 24 }, 'f32', magic(15)],
  ['wider ones', fp16, { precision: 25 }, 'f32', 'an addend has 25 bits'],
  ['wider ones that are held', fp16, { precision: 25, exact: true }, 'f32', magic(15)],
  ['addends as wide as float64', fp16, { precision: 53 }, 'f64', magic(15)],
  ['wider ones', fp16, { precision: 54 }, 'f64', 'an addend has 54 bits'],
  ['the carrier’s last place', fp16, { quantum: -149 }, 'f32', magic(15, { floor: -14, signedZero: true })],
  ['finer ones', fp16, { quantum: -150 }, 'f32', RANGE],
  ['float64’s last place', fp16, { quantum: -1074 }, 'f64', magic(15, { floor: -14, signedZero: true })],
  ['finer ones', fp16, { quantum: -1075 }, 'f64', RANGE],
  ['the largest addends', fp16, { quantum: 100, max: 2 ** 127 * BELOW }, 'f32', magic(15, WATCH)],
  ['larger ones', fp16, { quantum: 100, max: 2 ** 127 }, 'f32', RANGE],
  ['the largest start', fp16, { start: 2 ** 127 * BELOW }, 'f32', magic(15, WATCH)],
  ['a larger one', fp16, { start: 2 ** 127 }, 'f32', RANGE],
  ['the largest addends', fp64, { max: 2 ** 1023 * BELOW }, 'f64', native(1023)],
  ['larger ones', fp64, { max: 2 ** 1023 }, 'f64', RANGE],
  ['a register as wide as the carrier', sumFit(own(7, 23)), {}, 'f32', RULES],
  ['a wider one', sumFit(own(7, 24)), {}, 'f32', 'the carrier is narrower than the register'],
  ['as wide as float64', sumFit(own(7, 52)), {}, 'f64', RULES],
  ['a wider one', sumFit(own(7, 53)), {}, 'f64', 'the carrier is narrower than the register'],
  [
    'subnormals as the carrier’s',
    sumFit(own(6, 10, { bias: 140 })),
    { max: 2 ** -100, quantum: -100 },
    'f32',
    magic(-78),
  ],
  [
    'smaller ones',
    sumFit(own(6, 10, { bias: 141 })),
    { max: 2 ** -100, quantum: -100 },
    'f32',
    'the carrier is narrower than the register',
  ],
  ['sums of the last place', fp16, { quantum: -24 }, 'f32', magic(15)],
  ['finer sums', fp16, { quantum: -25 }, 'f32', magic(15, { floor: -14, signedZero: true })],
  ['a start of -0', fp16, { negativeZero: true }, 'f32', magic(15, { signedZero: true })],
  ['sums that flush', sumFit('fp16', { subnormals: 'flush' }), { quantum: -14 }, 'f32', magic(15)],
  ['sums that can be tiny', sumFit('fp16', { subnormals: 'flush' }), { quantum: -15 }, 'f32', TINY],
  ['sums without subnormals', sumFit('dlfloat16'), { quantum: -30 }, 'f32', magic(32)],
  ['sums that can be tiny', sumFit('dlfloat16'), { quantum: -31 }, 'f32', TINY],
  ['only zero below', sumFit(own(5, 10, { lowest: 'zero-only' })), { quantum: -14 }, 'f32', magic(15)],
  ['sums that can be tiny', sumFit(own(5, 10, { lowest: 'zero-only' })), { quantum: -15 }, 'f32', TINY],
  ['the carrier itself', fp32, {}, 'f32', native(127)],
  ['the carrier itself, of wide sums', fp32, { precision: 24, quantum: -149 }, 'f32', native(127)],
  ['the carrier itself, near its end', fp32, { max: 2 ** 126 }, 'f32', native(127)],
  ['the carrier itself, counted', fp32, { counted: true }, 'f32', native(127)],
  ['the carrier itself, counted near its end', fp32, { max: 2 ** 126, counted: true }, 'f32', native(127, WATCH)],
  ['float64 itself', fp64, {}, 'f64', native(1023)],
  ['fp32 in float64', fp32, {}, 'f64', magic(127)],
  ['its precision by other rounding', sumFit('fp32', { rounding: 'rtz' }), {}, 'f32', RULES],
  ['its precision with a limit', sumFit('fp32', { overflow: 'saturate' }), {}, 'f32', RULES],
  ['its precision from another lowest exponent', sumFit(own(8, 23, { bias: 126 })), {}, 'f32', RULES],
  ['its precision with infinity elsewhere', sumFit(own(8, 23, { specials: 'fn' })), {}, 'f32', RULES],
  ['its precision in fewer exponents', sumFit(own(7, 23, { bias: 127 })), {}, 'f32', RULES],
  ['bf16, which its magic lifts out of float32', bf16, {}, 'f32', magic(110)],
  ['two bits that are dropped', sumFit(own(7, 21)), {}, 'f32', magic(63)],
  ['one bit', sumFit(own(7, 22)), {}, 'f32', pattern(24)],
  ['one bit that is held', sumFit(own(7, 22)), { exact: true }, 'f32', pattern(63)],
  ['one bit of float64', sumFit(own(7, 51)), {}, 'f64', pattern(53)],
  ['two bits of float64', sumFit(own(7, 50)), {}, 'f64', magic(63)],
  ['bf16 in float64', bf16, {}, 'f64', magic(127)],
  ['random bits that the carrier drops', sumFit('fp16', { rounding: stochastic(13) }), {}, 'f32', pattern(15)],
  [
    'more random bits',
    sumFit('fp16', { rounding: stochastic(14) }),
    {},
    'f32',
    'there are more random bits than the carrier drops',
  ],
  ['away from ties', sumFit('fp16', { rounding: 'rna' }), {}, 'f32', pattern(15)],
  ['sums between two subnormals', rtz, { quantum: -25 }, 'f32', BETWEEN],
  ['sums of the last subnormal', rtz, { quantum: -24, max: 2 ** -10 }, 'f32', pattern(0)],
  ['where sums are exact', rtz, { quantum: -10, max: 2 }, 'f32', pattern(14)],
  ['where finer sums are', rtz, { quantum: -20, max: 2 ** -4 }, 'f32', pattern(4)],
  ['where all sums are', rtz, { quantum: -9, max: 2 }, 'f32', pattern(15)],
  ['where sums are exact in float64', sumFit('bf16', { rounding: 'rtz' }), {}, 'f64', pattern(53)],
  ['what is held', sumFit('bf16', { rounding: 'rtz' }), { exact: true, quantum: 5 }, 'f32', pattern(127)],
  ['addends of 24 places', rtz, { quantum: -20, max: 15.75, precision: 24, count: 1 }, 'f32', pattern(4, WATCH)],
  ['addends of 25', rtz, { quantum: -20, max: 16, precision: 24 }, 'f32', AT_ONCE],
  ['addends of 25 that are held', rtz, { quantum: -20, max: 16, exact: true }, 'f32', pattern(15)],
  // Two roundings to nearest, of which the first does not matter.
  ['11 bits beside sums of 11', fp16, { ...FINE, precision: 11 }, 'f32', magic(15, { floor: -14, signedZero: true })],
  ['12 bits', fp16, { ...FINE, precision: 12 }, 'f32', BETWEEN],
  ['12 bits of sums that float32 holds', fp16, { quantum: -22, precision: 12, max: 0.25 }, 'f32', magic(15)],
  ['12 bits of larger sums', fp16, { quantum: -22, precision: 12 }, 'f32', pattern(2, WATCH)],
  ['12 bits in float64', fp16, { ...FINE, precision: 12 }, 'f64', magic(15, { floor: -14, signedZero: true })],
  [
    '13 bits of a register of 22 octaves',
    sumFit(own(4, 9)),
    { ...FINE, precision: 13 },
    'f32',
    magic(7, { floor: -6, signedZero: true }),
  ],
  ['14 bits of it', sumFit(own(4, 9)), { ...FINE, precision: 14 }, 'f32', BETWEEN],
  ['13 bits of one of 23', sumFit(own(4, 9, { specials: 'fn' })), { ...FINE, precision: 13 }, 'f32', BETWEEN],
  [
    '5 bits beside sums of 18, in 22 octaves',
    sumFit(own(3, 17)),
    { ...FINE, precision: 5 },
    'f32',
    magic(3, { floor: -2, signedZero: true }),
  ],
  ['6 bits', sumFit(own(3, 17)), { ...FINE, precision: 6 }, 'f32', BETWEEN],
  ['4 bits beside sums of 19, in 23 octaves', sumFit(own(3, 18)), { ...FINE, precision: 4 }, 'f32', BETWEEN],
  ['11 bits beside sums of 12', sumFit(own(5, 11)), { ...FINE, precision: 11 }, 'f32', BETWEEN],
  [
    'any, held as they are',
    sumFit(own(5, 11)),
    { ...FINE, precision: 30, exact: true },
    'f32',
    magic(15, { floor: -14, signedZero: true }),
  ],
];

it.each(ROWS)('%s: %o', (_what, fit, changes, carrier, expected) => {
  const register = registerOf(fit);
  const got = chooseStep(register, { ...ONES, ...changes }, carrier);
  if (typeof expected === 'string') {
    expect(got).toBe(expected);
    return;
  }
  const randomBits = typeof fit.rounding === 'string' ? 0 : fit.rounding.stochastic.bits;
  const rounding = typeof fit.rounding === 'string' ? fit.rounding : 'stochastic';
  const { mantissaBits } = register;
  expect(got).toEqual({ carrier, rounding, mantissaBits, randomBits, signedZero: false, ...expected });
});

describe('the largest sum', () => {
  const [nearest, random] = [fp16, sumFit('fp16', { rounding: stochastic(4) })].map(registerOf);
  const reach = (register: FloatRegister, max: number, start: number, count: number) =>
    reachOf(register, { ...ONES, max, start, count });

  it('is what is added, and what every rounding may add to it', () => {
    expect(reach(nearest, 3, 5, 7)).toBe(26 * Math.exp(7 / 1024));
    expect(reach(random, 3, 5, 7)).toBe(26 * Math.exp(7 / 1024));
  });

  it('of roundings to nearest and cuts stands still where the largest addend is below half an ulp', () => {
    expect(reach(nearest, 1, 0, 10_000)).toBe(8192);
    expect(reach(nearest, 1, 5000, 10_000)).toBe(10_000);
    expect(reach(nearest, 3, 4096, 10_000)).toBe(6 * 4096);
    expect(reach(random, 1, 0, 10_000)).toBe(10_000 * Math.exp(10_000 / 1024));
  });

  /** The largest number that ones can reach, each sum rounded up, holds the bound from below: it is no tenth larger. */
  it.each([1, 10, 200])('of %i additions that round away is below the bound', (count) => {
    const register = registerOf(sumFit(own(8, 5, { name: 'coarse' })));
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const next = sum + 1;
      const ulp = 2 ** (Math.floor(Math.log2(next)) - 5);
      const lower = Math.floor(next / ulp) * ulp;
      // To nearest, ties away: never more than half an ulp is added.
      sum = next - lower >= ulp / 2 ? lower + ulp : lower;
    }
    expect(sum).toBeLessThanOrEqual(reach(register, 1, 0, count));
  });
});

/** A step watches from the sum on that the data could reach; one addend more than the last sum lies below the limit. */
it.each([
  ['from what is begun', { start: 2 ** 15 - 1 - 2 ** -3, max: 2 ** -4, count: 0, quantum: -4 }, 'none'],
  ['one quantum more', { start: 2 ** 15 - 2 ** -4, max: 2 ** -4, count: 0, quantum: -4 }, 'watch'],
  ['by the addend itself', { start: 2 ** 15 - 8, max: 8, count: 0 }, 'watch'],
  ['below it', { start: 2 ** 15 - 9, max: 8, count: 0 }, 'none'],
  ['by 15 addends of 2048', { max: 2048, count: 14 }, 'none'],
  ['by 16 and what roundings add', { max: 2048, count: 15 }, 'watch'],
] as const)('sums that reach their limit are watched: %s', (_what, changes, overflow) => {
  expect(chooseStep(registerOf(fp16), { ...ONES, ...changes }, 'f32')).toMatchObject({ limit: 15, overflow });
});

describe('registers that quick steps know', () => {
  it.each([
    ['fp16', fp16, { mantissaBits: 10, lowest: -14, highest: 15, toInfinity: true, mode: 'rne' }],
    ['bf16, saturating', sumFit('bf16', { overflow: 'saturate' }), { lowest: -126, highest: 127, toInfinity: false }],
    ['fp16, cut', rtz, { toInfinity: false, mode: 'rtz' }],
    ['e4m3fn', sumFit('e4m3fn'), { mantissaBits: 3, lowest: -6, highest: 8, toInfinity: false }],
    ['a shifted one', sumFit(own(5, 10, { shift: 3 })), { lowest: -11, highest: 18 }],
    ['one at random', sumFit('fp16', { rounding: stochastic(3) }), { mode: 'stochastic', toInfinity: true }],
    ['one whose largest number has a logarithm that float64 rounds up', sumFit(own(8, 47)), { highest: 127 }],
    ['one bit of mantissa', sumFit(own(4, 1)), { mantissaBits: 1 }],
    [
      'NaN for overflow where that has no code of its own',
      sumFit('e4m3fn', { overflow: 'nan' }),
      { toInfinity: false },
    ],
  ])('%s', (_name, fit, expected) => expect(floatRegister(fit)).toMatchObject(expected));

  it.each([
    ['an integer', sumFit(int(20))],
    ['radix 4', sumFit(own(4, 3, { radix: 4 }))],
    ['no sign', sumFit(own(4, 3, { signed: false }))],
    ['no mantissa', sumFit(own(4, 0))],
    ['no zero', sumFit(own(4, 3, { lowest: 'none' }))],
    ['wrapping', sumFit('fp16', { overflow: 'wrap' })],
    ['NaN for overflow beside infinity', sumFit('fp16', { overflow: 'nan' })],
    ['ties to zero', sumFit('fp16', { rounding: 'rnz' })],
    ['to odd', sumFit('fp16', { rounding: 'rto' })],
    ['no NaN', sumFit(own(4, 3, { specials: 'none' }))],
  ])('and not: %s', (_name, fit) => expect(floatRegister(fit)).toBeUndefined());
});
