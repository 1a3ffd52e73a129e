import { e4m3fn, formatNamed, int } from './catalog.js';
import { decode, encode, fitTo, type Subnormals } from './codec.js';
import { type Format, hasNan } from './format.js';
import { latticeOf } from './lattice.js';
import {
  bitLength,
  finite,
  type FiniteRaw,
  fromNumber,
  magnitudeExponent,
  multiply,
  type Raw,
  toNumber,
} from './raw.js';
import type { RandomBits, Rounding } from './rounding.js';

/**
 * Block formats: elements that share a scale (OCP Microscaling v1.0; NVIDIA's NVFP4). A value is element * scale, times
 * the tensor's scale where the format has one.
 */
export interface BlockFormat {
  kind: 'block';
  name: string;
  element: Format;
  /** Elements that share a scale. */
  size: number;
  scale: Format;
  rule: ScaleRule;
  /** Whether the tensor has a scale of its own, a float32: its largest magnitude / (largest element * largest scale). */
  tensorScale: boolean;
  /** Whether integer elements leave their lowest code out, as OCP allows and microsoft/microxcaling does. Default false. */
  symmetric?: boolean;
  /** `flush`: blocks without a normal float32 are zero (microxcaling's mx_flush_fp32_subnorms). Default `keep`. */
  subnormals?: Subnormals;
}

/** Whether a block with this largest magnitude counts as zeros. */
export function isFlushed({ subnormals }: BlockFormat, amax: number): boolean {
  return subnormals === 'flush' && amax < 2 ** -126;
}

/**
 * The scale for a block whose largest magnitude is amax. `floor`: OCP's 2^(floor(log2 amax) - emax), emax being that of
 * the element format, so amax may saturate; in a scale format with a mantissa, amax / largest element rounded down.
 * `ceil`: amax / largest element rounded up, so nothing saturates. `nearest`: the same rounded to nearest even.
 * `power-of-two`: OCP's formula in any scale format.
 */
export type ScaleRule = 'floor' | 'ceil' | 'nearest' | 'power-of-two';

export const SCALE_RULES = ['floor', 'ceil', 'nearest', 'power-of-two'] as const;

/** Codes of one block. */
export interface Block {
  scale: number;
  codes: number[];
}

const e8m0fnu = formatNamed('e8m0fnu');

function mx(name: string, element: Format): BlockFormat {
  return { kind: 'block', name, element, size: 32, scale: e8m0fnu, rule: 'floor', tensorScale: false };
}

/** Every block format by its usual name. The elements of mxint8 are two's complement with six fraction bits. */
export const BLOCK_FORMATS: readonly BlockFormat[] = [
  mx('mxfp8', e4m3fn),
  mx('mxfp8-e5m2', formatNamed('e5m2')),
  mx('mxfp6', formatNamed('e3m2fn')),
  mx('mxfp6-e2m3', formatNamed('e2m3fn')),
  mx('mxfp4', formatNamed('e2m1fn')),
  mx('mxint8', int(8, true, -6)),
  {
    kind: 'block',
    name: 'nvfp4',
    element: formatNamed('e2m1fn'),
    size: 16,
    scale: e4m3fn,
    rule: 'nearest',
    tensorScale: true,
  },
];

const byName = new Map(BLOCK_FORMATS.map((format) => [format.name, format]));

export function findBlockFormat(name: string): BlockFormat | undefined {
  return byName.get(name);
}

function largestOf(format: Format): FiniteRaw {
  const lattice = latticeOf(format);
  return lattice.valueAt(lattice.maxIndex(false));
}

/** a / b to 64 bits, rounded to odd: rounding it again to fewer bits gives what rounding the quotient would. */
function quotient(a: FiniteRaw, b: FiniteRaw): FiniteRaw {
  const shift = Math.max(0, 64 + bitLength(b.significand) - bitLength(a.significand));
  const dividend = a.significand << BigInt(shift);
  const whole = dividend / b.significand;
  const odd = whole * b.significand === dividend ? whole : whole | 1n;
  return finite(a.sign !== b.sign, odd, a.exponent - b.exponent - shift);
}

const ROUNDINGS: Record<Exclude<ScaleRule, 'power-of-two'>, Rounding> = { floor: 'rtz', ceil: 'rup', nearest: 'rne' };

function isPowerOfTwoOnly(format: Format): boolean {
  return format.kind === 'float' && format.mantissaBits === 0;
}

/** What the rule gives for a largest magnitude, before it is fitted to the scale format. */
function idealScale({ element, scale, rule }: BlockFormat, amax: FiniteRaw): FiniteRaw {
  const largest = largestOf(element);
  if (rule !== 'power-of-two' && !(rule === 'floor' && isPowerOfTwoOnly(scale))) return quotient(amax, largest);
  return finite(false, 1n, magnitudeExponent(amax) - magnitudeExponent(largest));
}

/** The scale's code; never zero, so that the elements stay numbers. A block of zeros gets the smallest scale. */
function scaleCode(format: BlockFormat, amax: FiniteRaw): number {
  const { scale, rule } = format;
  const smallest = latticeOf(scale).valueAt(0n).significand === 0n ? 1 : 0;
  if (amax.significand === 0n) return smallest;
  const rounding = rule === 'power-of-two' ? 'rtz' : ROUNDINGS[rule];
  const { code } = encode(idealScale(format, amax), fitTo(scale, { rounding, overflow: 'saturate' }));
  return Math.max(Number(code), smallest);
}

/** The code of an element; the lowest of an integer only where the format has it. */
function elementCode({ element, symmetric }: BlockFormat, code: number): number {
  return symmetric && element.kind === 'int' && code === 2 ** (element.bits - 1) ? code + 1 : code;
}

function amaxOf(values: ArrayLike<number>): Raw {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]);
    if (!(magnitude <= largest)) largest = magnitude;
    if (Number.isNaN(largest)) break;
  }
  return fromNumber(largest);
}

/** The float32 scale of a whole tensor: amax / (largest element * largest scale); 1 where the format has none. */
export function tensorScaleOf(format: BlockFormat, values: ArrayLike<number>): number {
  const amax = amaxOf(values);
  if (!format.tensorScale || amax.kind !== 'finite' || amax.significand === 0n) return 1;
  const largest = multiply(largestOf(format.element), largestOf(format.scale)) as FiniteRaw;
  return Math.fround(toNumber(quotient(amax, largest))) || 1;
}

/**
 * Quantizes up to `size` numbers to one block. Elements saturate. An infinity or NaN among them makes the scale NaN, and
 * with it the block.
 * @throws RangeError where the scale's format has no NaN for that
 * @param tensorScale from `tensorScaleOf`, for a format that has one
 */
export function quantizeBlock(
  format: BlockFormat,
  values: ArrayLike<number>,
  {
    rounding = 'rne',
    tensorScale = 1,
    random,
  }: { rounding?: Rounding; tensorScale?: number; random?: RandomBits } = {},
): Block {
  if (values.length > format.size)
    throw new RangeError(
      `quantizeBlock: a block of ${format.name} has ${format.size} elements, found ${values.length}`,
    );
  const amax = amaxOf(values);
  if (isFlushed(format, toNumber(amax)))
    return quantizeBlock({ ...format, subnormals: 'keep' }, new Float32Array(values.length), { tensorScale });
  const whole = fromNumber(tensorScale);
  if (amax.kind !== 'finite' || whole.kind !== 'finite' || whole.significand === 0n) {
    if (!hasNan(format.scale))
      throw new RangeError(
        `quantizeBlock: a block that is not finite makes its scale NaN, and ${format.scale.name} has none: take another scale format`,
      );
    return {
      scale: Number(encode(fromNumber(Number.NaN), fitTo(format.scale)).code),
      codes: Array.from(values, () => 0),
    };
  }
  const scale = scaleCode(format, quotient(amax, whole));
  const step = multiply(decode(format.scale, scale), whole) as FiniteRaw;
  const fit = fitTo(format.element, { rounding, overflow: 'saturate' });
  const codes = Array.from(values, (value) =>
    elementCode(format, Number(encode(quotient(fromNumber(value) as FiniteRaw, step), fit, random).code)),
  );
  return { scale, codes };
}

/** The numbers that a block stands for. */
export function dequantizeBlock(format: BlockFormat, { scale, codes }: Block, tensorScale = 1): number[] {
  const step = multiply(decode(format.scale, scale), fromNumber(tensorScale));
  return codes.map((code) => toNumber(multiply(decode(format.element, code), step)));
}

/** Consecutive blocks along a row; the last may be short. */
export function quantizeBlocks(
  format: BlockFormat,
  values: Float64Array | Float32Array | readonly number[],
  options: { rounding?: Rounding; tensorScale?: number; random?: RandomBits } = {},
): Block[] {
  const count = Math.ceil(values.length / format.size);
  return Array.from({ length: count }, (_, i) =>
    quantizeBlock(format, values.slice(i * format.size, (i + 1) * format.size), options),
  );
}
