import { encoderOf, codeArray, valuesOf, rounderOf } from '../datapaths/kernel/index.js';
import { decode, encode, type Fit, saturates } from '../formats/codec.js';
import { type Format, widthOf } from '../formats/format.js';
import { finite, fromNumber, toNumber } from '../formats/raw.js';
import type { CodeArray } from './tensor.js';

/**
 * The codec (formats/codec.ts) from float32 to codes, over arrays. Thresholds are found by asking the codec, so they say
 * what it says.
 */

/**
 * One value to a code: it is rounded as the fit says, and for an integer format the zero point is added to the rounded
 * integer before overflow is looked at (ONNX QuantizeLinear). The definition; `encodeAll` gives the same, fast.
 */
export function encodeValue(value: number, fit: Fit, zeroPoint = 0): number {
  if (zeroPoint === 0 || fit.format.kind !== 'int') return Number(encode(fromNumber(value), fit).code);
  const wide: Format = { ...fit.format, name: 'wide', signed: true, bits: 64 };
  const rounded = toNumber(
    decode(wide, encode(fromNumber(value), { ...fit, format: wide, overflow: 'saturate' }).code),
  );
  const shifted = BigInt(rounded * 2 ** -fit.format.exponent) + BigInt(zeroPoint);
  return Number(encode(finite(shifted < 0n, shifted < 0n ? -shifted : shifted, fit.format.exponent), fit).code);
}

/** Codes of float32 values; `zeroPoint` as in `encodeValue`. */
export function encodeAll(
  values: Float32Array,
  fit: Fit,
  zeroPoint = 0,
  out = codeArray(fit.format, values.length),
): CodeArray {
  const { format } = fit;
  if (
    format.kind === 'int' &&
    format.exponent === 0 &&
    fit.rounding === 'rne' &&
    saturates(fit.overflow) &&
    format.bits <= 32
  )
    return encodeIntegers(values, format.bits, format.signed, zeroPoint, out);
  const steps = format.kind === 'int' && zeroPoint !== 0 ? undefined : stepsOf(fit);
  if (steps === undefined) {
    const one = zeroPoint === 0 ? wideEncoderOf(fit) : undefined;
    for (let i = 0; i < values.length; i++)
      out[i] = one === undefined ? encodeValue(values[i], fit, zeroPoint) : one(values[i]);
    return out;
  }
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) {
    const block = words[i] >>> 16;
    out[i] = (words[i] & 0xffff) >= steps.split[block] ? steps.high[block] : steps.low[block];
  }
  return out;
}

/** Float formats of 16 bits and more in float64 arithmetic; undefined where that cannot carry the fit. */
function wideEncoderOf(fit: Fit): ((value: number) => number) | undefined {
  if (fit.format.kind !== 'float' || typeof fit.rounding !== 'string') return undefined;
  const rounder = rounderOf(fit, { swamped: 0, overflowed: 0 });
  if (rounder === undefined) return undefined;
  const code = encoderOf(fit);
  return (value) => code(rounder.round(value));
}

/** Adding and subtracting 1.5 * 2^52 rounds a float64 of magnitude below 2^51 to the nearest integer, ties to even. */
const ROUND = 1.5 * 2 ** 52;

function encodeIntegers(
  values: Float32Array,
  bits: number,
  signed: boolean,
  zeroPoint: number,
  out: CodeArray,
): CodeArray {
  const lowest = (signed ? -(2 ** (bits - 1)) : 0) - zeroPoint;
  const highest = lowest + 2 ** bits - 1;
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const kept = value < lowest ? lowest : value > highest ? highest : value;
    // A NaN is rounded to 0, as in the codec.
    out[i] = ((kept === kept ? kept : 0) + ROUND - ROUND + zeroPoint) & mask;
  }
  return out;
}

/**
 * The float32 line cut in blocks of equal upper 16 bits. Within a block the code changes at most once: from `low` to
 * `high` where the lower 16 bits reach `split`.
 */
interface Steps {
  low: Uint8Array;
  high: Uint8Array;
  split: Uint32Array;
}

const stepsByFit = new Map<string, Steps | undefined>();

/** Undefined for fits whose rounding cannot be put in steps: random, wrapping, or wider than a byte. */
function stepsOf(fit: Fit): Steps | undefined {
  const key = JSON.stringify(fit);
  if (!stepsByFit.has(key)) {
    const simple = widthOf(fit.format) <= 8 && fit.overflow !== 'wrap' && typeof fit.rounding === 'string';
    stepsByFit.set(key, simple ? buildSteps(fit) : undefined);
  }
  return stepsByFit.get(key);
}

const INFINITY_BITS = 0x7f800000;

function buildSteps(fit: Fit): Steps | undefined {
  const steps = {
    low: new Uint8Array(65536),
    high: new Uint8Array(65536),
    split: new Uint32Array(65536).fill(0x10000),
  };
  const nan = encodeValue(Number.NaN, fit);
  for (const sign of [0, 0x80000000]) {
    const starts = codeStarts((magnitude) => encodeValue(floatOf((sign | magnitude) >>> 0), fit));
    let at = 0;
    for (let block = 0; block <= 0x7fff; block++) {
      const first = block << 16;
      const p = (sign >>> 16) | block;
      while (at + 1 < starts.length && starts[at + 1].bits <= first) at++;
      steps.low[p] = steps.high[p] = first > INFINITY_BITS ? nan : starts[at].code;
      if (first === INFINITY_BITS) {
        steps.high[p] = nan;
        steps.split[p] = 1;
      } else if (first < INFINITY_BITS && at + 1 < starts.length && starts[at + 1].bits < first + 0x10000) {
        if (at + 2 < starts.length && starts[at + 2].bits < first + 0x10000) return undefined;
        steps.high[p] = starts[at + 1].code;
        steps.split[p] = starts[at + 1].bits & 0xffff;
      }
    }
  }
  return steps;
}

/**
 * Where each code begins as a float32 magnitude grows from zero to infinity: rounding is monotone, so bisection finds it.
 * Zero stands apart, because it may have the code of what lies at the other end (e8m0fnu's NaN).
 */
function codeStarts(codeAt: (magnitude: number) => number): { bits: number; code: number }[] {
  const starts = [{ bits: 0, code: codeAt(0) }];
  function refine(low: number, lowCode: number, high: number, highCode: number): void {
    if (lowCode === highCode) return;
    if (high - low === 1) {
      starts.push({ bits: high, code: highCode });
      return;
    }
    const middle = (low + high) >>> 1;
    const code = codeAt(middle);
    refine(low, lowCode, middle, code);
    refine(middle, code, high, highCode);
  }
  const smallest = codeAt(1);
  refine(0, starts[0].code, 1, smallest);
  refine(1, smallest, INFINITY_BITS, codeAt(INFINITY_BITS));
  return starts;
}

const floatWord = new Uint32Array(1);
const floatValue = new Float32Array(floatWord.buffer);

function floatOf(bits: number): number {
  floatWord[0] = bits;
  return floatValue[0];
}

const orders = new WeakMap<Format, Int32Array>();

/** Rank of every code by value, for maxima in the code domain: -0 below +0, NaN above all (IEEE 754 maximum). Up to 16 bits. */
export function orderTable(format: Format): Int32Array {
  let ranks = orders.get(format);
  if (ranks === undefined) {
    const values = valuesOf(format);
    const compare = (x: number, y: number) =>
      Number.isNaN(x) || Number.isNaN(y)
        ? Number(Number.isNaN(x)) - Number(Number.isNaN(y))
        : x - y || 1 / x - 1 / y || 0;
    const sorted = [...values.keys()].sort((a, b) => compare(values[a], values[b]));
    ranks = new Int32Array(values.length);
    for (const [rank, code] of sorted.entries()) ranks[code] = rank;
    orders.set(format, ranks);
  }
  return ranks;
}
