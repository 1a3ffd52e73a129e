import { basename, extname } from 'node:path';
import { z } from 'zod';
import { DATAPATHS, findDatapath } from './catalog.js';
import { complaintsAbout } from './complaints.js';
import { type Datapath, datapath } from './datapath.js';
import { readDocument, record } from '../text/document.js';
import { readText } from '../text/read.js';
import { fitField, formatField, sumField } from './fields.js';
import { didYouMean } from '../text/nearest.js';

/**
 * The schema of datapath files. Its field names are a public contract; every field but `a`, `b` and `sum` has a
 * default. What a field means is said in datapath.ts and order.ts.
 */
const TRUNCATE = z.enum(['rtz', 'floor', 'rne']);
const fractionBits = z.int().min(0).max(256);
/** Beyond every exponent of a product that formats of 12 bits of bias can have. */
const exponent = z.int().min(-16384).max(16384);

const combineField = z.discriminatedUnion(
  'kind',
  [
    record({ kind: z.literal('chain') }),
    record({ kind: z.literal('tree'), node: fitField.optional() }),
    record({ kind: z.literal('fused'), sumInside: z.boolean().default(true) }),
    record({
      kind: z.literal('aligned'),
      fractionBits: fractionBits.describe('kept below the maximum exponent'),
      truncate: TRUNCATE.default('rtz'),
      productExponent: z.enum(['unnormalised', 'normalised']).default('unnormalised'),
      sumInside: z.boolean().default(true).describe('the running sum joins the alignment'),
      sumFractionBits: fractionBits.optional(),
      exponentFloor: exponent.optional(),
      zerosAlign: z.boolean().optional().describe('zeros take part in the maximum, a zero factor with exponent -126'),
      productOverflow: exponent.optional().describe('products of 2^this and above count as infinite'),
      evenOdd: z.boolean().optional().describe('even and odd lanes are summed apart, and joined'),
      twoStage: record({
        productFractionBits: fractionBits,
        sumFractionBits: fractionBits,
        truncate: TRUNCATE.default('rtz'),
        dropSumBelow: z
          .int()
          .min(0)
          .max(16384)
          .optional()
          .describe('the running sum is dropped where it lies lower than this'),
      })
        .optional()
        .describe(
          "the products' sum and the running sum are cut again, and added; without sumInside there is only evenOdd's joining, which truncates as it says",
        ),
    }),
  ],
  { error: 'must have a kind that is one of chain, tree, fused, aligned' },
);

const positive = z.int().min(1);
/** More than any unit has: registers, leaves of a tree, places of a permutation. */
const count = positive.max(65536);
const sequential = record({ kind: z.literal('sequential') });
const chunked = record({
  kind: z.literal('chunked'),
  length: positive.max(2 ** 24).describe('products in a chunk'),
  outer: fitField.optional().describe('default: the fit of the sum'),
});
const interleaved = record({ kind: z.literal('interleaved'), ways: count });
const permuted = record({
  kind: z.literal('permuted'),
  indices: z.array(z.int().min(0)).min(1).max(65536),
  after: z.discriminatedUnion('kind', [sequential, chunked, interleaved]).optional(),
}).refine(
  ({ indices }) => new Set(indices).size === indices.length && indices.every((index) => index < indices.length),
  {
    path: ['indices'],
    error: 'must hold every number from 0 to its length - 1 once',
  },
);

const orderField = z.discriminatedUnion(
  'kind',
  [sequential, chunked, record({ kind: z.literal('tree'), width: count }), interleaved, permuted],
  { error: 'must have a kind that is one of sequential, chunked, tree, interleaved, permuted' },
);

const requantizeField = record({
  kind: z.enum(['shift', 'gemmlowp-double', 'gemmlowp-single', 'float']),
  format: formatField,
  shift: z.int().min(0).max(63).optional(),
  rounding: z.enum(['half-even', 'half-away', 'half-up', 'floor']).optional(),
  stickyBits: z.int().min(0).optional().describe('bits below the guard bit that are looked at'),
  multiplier: z.number().positive().optional(),
  bias: z.int().optional(),
  zeroPoint: z.int().optional(),
  clamp: z.tuple([z.int(), z.int()]).optional(),
});

const product = z.union([z.literal('exact'), fitField], {
  error: 'must be "exact", or a fit such as {format: fp16, rounding: rne}',
});

export const datapathSchema = record({
  name: z.string().min(1).optional().describe("default: the file's name"),
  a: formatField,
  b: formatField,
  product: product.default('exact'),
  lanes: count.default(1).describe('products combined in one firing; 1 is a plain MAC'),
  combine: combineField.default({ kind: 'chain' }),
  sum: sumField,
  order: orderField.default({ kind: 'sequential' }),
  operands: z.enum(['keep', 'flush']).optional().describe("subnormal operands; default: the sum's subnormals"),
  result: fitField.optional().describe("what the last firing's sum is fitted to on its way out"),
  requantize: requantizeField.optional(),
  widened: formatField.optional().describe('operands are converted to this first; an alignment sees its exponents'),
  blockScale: record({
    format: formatField,
    size: positive.describe('operands that share a scale'),
    apply: z.enum(['exponent', 'group']),
    group: positive.optional().describe('products summed exactly before the scales apply; default: size'),
  }).optional(),
  nanCode: z.int().min(0).optional().describe('code of every NaN result'),
}).superRefine((fields, context) => {
  for (const [path, message] of complaintsAbout(fields as Omit<Datapath, 'name'>))
    context.addIssue({ code: 'custom', path: [...path], message });
});

/**
 * A datapath from the text of a file.
 * @throws Error with one line `file:line:column: field: what is wrong and what would do`
 */
export function parseDatapath(text: string, file: string): Datapath {
  const { operands, ...fields } = readDocument(text, file, datapathSchema);
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const name = basename(file, extname(file));
  const parts = { name, ...present, ...(operands === undefined ? {} : { operands }) };
  return datapath(parts as Parameters<typeof datapath>[0]);
}

/**
 * A datapath of the catalogue by its name, or one from a .yaml, .yml or .json file.
 * @throws Error when there is neither
 */
export function loadDatapath(nameOrFile: string): Datapath {
  const known = findDatapath(nameOrFile);
  if (known !== undefined) return known;
  if (/[/\\]|\.(ya?ml|json)$/i.test(nameOrFile)) return parseDatapath(readText(nameOrFile), nameOrFile);
  const names = DATAPATHS.map((entry) => entry.name);
  const near = didYouMean(nameOrFile, names) || '; "lastbit list datapaths" shows them';
  throw new RangeError(
    `there is no datapath ${JSON.stringify(nameOrFile)}, and a file would end in .yaml or .json${near}`,
  );
}

/** JSON Schema (draft 2020-12) of datapath files, for editors. */
export function datapathJsonSchema(): object {
  return { ...z.toJSONSchema(datapathSchema, { io: 'input' }), title: 'lastbit datapath' };
}
