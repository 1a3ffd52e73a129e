import type { Fit, Overflow } from '../../formats/codec.js';
import type { FloatFormat, Format, TableFormat } from '../../formats/format.js';
import type { Rounding } from '../../formats/rounding.js';

/** Formats and fits as the words of fields that the SystemVerilog modules take; the layout is in lastbit_decode.sv. */
const LOWEST: readonly FloatFormat['lowest'][] = ['subnormal', 'normal', 'zero-only', 'none'];
const SPECIALS: readonly FloatFormat['specials'][] = ['none', 'ieee', 'fn', 'fnuz', 'merged'];
const ROUNDINGS: readonly Rounding[] = ['rne', 'rna', 'rnz', 'rtz', 'rup', 'rdn', 'rto'];
const OVERFLOWS: readonly Overflow[] = ['ieee', 'infinity', 'saturate', 'nan', 'wrap', 'saturate-propagate'];
const STOCHASTIC = 7;

/** The number of a choice in a word. @throws RangeError for one that the modules do not know, never another's number */
function numberOf<T>(choices: readonly T[], choice: T, field: string): number {
  const number = choices.indexOf(choice);
  if (number < 0) throw new RangeError(`rtl: no module knows the ${field} ${JSON.stringify(choice)}`);
  return number;
}

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
    [numberOf(LOWEST, format.lowest, 'lowest'), 52, 4],
    [numberOf(SPECIALS, format.specials, 'specials'), 56, 4],
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

/** Random bits of a rounding; 0 where it draws none. */
export function randomBits(rounding: Rounding): number {
  return typeof rounding === 'string' ? 0 : rounding.stochastic.bits;
}

export function formatWord(format: Format, flush = false): bigint {
  return pack([...formatFields(format), [Number(flush), 72, 1]]);
}

export function fitWord(fit: Fit): bigint {
  const { rounding } = fit;
  return pack([
    ...formatFields(fit.format),
    [typeof rounding === 'string' ? numberOf(ROUNDINGS, rounding, 'rounding') : STOCHASTIC, 64, 4],
    [numberOf(OVERFLOWS, fit.overflow, 'overflow'), 68, 4],
    [Number(fit.subnormals === 'flush'), 72, 1],
    [Number(fit.tininess === 'before'), 73, 1],
    [randomBits(rounding), 80, 8],
  ]);
}
