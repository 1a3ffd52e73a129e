import type { Requantize } from '../../../src/datapaths/datapath.js';
import type { Format } from '../../../src/formats/format.js';
import { fit } from './fit.js';
import { type Value, number, power, product, UNIT, valueOf } from './value.js';

/**
 * From an integer to a narrow one, written again from the sources: gemmlowp fixedpoint.h and TFLite's common.cc,
 * NV_NVDLA_CACC_CALC_int8.v, MLAS of ONNX Runtime.
 */
export function requantized(stage: Requantize, from: Format, code: bigint): bigint {
  if (from.kind !== 'int' || stage.format.kind !== 'int') throw new Error('an integer is requantized to an integer');
  const { bits, signed } = stage.format;
  const value = intOf(code, from) + BigInt(stage.bias ?? 0);
  const scaled = scale(stage, value) + BigInt(stage.zeroPoint ?? 0);
  const ends = signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] : [0n, 2n ** BigInt(bits) - 1n];
  const limits = (stage.clamp ?? []).map(BigInt);
  const inside = [...limits.slice(0, 1), ends[0]].reduce((x, limit) => (x < limit ? limit : x), scaled);
  const clamped = [...limits.slice(1), ends[1]].reduce((x, limit) => (x > limit ? limit : x), inside);
  return clamped < 0n ? clamped + 2n ** BigInt(bits) : clamped;
}

function intOf(code: bigint, { bits, signed }: { bits: number; signed: boolean }): bigint {
  return signed && code >= 2n ** BigInt(bits - 1) ? code - 2n ** BigInt(bits) : code;
}

const floorOf = (dividend: bigint, divisor: bigint): bigint =>
  dividend < 0n && dividend % divisor !== 0n ? dividend / divisor - 1n : dividend / divisor;

function scale(
  { kind, shift = 0, rounding = 'half-even', stickyBits, multiplier = 1 }: Requantize,
  value: bigint,
): bigint {
  if (kind === 'shift') return shifted(value, shift, rounding, stickyBits);
  if (kind === 'float') return byFloat(value, multiplier);
  const { q31, exponent } = multiplierOf(multiplier);
  return kind === 'gemmlowp-double' ? twiceRounded(value, q31, exponent) : onceRounded(value, q31, exponent);
}

/** value / 2^shift, of which only the bit below the point and so many bits below it are looked at. */
export function shifted(
  value: bigint,
  shift: number,
  rounding: NonNullable<Requantize['rounding']>,
  sticky = 64,
): bigint {
  const unseen = 2n ** BigInt(Math.max(0, shift - 1 - sticky));
  const span = 2n ** BigInt(shift);
  const floor = floorOf(value, span);
  const half = 2n * floorOf(value - floor * span, unseen) * unseen - span;
  if (rounding === 'floor' || shift === 0 || half < 0n) return floor;
  if (half > 0n) return floor + 1n;
  const goesUp = { 'half-even': floor % 2n !== 0n, 'half-away': value > 0n, 'half-up': true }[rounding];
  return goesUp ? floor + 1n : floor;
}

/** multiplier = q31 / 2^31 * 2^exponent with q31 / 2^31 from a half to one: QuantizeMultiplier of quantization_util.cc. */
export function multiplierOf(multiplier: number): { q31: bigint; exponent: number } {
  if (multiplier === 0) return { q31: 0n, exponent: 0 };
  let [mantissa, exponent] = [multiplier, 0];
  for (; mantissa >= 1; exponent++) mantissa /= 2;
  for (; mantissa < 0.5; exponent--) mantissa *= 2;
  const q31 = BigInt(Math.round(mantissa * 2 ** 31));
  if (exponent + Number(q31 === 2n ** 31n) < -31) return { q31: 0n, exponent: 0 };
  return q31 === 2n ** 31n ? { q31: 2n ** 30n, exponent: exponent + 1 } : { q31, exponent };
}

const [LOWEST, HIGHEST] = [-(2n ** 31n), 2n ** 31n - 1n];

/** The high half of twice a product, ties toward plus infinity; then a rounding shift, ties away from zero. */
function twiceRounded(value: bigint, q31: bigint, exponent: number): bigint {
  const shift = 2n ** BigInt(Math.max(0, exponent));
  const left = (((value * shift - LOWEST) % 2n ** 32n) + 2n ** 32n) % 2n ** 32n;
  return shifted(doubledHigh(left + LOWEST, q31), Math.max(0, -exponent), 'half-away');
}

/** SaturatingRoundingDoublingHighMul. */
export function doubledHigh(x: bigint, y: bigint): bigint {
  return x === LOWEST && y === LOWEST ? HIGHEST : floorOf(x * y + 2n ** 30n, 2n ** 31n);
}

function onceRounded(value: bigint, q31: bigint, exponent: number): bigint {
  // A multiplier of 2^30 and more becomes the largest there is.
  const [factor, shift] = exponent > 30 ? [HIGHEST, 1] : [q31, 31 - exponent];
  const exact = floorOf(value * factor + 2n ** BigInt(shift - 1), 2n ** BigInt(shift));
  return exact < LOWEST ? LOWEST : exact > HIGHEST ? HIGHEST : exact;
}

const FLOAT: Format = {
  kind: 'float',
  name: 'float32',
  signed: true,
  exponentBits: 8,
  mantissaBits: 23,
  bias: 127,
  radix: 2,
  lowest: 'subnormal',
  specials: 'ieee',
};

const inFloat = (value: Value): Value =>
  valueOf(FLOAT, fit(value, { format: FLOAT, rounding: 'rne', overflow: 'ieee', subnormals: 'keep' }).code);

/** float32(float32(sum) * float32(multiplier)), to the nearest integer of 64 bits, ties to even; beyond float32 of 32. */
function byFloat(value: bigint, multiplier: number): bigint {
  const factor = inFloat(float64(multiplier));
  const sum = inFloat(number(value < 0n, (value < 0n ? -value : value) * power(0)));
  const scaled = inFloat(product(sum, factor));
  if (scaled.kind === 'nan') return HIGHEST;
  if (scaled.kind === 'infinity') return scaled.minus ? LOWEST : HIGHEST;
  const rounded = shifted(scaled.minus ? -scaled.units : scaled.units, UNIT, 'half-even', UNIT);
  const end = 2n ** 63n;
  return rounded < -end ? -end : rounded >= end ? end - 1n : rounded;
}

/** A number of the host's, which is one of fp64. */
function float64(value: number): Value {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const format = { ...FLOAT, exponentBits: 11, mantissaBits: 52, bias: 1023 } as Format;
  return valueOf(format, view.getBigUint64(0));
}
