import { z } from 'zod';
import { FORMATS, findFormat } from '../formats/catalog.js';
import { type Fit, fitTo, OVERFLOW_RULES, OVERFLOWS } from '../formats/codec.js';
import type { FloatFormat, Format } from '../formats/format.js';
import { widthOf } from '../formats/format.js';
import { didYouMean } from '../text/nearest.js';
import { type Rounding, ROUNDING_WORDS, ROUNDINGS, stochastic } from '../formats/rounding.js';
import { record } from '../text/document.js';

/** The fields that datapath, target and sweep files share: a format, a rounding, a fit. */
const LOWEST = ['subnormal', 'normal', 'zero-only', 'none'] as const;
const SPECIALS = ['ieee', 'fn', 'fnuz', 'merged', 'none'] as const;

/** The widest format that a record may describe, in bits. */
const WIDEST = 32;

const formatRecord = record({
  name: z.string().optional().describe('shown in reports; by default it is made of the fields'),
  signed: z.boolean().default(true),
  exponentBits: z.int().min(1).max(11),
  mantissaBits: z.int().min(0).max(30),
  bias: z.int().min(-4096).max(4096).optional().describe('default 2^(exponentBits - 1) - 1'),
  radix: z.union([z.literal(2), z.literal(4)], { error: 'must be 2 or 4' }).default(2),
  lowest: z.enum(LOWEST).default('subnormal').describe('what exponent field 0 holds'),
  specials: z.enum(SPECIALS).default('ieee').describe('what the top codes hold'),
  paddingBits: z.int().min(0).max(WIDEST).optional().describe('low bits of the word that are always zero'),
  shift: z.int().min(-64).max(64).optional().describe('extra power of two on every value'),
}).transform((fields, context): Format => {
  const bias = fields.bias ?? 2 ** (fields.exponentBits - 1) - 1;
  const format: FloatFormat = { ...fields, bias, kind: 'float', name: fields.name ?? '' };
  const complaint = complaintAbout(format);
  if (complaint !== undefined) context.addIssue({ code: 'custom', message: complaint });
  return known(format) ?? { ...format, name: fields.name ?? nameOf(format) };
});

function complaintAbout(format: FloatFormat): string | undefined {
  if (widthOf(format) > WIDEST) return `has ${widthOf(format)} bits; a record describes at most ${WIDEST}`;
  if (format.specials === 'ieee' && format.mantissaBits === 0)
    return 'specials "ieee" needs at least one mantissa bit, to tell NaN from infinity; use "fn", "merged" or "none"';
  if (format.specials === 'fnuz' && !format.signed)
    return 'specials "fnuz" needs a sign: its NaN is the code of -0; use "fn" or "none"';
  if (format.radix === 4 && (format.mantissaBits > 0 || format.lowest === 'subnormal'))
    return 'radix 4 is for formats without a mantissa whose exponent field 0 holds "normal" numbers (1-3-0)';
  if (format.lowest === 'subnormal' && format.mantissaBits === 0 && format.exponentBits < 2)
    return 'has no number but zero; give it more exponent or mantissa bits';
  return undefined;
}

/** The catalogue's own format where a record describes it, so that it keeps its name. */
function known(format: FloatFormat): Format | undefined {
  const { name, ...fields } = format;
  return FORMATS.find((other) => {
    const same =
      other.kind === 'float' && Object.entries(fields).every(([key, value]) => other[key as 'bias'] === value);
    return same && (name === '' || name === other.name);
  });
}

function nameOf({ signed, exponentBits, mantissaBits, bias, specials }: FloatFormat): string {
  return `${signed ? '' : 'u'}e${exponentBits}m${mantissaBits}b${bias}${specials === 'ieee' ? '' : specials}`;
}

/** For messages: what there is instead of a format that there is not. */
export function noFormat(name: string): string {
  const unknown = `there is no format ${JSON.stringify(name)}`;
  if (/^u?int\d/.test(name)) return `${unknown}: int<N> and uint<N> have 2 to 64 bits`;
  const near = didYouMean(
    name,
    FORMATS.map((format) => format.name),
  );
  return `${unknown}${near || '; "lastbit list formats" shows what there is'}`;
}

/** A catalogue name, `int<N>`, or a record of fields. */
export const formatField = z
  .union(
    [
      z.string().transform((name, context) => {
        const format = findFormat(name);
        if (format !== undefined) return format;
        context.addIssue({ code: 'custom', message: noFormat(name) });
        return z.NEVER;
      }),
      formatRecord,
    ],
    { error: 'must be a format name such as e4m3fn or int8, or a record with exponentBits and mantissaBits' },
  )
  .describe('a name of the catalogue, int<N>, uint<N>, int<N>q<F>, or a record of fields');

/** Names as the command line spells them: `rne`, ..., or `stochastic:<bits>`. Undefined when there is no such one. */
export function findRounding(name: string, seed = 1): Rounding | undefined {
  const match = /^stochastic:(\d+)$/.exec(name);
  const bits = Number(match?.[1]);
  if (match !== null) return bits >= 1 && bits <= 31 ? stochastic(bits, seed) : undefined;
  return ROUNDINGS.find((rounding) => rounding === name);
}

/** For messages: what there is instead of a rounding that there is not. */
export function noRounding(name: string): string {
  return `there is no rounding "${name}": it is one of ${ROUNDING_WORDS.join(', ')} (1 to 31 bits)${didYouMean(name, ROUNDINGS)}`;
}

const lfsrField = record({
  width: z.int().min(2).max(32),
  taps: z.array(z.int().min(1).max(32)).min(1),
  seed: z.int().default(1),
}).refine(({ width, taps }) => taps.every((tap) => tap <= width), {
  path: ['taps'],
  error: 'must be at most the width, each',
});

export const roundingField = z.union(
  [
    z.string().transform((name, context): Rounding => {
      const rounding = findRounding(name);
      if (rounding !== undefined) return rounding;
      context.addIssue({ code: 'custom', message: noRounding(name) });
      return z.NEVER;
    }),
    record({
      stochastic: record({
        bits: z.int().min(1).max(31),
        seed: z.int().default(1),
        perOutput: z.boolean().default(false).describe('each output has a register of its own'),
        lfsr: lfsrField.optional(),
      }),
    }).transform(({ stochastic: { bits, seed, perOutput, lfsr } }): Rounding => {
      const usual = stochastic(bits, seed, perOutput);
      return lfsr === undefined ? usual : { stochastic: { bits, perOutput, lfsr } };
    }),
  ],
  { error: `must be one of ${ROUNDING_WORDS.join(', ')}, or a record {stochastic: {...}}` },
);

const floats = OVERFLOWS.filter((name) => OVERFLOW_RULES[name].finite !== 'wrap');
/** For messages: the overflow policies that a float can have. */
export const FLOAT_OVERFLOWS = `${floats.slice(0, -1).join(', ')} or ${floats.at(-1)}`;

const fitShape = {
  format: formatField,
  rounding: roundingField.default('rne'),
  overflow: z
    .enum(OVERFLOWS)
    .optional()
    .describe(
      'default: wrap in an integer, ieee in a float; saturate takes infinities too, saturate-propagate leaves them',
    ),
  subnormals: z.enum(['keep', 'flush']).default('keep'),
  tininess: z.enum(['after', 'before']).optional(),
};

interface FitFields extends Partial<Omit<Fit, 'format'>> {
  format: Format;
}

/** Fills in the default overflow, and refuses what no unit can do. */
function toFit<F extends FitFields>(fields: F, context: z.RefinementCtx): F & Fit {
  const { overflow = fitTo(fields.format).overflow } = fields;
  if (overflow === 'wrap' && fields.format.kind !== 'int')
    context.addIssue({
      code: 'custom',
      path: ['overflow'],
      message: `"wrap" is for integers, and ${fields.format.name} is a float: use ${FLOAT_OVERFLOWS}`,
    });
  const { tininess, ...rest } = { ...fitTo(fields.format), ...fields, overflow };
  return (tininess === undefined ? rest : { ...rest, tininess }) as F & Fit;
}

/** How an exact value is forced into a format. */
export const fitField = record(fitShape).transform(toFit);

/** A fit that a register keeps between firings, maybe with fewer mantissa bits than its word has. */
export const sumField = record({
  ...fitShape,
  keptMantissaBits: z.int().min(0).optional().describe('mantissa bits that survive in the register'),
}).transform((fields, context) => {
  const { keptMantissaBits: kept, format } = fields;
  if (kept !== undefined && (format.kind !== 'float' || kept > format.mantissaBits))
    context.addIssue({
      code: 'custom',
      path: ['keptMantissaBits'],
      message: `must be at most the mantissa bits of the format, and ${format.name} has ${format.kind === 'float' ? format.mantissaBits : 'none'}`,
    });
  if (kept !== undefined && format.kind === 'float' && ['fn', 'merged'].includes(format.specials))
    context.addIssue({
      code: 'custom',
      path: ['keptMantissaBits'],
      message: `a register without all mantissa bits cannot hold the NaN of ${format.name}, which is all ones`,
    });
  const fit = toFit(fields, context);
  if (kept === undefined) delete fit.keptMantissaBits;
  return fit;
});
