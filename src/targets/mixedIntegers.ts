import type { TargetFields } from './schema.js';
import { AT_45NM, type EnergyFields, squareArray, type TargetUnit } from './square.js';

/**
 * Arrays for the operands that runtimes pair: bytes without a sign times int8 (what ONNX Runtime's quantizer gives by
 * default), 16-bit activations, 4-bit weights, and weights of 8 and 4 bits under fp16 activations. 16 x 16 as the others,
 * one product in a PE each cycle, integers in an int32 that wraps, or an int48 where products have 24 bits.
 * No table has these multipliers: one of n x m bits is charged n m / 64 of the int8 one, the growth of an array
 * multiplier's cells, and one of fp16 by an integer as much as fp16 x fp16, which is a bound from above.
 */
const INT8_MULTIPLY_PJ = 0.2;
const INT32_ADD_PJ = 0.1;
const FP16_MULTIPLY_PJ = 1.1;
const FP32_ADD_PJ = 0.9;

interface IntegerPair {
  a: string;
  b: string;
  /** Width of a signed multiplier for them: a byte without sign beside a signed operand takes 9 bits. */
  bits: readonly [number, number];
  sum?: 'int32' | 'int48';
}

const unitOf = ({ a, b, sum = 'int32' }: IntegerPair): TargetUnit => ({
  name: `${a}-${b}`,
  a,
  b,
  sum: { format: sum, overflow: 'wrap' },
});

const energyOf = ({ a, b, bits: [n, m], sum = 'int32' }: IntegerPair): EnergyFields => ({
  ...AT_45NM,
  action: `mac:${a}*${b}+${sum}`,
  pj: (INT8_MULTIPLY_PJ * n * m) / 64 + (INT32_ADD_PJ * Number(sum.slice(3))) / 32,
  source: `Horowitz, ISSCC 2014, int8 multiplication x ${n} x ${m} bits over 8 x 8, int32 addition x ${sum.slice(3)} bits over 32: an estimate`,
});

/** Beside the catalogue's own unit for int8. */
function integers(name: string, pairs: readonly [IntegerPair, ...IntegerPair[]], source: string): TargetFields {
  const [first, ...rest] = pairs;
  return squareArray(name, [unitOf(first), ...rest.map(unitOf), 'int8'], pairs.map(energyOf), source);
}

/** Weights of few bits under fp16 activations: exact products, added in float32 one by one. */
function weightOnly(name: string, weight: string): TargetFields {
  const entry: EnergyFields = {
    ...AT_45NM,
    action: `mac:fp16*${weight}+fp32`,
    pj: FP16_MULTIPLY_PJ + FP32_ADD_PJ,
    source: `Horowitz, ISSCC 2014, fp16 multiplication, a bound for fp16 x ${weight}, and fp32 addition`,
  };
  const unit: TargetUnit = { name: `fp16-${weight}`, a: 'fp16', b: weight, sum: { format: 'fp32' } };
  return squareArray(name, [unit], [entry], `exact products of fp16 and ${weight}, float32 sums`);
}

export const MIXED_INTEGERS: readonly TargetFields[] = [
  integers(
    'uint8',
    [
      { a: 'uint8', b: 'int8', bits: [9, 8] },
      { a: 'uint8', b: 'uint8', bits: [8, 8] },
    ],
    'bytes with or without a sign, int32 sums that wrap',
  ),
  integers(
    'int16x8',
    [{ a: 'int16', b: 'int8', bits: [16, 8], sum: 'int48' }],
    '16-bit activations, 8-bit weights: products of 24 bits, int48 sums that wrap',
  ),
  integers(
    'int8x4',
    [
      { a: 'int8', b: 'int4', bits: [8, 4] },
      { a: 'uint8', b: 'int4', bits: [9, 4] },
    ],
    '8-bit activations, 4-bit weights, int32 sums that wrap',
  ),
  weightOnly('w8a16', 'int8'),
  weightOnly('w4a16', 'int4'),
];
