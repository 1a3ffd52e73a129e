import { fp32 } from '../formats/catalog.js';
import { decode, encode, fitTo } from '../formats/codec.js';
import { type Format, widthOf } from '../formats/format.js';
import { fromAligned, fromNumber, magnitudeExponent, multiply } from '../formats/raw.js';
import { didYouMean } from '../text/nearest.js';
import type { Requantize } from './datapath.js';

/**
 * From an integer sum to a narrow integer. Seven conventions are met in the field and none is "the" one (ALGORITHMS a,
 * SILICON 5), so each is named: a right shift with four roundings and an optional limit on the sticky bits, gemmlowp's
 * double rounding (TFLite's default), TFLite's single rounding, and ONNX Runtime's float32 multiplier.
 * @param from the format of the sum's code
 * @returns the code of `stage.format`
 */
export function requantize(stage: Requantize, from: Format, code: bigint): bigint {
  if (from.kind !== 'int') throw new RangeError(`requantize: the sum must be an integer, ${from.name} is not`);
  if (!checked.has(stage)) checkStage(stage);
  const biased = (from.signed ? BigInt.asIntN(from.bits, code) : code) + BigInt(stage.bias ?? 0);
  const scaled = KINDS[stage.kind](stage, biased) + BigInt(stage.zeroPoint ?? 0);
  const [low, high] = rangeOf(stage);
  const clamped = scaled < low ? low : scaled > high ? high : scaled;
  return BigInt.asUintN(widthOf(stage.format), clamped);
}

/** Smallest and largest result. */
export function rangeOf({ format, clamp }: Requantize): [bigint, bigint] {
  if (format.kind !== 'int') throw new RangeError(`requantize: the result must be an integer, ${format.name} is not`);
  const span = 1n << BigInt(format.bits);
  const [low, high] = format.signed ? [-span / 2n, span / 2n - 1n] : [0n, span - 1n];
  if (clamp === undefined) return [low, high];
  const [from, to] = clamp.map((limit) => BigInt(limit));
  return [from > low ? from : low, to < high ? to : high];
}

type Rounding = NonNullable<Requantize['rounding']>;

/** The conventions by name. */
const KINDS = {
  shift: (stage, value) => shiftRight(value, stage.shift ?? 0, stage.rounding ?? 'half-even', stage.stickyBits),
  'gemmlowp-double': (stage, value) => doubleRounding(value, multiplierOf(stage)),
  'gemmlowp-single': (stage, value) => singleRounding(value, multiplierOf(stage)),
  float: (stage, value) => floatMultiply(value, stage.multiplier ?? 1),
} satisfies Record<Requantize['kind'], (stage: Requantize, value: bigint) => bigint>;

/** By name: whether the rest above the floor, a tie apart, rounds up, and whether a tie does. */
const ROUNDINGS = {
  'half-even': { nearest: true, tie: (floor) => (floor & 1n) === 1n },
  'half-away': { nearest: true, tie: (_, value) => value >= 0n },
  'half-up': { nearest: true, tie: () => true },
  floor: { nearest: false, tie: () => false },
} satisfies Record<Rounding, { nearest: boolean; tie: (floor: bigint, value: bigint) => boolean }>;

/** What a name stands for. @param name unknown, as callers need not be checked by a compiler. @throws RangeError naming those there are */
function named<T>(what: string, table: Readonly<Record<string, T>>, name: unknown): T {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name];
  const names = Object.keys(table);
  const near = typeof name === 'string' ? didYouMean(name, names) : '';
  throw new RangeError(`requantize: ${what} ${JSON.stringify(name)} is not one of ${names.join(', ')}${near}`);
}

/** @throws RangeError where a field has a value that a datapath file could not have */
function checkStage(stage: Requantize): void {
  named('kind', KINDS, stage.kind);
  if (stage.rounding !== undefined) named('rounding', ROUNDINGS, stage.rounding);
  const [low, high] = stage.clamp ?? [];
  const whole = {
    'clamp[0]': low,
    'clamp[1]': high,
    shift: stage.shift,
    stickyBits: stage.stickyBits,
    bias: stage.bias,
    zeroPoint: stage.zeroPoint,
  };
  for (const [field, value] of Object.entries(whole))
    if (value !== undefined && !Number.isSafeInteger(value))
      throw new RangeError(`requantize: ${field} must be a whole number, found ${value}`);
  const { shift = 0, multiplier = 1 } = stage;
  if (shift < 0 || shift > 63) throw new RangeError(`requantize: shift must be 0 to 63, found ${shift}`);
  if (!(multiplier >= 0 && multiplier < Infinity))
    throw new RangeError(`requantize: the multiplier must be a positive number, found ${multiplier}`);
  checked.add(stage);
}

const checked = new WeakSet<Requantize>();

/**
 * value / 2^shift with the named rounding. With `stickyBits` s only the guard bit and the s bits below it are seen of
 * those shifted out of the two's complement word, so a half and a little more can look like a half (NVDLA's 15: RTL of
 * NV_NVDLA_CACC_CALC_int8).
 */
export function shiftRight(value: bigint, shift: number, rounding: Rounding, stickyBits?: number): bigint {
  const { nearest, tie }: (typeof ROUNDINGS)[Rounding] = named('rounding', ROUNDINGS, rounding);
  if (shift === 0) return value;
  const unseen = stickyBits === undefined ? 0n : BigInt(Math.max(0, shift - 1 - stickyBits));
  const floor = value >> BigInt(shift);
  const rest = ((value - (floor << BigInt(shift))) >> unseen) << unseen;
  const half = 1n << BigInt(shift - 1);
  if (rest !== half) return nearest && rest > half ? floor + 1n : floor;
  return tie(floor, value) ? floor + 1n : floor;
}

interface Multiplier {
  q31: bigint;
  shift: number;
}

const multipliers = new WeakMap<Requantize, Multiplier>();

/** The stage's multiplier as q31 and shift; derived once. */
function multiplierOf(stage: Requantize): Multiplier {
  const known = multipliers.get(stage) ?? quantizeMultiplier(stage.multiplier ?? 1);
  multipliers.set(stage, known);
  return known;
}

/** real = q31 * 2^(shift - 31), q31 in [2^30, 2^31); the mantissa rounds half away (TFLite quantization_util.cc). */
export function quantizeMultiplier(multiplier: number): { q31: bigint; shift: number } {
  const raw = fromNumber(multiplier);
  if (raw.kind !== 'finite' || raw.sign)
    throw new RangeError(`requantize: the multiplier must be a positive number, found ${multiplier}`);
  // In units of 2^(shift - 31), a half up.
  const shift = magnitudeExponent(raw) + 1;
  const q31 = shiftRight(raw.significand << 31n, shift - raw.exponent, 'half-up');
  const carried = q31 === 1n << 31n;
  if (shift + Number(carried) < -31) return { q31: 0n, shift: 0 };
  return carried ? { q31: q31 >> 1n, shift: shift + 1 } : { q31, shift };
}

const INT32_MIN = -(1n << 31n);
const INT32_MAX = (1n << 31n) - 1n;

/** ARM's VQRDMULH: (2ab + 2^31) / 2^32 with C's truncating division after a signed nudge; ties go toward +infinity. */
export function saturatingRoundingDoublingHighMul(a: bigint, b: bigint): bigint {
  if (a === INT32_MIN && b === INT32_MIN) return INT32_MAX;
  const product = a * b;
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  return (product + nudge) / (1n << 31n);
}

/** x / 2^exponent, ties away from zero (gemmlowp fixedpoint.h). */
export function roundingDivideByPowerOfTwo(x: bigint, exponent: number): bigint {
  return shiftRight(x, exponent, 'half-away');
}

function doubleRounding(value: bigint, { q31, shift }: Multiplier): bigint {
  const left = BigInt.asIntN(32, value << BigInt(Math.max(shift, 0)));
  return roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(left, q31), Math.max(-shift, 0));
}

/** TFLite's single rounding knows no shift above 30: a larger multiplier becomes (2^31 - 1) / 2 (quantization_util.cc). */
function singleRounding(value: bigint, { q31, shift }: Multiplier): bigint {
  const rounded =
    shift > 30 ? shiftRight(value * INT32_MAX, 1, 'half-up') : shiftRight(value * q31, 31 - shift, 'half-up');
  return rounded > INT32_MAX ? INT32_MAX : rounded < INT32_MIN ? INT32_MIN : rounded;
}

/**
 * An int64 sum times q31 * 2^(shift - 31), as TFLite has it for int16 activations (common.cc): q31 is rounded to 15 bits
 * first, the product once, ties up. @param shift -31..7; sums lie within 48 bits
 */
export function multiplyWide(value: bigint, q31: bigint, shift: number): bigint {
  const q15 = q31 < 0x7fff0000n ? (q31 + 0x8000n) >> 16n : 0x7fffn;
  return shiftRight(value * q15, 15 - shift, 'half-up');
}

/** The sum and the multiplier as float32, one float32 product, round half to even (ONNX Runtime, MLAS). */
function floatMultiply(value: bigint, multiplier: number): bigint {
  const fit = fitTo(fp32);
  const rounded = decode(fp32, encode(fromAligned(value, 0), fit).code);
  const product = multiply(rounded, decode(fp32, encode(fromNumber(multiplier), fit).code));
  const scaled = decode(fp32, encode(product, fit).code);
  if (scaled.kind !== 'finite') return scaled.kind === 'inf' && scaled.sign ? INT32_MIN : INT32_MAX;
  const wide = encode(scaled, {
    ...fitTo({ kind: 'int', name: 'int64', signed: true, bits: 64, exponent: 0 }),
    overflow: 'saturate',
  });
  return BigInt.asIntN(64, wide.code);
}
