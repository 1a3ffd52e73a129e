import { describe, expect, it } from 'vitest';
import {
  aligned,
  complaint,
  type Fields,
  FLOAT,
  INTEGER,
  ordered,
  record,
  requantized,
  rounded,
  scaled,
  staged,
} from './unitFiles.js';

/** Pairs of files that differ in one point, of which the second is refused, and with what words. */
const REFUSED: readonly [Fields, Fields, string][] = [
  [
    ordered({ kind: 'permuted', indices: [1, 0] }),
    ordered({ kind: 'permuted', indices: [1, 2] }),
    'order.indices: must hold every number from 0 to',
  ],
  [
    ordered({ kind: 'permuted', indices: [0, 1] }),
    ordered({ kind: 'permuted', indices: [0, 0] }),
    'order.indices: must hold every number from 0 to',
  ],
  [
    ordered({ kind: 'chunked', length: 8 }, { lanes: 4 }),
    ordered({ kind: 'chunked', length: 8 }, { lanes: 3 }),
    'order.length: must be a multiple of the 3 lanes',
  ],
  [
    ordered({ kind: 'tree', width: 7 }, { lanes: 3 }),
    ordered({ kind: 'permuted', indices: [0], after: { kind: 'chunked', length: 7 } }, { lanes: 3 }),
    'order.after.length: must be a multiple',
  ],
  [
    aligned({ sumInside: false }),
    aligned({ sumInside: false, sumFractionBits: 9 }),
    'combine.sumFractionBits: cuts the running sum',
  ],
  [
    aligned({ sumInside: false, evenOdd: true, twoStage: { productFractionBits: 8, sumFractionBits: 8 } }),
    { ...staged({}), combine: { ...(staged({}).combine as Fields), sumInside: false } },
    'combine.twoStage: joins the running sum',
  ],
  [
    staged({}),
    { ...staged({}), combine: { ...(staged({}).combine as Fields), sumFractionBits: 8 } },
    'combine.sumFractionBits: has no effect beside twoStage',
  ],
  [
    requantized({ clamp: [-128, 127] }),
    requantized({ clamp: [-129, 127] }),
    'requantize.clamp: must be two numbers in order from -128 to 127',
  ],
  [
    requantized({ clamp: [5, 5] }),
    requantized({ clamp: [6, 5] }),
    'requantize.clamp: must be two numbers in order from -128 to 127',
  ],
  [
    requantized({ clamp: [-128, 127] }),
    requantized({ clamp: [-128, 128] }),
    'requantize.clamp: must be two numbers in order from -128 to 127',
  ],
  [
    requantized({ format: 'uint8', clamp: [0, 255] }),
    requantized({ format: 'uint8', clamp: [-1, 255] }),
    'requantize.clamp: must be two numbers in order from 0 to 255',
  ],
  [
    requantized({ format: 'uint8', clamp: [0, 255] }),
    requantized({ format: 'uint8', clamp: [0, 256] }),
    'requantize.clamp: must be two numbers in order from 0 to 255',
  ],
  [
    requantized({ kind: 'float', multiplier: 1e-9 }),
    requantized({ kind: 'float' }),
    'requantize: of kind "float" needs a multiplier',
  ],
  [
    requantized({ kind: 'gemmlowp-double', multiplier: 3 }),
    requantized({ kind: 'gemmlowp-double', multiplier: 0 }),
    'requantize.multiplier: must be greater than 0',
  ],
  [requantized({}), requantized({ format: 'fp16' }), 'requantize.format: must be an integer format'],
  [
    { ...requantized({}), result: { format: 'int16' } },
    { ...requantized({}), result: { format: 'fp16' } },
    'requantize: needs an integer sum, and fp16 is a float',
  ],
  [
    { ...requantized({}), order: { kind: 'chunked', length: 2 } },
    { ...requantized({}), order: { kind: 'chunked', length: 2, outer: { format: 'fp32' } } },
    'requantize: needs an integer sum, and fp32 is a float',
  ],
  [
    scaled({}, { lanes: 32 }),
    scaled({}, { lanes: 24 }),
    'blockScale.size: must divide the 24 lanes when it applies to groups',
  ],
  [
    scaled({}, { lanes: 1 }),
    scaled({}, { lanes: 8 }),
    'blockScale.size: must divide the 8 lanes when it applies to groups',
  ],
  [
    scaled({ apply: 'exponent' }, { lanes: 24 }),
    scaled({ group: 8 }, { lanes: 12 }),
    'blockScale.size: must divide the 12 lanes when it applies to groups',
  ],
  [scaled({ group: 8 }), scaled({ group: 5 }), 'blockScale.group: must divide the size, 16'],
  [
    scaled({}, { order: { kind: 'chunked', length: 32 } }),
    scaled({}, { order: { kind: 'chunked', length: 24 } }),
    'order: must take whole groups of 16 products',
  ],
  [
    scaled({ group: 8 }, { order: { kind: 'tree', width: 24 } }),
    scaled({}, { order: { kind: 'tree', width: 24 } }),
    'order: must take whole groups of 16 products',
  ],
  [
    scaled({ apply: 'exponent' }, { order: { kind: 'tree', width: 24 } }),
    scaled({}, { order: { kind: 'permuted', indices: [0], after: { kind: 'chunked', length: 24 } } }),
    'order: must take whole groups of 16 products',
  ],
  [{ ...FLOAT, widened: 'fp32' }, { ...FLOAT, widened: 'bf16' }, 'widened: must hold every value of fp16'],
  [
    { ...FLOAT, b: 'int8', widened: 'fp16' },
    { ...FLOAT, b: 'bf16', widened: 'fp16' },
    'widened: must hold every value of bf16',
  ],
  [
    { ...FLOAT, nanCode: 0x7fffffff },
    { ...FLOAT, nanCode: 0x7f800000 },
    'nanCode: must be a code of NaN in fp32, such as 0x7fc00000',
  ],
  [
    { ...FLOAT, nanCode: 0xffffffff },
    { ...FLOAT, nanCode: 0x1ffffffff },
    'nanCode: must be a code of NaN in fp32, such as 0x7fc00000',
  ],
  [
    { ...FLOAT, result: { format: 'e4m3fn' }, nanCode: 0xff },
    { ...FLOAT, result: { format: 'int8' }, nanCode: 0xff },
    'nanCode: must be left out: results are of int8',
  ],
  [
    record({ specials: 'fn', mantissaBits: 0 }),
    record({ specials: 'ieee', mantissaBits: 0 }),
    'a: specials "ieee" needs at least one mantissa bit',
  ],
  [record({ specials: 'fnuz' }), record({ specials: 'fnuz', signed: false }), 'a: specials "fnuz" needs a sign'],
  [record({ signed: false, specials: 'fn' }), record({ radix: 3 }), 'a.radix: must be 2 or 4'],
  [
    record({ radix: 4, mantissaBits: 0, lowest: 'normal', specials: 'none' }),
    record({ radix: 4, mantissaBits: 1, lowest: 'normal', specials: 'none' }),
    'a: radix 4 is for formats without a mantissa',
  ],
  [
    record({ radix: 4, mantissaBits: 0, lowest: 'none', specials: 'none' }),
    record({ radix: 4, mantissaBits: 0, specials: 'none' }),
    'a: radix 4 is for formats without a mantissa',
  ],
  [
    record({ exponentBits: 2, mantissaBits: 0, specials: 'none' }),
    record({ exponentBits: 1, mantissaBits: 0, specials: 'none' }),
    'a: has no number but zero',
  ],
  [
    record({ exponentBits: 1, mantissaBits: 1, specials: 'none' }),
    record({ exponentBits: 8, mantissaBits: 24 }),
    'a: has 33 bits; a record describes at most 32',
  ],
  [
    record({ exponentBits: 8, mantissaBits: 23 }),
    record({ exponentBits: 8, mantissaBits: 23, paddingBits: 1 }),
    'a: has 33 bits; a record describes at most 32',
  ],
  [
    { ...INTEGER, sum: { format: 'int8', overflow: 'wrap' } },
    { ...FLOAT, sum: { format: 'fp16', overflow: 'wrap' } },
    'sum.overflow: "wrap" is for integers, and fp16 is a float: use ieee, infinity, saturate, saturate-propagate or nan',
  ],
  [
    { ...FLOAT, sum: { format: 'e5m2', keptMantissaBits: 1 } },
    { ...FLOAT, sum: { format: 'e4m3fn', keptMantissaBits: 1 } },
    'sum.keptMantissaBits: a register without all mantissa bits cannot hold the NaN of e4m3fn',
  ],
  [
    { ...FLOAT, sum: { format: 'e4m3fnuz', keptMantissaBits: 1 } },
    { ...FLOAT, sum: { format: 'dlfloat16', keptMantissaBits: 1 } },
    'sum.keptMantissaBits: a register without all mantissa bits cannot hold the NaN of dlfloat16',
  ],
  [
    INTEGER,
    { ...INTEGER, sum: { format: 'int32', keptMantissaBits: 1 } },
    'sum.keptMantissaBits: must be at most the mantissa bits of the format, and int32 has none',
  ],
  [rounded('stochastic:31'), rounded('stochastic:32'), 'sum.rounding: there is no rounding "stochastic:32"'],
  [rounded('stochastic:1'), rounded('stochastic:0'), 'sum.rounding: there is no rounding "stochastic:0"'],
  [
    { ...FLOAT, a: 'int64' },
    { ...FLOAT, a: 'int65' },
    'a: there is no format "int65": int<N> and uint<N> have 2 to 64 bits',
  ],
  [{ ...FLOAT, a: 'uint2' }, { ...FLOAT, a: 'fp17' }, 'a: there is no format "fp17"'],
];

describe('what no unit can be is refused where it differs from what can', () => {
  it.each(REFUSED)('%j, and not %j', (taken, refused, words) => {
    expect(complaint(taken)).toBeUndefined();
    expect(complaint(refused)).toContain(words);
  });
});
