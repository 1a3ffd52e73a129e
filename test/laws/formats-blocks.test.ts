import { describe, expect, it } from 'vitest';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  dequantizeBlock,
  findBlockFormat,
  isFlushed,
  quantizeBlock,
  quantizeBlocks,
  SCALE_RULES,
  type ScaleRule,
  tensorScaleOf,
} from '../../src/formats/block.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { randomFrom } from '../../src/random/random.js';
import { exponentOf, isZero, number, power, product, UNIT, type Value, valueOf } from './definition/value.js';

/**
 * Block formats against OCP MX v1.0 (section 6.3) and NVIDIA's description of NVFP4, by search over all scales and over all
 * elements of a block, in exact numbers.
 */
const FP64 = formatNamed('fp64');
const view = new DataView(new ArrayBuffer(8));

function exactly(x: number): Value {
  view.setFloat64(0, x);
  return valueOf(FP64, view.getBigUint64(0));
}

const unitsOf = (value: Value) => (value.kind === 'number' ? value.units : 0n);

/** The codes of finite values at or above zero, ascending. */
function positives(format: Format): { code: number; value: Value }[] {
  return Array.from({ length: 2 ** widthOf(format) }, (_, code) => ({ code, value: valueOf(format, code) }))
    .filter(({ value }) => value.kind === 'number' && !value.minus)
    .sort((x, y) => (unitsOf(x.value) < unitsOf(y.value) ? -1 : 1));
}

/** The scale of a block whose largest magnitude is amax times the tensor's scale; never zero. */
function scaleOf({ element, scale, rule }: BlockFormat, amax: Value, whole: Value): number {
  const codes = positives(scale).filter(({ value }) => !isZero(value));
  const largest = positives(element).at(-1)?.value ?? number(false, 0n);
  if (isZero(amax)) return codes[0].code;
  const reach = codes.map(({ value }) => unitsOf(product(product(value, whole), largest)));
  const target = unitsOf(amax);
  const greatest = (holds: (i: number) => boolean) =>
    codes[
      Math.max(
        0,
        codes.findLastIndex((_, i) => holds(i)),
      )
    ].code;
  if (rule === 'power-of-two' || (rule === 'floor' && scale.name === 'e8m0fnu')) {
    // 2^exponent <= amax / whole < 2^(exponent + 1)
    const apart = exponentOf(target) - exponentOf(unitsOf(whole));
    const over = unitsOf(product(number(false, power(apart)), whole)) > target;
    const exponent = apart - Number(over) - exponentOf(unitsOf(largest));
    return greatest((i) => unitsOf(codes[i].value) <= power(exponent));
  }
  if (rule === 'floor') return greatest((i) => reach[i] <= target);
  const up = reach.findIndex((units) => units >= target);
  if (up < 0) return codes[codes.length - 1].code;
  if (rule === 'ceil' || up === 0) return codes[up].code;
  const beside = 2n * target - reach[up] - reach[up - 1];
  return codes[beside > 0n || (beside === 0n && codes[up].code % 2 === 0) ? up : up - 1].code;
}

/** The code of the element nearest to x / step, that with an even code of two, the lowest integer left out where it is to be. */
function elementOf({ element, symmetric }: BlockFormat, x: number, step: Value): number {
  const target = unitsOf(exactly(x));
  const minus = x < 0 || Object.is(x, -0);
  const codes = Array.from({ length: 2 ** widthOf(element) }, (_, code) => code).filter((code) => {
    const value = valueOf(element, code);
    const lowest = symmetric && element.kind === 'int' && code === 2 ** (element.bits - 1);
    const sided = value.minus === minus || (element.kind === 'int' && isZero(value));
    return value.kind === 'number' && sided && !lowest;
  });
  const distance = (code: number) => {
    const units = unitsOf(product(valueOf(element, code), step)) - target;
    return units < 0n ? -units : units;
  };
  return codes.reduce((best, code) => {
    const difference = distance(code) - distance(best);
    return difference < 0n || (difference === 0n && code % 2 === 0) ? code : best;
  });
}

/** Magnitudes of every size, and those at which a scale or an element changes. */
function drawn(stream: number, spread: number): number[] {
  const random = randomFrom(5, stream, spread);
  return Array.from({ length: 6 }, () => {
    const x = random.below(4) === 0 ? random.below(16) / 8 : random.between(0, 2);
    return (random.below(2) === 0 ? -1 : 1) * Math.fround(x * 2 ** (spread - random.below(5)));
  });
}

const all: readonly BlockFormat[] = [
  ...BLOCK_FORMATS,
  { ...(findBlockFormat('mxint8') as BlockFormat), name: 'mxint8 symmetric', symmetric: true },
  { ...(findBlockFormat('mxfp4') as BlockFormat), name: 'mxfp4 with e5m2 scales', scale: formatNamed('e5m2') },
];

describe.each(all.map((format) => [format.name, format] as const))('%s', (_name, base) => {
  it.each(SCALE_RULES)('scale and elements of a block are what a search finds: %s', (rule: ScaleRule) => {
    const format = { ...base, rule };
    for (const tensorScale of base.tensorScale ? [1, 0.37109375, 2 ** -20] : [1])
      for (const spread of [-170, -140, -128, -20, -8, -3, -1, 0, 1, 4, 9, 15, 40, 127])
        for (const values of [drawn(1, spread), [2 ** spread], [-(2 ** spread), 1.5 * 2 ** spread], [0, -0]]) {
          const whole = exactly(tensorScale);
          const amax = exactly(Math.max(...values.map(Math.abs)));
          const scale = scaleOf(format, amax, whole);
          const step = product(valueOf(format.scale, scale), whole);
          const codes = values.map((x) => elementOf(format, x, step));
          expect([values, quantizeBlock(format, values, { tensorScale })]).toEqual([values, { scale, codes }]);
        }
  });

  it('a block stands for its elements times its scale and the tensor', () => {
    const { scale, codes } = quantizeBlock(base, [1, -0.75, 0.3], { tensorScale: 0.5 });
    const reals = codes.map((code) => {
      const value = product(product(valueOf(base.element, code), valueOf(base.scale, scale)), exactly(0.5));
      return (value.minus ? -1 : 1) * Number(unitsOf(value) >> BigInt(UNIT - 60)) * 2 ** -60;
    });
    expect(dequantizeBlock(base, { scale, codes }, 0.5)).toEqual(reals);
  });

  it('a row is cut in blocks whose options are those of one', () => {
    const row = Array.from({ length: 2 * base.size + 1 }, (_, i) => Math.sin(i) * (i < base.size ? 1 : 8));
    const options = { rounding: 'rtz', tensorScale: 0.25 } as const;
    const cut = [0, 1, 2].map((i) => quantizeBlock(base, row.slice(i * base.size, (i + 1) * base.size), options));
    expect(quantizeBlocks(base, row, options)).toEqual(cut);
  });
});

it('elements are rounded as is asked, at random too', () => {
  const mxfp4 = findBlockFormat('mxfp4') as BlockFormat;
  // At scale 1 levels are 0, 0.5, 1, 1.5, 2, 3, 4, 6.
  expect(quantizeBlock(mxfp4, [4, 2.9, -2.9, 0.3], { rounding: 'rtz' })).toEqual({ scale: 127, codes: [6, 4, 12, 0] });
  const rounding = { stochastic: { bits: 4, perOutput: false, lfsr: { width: 8, taps: [8, 6, 5, 4], seed: 1 } } };
  const at = (drawn: bigint) => quantizeBlock(mxfp4, [4, 2.25], { rounding, random: () => drawn }).codes;
  expect([at(11n), at(12n)]).toEqual([
    [6, 4],
    [6, 5],
  ]);
});

describe('blocks without a normal float32', () => {
  const flushing: BlockFormat = { ...(findBlockFormat('mxfp8') as BlockFormat), subnormals: 'flush' };

  it('are zeros where that is asked for', () => {
    const least = 2 ** -126;
    const below = least - 2 ** -149;
    expect([isFlushed(flushing, below), isFlushed(flushing, least), isFlushed(flushing, 0)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([undefined, 'keep' as const].map((subnormals) => isFlushed({ ...flushing, subnormals }, 0))).toEqual([
      false,
      false,
    ]);
    expect(quantizeBlock(flushing, [below, -below])).toEqual({ scale: 0, codes: [0, 0] });
    expect(quantizeBlock(flushing, [least])).toEqual(quantizeBlock({ ...flushing, subnormals: 'keep' }, [least]));
    expect(quantizeBlock(flushing, [least]).codes).not.toEqual([0]);
  });
});

describe("the tensor's scale", () => {
  const nvfp4 = findBlockFormat('nvfp4') as BlockFormat;

  it('is the float32 of its largest magnitude by that of the format', () => {
    for (const amax of [1, 3.3, 1e-30, 2 ** 100, 2688 * 2 ** -140])
      expect(tensorScaleOf(nvfp4, [amax / 2, -amax, 0])).toBe(Math.fround(amax / (6 * 448)));
  });

  it('is 1 where there is none, or none that counts', () => {
    expect(tensorScaleOf(findBlockFormat('mxfp4') as BlockFormat, [5])).toBe(1);
    for (const values of [[], [0, -0], [1, Number.NaN], [Number.NaN, 1], [Infinity], [2 ** -149]])
      expect(tensorScaleOf(nvfp4, values)).toBe(1);
  });

  it('that is none makes a block NaN', () => {
    for (const tensorScale of [0, Infinity, Number.NaN])
      expect(quantizeBlock(nvfp4, [1, 2], { tensorScale })).toEqual({ scale: 0x7f, codes: [0, 0] });
  });
});

it('the catalogue has these', () => {
  const shown = BLOCK_FORMATS.map(({ name, element, size, scale, rule, tensorScale }) =>
    [name, element.name, size, scale.name, rule, tensorScale].join(' '),
  );
  expect(shown).toEqual([
    'mxfp8 e4m3fn 32 e8m0fnu floor false',
    'mxfp8-e5m2 e5m2 32 e8m0fnu floor false',
    'mxfp6 e3m2fn 32 e8m0fnu floor false',
    'mxfp6-e2m3 e2m3fn 32 e8m0fnu floor false',
    'mxfp4 e2m1fn 32 e8m0fnu floor false',
    'mxint8 int8q6 32 e8m0fnu floor false',
    'nvfp4 e2m1fn 16 e4m3fn nearest true',
  ]);
  expect([findBlockFormat('nvfp4'), findBlockFormat('mxfp9')]).toEqual([BLOCK_FORMATS.at(-1), undefined]);
});
