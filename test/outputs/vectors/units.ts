import { type Datapath, datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { formatNamed, int } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import type { FloatFormat } from '../../../src/formats/format.js';

/** A unit with every kind of rounding that vectors aim at. */
export const MANY_SITES = datapath({
  name: 'many',
  a: formatNamed('fp16'),
  b: formatNamed('fp16'),
  product: fitTo(formatNamed('bf16')),
  lanes: 4,
  combine: { kind: 'tree', node: fitTo(formatNamed('fp16')) },
  sum: sumFit('fp32'),
  result: fitTo(formatNamed('e5m2')),
});

export const REQUANTIZED = datapath({
  name: 'requantized',
  a: formatNamed('int8'),
  b: formatNamed('int8'),
  sum: sumFit('int32'),
  requantize: { kind: 'shift', format: formatNamed('int8'), shift: 7, rounding: 'half-even' },
});

/** Chunks of two firings of two lanes, which meet in an outer register of their own. */
export const CHUNKED = datapath({
  name: 'chunked',
  a: formatNamed('e4m3fn'),
  b: formatNamed('e5m2'),
  lanes: 2,
  combine: { kind: 'fused', sumInside: false },
  sum: sumFit('fp16', { rounding: 'rtz' }),
  order: { kind: 'chunked', length: 4, outer: fitTo(formatNamed('e5m2'), { overflow: 'saturate' }) },
});

type Parts = Parameters<typeof datapath>[0];
const odd = (a: string, b: string, parts: Omit<Parts, 'name' | 'a' | 'b'>) =>
  datapath({ name: `${a} x ${b}`, a: formatNamed(a), b: formatNamed(b), ...parts });
const e3m2 = formatNamed('e3m2fn') as FloatFormat;

/** What the catalogue's units are not: formats without zero, sign or subnormals, shifted ones, and stages of every kind. */
export const ODD_UNITS: readonly Datapath[] = [
  odd('uint4', 'int4', {
    lanes: 3,
    combine: { kind: 'fused', sumInside: true },
    sum: sumFit('int12', { overflow: 'saturate' }),
  }),
  odd('uint8', 'uint3', { sum: sumFit('uint12', { overflow: 'wrap' }), result: fitTo(formatNamed('uint8')) }),
  odd('ternary', 'binary', { lanes: 4, combine: { kind: 'tree' }, sum: sumFit('int6', { overflow: 'saturate' }) }),
  odd('e8m0fnu', 'e2m1fn', { lanes: 2, sum: sumFit('fp32') }),
  odd('e2m1fn', 'e8m0fnu', { sum: sumFit('fp32', { rounding: 'rto' }) }),
  odd('radix4odd', 'int4', { sum: sumFit(int(24, true, -6), { overflow: 'saturate' }) }),
  {
    ...odd('e4m3fn', 'e2m3fn', { lanes: 2, sum: sumFit('bf16', { subnormals: 'flush' }) }),
    name: 'shifted',
    a: { ...e3m2, name: 'shifted', shift: 3 },
  },
  {
    ...odd('e4m3fn', 'e5m2', { sum: sumFit('fp16') }),
    name: 'zero alone',
    b: { ...e3m2, name: 'own', lowest: 'zero-only' },
  },
  odd('e3m4af', 'e3m2af', { lanes: 2, product: fitTo(formatNamed('e4m3')), sum: sumFit('hfp8fbgemm') }),
  odd('fp4e3m0', 'hfp8', {
    sum: sumFit('dlfloat16', { rounding: 'rna' }),
    order: { kind: 'chunked', length: 2, outer: sumFit('fp32') },
  }),
  odd('e5m2fnuz', 'e4m3fnuz', {
    lanes: 4,
    combine: {
      ...{ kind: 'aligned', fractionBits: 6, truncate: 'floor', productExponent: 'normalised', sumInside: true },
      ...{ sumFractionBits: 9 },
    },
    sum: sumFit('e4m3fnuz', { overflow: 'saturate' }),
  }),
  odd('fp16', 'fp16', {
    lanes: 2,
    combine: {
      ...{ kind: 'aligned', fractionBits: 12, truncate: 'rtz', productExponent: 'unnormalised', sumInside: true },
      ...{ twoStage: { productFractionBits: 10, sumFractionBits: 14, truncate: 'rtz' } },
    },
    sum: sumFit('fp32', { keptMantissaBits: 5, rounding: 'rtz' }),
  }),
  odd('bf16', 'bf16', { lanes: 3, sum: sumFit('bf16'), order: { kind: 'interleaved', ways: 2 } }),
  odd('tf32', 'fp32', { sum: sumFit('fp32', { overflow: 'saturate' }) }),
  odd('fp64', 'fp64', { sum: sumFit('fp64') }),
  odd('e2m1fn', 'e2m1fn', { lanes: 2, combine: { kind: 'fused', sumInside: false }, sum: sumFit('e4m3fn') }),
  odd('int8', 'uint8', {
    sum: sumFit('int20', { overflow: 'wrap' }),
    requantize: { kind: 'float', format: formatNamed('uint8'), multiplier: 0.013, bias: -5, zeroPoint: 7 },
  }),
  odd('int4', 'int8', {
    sum: sumFit('int16', { overflow: 'saturate' }),
    requantize: { kind: 'shift', format: formatNamed('int8'), shift: 3, rounding: 'half-up', zeroPoint: -2 },
  }),
  { ...odd('int4', 'int2', { sum: sumFit('e3m2fn') }), name: 'coarse', a: int(4, true, 5) },
  odd('e2m1fn', 'e2m3fn', {
    lanes: 4,
    combine: { kind: 'aligned', fractionBits: 8, truncate: 'rtz', productExponent: 'normalised', sumInside: false },
    sum: sumFit('fp16'),
    blockScale: { format: formatNamed('e8m0fnu'), size: 2, apply: 'exponent' },
  }),
];
