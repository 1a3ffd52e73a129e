import { type Fit, OVERFLOW_RULES } from '../../formats/codec.js';
import type { FloatFormat, Format, TableFormat } from '../../formats/format.js';
import { randomBitsOf, rtlOfRounding } from '../../formats/rounding.js';

/** Formats and fits as the words of fields that the SystemVerilog modules take; the layout is in lastbit_decode.sv. */
const LOWEST: Readonly<Record<FloatFormat['lowest'], number>> = { subnormal: 0, normal: 1, 'zero-only': 2, none: 3 };
const SPECIALS: Readonly<Record<FloatFormat['specials'], number>> = { none: 0, ieee: 1, fn: 2, fnuz: 3, merged: 4 };

/** `[value, lowest bit]`; no value is wider than its field. */
type Field = readonly [number | bigint, number];

function pack(fields: readonly Field[]): bigint {
  return fields.reduce((word, [value, at]) => word | (BigInt(value) << BigInt(at)), 0n);
}

/** A number that may be negative, in two's complement. */
const complement = (value: number, width: number): bigint => BigInt.asUintN(width, BigInt(value));

function formatFields(format: Format): Field[] {
  if (format.kind === 'int')
    return [
      [format.bits, 0],
      [complement(format.exponent, 8), 32],
      [Number(format.signed), 60],
    ];
  if (format.kind === 'table') return [[tableKind(format), 48]];
  return [
    [format.mantissaBits, 0],
    [format.exponentBits, 8],
    [complement(format.bias, 16), 16],
    [complement(format.shift ?? 0, 8), 32],
    [format.paddingBits ?? 0, 40],
    [1, 48],
    [LOWEST[format.lowest], 52],
    [SPECIALS[format.specials], 56],
    [Number(format.signed), 60],
    [Number(format.radix === 4), 61],
  ];
}

function tableKind({ name, values }: TableFormat): number {
  if (isBinary({ kind: 'table', name, bits: 1, values })) return 2;
  if (values.join() === [0, 1, null, -1].join()) return 3;
  throw new RangeError(`rtl: ${name} is a table of values; a unit decodes binary and ternary only`);
}

/** Code 1 is +1 and code 0 is -1. */
export function isBinary(format: Format): boolean {
  return format.kind === 'table' && format.values.join() === [-1, 1].join();
}

export function formatWord(format: Format, flush = false): bigint {
  return pack([...formatFields(format), [Number(flush), 72]]);
}

export function fitWord(fit: Fit): bigint {
  const { rounding } = fit;
  return pack([
    ...formatFields(fit.format),
    [rtlOfRounding(rounding), 64],
    [OVERFLOW_RULES[fit.overflow].rtl, 68],
    [Number(fit.subnormals === 'flush'), 72],
    [Number(fit.tininess === 'before'), 73],
    [randomBitsOf(rounding), 80],
  ]);
}
