import type { TargetFields } from './schema.js';
import { AT_45NM, type EnergyFields, squareArray, type TargetUnit } from './square.js';

/**
 * Arrays for training, 16 x 16 as the others and different in nothing but their units, with one for each pair of formats
 * that the products of training have.
 */

function energy(action: string, pj: number, source: string): EnergyFields {
  return { ...AT_45NM, action, pj, source };
}

/** An int8 MAC of Horowitz's table, 0.3 pJ, times a gate-level ratio (ASAP7) of the unit named. */
const scaled = (action: string, ratio: number, unit: string) =>
  energy(
    action,
    0.3 * ratio,
    `Horowitz, ISSCC 2014, int8 MAC x gate-level ratio ${ratio} (ASAP7; measured with ${unit})`,
  );

const CHUNKS = { kind: 'chunked', length: 64 } as const;
const DLFLOAT = { format: 'dlfloat16', rounding: 'rna' } as const;

function unit(a: string, b: string, rest: Record<string, unknown>): TargetUnit {
  return { name: `${a}-${b}`, a, b, ...rest } as TargetUnit;
}
const chunked = (a: string, b: string) => unit(a, b, { sum: DLFLOAT, order: CHUNKS });
const intoFp32 = (a: string, b: string) => unit(a, b, { sum: { format: 'fp32' } });
const FP32 = intoFp32('fp32', 'fp32');
const INT4_RELU = unit('uint4', 'int4', { sum: { format: 'int16', overflow: 'saturate' } });

const E4M3 = 'E4M3 operands and an fp16 accumulator';
const E5M2 = 'E5M2 operands and an fp16 accumulator';
const INT4 = scaled('mac:uint4*int4+int16', 0.42, 'int4 operands and a 24-bit accumulator');
const DLFLOAT16 = chunked('dlfloat16', 'dlfloat16');
const DLFLOAT16_MAC = energy(
  'mac:dlfloat16*dlfloat16+dlfloat16',
  1.5,
  'Horowitz, ISSCC 2014, as its fp16 multiplier and adder',
);
const FP32_ADD = 0.9;
const SIGNED = 'Horowitz, ISSCC 2014: its fp32 adder alone, the product is a change of sign';

const HFP8 = ['hfp8', 'hfp8b7', 'hfp8fbgemm'] as const;
const GRADIENT = 'hfp8e5m2';

export const TRAINING: readonly TargetFields[] = [
  squareArray(
    'fp32',
    [FP32, intoFp32('fp32', 'binary')],
    [energy('mac:fp32*binary+fp32', FP32_ADD, SIGNED)],
    'IEEE 754, fused; binary weights choose a sign',
  ),
  squareArray(
    'fp16',
    [intoFp32('fp16', 'fp16'), intoFp32('fp16', 'binary'), intoFp32('fp16', 'ternary'), FP32],
    [energy('mac:fp16*binary+fp32', FP32_ADD, SIGNED), energy('mac:fp16*ternary+fp32', FP32_ADD, SIGNED)],
    'Micikevicius et al., ICLR 2018: products exact, sums in fp32; binary and ternary weights choose a sign; gradients that no recipe rounds in fp32',
  ),
  squareArray(
    'ibm-fp8',
    [chunked(GRADIENT, GRADIENT)],
    [scaled(`mac:${GRADIENT}*${GRADIENT}+dlfloat16`, 0.91, E5M2)],
    'Wang et al., NeurIPS 2018',
  ),
  squareArray(
    'ibm-fp8-unchunked',
    [unit(GRADIENT, GRADIENT, { sum: DLFLOAT })],
    [scaled(`mac:${GRADIENT}*${GRADIENT}+dlfloat16`, 0.91, E5M2)],
    'Wang et al., NeurIPS 2018, with one sum for the whole length',
  ),
  squareArray(
    'ibm-hfp8',
    HFP8.flatMap((forward) => [chunked(forward, forward), chunked(forward, GRADIENT)]) as [TargetUnit, ...TargetUnit[]],
    HFP8.flatMap((forward) => [
      scaled(`mac:${forward}*${forward}+dlfloat16`, 1.05, E4M3),
      scaled(`mac:${forward}*${GRADIENT}+dlfloat16`, 1.05, E4M3),
    ]),
    'Sun et al., NeurIPS 2019; the bias is programmable',
  ),
  squareArray(
    'ibm-fp4',
    [INT4_RELU, ...['radix4', 'radix4odd'].flatMap((g) => [chunked(g, 'int4'), chunked(g, 'uint4')]), DLFLOAT16],
    [
      INT4,
      DLFLOAT16_MAC,
      ...['radix4', 'radix4odd'].flatMap((g) =>
        ['int4', 'uint4'].map((x) => scaled(`mac:${g}*${x}+dlfloat16`, 1.05, E4M3)),
      ),
    ],
    'Sun et al., NeurIPS 2020, by its reviews and US patent 12,443,841; activations without a sign are chosen',
  ),
  squareArray(
    'fp4-radix2',
    [
      INT4_RELU,
      chunked('fp4e3m0', 'int4'),
      chunked('fp4e3m0', 'uint4'),
      DLFLOAT16,
      chunked('dlfloat16', 'int4'),
      chunked('dlfloat16', 'uint4'),
    ],
    [
      INT4,
      DLFLOAT16_MAC,
      ...['int4', 'uint4'].flatMap((x) => [
        scaled(`mac:fp4e3m0*${x}+dlfloat16`, 1.05, E4M3),
        { ...DLFLOAT16_MAC, action: `mac:dlfloat16*${x}+dlfloat16`, source: `${DLFLOAT16_MAC.source}; int4 widened` },
      ]),
    ],
    'as ibm-fp4, with radix-2 gradients; dlfloat16 gradients for the last steps of LUQ',
  ),
  squareArray(
    'qat-int4',
    [INT4_RELU, FP32],
    [INT4],
    'activations without a sign, as they are after a relu; int16 as int4 has it; gradients in fp32',
  ),
  squareArray(
    'qat-int8',
    ['int8', unit('int16', 'int16', { sum: { format: 'int48' } }), FP32],
    [],
    'the catalogue of datapaths; gradients in fp32',
  ),
  squareArray('qat-xnor', ['xnor', 'int8', FP32], [], 'the catalogue of datapaths; gradients in fp32'),
];
