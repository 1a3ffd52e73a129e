import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { compileGemm } from '../../../../src/datapaths/kernel/index.js';

/** A unit of each kind, the route that ordinary data takes, and why that gives the reference's bits: what `show` says. */
it.each([
  ['int8', 'simd int', 'operands fit 16 bits; the register wraps, which is exact at the end'],
  ['int4', 'simd int', 'operands fit 16 bits; the register saturates where the data can reach its limits'],
  ['xnor', 'xor popcount', 'operands are signs: 64 products are one XOR and one population count'],
  ['fp8-fp16', 'simd f32', 'sums are exact or innocuously rounded in f32 lanes; rne by magic'],
  ['fp8-fp32', 'simd f32', 'sums are exact or innocuously rounded in f32 lanes; rne by native'],
  ['radix4-fp16', 'simd f64', 'sums are exact or innocuously rounded in f64 lanes; rna by pattern'],
  ['volta-fp16-fp32', 'simd f64 aligned', 'aligned terms and their sum fit f64 lanes'],
  ['ada-e4m3fn-fp32', 'simd f32 aligned', 'aligned terms and their sum fit f32 lanes'],
  ['ampere-fp64', 'reference', 'a product has more than 53 bits'],
  ['cdna1-fp16-fp32', 'simd f32 tree', 'every node rounds as do f32 lanes'],
  ['cdna1-fp16-fp32-fused', 'simd f64 fused', 'exact sums of products fit f64 lanes'],
  [
    'cdna2-fp32',
    'float64',
    'float64 carries every sum, rounded to odd where it is not exact; not in SIMD lanes: an operand has more than 16 bits',
  ],
  [
    'avx2-vpmaddubsw',
    'float64',
    'float64 carries every sum, rounded to odd where it is not exact; not in SIMD lanes: its lanes do not add one after the other',
  ],
  ['arm-bfdot', 'simd f64', 'sums are rounded to odd where they are not exact in f64 lanes; rto by all rules'],
  ['gemmini-ws', 'simd f64', 'sums are rounded to odd where they are not exact in f64 lanes; rne by all rules'],
])('%s goes by %s', (name, route, why) => {
  expect(compileGemm(datapathNamed(name))).toMatchObject({ route, why });
});
