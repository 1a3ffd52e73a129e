import { describe, expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { compileGemm } from '../../../src/datapaths/kernel/index.js';
import { formatNamed, int } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import type { FloatFormat, Format } from '../../../src/formats/format.js';
import { stochastic } from '../../../src/formats/rounding.js';

/** What float64 does not carry is left to the reference: each bound from both sides, with the words that name it. */
type Parts = Partial<Omit<Datapath, 'name'>>;
const unit = (parts: Parts): Datapath =>
  datapath({ name: 'unit', a: formatNamed('e4m3fn'), b: formatNamed('e5m2'), sum: sumFit('fp32'), ...parts });

const float = (exponentBits: number, mantissaBits: number, bias: number): FloatFormat => ({
  kind: 'float',
  name: `e${exponentBits}m${mantissaBits}b${bias}`,
  signed: true,
  exponentBits,
  mantissaBits,
  bias,
  radix: 2,
  lowest: 'subnormal',
  specials: 'ieee',
});
const ofIntegers = (bits: number, parts: Parts = {}): Parts => ({ a: int(bits), b: int(bits), ...parts });
const wrapping = (format: Format) => fitTo(format, { overflow: 'wrap' });
const aligned = { kind: 'aligned', truncate: 'rtz', productExponent: 'unnormalised', sumInside: true } as const;

/** A unit that is carried, one that is not, and why. */
const BOUNDS: [string, Parts, Parts][] = [
  [
    'a product has more than 53 bits',
    { a: int(28), b: int(27), sum: sumFit('int48', { overflow: 'saturate' }) },
    { a: int(28), b: int(28), sum: sumFit('int48', { overflow: 'saturate' }) },
  ],
  [
    'a scaled product has more than 53 bits',
    { a: int(16), b: int(16), blockScale: { format: float(5, 10, 15), size: 1, apply: 'exponent' } },
    { a: int(16), b: int(17), blockScale: { format: float(5, 11, 15), size: 1, apply: 'exponent' } },
  ],
  [
    "products leave float64's range",
    { a: float(8, 2, 499), b: float(8, 2, 499) },
    { a: float(8, 2, 500), b: float(8, 2, 499) },
  ],
  [
    "products leave float64's range",
    { a: float(4, 2, -435), b: float(4, 2, -435) },
    { a: float(4, 2, -436), b: float(4, 2, -436) },
  ],
  [
    'sums leave the range where they wrap exactly',
    { a: int(25), b: int(25), sum: wrapping(int(40)) },
    { a: int(26), b: int(25), sum: wrapping(int(40)) },
  ],
  [
    'sums leave the range where they wrap exactly',
    { ...ofIntegers(24), lanes: 7, combine: { kind: 'fused', sumInside: true }, sum: wrapping(int(40)) },
    { ...ofIntegers(24), lanes: 8, combine: { kind: 'fused', sumInside: true }, sum: wrapping(int(40)) },
  ],
  [
    'products leave the range where they wrap exactly',
    { a: int(25), b: int(25), product: wrapping(int(20)) },
    { a: int(26), b: int(25), product: wrapping(int(20)) },
  ],
  [
    'nodes leave the range where they wrap exactly',
    { ...ofIntegers(24), lanes: 7, combine: { kind: 'tree', node: wrapping(int(40)) } },
    { ...ofIntegers(24), lanes: 8, combine: { kind: 'tree', node: wrapping(int(40)) } },
  ],
  [
    'the result leaves the range where it wraps exactly',
    { sum: sumFit(float(6, 8, 14)), result: wrapping(int(8)) },
    { sum: sumFit(float(6, 8, 13)), result: wrapping(int(8)) },
  ],
  [
    'the sign of a NaN would have to pass to its result',
    { sum: sumFit('e4m3fnuz'), result: fitTo(formatNamed('fp16')) },
    { sum: sumFit('e4m3fn'), result: fitTo(formatNamed('fp16')) },
  ],
  [
    'the sign of a NaN would have to pass from the outer register',
    { order: { kind: 'chunked', length: 4, outer: fitTo(formatNamed('e4m3fnuz')) } },
    { order: { kind: 'chunked', length: 4, outer: fitTo(formatNamed('dlfloat16')) } },
  ],
  [
    'its products draw random bits before its sums',
    { product: fitTo(formatNamed('fp16')) },
    { product: fitTo(formatNamed('fp16'), { rounding: stochastic(3) }) },
  ],
  [
    'its aligned terms have more than 53 bits',
    { combine: { ...aligned, fractionBits: 46 } },
    { combine: { ...aligned, fractionBits: 47 } },
  ],
  [
    'float64 does not carry the fit to ue5m2',
    { sum: sumFit('e5m2') },
    { sum: sumFit({ ...float(5, 2, 15), name: 'ue5m2', signed: false }) },
  ],
  [
    'float64 does not carry the fit to int49',
    { result: fitTo(int(48), { overflow: 'saturate' }) },
    { result: fitTo(int(49), { overflow: 'saturate' }) },
  ],
];

describe.each(BOUNDS)('%s', (why, carried, refused) => {
  it('on one side of the bound, and not on the other', () => {
    const [inside, outside] = [carried, refused].map((parts) => compileGemm(unit(parts)));
    expect([inside.route === 'reference', outside.route]).toEqual([false, 'reference']);
    expect(outside.why).toBe(why);
  });
});
