import { z } from 'zod';

/** What a set of golden vectors is, and how to make it again: manifest.json. Its schema is exported for editors. */
const portSchema = z.object({
  name: z.string(),
  direction: z.enum(['in', 'out']),
  format: z.unknown().describe('a name of the catalogue, or a record of fields'),
  lanes: z.int().min(1).describe('codes packed in one word, lane 0 in the least significant bits'),
  wordBits: z.int().min(1),
});

const fileSchema = z.object({ name: z.string(), bytes: z.int(), sha256: z.string().length(64) });

export const manifestSchema = z.object({
  generator: z.string().describe('name and version of what wrote it'),
  command: z.string().describe('reproduces every file, bit for bit'),
  datapath: z.unknown().describe('as a datapath file has it: formats, roundings, order'),
  order: z.unknown().describe('the order of the additions'),
  k: z.int().min(1).describe('products in a row'),
  rows: z.int().min(1),
  stimulus: z.enum(['exhaustive', 'landmarks, then random']),
  seed: z.int(),
  format: z.string().describe('kind of the vector files'),
  ports: z.array(portSchema),
  files: z.array(fileSchema),
});

export type Manifest = z.infer<typeof manifestSchema>;

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** JSON Schema (draft 2020-12) of manifest.json. */
export function manifestJsonSchema(): object {
  return { ...z.toJSONSchema(manifestSchema), title: 'lastbit manifest of golden vectors' };
}
