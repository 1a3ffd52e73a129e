import { z } from 'zod';
import { POSITIONS } from './directed/coverage.js';

/** What a set of golden vectors is, and how to make it again: manifest.json. Its schema is exported for editors. */
const tensorSchema = z.object({
  shape: z.array(z.int().min(1)).describe('row-major: the last index runs fastest'),
  layer: z.string().optional().describe('the layer that writes it, or that it is a parameter of'),
  scale: z
    .array(z.number())
    .optional()
    .describe('real = scale * (value - zeroPoint); one, or one for each on the axis'),
  axis: z.int().min(0).optional().describe('of the scales, where there are several'),
  zeroPoint: z.int().optional(),
  fit: z.string().optional().describe('format, rounding and overflow of the codes'),
});

const portSchema = z.object({
  name: z.string(),
  direction: z.enum(['in', 'out']),
  file: z.string(),
  format: z.unknown().describe('a name of the catalogue, a record of fields, or "bit"'),
  lanes: z.int().min(1).describe('codes packed in one word, lane 0 in the least significant bits'),
  wordBits: z.int().min(1),
  depth: z.int().min(1).describe('words in the file'),
  valid: z.string().optional().describe('port whose bits tell the lanes of each word that mean something'),
  meaning: z.string().optional(),
  tensor: tensorSchema.optional(),
});

const fileSchema = z.object({ name: z.string(), bytes: z.int(), sha256: z.string().length(64) });

/** Version of the manifest's shape: fields may be added, none changes its meaning. */
export const SCHEMA_VERSION = 1;

const common = {
  schemaVersion: z.literal(SCHEMA_VERSION).optional().describe('of this file; manifests before it have none'),
  generator: z.string().describe('name and version of what wrote it'),
  command: z.string().describe('reproduces every file, bit for bit'),
  format: z.string().describe('kind of the vector files'),
  ports: z.array(portSchema),
  files: z.array(fileSchema),
};

const unit = {
  datapath: z.unknown().describe('as a datapath file has it: formats, roundings, order'),
  order: z.unknown().describe('the order of the additions'),
};

const array = {
  target: z.string(),
  array: z.unknown().describe('rows, columns, dataflow and registers, as a target file has them'),
};

const source = {
  network: z.object({ file: z.string(), sha256: z.string().length(64) }),
  image: z.int().min(0).describe('number of the image'),
  data: z.string().describe('folder of the images, or "digits" or "flags" for the generated ones'),
};

const product = z.object({ m: z.int(), n: z.int(), k: z.int(), groups: z.int() });
const cycles = z.record(z.string(), z.int()).describe('itemised');

const count = z.int().min(0);
const ranges = z
  .string()
  .describe(
    'binades by their exponent of two, as "-14..3 5"; under: below the smallest number, over: beyond the largest',
  );

/**
 * What the rows of a unit's vectors reach, counted as they were written: for each kind of rounding of the unit, in how many
 * rows the exact value before it had a sign and a position between two numbers of the format, in which binades, and in
 * which not. What is missed cannot be reached (a sum of integers is never a tie) or was not found; nothing is known of a
 * unit there.
 */
const coverageSchema = z.object({
  sites: z.array(
    z.object({
      site: z.enum(['product', 'node', 'sum', 'outer', 'result', 'requantize']).describe('what is rounded'),
      format: z.string().describe('to which format'),
      classes: z.array(
        z.object({
          sign: z.enum(['+', '-']),
          position: z
            .enum(POSITIONS)
            .describe('of the exact value between two numbers; "just" is within a 16th of a step'),
          rows: count,
          binades: ranges.describe('binades that were reached'),
          missed: ranges.describe('binades that cannot be reached, or were not'),
        }),
      ),
      zeros: z.object({ positive: count, negative: count }),
      specials: z.object({ infinite: count, nan: count }),
    }),
  ),
  cancelled: z.record(z.string(), count).describe('rows by how far the result lies below the initial sum'),
});

const unitSchema = z.object({
  kind: z.literal('unit'),
  ...common,
  ...unit,
  k: z.int().min(1).describe('products in a row'),
  rows: z.int().min(1),
  stimulus: z.enum(['exhaustive', 'landmarks, then random', 'landmarks, directed, then random']),
  coverage: coverageSchema.optional(),
  seed: z.int(),
});

const tileSchema = z.object({
  kind: z.literal('tile').describe('words on the ports of the array, one for each clock edge'),
  ...common,
  ...unit,
  ...array,
  product,
  cycles,
  seed: z.int().optional().describe('of drawn operands'),
  layer: z.string().optional(),
  ...partial(source),
});

const layerSchema = z.object({
  kind: z.literal('layer'),
  ...common,
  ...unit,
  ...array,
  ...source,
  layer: z.string(),
  parameters: z.record(z.string(), z.unknown()).describe('strides, padding and the like'),
  product,
  cycles,
});

const networkSchema = z.object({
  kind: z.literal('network'),
  ...common,
  ...array,
  ...source,
  input: z.string(),
  output: z.string(),
  layers: z.array(
    z.object({
      name: z.string(),
      op: z.string(),
      reads: z.array(z.string()).describe('tensors by name'),
      parameters: z.record(z.string(), z.unknown()),
      ...partial({ ...unit, product, cycles }),
    }),
  ),
});

function partial<S extends z.ZodRawShape>(shape: S) {
  return z.object(shape).partial().shape;
}

export const manifestSchema = z.discriminatedUnion('kind', [unitSchema, tileSchema, layerSchema, networkSchema]);

export type Manifest = z.infer<typeof manifestSchema>;
export type UnitManifest = z.infer<typeof unitSchema>;
export type PortEntry = z.infer<typeof portSchema>;
export type TensorEntry = z.infer<typeof tensorSchema>;
/** Who wrote a set, and with which command. */
export type Provenance = Pick<Manifest, 'generator' | 'command'>;

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** JSON Schema (draft 2020-12) of manifest.json. */
export function manifestJsonSchema(): object {
  return { ...z.toJSONSchema(manifestSchema), title: 'lastbit manifest of golden vectors' };
}
