import { describe, expect, it } from 'vitest';
import { type Combine, sumFit } from '../../../../src/datapaths/datapath.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { type Fit, fitTo } from '../../../../src/formats/codec.js';
import { type Asked, firing, half, seen } from './sites.js';

/** Which firing is exact for a job, exactly where the choice turns. */
describe('firings that add exactly', () => {
  const fused: Combine = { kind: 'fused', sumInside: true };
  const carrier = (asked: Asked, combine = fused) => {
    const got = firing(combine, asked);
    return typeof got === 'string' ? got : got.fit.carrier;
  };

  it.each<[Asked, string]>([
    [{ productBits: 24 }, 'f32'],
    [{ productBits: 25 }, 'f64'],
    [{ productBits: 54 }, 'f32: a product is too wide; f64: a product is too wide'],
    // Four of up to 1 and what is left of them: 3 + 21 bits.
    [{ seen: [seen(1, -11), seen(1, -10)] }, 'f32'],
    [{ seen: [seen(1, -11), seen(1, -11)] }, 'f64'],
    [
      { seen: [seen(1, -25), seen(1, -26)] },
      'f32: a sum of products is not exact; f64: a sum of products is not exact',
    ],
    [{ seen: [seen(0, Infinity), seen(0, Infinity)] }, 'f32'],
  ])('of %o', (asked, expected) => expect(carrier(asked)).toBe(expected));

  it('watch sums that their number takes to the limit', () => {
    // 4 x 1644 ones and what roundings may add stay below 2^15, 1645 do not.
    const watch = (k: number) => {
      const got = firing(fused, { unit: { sum: sumFit('fp16') }, k });
      return typeof got === 'string' ? got : got.fit.overflow;
    };
    expect([4 * 1644, 4 * 1644 + 1].map(watch)).toEqual(['none', 'watch']);
  });

  it('add the running sum apart, by a step of its own', () => {
    const got = firing({ kind: 'fused', sumInside: false }, { unit: { sum: sumFit('fp16') } });
    expect(got).toMatchObject({ lanes: 4, fit: { method: 'magic' }, plus: { method: 'magic' } });
    expect(firing(fused)).toMatchObject({ plus: undefined });
  });

  it('join chunks by another step', () => {
    const order = { kind: 'chunked', length: 8, outer: sumFit('fp32') } as const;
    const parts = { sum: sumFit('fp16'), order };
    expect(firing(fused, { unit: parts, k: 16 })).toMatchObject({
      fit: { method: 'magic' },
      outer: { method: 'native' },
    });
    const one = firing(fused, { unit: { sum: sumFit('fp16') } });
    expect(typeof one === 'string' ? one : one.outer === one.fit).toBe(true);
    // A start of the outer register is none of the inner one's.
    const both = { sum: sumFit('fp16'), order: { kind: 'chunked', length: 8 } } as const;
    const begun = firing(fused, { unit: both, k: 16, starts: { max: 40_000, negativeZero: true } });
    expect(begun).toMatchObject({
      fit: { overflow: 'none', signedZero: false },
      outer: { overflow: 'watch', signedZero: true },
    });
    const ways = { sum: sumFit('fp16'), order: { kind: 'interleaved', ways: 2 } } as const;
    const dealt = firing(fused, { unit: ways, k: 16, starts: { max: 40_000, negativeZero: true } });
    expect(dealt).toMatchObject({ fit: { overflow: 'watch', signedZero: true }, outer: { overflow: 'watch' } });
  });
});

describe('firings that add pairwise', () => {
  const tree = (node?: Fit): Combine => ({ kind: 'tree', node });
  it.each<[string, Combine, Asked, string | object]>([
    ['fp32', tree(), {}, { fit: { carrier: 'f32', method: 'native' }, lanes: 4 }],
    [
      'rounded products',
      tree(),
      { unit: { product: fitTo(formatNamed('fp32')) }, productBits: 60 },
      { fit: { carrier: 'f32' } },
    ],
    [
      'wide ones',
      tree(),
      { productBits: 25 },
      'f32: a product is too wide; f64: a node rounds otherwise than the lanes',
    ],
    ['fp64', tree(), { unit: { sum: sumFit('fp64') }, productBits: 53 }, { fit: { carrier: 'f64', method: 'native' } }],
    [
      'wide ones',
      tree(),
      { unit: { sum: sumFit('fp64') }, productBits: 54 },
      'f32: a product is too wide; f64: a product is too wide',
    ],
    [
      'fp16',
      tree(),
      { unit: { sum: sumFit('fp16') } },
      'f32: a node rounds otherwise than the lanes; f64: a node rounds otherwise than the lanes',
    ],
    [
      'nodes of fp16',
      tree(fitTo(half)),
      {},
      'f32: a node rounds otherwise than the lanes; f64: a node rounds otherwise than the lanes',
    ],
    ['nodes of fp32', tree(fitTo(formatNamed('fp32'))), {}, { fit: { carrier: 'f32' } }],
    [
      'nodes of integers',
      tree(fitTo(formatNamed('int32'))),
      {},
      'f32: a node is not a float that lanes carry; f64: a node rounds otherwise than the lanes',
    ],
    [
      'products of fp16',
      tree(),
      { unit: { product: fitTo(half) } },
      'f32: a node rounds otherwise than the lanes; f64: a node rounds otherwise than the lanes',
    ],
    [
      'small products',
      tree(),
      { seen: [seen(1, -75), seen(1, -75)] },
      "f32: addends leave the carrier's range; f64: a node rounds otherwise than the lanes",
    ],
  ])('%s', (_what, combine, asked, expected) => {
    const got = firing(combine, asked);
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatchObject(expected);
  });
});
