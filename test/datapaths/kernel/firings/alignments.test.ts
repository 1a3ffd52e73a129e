import { describe, expect, it } from 'vitest';
import { type AlignedCombine, sumFit } from '../../../../src/datapaths/datapath.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import { type Asked, firing, half, seen } from './sites.js';

/** Which alignment is exact for a job, exactly where the choice turns. */
const aligned = (parts: Partial<AlignedCombine> = {}): AlignedCombine => ({
  kind: 'aligned',
  fractionBits: 13,
  truncate: 'rtz',
  productExponent: 'unnormalised',
  sumInside: true,
  ...parts,
});

/** The carrier and what is aligned, or the words against it. */
function alignment(parts: Partial<AlignedCombine>, asked: Asked = {}) {
  const got = firing(aligned(parts), asked);
  return typeof got === 'string' ? got : { carrier: got.fit.carrier, ...got.alignment };
}

const scaled = (octaves: number): Asked => ({ seen: [seen(2 ** octaves), seen()] });
const quantum = (x: number, y: number): Asked => ({
  seen: [seen(2 ** (x + 3), x), seen(2 ** (y + 3), y)],
  largest: [x + 3, y + 3],
});
const twoStage = { productFractionBits: 10, sumFractionBits: 12, truncate: 'rtz' } as const;
const RANGE = "exponents leave the carrier's range";

describe('an alignment in lanes', () => {
  /** Products of up to 1 in units of 2^-6: four of them, and what cuts may add, stay below 2^3. */
  const BASE = { carrier: 'f32', floor: -6, top: 4, lowest: undefined, smallest: undefined, productBits: 2, exact: 8 };

  it.each<[string, Partial<AlignedCombine>, Asked, object]>([
    ['ones', {}, {}, BASE],
    ['products of 8 bits', {}, { productBits: 8 }, { ...BASE, productBits: 8 }],
    ['cut to one bit more', { fractionBits: 14 }, { productBits: 8 }, { carrier: 'f64' }],
    ['cut to 18 bits', { fractionBits: 18 }, {}, { ...BASE, exact: 13 }],
    ['cut to 19 bits', { fractionBits: 19 }, {}, { carrier: 'f64' }],
    ['five of 17 bits', { fractionBits: 17 }, { unit: { lanes: 5 } }, { ...BASE, exact: 12 }],
    ['five of 18 bits', { fractionBits: 18 }, { unit: { lanes: 5 } }, { carrier: 'f64' }],
    ['running sums of 19 bits', { sumFractionBits: 19 }, {}, BASE],
    ['running sums of 20 bits', { sumFractionBits: 20 }, {}, { carrier: 'f64' }],
    ['the lowest exponents', {}, quantum(-56, -55), { ...BASE, floor: -111, top: -101, exact: -97 }],
    ['lower ones', {}, quantum(-56, -56), { carrier: 'f64', floor: -112 }],
    ['the lowest, of more bits', { sumFractionBits: 14 }, quantum(-56, -55), { carrier: 'f64' }],
    ['the highest sums', {}, scaled(112), { ...BASE, top: 116, exact: undefined }],
    ['higher ones', {}, scaled(113), { carrier: 'f64', top: 117 }],
    ['the highest exponents', {}, { largest: [57, 58] }, { ...BASE, top: 116, exact: undefined }],
    ['higher ones', {}, { largest: [58, 58] }, { carrier: 'f64', top: 117 }],
    ['the highest start', {}, { starts: { max: 2 ** 114 } }, { ...BASE, top: 116, floor: -6 }],
    ['a higher one', {}, { starts: { max: 2 ** 115 } }, { carrier: 'f64', top: 117 }],
    ['a start of finer places', {}, { starts: { max: 1, quantum: -20 } }, { ...BASE, floor: -20, exact: undefined }],
    ['a floor of its own', { exponentFloor: 3 }, {}, { ...BASE, floor: 3, top: 4 }],
    ['one below the products', { exponentFloor: -9 }, {}, BASE],
    ['one above the sums', { exponentFloor: 7 }, {}, { ...BASE, floor: 7, top: 8 }],
    ['one above what is exact', { exponentFloor: 8 }, {}, { ...BASE, floor: 8, top: 9, exact: undefined }],
    ['products at the edge of what is exact', {}, { largest: [3, 4] }, { ...BASE, top: 8 }],
    ['larger ones', {}, { largest: [4, 4] }, { ...BASE, top: 9, exact: undefined }],
    ['normalised ones', { productExponent: 'normalised' }, { largest: [3, 3] }, { ...BASE, top: 7 }],
    ['larger ones', { productExponent: 'normalised' }, { largest: [3, 4] }, { ...BASE, top: 8, exact: undefined }],
    ['two stages', { twoStage }, {}, { ...BASE, exact: 5 }],
    ['that keep a sum', { twoStage: { ...twoStage, dropSumBelow: 10 } }, {}, { ...BASE, exact: 5 }],
    ['that drop one', { twoStage: { ...twoStage, dropSumBelow: 9 } }, {}, { ...BASE, exact: undefined }],
    [
      'as many as the carrier sums',
      { fractionBits: 17 },
      { seen: [seen(64512), seen()] },
      { ...BASE, top: 19, exact: 12 },
    ],
    ['one more', { fractionBits: 17 }, { seen: [seen(64513), seen()] }, { ...BASE, top: 19, exact: undefined }],
    ['subnormal sums', {}, quantum(-70, -69), { carrier: 'f64', floor: -139, lowest: -126, exact: -125 }],
    ['finer ones', {}, quantum(-70, -70), { carrier: 'f64', floor: -140, lowest: -126, exact: undefined }],
    ['sums apart', { sumInside: false }, quantum(-70, -70), { carrier: 'f64', exact: -126 }],
    ['zeros that align', { sumInside: false, zerosAlign: true }, quantum(-70, -69), { carrier: 'f64', exact: -125 }],
    ['finer ones', { sumInside: false, zerosAlign: true }, quantum(-70, -70), { carrier: 'f64', exact: undefined }],
    [
      'zeros beside twos',
      { sumInside: false, zerosAlign: true },
      { ...quantum(-70, -69), largest: [1, -140] },
      { carrier: 'f64', exact: undefined },
    ],
    ['zeros below the sums', { zerosAlign: true }, {}, BASE],
    ['zeros above them', { zerosAlign: true }, quantum(-70, -69), { carrier: 'f64', floor: -126 }],
    ['zeros above them, in stages', { zerosAlign: true, twoStage }, quantum(-70, -69), { carrier: 'f64', floor: -139 }],
    [
      'zeros above them, even and odd',
      { zerosAlign: true, evenOdd: true },
      quantum(-70, -69),
      { carrier: 'f64', floor: -139 },
    ],
    ['the smallest of all', {}, { smallest: [-3, -4] }, { ...BASE, smallest: -9 }],
    ['small ones', {}, { smallest: [-8, -9] }, { ...BASE, smallest: -17 }],
    ['smaller ones', {}, { smallest: [-20, -9] }, { ...BASE, smallest: -20 }],
  ])('of %s', (_what, parts, asked, expected) => expect(alignment(parts, asked)).toMatchObject(expected));

  it.each<[string, Partial<AlignedCombine>, Asked, string]>([
    [
      'odd lanes in pairs',
      { evenOdd: true },
      { unit: { lanes: 3 } },
      'f32: its lanes are not pairs; f64: its lanes are not pairs',
    ],
    [
      'wide cuts',
      { fractionBits: 43 },
      { productBits: 8 },
      'f32: cut terms have more than 24 bits; f64: cut terms have more than 53 bits',
    ],
    [
      'many of them',
      { fractionBits: 48 },
      {},
      'f32: cut terms have more than 24 bits; f64: 4 aligned terms have more than 53 bits',
    ],
    [
      'wide products',
      { fractionBits: 4 },
      { productBits: 54 },
      'f32: a product is too wide; f64: a product is too wide',
    ],
    [
      'a register below zero’s exponent',
      { zerosAlign: true },
      { unit: { sum: sumFit({ ...half, exponentBits: 8, bias: 128 }) } },
      'f32: a sum can be smaller than a zero; f64: a sum can be smaller than a zero',
    ],
    ['small exponents', {}, quantum(-504, -504), `f32: ${RANGE}; f64: ${RANGE}`],
    ['overflowing products', { productOverflow: 3 }, { seen: [seen(8), seen()] }, 'products overflow'],
    [
      'infinities',
      {},
      { unit: { sum: sumFit('fp16', { overflow: 'saturate' }) }, seen: [seen(1, 0, { infinities: true }), seen()] },
      'infinities meet a register that has none',
    ],
    [
      'infinities at the end',
      {},
      {
        unit: { order: { kind: 'chunked', length: 4, outer: fitTo(half, { overflow: 'saturate' }) } },
        seen: [seen(), seen(1, 0, { infinities: true })],
      },
      'infinities meet a register that has none',
    ],
    [
      'initial ones',
      {},
      { unit: { sum: sumFit('fp16', { overflow: 'saturate' }) }, starts: { infinities: true } },
      'infinities meet a register that has none',
    ],
    ['a wide start', {}, { starts: { wide: true } }, 'an initial sum has more bits than the register keeps'],
  ])('is none for %s', (_what, parts, asked, refusal) => expect(alignment(parts, asked)).toBe(refusal));

  it('takes products below their overflow, infinities, and registers with zero’s exponent', () => {
    expect(alignment({ productOverflow: 3 }, { seen: [seen(7.5), seen()] })).toMatchObject({ carrier: 'f32' });
    expect(alignment({}, { seen: [seen(1, -3, { infinities: true }), seen()] })).toMatchObject({ carrier: 'f32' });
    const lowest = sumFit({ ...half, exponentBits: 8, bias: 127 });
    expect(alignment({ zerosAlign: true }, { unit: { sum: lowest } })).toMatchObject({ carrier: 'f32' });
    const below = sumFit({ ...half, exponentBits: 8, bias: 128 });
    expect(alignment({ zerosAlign: true, sumInside: false }, { unit: { sum: below } })).toMatchObject({
      carrier: 'f32',
    });
  });

  it('has no exponent of subnormals in a register without', () => {
    const flat = sumFit({ ...half, lowest: 'zero-only' });
    const at = (octaves: number) => alignment({}, { unit: { sum: flat }, seen: [seen(1, octaves), seen(1, 0)] });
    expect(at(-14)).toMatchObject({ lowest: undefined });
    const kept = (octaves: number) =>
      alignment({}, { unit: { sum: sumFit(half) }, seen: [seen(1, octaves), seen(1, 0)] });
    expect([kept(-14), kept(-15)]).toMatchObject([{ lowest: undefined }, { lowest: -14 }]);
  });
});

describe('groups that share a scale', () => {
  const blockScale = { format: formatNamed('e8m0fnu'), size: 8, apply: 'group' } as const;
  const grouped = (parts: Partial<AlignedCombine>, asked: Asked = {}) =>
    alignment(parts, { group: 8, ...asked, unit: { lanes: 8, blockScale, ...asked.unit } });

  it.each<[string, Partial<AlignedCombine>, Asked, object]>([
    ['ones', {}, {}, { carrier: 'f64', floor: -600, top: 601, lowest: undefined, productBits: 2 }],
    ['with a floor', { exponentFloor: -20 }, {}, { floor: -20 }],
    ['with zeros that align', { zerosAlign: true }, {}, { floor: -126 }],
    ['with both', { zerosAlign: true, exponentFloor: -200 }, {}, { floor: -126 }],
    ['with zeros apart', { zerosAlign: true, sumInside: false }, {}, { floor: -600 }],
    ['of subnormal sums', {}, quantum(-64, -63), { lowest: -126 }],
    ['of normal ones', {}, quantum(-63, -63), { lowest: undefined }],
    ['the finest', {}, quantum(-300, -300), { floor: -600 }],
    ['the largest', {}, scaled(598), { top: 602 }],
  ])('%s', (_what, parts, asked, expected) => expect(grouped(parts, asked)).toMatchObject(expected));

  it.each<[string, Partial<AlignedCombine>, Asked, string]>([
    ['finer', {}, quantum(-301, -300), RANGE],
    ['larger', {}, scaled(599), RANGE],
    ['of more bits', { fractionBits: 48 }, {}, 'aligned groups have more than 53 bits'],
    [
      'below zero',
      { zerosAlign: true },
      { unit: { sum: sumFit({ ...half, exponentBits: 8, bias: 128 }) } },
      'a sum can be smaller than a zero',
    ],
  ])('and not %s', (_what, parts, asked, refusal) =>
    expect(grouped(parts, asked)).toBe(`f32: scaled sums of groups need more bits; f64: ${refusal}`),
  );
});

it.each([1, 2 ** 20, 2 ** 100])(
  'zeros alone are aligned by the lanes that take ones, running sums up to %d too',
  (max) => {
    const zeros = [seen(0, Infinity), seen(0, Infinity)];
    const [own, ones] = [zeros, undefined].map((operands) =>
      alignment({}, { seen: operands, starts: { max, quantum: 0 } }),
    );
    expect(own).toMatchObject({ carrier: 'f32', floor: 0 });
    expect(ones).toMatchObject({ carrier: 'f32' });
    expect(alignment({}, { seen: zeros })).toMatchObject({ carrier: 'f32', floor: 0, top: 1 });
  },
);
