import { describe, expect, it } from 'vitest';
import { encoderOf } from '../../../../src/datapaths/kernel/float64/encode.js';
import { rounderOf, wrapsExactly } from '../../../../src/datapaths/kernel/float64/rounder.js';
import { FORMATS, formatNamed, int } from '../../../../src/formats/catalog.js';
import { encode, type Fit, fitTo, OVERFLOW, OVERFLOWS } from '../../../../src/formats/codec.js';
import type { FloatFormat, Format } from '../../../../src/formats/format.js';
import { latticeOf } from '../../../../src/formats/lattice.js';
import { fromNumber, toNumber } from '../../../../src/formats/raw.js';
import { ROUNDINGS, type Rounding, stochastic } from '../../../../src/formats/rounding.js';

/**
 * Fits on float64 numbers are the codec's, which rounds big integers: codes and counts of overflows, at every eighth of
 * the steps about zero, the edges of the subnormals, and the largest number, on both sides.
 */
const shape = { kind: 'float', signed: true, radix: 2, exponentBits: 5, mantissaBits: 6, specials: 'ieee' } as const;
const own = (['subnormal', 'normal', 'zero-only'] as const).map(
  (lowest): FloatFormat => ({ ...shape, name: `shifted ${lowest}`, bias: 12, lowest, shift: -5, paddingBits: 2 }),
);
const formats: readonly Format[] = [...FORMATS, ...own, int(20, true, -6), int(9, false, 3)];
const modes: readonly Rounding[] = [...ROUNDINGS, stochastic(3)];
const few: readonly Rounding[] = ['rne', 'rdn', 'rto', stochastic(2)];

/** Magnitudes at the eighths of some steps: those about the lowest numbers, and those about the largest. */
function magnitudes(format: Format): { low: number[]; high: number[] } {
  const lattice = latticeOf(format);
  const hidden = format.kind === 'float' ? 1n << BigInt(format.mantissaBits) : 5n;
  const max = lattice.maxIndex(false);
  const eighths = (index: bigint) => {
    const [low, high] = [index, lattice.next(index)].map((each) => toNumber(lattice.valueAt(each)));
    return Array.from({ length: 8 }, (_, i) => low + ((high - low) * i) / 8);
  };
  return {
    low: [...new Set([0n, 1n, 2n, hidden - 1n, hidden, hidden + 1n])].flatMap(eighths),
    high: [max - 1n, max, max + 1n, max + 2n].flatMap(eighths),
  };
}

/** How many values were tried, and for which the codes or the counts differ. */
function compared(fit: Fit, values: readonly number[]): string[] {
  const tally = { swamped: 0, overflowed: 0 };
  let drawn = 0;
  const rounder = rounderOf(fit, tally, () => drawn);
  if (rounder === undefined) throw new Error(`${fit.format.name} is not carried`);
  const code = encoderOf(fit);
  const bits = typeof fit.rounding === 'string' ? 0 : fit.rounding.stochastic.bits;
  const wrong: string[] = [];
  for (const magnitude of values)
    for (const value of [magnitude, -magnitude]) {
      drawn = (drawn + 1) % 2 ** bits;
      tally.overflowed = 0;
      const wanted = encode(fromNumber(value), fit, () => BigInt(drawn));
      const found = BigInt(code(rounder.round(value)));
      const counted = Number((wanted.flags & OVERFLOW) !== 0);
      if (found !== wanted.code || tally.overflowed !== counted)
        wrong.push(`${value} in ${JSON.stringify(fit)}: ${found.toString(16)}, not ${wanted.code.toString(16)}`);
    }
  return wrong;
}

const isCarried = (fit: Fit) => rounderOf(fit, { swamped: 0, overflowed: 0 }, () => 0) !== undefined;

describe.each(formats.filter((format) => isCarried(fitTo(format))).map((format) => [format.name, format] as const))(
  '%s',
  (_name, format) => {
    const { low, high } = magnitudes(format);
    const ends = [Infinity, Number.NaN, 2 ** 40 * high[0]];

    it('small numbers, with subnormals kept and flushed, tiny before and after they are rounded', () => {
      for (const rounding of modes)
        for (const subnormals of ['keep', 'flush'] as const)
          for (const tininess of ['before', 'after'] as const)
            expect(compared(fitTo(format, { rounding, subnormals, tininess }), low)).toEqual([]);
    });

    it('large numbers, infinities and NaN, by every policy', () => {
      for (const overflow of OVERFLOWS)
        for (const rounding of few) {
          const fit = fitTo(format, { rounding, overflow });
          if (isCarried(fit)) expect(compared(fit, [...high, ...ends])).toEqual([]);
        }
    });
  },
);

describe('what float64 carries', () => {
  const float = (parts: Partial<FloatFormat>): Format => ({ ...(formatNamed('fp32') as FloatFormat), ...parts });

  it.each<[string, Fit, boolean]>([
    ['48 mantissa bits', fitTo(float({ mantissaBits: 48 })), true],
    ['49', fitTo(float({ mantissaBits: 49 })), false],
    ['44 and three random bits', fitTo(float({ mantissaBits: 44 }), { rounding: stochastic(3) }), true],
    ['45 and three', fitTo(float({ mantissaBits: 45 }), { rounding: stochastic(3) }), false],
    ['none', fitTo(float({ mantissaBits: 0, specials: 'none' })), false],
    ['9 exponent bits', fitTo(float({ exponentBits: 9, bias: 255 })), true],
    ['10', fitTo(float({ exponentBits: 10, bias: 255 })), false],
    ['a bias of 511', fitTo(float({ bias: 511 })), true],
    ['of 512', fitTo(float({ bias: 512 })), false],
    ['of -512', fitTo(float({ bias: -512 })), false],
    ['no sign', fitTo(float({ signed: false })), false],
    ['no zero', fitTo(float({ lowest: 'none', specials: 'fn' })), false],
    ['NaN in place of an infinity that there is', fitTo(float({}), { overflow: 'nan' }), false],
    ['a table', fitTo(formatNamed('ternary')), false],
    ['an integer of 48 bits', fitTo(int(48)), true],
    ['of 49', fitTo(int(49)), false],
  ])('%s: %o', (_what, fit, carried) => {
    expect(isCarried(fit)).toBe(carried);
  });

  it('wraps integers exactly below 2^49 of their units, and whatever does not wrap', () => {
    for (const exponent of [-7, 0, 4]) {
      const most = 2 ** (49 + exponent);
      const wraps = (max: number, parts: Partial<Fit>) => wrapsExactly(fitTo(int(8, true, exponent), parts), max);
      expect([most * (1 - 2 ** -50), most].map((max) => wraps(max, { overflow: 'wrap' }))).toEqual([true, false]);
      expect(wraps(most, { overflow: 'saturate' })).toBe(true);
    }
    expect(wrapsExactly(fitTo(formatNamed('fp16')), 2 ** 60)).toBe(true);
  });
});
