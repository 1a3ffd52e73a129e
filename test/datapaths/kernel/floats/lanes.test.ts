import { describe, expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { codeArray, compileGemm, type GemmJob } from '../../../../src/datapaths/kernel/index.js';
import { scalarGemm, scalarOf } from '../../../../src/datapaths/kernel/scalar.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { type FloatFormat, widthOf } from '../../../../src/formats/format.js';
import { stochastic } from '../../../../src/formats/rounding.js';
import { generator } from '../jobs.js';

/** Products of many tiles, most of which reach a limit: lanes give what single outputs in float64 give, and count it. */
const own = (name: string, operand: string, parts: Partial<Datapath> & Pick<Datapath, 'sum'>): Datapath =>
  datapath({ name, a: formatNamed(operand), b: formatNamed(operand), ...parts });

const CHUNKED = { kind: 'chunked', length: 16 } as const;

const UNITS = [
  own('to infinity', 'e4m3fn', { sum: sumFit('fp16') }),
  own('to infinity in chunks', 'e5m2', { sum: sumFit('fp16'), order: CHUNKED }),
  own('to infinity in a tree', 'e5m2', { sum: sumFit('fp16'), order: { kind: 'tree', width: 8 } }),
  own('saturating', 'e4m3fn', { sum: sumFit('fp16', { overflow: 'saturate' }) }),
  own('saturating by truncation', 'e5m2', { sum: sumFit('fp16', { rounding: 'rtz' }) }),
  own('saturating at random', 'e4m3fn', {
    sum: sumFit('fp16', { rounding: stochastic(8), overflow: 'saturate' }),
    order: CHUNKED,
  }),
  own('random bits below the subnormals', 'e5m2', { sum: sumFit('fp16', { rounding: stochastic(8) }) }),
  own('flushing', 'e5m2', { sum: sumFit('fp16', { subnormals: 'flush' }) }),
  own('without subnormals', 'hfp8e5m2', { sum: sumFit('dlfloat16'), order: CHUNKED }),
  own('infinite leaves', 'e5m2', { sum: sumFit('dlfloat16', { rounding: 'rtz' }), order: { kind: 'tree', width: 3 } }),
  own('lanes in a tree', 'fp16', {
    sum: sumFit('fp32'),
    lanes: 4,
    product: sumFit('fp32'),
    combine: { kind: 'tree', node: sumFit('fp32') },
  }),
  own('flushing lanes in a tree', 'bf16', {
    sum: sumFit('fp32', { subnormals: 'flush' }),
    lanes: 2,
    product: sumFit('fp32', { subnormals: 'flush' }),
    combine: { kind: 'tree' },
  }),
  own('infinities that saturate', 'e5m2', { sum: sumFit('fp16', { overflow: 'saturate' }) }),
  own('infinities that saturate in a tree', 'e5m2', {
    sum: sumFit('bf16', { overflow: 'saturate', rounding: 'rtz' }),
    order: { kind: 'tree', width: 8 },
  }),
  own('infinities that stay', 'e5m2', { sum: sumFit('fp16', { overflow: 'saturate-propagate' }) }),
  own('infinities that stay by truncation', 'fp16', {
    sum: sumFit('fp32', { overflow: 'saturate-propagate', rounding: 'rtz' }),
    order: CHUNKED,
  }),
  own('infinities that are NaN', 'e5m2', { sum: sumFit('e4m3fn', { rounding: 'rtz' }) }),
  own('infinities that are the one NaN', 'e5m2', { sum: sumFit('e5m2fnuz', { rounding: 'rtz' }) }),
  own('without infinity', 'e5m2', { sum: sumFit('e5m2fnuz', { rounding: 'rna' }) }),
  own('without NaN', 'e3m4', { sum: sumFit(formatNamed('hfp8'), { rounding: 'rnz' }) }),
  own('to odd', 'e4m3', { sum: sumFit('bf16', { rounding: 'rto' }) }),
];

/** @param top share of the magnitudes that occur; below 1 nothing is infinite or NaN */
function job({ a, b }: Datapath, seed: number, top: number): GemmJob {
  const random = generator(seed);
  const [m, n, k] = [6, 11, 35];
  const data = { m, n, k, a: codeArray(a, m * k), b: codeArray(b, k * n) };
  for (const [codes, format] of [[data.a, a] as const, [data.b, b] as const]) {
    const half = 2 ** (widthOf(format) - 1);
    codes.forEach((_, i) => {
      codes[i] = Math.floor(random() * half * top) + (random() < 0.5 ? half : 0);
    });
  }
  return data;
}

describe.each(UNITS.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  const scalar = scalarOf(unit, unit.order);
  if (typeof scalar === 'string') throw new Error(scalar);
  const single = scalarGemm(unit, unit.order, scalar, '');
  const lanes = compileGemm(unit);

  it('is a SIMD route', () => expect(lanes.route).toMatch(/^simd/));

  it.each([
    ['large', 0.95],
    ['ordinary', 0.6],
    ['all', 1],
  ])('gives the sums and the counts of single outputs on %s operands', (_data, top) => {
    const data = job(unit, 3, top);
    expect(lanes.sums(data)).toEqual(single.sums(data));
    expect(lanes.stats(data)).toEqual(single.stats(data));
  });
});

/** Sums of 56 bits whose largest number is so near to 2^128 that its logarithm in float64 is 128. */
it('a sum in the octave above a wide register becomes infinite', () => {
  const bf16 = formatNamed('bf16') as FloatFormat;
  const wide: FloatFormat = { ...bf16, name: 'wide', mantissaBits: 47 };
  const unit = own('wide', 'bf16', { sum: sumFit(wide) });
  // 2^127 x 3 and 2^127 x 1 + 2^127 x 1.
  const a = Uint16Array.of(0x7f00, 0x7f00);
  const b = Uint16Array.of(0x4040, 0x3f80, 0x0000, 0x3f80);
  const gemm = compileGemm(unit);
  expect(gemm.route).toBe('simd f64');
  expect(gemm.sums({ m: 1, n: 2, k: 2, a, b })).toEqual(new BigUint64Array(2).fill(0xffn << 47n));
});
