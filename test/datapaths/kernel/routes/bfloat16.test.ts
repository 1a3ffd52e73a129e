import { describe, expect, it } from 'vitest';
import { type Datapath, datapath } from '../../../../src/datapaths/datapath.js';
import { type CodeArray, codeArray, compileGemm } from '../../../../src/datapaths/kernel/index.js';
import { blockGemm } from '../../../../src/datapaths/kernel/routes/bfloat16.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { widthOf } from '../../../../src/formats/format.js';
import { randomFrom } from '../../../../src/random/random.js';

const random = randomFrom(11);
const [m, n, k] = [3, 5, 70];

function unit(element: string, scale: string, size: number): Datapath {
  const format = formatNamed(element);
  return datapath({
    name: `${element} in blocks`,
    a: format,
    b: format,
    sum: { format: formatNamed('fp32'), rounding: 'rne', overflow: 'ieee', subnormals: 'keep', tininess: 'after' },
    blockScale: { format: formatNamed(scale), size, apply: 'exponent' },
  });
}

/** Codes from `low` on; all of them by default. */
function codes(format: Datapath['a'], length: number, low = 0, count = 2 ** widthOf(format) - low): CodeArray {
  return codeArray(format, length).map(() => low + Math.floor(random.unit() * count));
}

function job({ a, b, blockScale }: Datapath, [low, count]: [number, number?]) {
  if (blockScale === undefined) throw new Error('a unit of blocks');
  const blocks = Math.ceil(k / blockScale.size);
  const scales = (rows: number) => codes(blockScale.format, rows * blocks, low, count);
  return { m, n, k, a: codes(a, m * k), b: codes(b, k * n), aScales: scales(m), bScales: scales(n) };
}

describe('units of blocks by bfloat16 products', () => {
  it.each([
    ['e4m3fn', 'e8m0fnu', 32, [110, 30]],
    ['e5m2', 'e8m0fnu', 32, [120, 10]],
    ['e3m2fn', 'e8m0fnu', 32, [0]],
    ['e2m1fn', 'e8m0fnu', 32, [100, 40]],
    ['e2m1fn', 'e4m3fn', 16, [0, 120]],
  ] as const)('%s with scales of %s: the reference to the bit, counts and all', (element, scale, size, range) => {
    const own = unit(element, scale, size);
    const [fast, reference] = [compileGemm(own), referenceGemm(own, own.order, 'the definition')];
    expect(fast.why).toContain('bfloat16');
    for (let round = 0; round < 2; round++) {
      const product = job(own, [...range]);
      expect(fast.sums(product)).toEqual(reference.sums(product));
      expect(fast.stats(product)).toEqual(reference.stats(product));
    }
  });

  it('goes the quick way wherever every product is bfloat16', () => {
    const own = unit('e4m3fn', 'e8m0fnu', 32);
    const reference = referenceGemm(own, own.order, 'the definition');
    const never = () => {
      throw new Error('the long way');
    };
    const quick = blockGemm({ ...reference, sums: never, stats: never }, (plain) => compileGemm(plain));
    // No code of a NaN, and scales near 1.
    const product = { ...job(own, [120, 10]), a: codes(own.a, m * k, 0, 127), b: codes(own.b, k * n, 0, 127) };
    expect(quick.sums(product)).toEqual(reference.sums(product));
    expect(quick.stats(product)).toEqual(reference.stats(product));
    expect(() => quick.sums({ ...product, a: codes(own.a, m * k, 127, 1) })).toThrow('the long way');
  });

  it('goes the long way for a NaN scale and for products beyond bfloat16', () => {
    const own = unit('e2m1fn', 'e8m0fnu', 32);
    for (const scale of [0xff, 0xfe]) {
      const product = job(own, [scale, 1]);
      expect(compileGemm(own).sums(product)).toEqual(referenceGemm(own, own.order, 'the definition').sums(product));
    }
  });

  it('leaves units alone that look at exponents', () => {
    const own = { ...unit('e2m1fn', 'e8m0fnu', 32), widened: formatNamed('fp16') };
    expect(compileGemm(own).why).not.toContain('bfloat16');
  });
});
