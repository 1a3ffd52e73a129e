import { describe, expect, it } from 'vitest';
import { type AlignedCombine, type Datapath, datapath, sumFit } from '../../src/datapaths/datapath.js';
import { reduce } from '../../src/datapaths/reference.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../src/formats/codec.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';

/** Where zeros take part in an alignment, a zero counts as fp32's lowest binade, 2^-126 (MMA-Sim, arXiv:2511.10909). */
const bf16 = formatNamed('bf16');
const fp32 = formatNamed('fp32');

function unit(parts: Partial<AlignedCombine>, rest: Partial<Datapath> = {}): Datapath {
  const combine: AlignedCombine = {
    kind: 'aligned',
    fractionBits: 3,
    truncate: 'rtz',
    productExponent: 'unnormalised',
    sumInside: false,
    zerosAlign: true,
    ...parts,
  };
  return datapath({ name: 'zeros', a: bf16, b: bf16, lanes: 2, combine, sum: sumFit('fp32'), ...rest });
}

const codeOf = (x: number, format = bf16) => encode(fromNumber(x), fitTo(format)).code;

/** What is left of a product of 2^exponent beside a product of zero and a power of two. */
function left(of: Datapath, exponent: number, zero: readonly [number, number] | undefined, c = 0): number {
  const half = Math.floor(exponent / 2);
  const pairs: (readonly [number, number])[] = [[2 ** half, 2 ** (exponent - half)], ...(zero ? [zero] : [])];
  const [a, b] = [0, 1].map((i) => pairs.map((pair) => codeOf(pair[i])));
  return toNumber(decode(fp32, reduce(of, { a, b, c: codeOf(c, fp32) }).code)) / 2 ** exponent;
}

describe('a zero that aligns', () => {
  it('counts as 2^-126 times the other factor', () => {
    for (const other of [0, -7, 5]) {
      const zero = [0, 2 ** other] as const;
      const last = -126 + other - 3;
      expect([last - 1, last, last + 1].map((exponent) => left(unit({}), exponent, zero))).toEqual([0, 1, 1]);
      expect(left(unit({}), last - 1, [2 ** other, -0])).toBe(0);
      // Without them nothing is cut, whatever the zero.
      expect(left(unit({ zerosAlign: false }), last - 1, zero)).toBe(1);
    }
  });

  it('twice is 2^-252, and a lane without a product is none', () => {
    expect(left(unit({}), -140, [0, 0])).toBe(1);
    expect(left(unit({}), -140, undefined)).toBe(1);
  });

  it('may be the running sum', () => {
    const inside = unit({ sumInside: true });
    expect([-130, -129].map((exponent) => left(inside, exponent, undefined))).toEqual([0, 1]);
    expect(left(unit({ sumInside: true, zerosAlign: false }), -140, undefined)).toBe(1);
  });

  it('may lie in the second of two stages', () => {
    const twoStage = { productFractionBits: 3, sumFractionBits: 3, truncate: 'floor' } as const;
    expect([-130, -129].map((exponent) => left(unit({ sumInside: true, twoStage }), exponent, undefined))).toEqual([
      0, 1,
    ]);
  });
});
