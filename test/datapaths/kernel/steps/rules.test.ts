import { describe, expect, it } from 'vitest';
import { sumFit } from '../../../../src/datapaths/datapath.js';
import type { Addends } from '../../../../src/datapaths/kernel/steps/choose.js';
import { completeStep, rulesOf, takesAddends } from '../../../../src/datapaths/kernel/steps/rules.js';
import type { Rules } from '../../../../src/datapaths/kernel/steps/step.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import type { Fit } from '../../../../src/formats/codec.js';
import type { FloatFormat } from '../../../../src/formats/format.js';
import { stochastic } from '../../../../src/formats/rounding.js';

const own = (parts: Partial<FloatFormat> = {}): FloatFormat => ({
  ...(formatNamed('fp16') as FloatFormat),
  name: 'own',
  ...parts,
});

/** The rules of fp16 by nearest even, and what other fits change of them. */
const HALF: Rules = {
  rounding: 'rne',
  mantissaBits: 10,
  randomBits: 0,
  floor: -14,
  max: 65504,
  beyond: 'infinity',
  infinities: true,
  infinite: 'infinity',
  signedNan: false,
  nan: undefined,
  gap: undefined,
  flush: undefined,
  unsignedZero: false,
  odd: true,
};

const SMALLEST = 2 ** -14;
const INT = { infinities: false, infinite: 'largest', beyond: 'largest', nan: 0, unsignedZero: true } as const;

describe('the rules that lanes follow', () => {
  it.each<[string, Fit, Partial<Rules>]>([
    ['fp16', sumFit('fp16'), {}],
    ['ties away', sumFit('fp16', { rounding: 'rna' }), { rounding: 'rna' }],
    ['toward zero', sumFit('fp16', { rounding: 'rtz' }), { rounding: 'rtz', beyond: 'largest' }],
    ['at random', sumFit('fp16', { rounding: stochastic(5) }), { rounding: 'stochastic', randomBits: 5 }],
    [
      'saturating',
      sumFit('fp16', { overflow: 'saturate' }),
      { beyond: 'largest', infinities: false, infinite: 'largest' },
    ],
    ['saturating but infinities', sumFit('fp16', { overflow: 'saturate-propagate' }), { beyond: 'largest' }],
    ['to infinity, toward zero', sumFit('fp16', { overflow: 'infinity', rounding: 'rtz' }), { rounding: 'rtz' }],
    ['flushing', sumFit('fp16', { subnormals: 'flush' }), { flush: SMALLEST - 2 ** -26 }],
    ['flushing what was tiny before', sumFit('fp16', { subnormals: 'flush', tininess: 'before' }), { flush: SMALLEST }],
    [
      'flushing toward zero',
      sumFit('fp16', { subnormals: 'flush', rounding: 'rtz' }),
      { flush: SMALLEST, rounding: 'rtz', beyond: 'largest' },
    ],
    [
      'flushing, ties away',
      sumFit('fp16', { subnormals: 'flush', rounding: 'rna' }),
      { flush: SMALLEST - 2 ** -26, rounding: 'rna' },
    ],
    [
      'flushing a shifted one',
      sumFit(own({ shift: 3 }), { subnormals: 'flush' }),
      { flush: 8 * (SMALLEST - 2 ** -26), floor: -11, max: 8 * 65504 },
    ],
    ['all ones as NaN', sumFit(own({ specials: 'fn' })), { infinities: false, signedNan: true, max: 130944 }],
    ['one more as NaN', sumFit(own({ specials: 'merged' })), { infinities: false, signedNan: true, max: 130944 }],
    [
      '-0 as NaN',
      sumFit(own({ specials: 'fnuz' })),
      { infinities: false, infinite: 'nan', beyond: 'nan', unsignedZero: true, max: 131008 },
    ],
    [
      'no NaN',
      sumFit(own({ specials: 'none' })),
      { infinities: false, infinite: 'largest', beyond: 'largest', nan: 131008, max: 131008 },
    ],
    [
      'NaN for overflow',
      sumFit(own({ specials: 'fn' }), { overflow: 'nan' }),
      { infinities: false, signedNan: true, max: 130944 },
    ],
    ['normal numbers down to zero', sumFit(own({ lowest: 'normal' })), { floor: -15, gap: 2 ** -15 * (1 + 2 ** -10) }],
    [
      'and nothing to flush',
      sumFit(own({ lowest: 'normal' }), { subnormals: 'flush' }),
      { floor: -15, gap: 2 ** -15 * (1 + 2 ** -10) },
    ],
    ['zero below the normal ones', sumFit(own({ lowest: 'zero-only' })), { gap: SMALLEST }],
    [
      'an integer',
      sumFit(int(8), { overflow: 'saturate' }),
      { ...INT, mantissaBits: 8, floor: 8, max: 127, lowest: 128 },
    ],
    [
      'one that wraps',
      sumFit(int(8), { overflow: 'wrap' }),
      { ...INT, mantissaBits: 8, floor: 8, max: 127, lowest: 128, span: 256 },
    ],
    [
      'one without sign',
      sumFit(int(8, false), { overflow: 'saturate' }),
      { ...INT, mantissaBits: 8, floor: 8, max: 255, lowest: 0 },
    ],
    [
      'of quarters',
      sumFit(int(8, true, -2), { overflow: 'saturate' }),
      { ...INT, mantissaBits: 8, floor: 6, max: 31.75, lowest: 32 },
    ],
    [
      'of quarters that wraps',
      sumFit(int(8, true, -2), { overflow: 'wrap' }),
      { ...INT, mantissaBits: 8, floor: 6, max: 31.75, lowest: 32, span: 64 },
    ],
    [
      'one at random',
      sumFit(int(8), { rounding: stochastic(5), overflow: 'saturate' }),
      { ...INT, mantissaBits: 8, floor: 8, max: 127, lowest: 128, rounding: 'stochastic', randomBits: 5 },
    ],
  ])('%s', (_name, fit, changes) => expect(rulesOf(fit)).toEqual({ ...HALF, ...changes }));

  it.each<[string, Fit, boolean]>([
    ['46 bits of mantissa', sumFit(own({ mantissaBits: 46 })), true],
    ['47', sumFit(own({ mantissaBits: 47 })), false],
    ['with random ones', sumFit(own({ mantissaBits: 40 }), { rounding: stochastic(6) }), true],
    ['and one more', sumFit(own({ mantissaBits: 40 }), { rounding: stochastic(7) }), false],
    ['9 bits of exponent', sumFit(own({ exponentBits: 9 })), true],
    ['10', sumFit(own({ exponentBits: 10 })), false],
    ['a bias of 399', sumFit(own({ bias: 399 })), true],
    ['of 400', sumFit(own({ bias: 400 })), false],
    ['with a shift', sumFit(own({ bias: 390, shift: -10 })), false],
    ['of one less', sumFit(own({ bias: 390, shift: -9 })), true],
    ['one bit of mantissa', sumFit(own({ mantissaBits: 1 })), true],
    ['none', sumFit(own({ mantissaBits: 0 })), false],
    ['no sign', sumFit(own({ signed: false })), false],
    ['radix 4', sumFit(own({ radix: 4 })), false],
    ['no zero', sumFit(own({ lowest: 'none' })), false],
    ['wrapping', sumFit(own(), { overflow: 'wrap' }), false],
    ['NaN for overflow beside infinity', sumFit(own(), { overflow: 'nan' }), false],
    ['up', sumFit(own(), { rounding: 'rup' }), false],
    ['flushing by ties to zero', sumFit(own(), { rounding: 'rnz', subnormals: 'flush' }), false],
    ['and what was tiny before', sumFit(own(), { rounding: 'rnz', subnormals: 'flush', tininess: 'before' }), true],
    ['an integer of 46 bits', sumFit(int(46)), true],
    ['of 47', sumFit(int(47)), false],
    ['of 40 and random bits', sumFit(int(40), { rounding: stochastic(6) }), true],
    ['and one more', sumFit(int(40), { rounding: stochastic(7) }), false],
    ['far from 1', sumFit(int(8, true, -300)), true],
    ['farther', sumFit(int(8, true, -301)), false],
    ['farther above', sumFit(int(8, true, 301)), false],
    ['rounded up', sumFit(int(8), { rounding: 'rup' }), false],
    ['a table', sumFit(formatNamed('ternary')), false],
  ])('reach as far as float64: %s', (_name, fit, known) => expect(rulesOf(fit) !== undefined).toBe(known));
});

const ONES: Addends = { quantum: 0, max: 1, precision: 1, start: 0, count: 1, specials: false, negativeZero: false };

it.each<[Partial<Addends>, boolean]>([
  [{ precision: 53 }, true],
  [{ precision: 54 }, false],
  [{ quantum: -900 }, true],
  [{ quantum: -901 }, false],
  [{ max: 2 ** 900 }, true],
  [{ max: 2 ** 901 }, false],
])('float64 lanes take addends %o: %s', (changes, takes) => expect(takesAddends({ ...ONES, ...changes })).toBe(takes));

describe('a complete step', () => {
  const fit = sumFit('fp16');
  const rules = rulesOf(fit) as Rules;
  const odd = (changes: Partial<Addends>) => completeStep(rules, fit, { ...ONES, ...changes }, 'f64').rules?.odd;

  it('says what a nest needs to know', () => {
    expect(completeStep(rules, fit, { ...ONES, max: 2 ** 40 }, 'f32')).toEqual({
      carrier: 'f32',
      method: 'complete',
      rounding: 'rne',
      mantissaBits: 10,
      randomBits: 0,
      signedZero: true,
      overflow: 'none',
      limit: 0,
      rules,
    });
  });

  it('rounds to odd where sums have more than 53 bits', () => {
    // From 2^-24 to 2^28 are 53 bits.
    expect([2 ** 29 - 65505, 2 ** 29 - 65504].map((max) => odd({ max }))).toEqual([false, true]);
    expect([2 ** 29 - 65505, 2 ** 29 - 65504].map((start) => odd({ start, max: 0 }))).toEqual([false, true]);
    // Up to 65505, from 2^-37.
    expect([-37, -38].map((quantum) => odd({ quantum }))).toEqual([false, true]);
  });
});
