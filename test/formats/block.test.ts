import { describe, expect, it } from 'vitest';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  dequantizeBlock,
  findBlockFormat,
  quantizeBlock,
  quantizeBlocks,
  SCALE_RULES,
  tensorScaleOf,
} from '../../src/formats/block.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { decode } from '../../src/formats/codec.js';
import { type FloatFormat, type Format, widthOf } from '../../src/formats/format.js';
import { toNumber } from '../../src/formats/raw.js';

function named(name: string): BlockFormat {
  const format = findBlockFormat(name);
  if (format === undefined) throw new Error(`no block format ${name}`);
  return format;
}

/** The finite values of a format, ascending. */
function valuesOf(format: Format): number[] {
  const all = Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));
  return all.filter(Number.isFinite).sort((x, y) => x - y);
}

let state = 7;
function uniform(): number {
  state = (state * 48271) % 2147483647;
  return (2 * state) / 2147483647 - 1;
}

function drawn(format: BlockFormat, exponent: number): number[] {
  return Array.from({ length: format.size }, () => Math.fround(uniform() * 2 ** exponent));
}

const EMAX: [string, number][] = [
  ['mxfp8', 8],
  ['mxfp8-e5m2', 15],
  ['mxfp6', 4],
  ['mxfp6-e2m3', 2],
  ['mxfp4', 2],
  ['mxint8', 0],
];

describe('microscaling', () => {
  it.each(EMAX)('%s has the scale 2^(floor(log2 amax) - %i)', (name, emax) => {
    const format = named(name);
    for (const amax of [1, 1.999, 2, 3.5, 1000, 2 ** -100, 2 ** 127])
      expect(quantizeBlock(format, [amax / 2, -amax]).scale).toBe(
        Math.max(0, Math.floor(Math.log2(amax)) - emax + 127),
      );
  });

  it('clips what lies between the largest element and twice its binade', () => {
    const format = named('mxfp4');
    expect(dequantizeBlock(format, quantizeBlock(format, [7.9, -7, 1]))).toEqual([6, -6, 1]);
    const up = { ...format, rule: 'ceil' } as const;
    expect(dequantizeBlock(up, quantizeBlock(up, [7.9, -7, 1]))).toEqual([8, -8, 1]);
  });

  it('takes mxint8 as two bits and six fraction bits', () => {
    const format = named('mxint8');
    const { scale, codes } = quantizeBlock(format, [1.984375, 1, -0.015625, 0]);
    expect([scale, codes]).toEqual([127, [0x7f, 0x40, 0xff, 0]]);
  });

  it('refuses what is not finite where the scale has no NaN, rather than make zeros of it', () => {
    const scale = { ...formatNamed('e8m0fnu'), name: 'e8m0', specials: 'none' } as FloatFormat;
    const format: BlockFormat = { ...named('mxfp8'), scale };
    expect(quantizeBlock(format, [1, 2]).scale).toBe(120);
    expect(() => quantizeBlock(format, [1, Number.NaN])).toThrow(/makes its scale NaN, and e8m0 has none/);
  });
});

describe('nvfp4', () => {
  const format = named('nvfp4');

  it('scales a block by amax / 6 in e4m3fn, and the tensor by amax / (6 * 448)', () => {
    expect(dequantizeBlock(format, quantizeBlock(format, [6, 3, -1.5]))).toEqual([6, 3, -1.5]);
    expect(quantizeBlock(format, [2688]).scale).toBe(0x7e);
    expect(quantizeBlock(format, [10]).scale).toBe(0x3d);
    expect(tensorScaleOf(format, [-2688, 5])).toBe(1);
    expect(tensorScaleOf(format, [1e-3])).toBe(Math.fround(1e-3 / 2688));
  });

  it('gives the largest number of a tensor back', () => {
    const values = [1e-3, 2e-4, -5e-4];
    const tensorScale = tensorScaleOf(format, values);
    const [largest] = dequantizeBlock(format, quantizeBlock(format, values, { tensorScale }), tensorScale);
    expect(Math.abs(largest / 1e-3 - 1)).toBeLessThan(2 ** -23);
  });
});

describe.each(BLOCK_FORMATS.map((format) => [format.name, format] as const))('%s', (_name, base) => {
  const elements = valuesOf(base.element);

  it('gives every element the nearest value at its scale, under every rule', () => {
    let checked = 0;
    for (const rule of SCALE_RULES)
      for (const exponent of [-20, -3, 0, 5, 9]) {
        const format = { ...base, rule };
        const values = drawn(format, exponent);
        const block = quantizeBlock(format, values);
        const scale = toNumber(decode(format.scale, block.scale));
        dequantizeBlock(format, block).forEach((value, i) => {
          const least = Math.min(...elements.map((element) => Math.abs(element * scale - values[i])));
          expect(Math.abs(value - values[i])).toBe(least);
          checked++;
        });
      }
    expect(checked).toBe(SCALE_RULES.length * 5 * base.size);
  });

  it('has the least scale that does not saturate under "ceil"', () => {
    const format = { ...base, rule: 'ceil' } as const;
    const top = elements[elements.length - 1];
    for (let i = 0; i < 50; i++) {
      const amax = Math.abs(uniform()) * 2 ** 4 + 2 ** -4;
      const { scale } = quantizeBlock(format, [amax]);
      expect(toNumber(decode(format.scale, scale)) * top).toBeGreaterThanOrEqual(amax);
      expect(toNumber(decode(format.scale, scale - 1)) * top).toBeLessThan(amax);
    }
  });

  it('keeps zeros, and becomes NaN with one NaN or infinity', () => {
    expect(dequantizeBlock(base, quantizeBlock(base, [0, 0]))).toEqual([0, 0]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(dequantizeBlock(base, quantizeBlock(base, [1, bad]))).toEqual([Number.NaN, Number.NaN]);
  });

  it('cuts a row in blocks, the last one short', () => {
    const row = Array.from({ length: base.size * 2 + 3 }, uniform);
    const blocks = quantizeBlocks(base, row);
    expect(blocks.map((block) => block.codes.length)).toEqual([base.size, base.size, 3]);
    expect(() => quantizeBlock(base, row)).toThrow(new RegExp(`a block of ${base.name} has ${base.size} elements`));
  });
});
