import { z } from 'zod';
import { readDocument, record } from '../text/document.js';
import { TARGETS } from '../targets/catalog.js';
import { energyName, type TargetFields } from '../targets/schema.js';

/** The schema of sweep files. An axis takes one value or a list; the points are all combinations, last axis fastest. */
function axis<T extends z.ZodType>(item: T) {
  return z
    .union([item, z.array(item).min(1)])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<T>[]);
}

const size = z.int().min(1).max(4096);

export const sweepSchema = record({
  networks: axis(z.string()).describe('ONNX files of quantized networks'),
  datapaths: axis(z.string()).describe('datapaths by name or file; one that is the name of a target brings its units'),
  rows: axis(size).default([16]),
  cols: axis(size).default([16]),
  dataflow: axis(z.enum(['os', 'ws', 'is'])).default(['os']),
  reference: z.string().optional().describe('ONNX file of the float network to compare with'),
  data: z.string().optional().describe("folder of MNIST's IDX files; default: generated images"),
  images: z.int().min(1).default(200),
  energy: energyName
    .default('horowitz-45nm')
    .describe('energy table for datapaths that are no target, or gates of a library for all'),
});

export type SweepFile = z.output<typeof sweepSchema>;

/** @throws Error with one line `file:line:column: field: what is wrong and what would do` */
export function parseSweep(text: string, file: string): SweepFile {
  return readDocument(text, file, sweepSchema);
}

/** The target that a datapath is judged on: the one of its name, or a plain array around it. */
export function targetAround(datapath: string, { energy }: SweepFile): string | TargetFields {
  if (TARGETS.some(({ name }) => name === datapath)) return datapath;
  return {
    name: datapath,
    array: { rows: 16, cols: 16, dataflow: 'os' },
    datapath,
    memories: { a: 32, b: 128, sum: 32 },
    clockMhz: 500,
    energy,
  };
}

/** JSON Schema (draft 2020-12) of sweep files, for editors. */
export function sweepJsonSchema(): object {
  return { ...z.toJSONSchema(sweepSchema, { io: 'input' }), title: 'lastbit sweep' };
}
