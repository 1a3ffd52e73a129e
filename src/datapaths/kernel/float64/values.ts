import { decode, type Subnormals } from '../../../formats/codec.js';
import { type FloatFormat, type Format, type IntFormat, widthOf } from '../../../formats/format.js';
import { toNumber } from '../../../formats/raw.js';
import type { SumArray } from '../contract/gemm.js';

const tables = new WeakMap<Format, Map<Subnormals, Float64Array>>();

/** The value of every code of a format up to 16 bits wide; NaN for NaN codes and unused ones. */
export function valuesOf(format: Format, subnormals: Subnormals = 'keep'): Float64Array {
  let known = tables.get(format);
  if (known === undefined) tables.set(format, (known = new Map()));
  let table = known.get(subnormals);
  if (table === undefined) {
    if (widthOf(format) > 16) throw new RangeError(`valuesOf: ${format.name} has more than 16 bits, use decoderOf`);
    table = Float64Array.from({ length: 2 ** widthOf(format) }, (_, code) =>
      toNumber(decode(format, code, subnormals)),
    );
    known.set(subnormals, table);
  }
  return table;
}

/** Code -> float64 value for any format: a table up to 16 bits, arithmetic beyond. */
export function decoderOf(format: Format, subnormals: Subnormals = 'keep'): (code: number) => number {
  if (widthOf(format) <= 16) {
    const table = valuesOf(format, subnormals);
    return (code) => table[code];
  }
  if (format.kind === 'int') {
    const weight = 2 ** format.exponent;
    const span = 2 ** format.bits;
    const half = format.signed ? span / 2 : span;
    return (code) => (code >= half ? code - span : code) * weight;
  }
  if (format.kind === 'float' && isIeee(format)) return ieeeDecoder(format, subnormals);
  return (code) => toNumber(decode(format, code, subnormals));
}

function isIeee({
  signed,
  radix,
  lowest,
  specials,
  exponentBits,
  mantissaBits,
  paddingBits = 0,
  shift = 0,
}: FloatFormat) {
  const width = 1 + exponentBits + mantissaBits + paddingBits;
  return (
    signed &&
    radix === 2 &&
    lowest === 'subnormal' &&
    specials === 'ieee' &&
    width <= 32 &&
    exponentBits <= 10 &&
    shift === 0
  );
}

/** By the fields of a word: a table of powers takes the exponent's place. */
function ieeeDecoder(format: FloatFormat, subnormals: Subnormals): (code: number) => number {
  const { exponentBits, mantissaBits, bias, paddingBits = 0 } = format;
  const hidden = 2 ** mantissaBits;
  const top = 2 ** exponentBits - 1;
  const units = Float64Array.from({ length: top + 1 }, (_, field) => 2 ** (Math.max(field, 1) - bias - mantissaBits));
  return (code) => {
    const word = code >>> paddingBits;
    const mantissa = word & (hidden - 1);
    const field = (word >>> mantissaBits) & top;
    const negative = word >>> (mantissaBits + exponentBits) !== 0;
    if (field === top && mantissa !== 0) return Number.NaN;
    const kept = field === 0 && subnormals === 'flush' ? 0 : mantissa + (field === 0 ? 0 : hidden);
    const magnitude = field === top ? Infinity : kept * units[field];
    return negative ? -magnitude : magnitude;
  };
}

/** The values of an array of codes of any width, rounded to float64 where they are wider. */
export function sumValues(format: Format, codes: SumArray): Float64Array {
  const values = new Float64Array(codes.length);
  if (codes instanceof BigUint64Array) {
    for (let i = 0; i < codes.length; i++) values[i] = toNumber(decode(format, codes[i]));
    return values;
  }
  if (format.kind === 'float' && format.name === 'fp32') return new Float64Array(floatsOf(codes));
  if (format.kind === 'int' && format.signed && format.bits <= 32) signExtend(values, codes, format);
  else if (widthOf(format) <= 16) lookUp(values, codes, valuesOf(format));
  else {
    const decodeCode = decoderOf(format);
    for (let i = 0; i < codes.length; i++) values[i] = decodeCode(codes[i]);
  }
  return values;
}

/** Loops of their own, because each is several times as fast as one that calls a decoder for every code. */
function signExtend(values: Float64Array, codes: Uint32Array, { bits, exponent }: IntFormat): void {
  const weight = 2 ** exponent;
  const unused = 32 - bits;
  for (let i = 0; i < codes.length; i++) values[i] = ((codes[i] << unused) >> unused) * weight;
}

function lookUp(values: Float64Array, codes: Uint32Array, table: Float64Array): void {
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]];
}

function floatsOf(codes: Uint32Array): Float32Array {
  return new Float32Array(codes.buffer, codes.byteOffset, codes.length);
}
