import type { TargetFields } from './schema.js';
import { AT_45NM, type EnergyFields, squareArray, type TargetUnit } from './square.js';

/**
 * Arrays for floats of six and four bits, alone and in blocks, and for ternary weights: 16 x 16 as the others, one product
 * in a PE each cycle, float32 sums. Gate-level figures stop at eight bits. Nearly all of such a MAC is its accumulator
 * (E4M3's product is 8% of the area of its MAC with fp16 sums), so smaller elements are charged what E4M3 into float32
 * costs: an upper bound. What a block's scale costs is an adder for its exponent, in every PE.
 */
/** An int8 MAC of Horowitz's table times the ratio of E4M3 x E4M3 into fp32; his int8 adder. */
const E4M3_FP32_PJ = 0.3 * 1.46;
const INT8_ADD_PJ = 0.03;
const BOUND =
  'Horowitz, ISSCC 2014, int8 MAC x gate-level ratio 1.46 (ASAP7; measured with E4M3 operands, an upper bound)';

const named = (element: string, rest: Record<string, unknown> = {}): TargetUnit => ({
  name: `${element}-fp32`,
  a: element,
  b: element,
  sum: { format: 'fp32' },
  ...rest,
});

const inBlocks = (element: string, format: string, size: number): TargetUnit =>
  named(element, { name: `${element}-blocks`, blockScale: { format, size, apply: 'exponent' } });

const plain = (element: string): EnergyFields => ({
  ...AT_45NM,
  action: `mac:${element}*${element}+fp32`,
  pj: E4M3_FP32_PJ,
  source: BOUND,
});

const scaled = (element: string, note = 'and an int8 adder for the scales'): EnergyFields => ({
  ...plain(element),
  pj: E4M3_FP32_PJ + INT8_ADD_PJ,
  source: `${BOUND}, ${note}`,
});

const MX = 'OCP Microscaling v1.0: products times both scales, added in float32 one by one';

export const SMALL_FLOATS: readonly TargetFields[] = [
  squareArray(
    'fp6',
    ['e3m2fn', 'e2m3fn', 'e3m2af'].map((element) => named(element)) as [TargetUnit, ...TargetUnit[]],
    ['e3m2fn', 'e2m3fn', 'e3m2af'].map(plain),
    'exact products, float32 sums; the bias of a tensor is added to the exponent of a sum',
  ),
  squareArray(
    'fp4',
    [named('e2m1fn'), named('e2m1af')],
    ['e2m1fn', 'e2m1af'].map(plain),
    'exact products, float32 sums; the bias of a tensor is added to the exponent of a sum',
  ),
  squareArray(
    'mxfp8',
    [inBlocks('e4m3fn', 'e8m0fnu', 32), inBlocks('e5m2', 'e8m0fnu', 32)],
    ['e4m3fn', 'e5m2'].map((e) => scaled(e)),
    MX,
  ),
  squareArray(
    'mxfp6',
    [inBlocks('e3m2fn', 'e8m0fnu', 32), inBlocks('e2m3fn', 'e8m0fnu', 32)],
    ['e3m2fn', 'e2m3fn'].map((e) => scaled(e)),
    MX,
  ),
  squareArray('mxfp4', [inBlocks('e2m1fn', 'e8m0fnu', 32)], [scaled('e2m1fn')], MX),
  squareArray(
    'mxint8',
    [inBlocks('int8q6', 'e8m0fnu', 32)],
    [
      {
        ...AT_45NM,
        action: 'mac:int8q6*int8q6+fp32',
        pj: 0.2 + 0.9 + INT8_ADD_PJ,
        source: 'Horowitz, ISSCC 2014, its int8 multiplier, its fp32 adder, and its int8 adder for the scales',
      },
    ],
    MX,
  ),
  squareArray(
    'nvfp4',
    [inBlocks('e2m1fn', 'e4m3fn', 16)],
    [scaled('e2m1fn', 'and an int8 adder for the scales, whose product is not charged: no figure')],
    'NVFP4: blocks of 16, scales of e4m3fn; added in float32 one by one',
  ),
  squareArray(
    'ternary',
    [{ name: 'int8-ternary', a: 'int8', b: 'ternary', sum: { format: 'int32' } }],
    [
      {
        ...AT_45NM,
        extrapolated: false,
        action: 'mac:int8*ternary+int32',
        pj: 0.1,
        source: 'Horowitz, ISSCC 2014: its int32 adder alone, the product is a change of sign',
      },
    ],
    'BitNet b1.58: activations are added, subtracted or passed over',
  ),
];
