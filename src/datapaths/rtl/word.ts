import { type Fit, OVERFLOW_RULES } from '../../formats/codec.js';
import type { FloatFormat, Format, TableFormat } from '../../formats/format.js';
import { randomBitsOf, rtlOfRounding } from '../../formats/rounding.js';

/** Formats and fits as the words of fields that the SystemVerilog modules take; the layout is in lastbit_decode.sv. */
const LOWEST: Readonly<Record<FloatFormat['lowest'], number>> = { subnormal: 0, normal: 1, 'zero-only': 2, none: 3 };
const SPECIALS: Readonly<Record<FloatFormat['specials'], number>> = { none: 0, ieee: 1, fn: 2, fnuz: 3, merged: 4 };

/** `[value, lowest bit, width]` */
type Field = readonly [number, number, number];

function pack(fields: readonly Field[]): bigint {
  return fields.reduce((word, [value, at, width]) => word | (BigInt.asUintN(width, BigInt(value)) << BigInt(at)), 0n);
}

function formatFields(format: Format): Field[] {
  if (format.kind === 'int')
    return [
      [format.bits, 0, 8],
      [format.exponent, 32, 8],
      [Number(format.signed), 60, 1],
    ];
  if (format.kind === 'table') return [[tableKind(format), 48, 4]];
  return [
    [format.mantissaBits, 0, 8],
    [format.exponentBits, 8, 8],
    [format.bias, 16, 16],
    [format.shift ?? 0, 32, 8],
    [format.paddingBits ?? 0, 40, 8],
    [1, 48, 4],
    [LOWEST[format.lowest], 52, 4],
    [SPECIALS[format.specials], 56, 4],
    [Number(format.signed), 60, 1],
    [Number(format.radix === 4), 61, 1],
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
  return pack([...formatFields(format), [Number(flush), 72, 1]]);
}

export function fitWord(fit: Fit): bigint {
  const { rounding } = fit;
  return pack([
    ...formatFields(fit.format),
    [rtlOfRounding(rounding), 64, 4],
    [OVERFLOW_RULES[fit.overflow].rtl, 68, 4],
    [Number(fit.subnormals === 'flush'), 72, 1],
    [Number(fit.tininess === 'before'), 73, 1],
    [randomBitsOf(rounding), 80, 8],
  ]);
}
