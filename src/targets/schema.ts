import { basename, dirname, extname, resolve } from 'node:path';
import { z } from 'zod';
import { macArray } from '../arrays/dataflow.js';
import { type Datapath, datapath } from '../datapaths/datapath.js';
import { readDocument, record } from '../text/document.js';
import { didYouMean } from '../text/nearest.js';
import { readText } from '../text/read.js';
import { datapathSchema, loadDatapath } from '../datapaths/schema.js';
import { STOCK_LIBRARIES } from '../gates/stock.js';
import { ENERGY_TABLES, energyTableNamed } from '../energy/tables/catalog.js';
import { SOURCED_FIELDS, type Target, withEveryEnergy } from './target.js';

/**
 * The schema of target files. Its field names are a public contract. What a field means is said in target.ts and
 * arrays/dataflow.ts.
 */
const size = z.int().min(1).max(4096);
const kilobytes = z.number().positive();

const arrayField = record({
  rows: size,
  cols: size,
  dataflow: z.enum(['os', 'ws', 'is']),
  accumulation: z.enum(['memory', 'reinject']).optional().describe('ws, is: where partial sums meet'),
  edge: z.enum(['partial', 'whole']).optional().describe('what tiles at the edge of the matrix take'),
  doubleBuffer: z.boolean().optional(),
  operands: z.enum(['systolic', 'broadcast']).optional(),
  multiplyStages: z.int().min(0).max(64).optional(),
  addStages: z.int().min(1).max(64).optional(),
});

const bits = z.number().positive().optional();
const bandwidthField = record({ a: bits, b: bits, sum: bits, dram: bits }).describe('bits a cycle; default: unlimited');

const entryField = record({
  action: z.string().regex(/^(multiply|add|mac|read|write):\S+$/, 'must look like add:int32 or mac:int8*int8+int32'),
  pj: z.number().min(0),
  source: z.string().min(1),
  node: z.string().min(1),
  voltage: z.number().positive().optional(),
  extrapolated: z.boolean().default(false),
});

/** `gates:` and a library of the package, or liberty files with commas. */
const GATES = 'gates:';
const gatesName = z.templateLiteral([GATES, z.string().min(1)]);
/** What the array's memories and DRAM take where the PEs' energy is that of gates. */
const BESIDE_GATES = 'horowitz-45nm';
export const energyNames = [
  ...ENERGY_TABLES.map((table) => table.name),
  ...STOCK_LIBRARIES.map(({ name }) => `${GATES}${name}`),
  `${GATES}FILE.lib`,
];

/** Whether it is of gates. */
export const isOfGates = (name: string): boolean => name.startsWith(GATES);

const tableName = z.enum(ENERGY_TABLES.map((table) => table.name));
/** What sweep files take. */
export const energyName = z.union([tableName, gatesName], { error: `must be one of ${energyNames.join(', ')}` });

export const targetSchema = record({
  name: z.string().min(1).optional().describe("default: the file's name"),
  array: arrayField,
  datapath: z
    .union([z.string(), datapathSchema], { error: 'must be the name of a datapath, a file of one, or a record' })
    .describe('a name, a file beside this one, or the fields of a datapath file'),
  others: z
    .array(z.union([z.string(), datapathSchema]))
    .default([])
    .describe('units beside it, for other operands'),
  memories: record({ a: kilobytes, b: kilobytes, sum: kilobytes, bandwidth: bandwidthField.optional() }).describe(
    'capacities in kilobytes',
  ),
  clockMhz: z.number().positive(),
  sparsity: z
    .discriminatedUnion('kind', [
      record({ kind: z.literal('dense') }),
      record({ kind: z.literal('gated') }),
      record({ kind: z.literal('n-of-m'), n: size, m: size }).refine(({ n, m }) => n <= m, {
        path: ['n'],
        error: 'must be at most m, the size of the group',
      }),
      record({ kind: z.literal('skipping') }),
    ])
    .optional()
    .describe('what the array makes of zeros among the weights; default: nothing'),
  energy: z
    .union([tableName, gatesName, record({ table: tableName, entries: z.array(entryField).min(1) })], {
      error: `must be one of ${energyNames.join(', ')}, or a record with table and entries`,
    })
    .describe('a table, gates of a library, or a table and entries that come before its own'),
  source: z.partialRecord(z.enum(SOURCED_FIELDS), z.string().min(1)).default({}).describe('where each field is from'),
});

/** A target as files and data modules write it. */
export type TargetFields = z.input<typeof targetSchema>;

/** @throws Error from the schema, or one line naming what has no energy */
export function targetOf(fields: z.output<typeof targetSchema>, file: string): Target {
  const name = fields.name ?? basename(file, extname(file));
  const given = `given in ${file}`;
  return withEveryEnergy({
    name,
    array: macArray(fields.array),
    datapath: datapathOf(fields.datapath, name, file),
    others: fields.others.map((other) => datapathOf(other, name, file)),
    memories: fields.memories,
    clockMhz: fields.clockMhz,
    ...(fields.sparsity && { sparsity: fields.sparsity }),
    ...energyFrom(fields.energy, name),
    source: { array: given, datapath: given, memories: given, clockMhz: given, energy: given, ...fields.source },
  });
}

function datapathOf(field: z.output<typeof targetSchema>['datapath'], target: string, file: string): Datapath {
  if (typeof field !== 'string') return datapath({ name: target, ...field });
  const isFile = /\.(ya?ml|json)$/i.test(field);
  try {
    return loadDatapath(isFile ? resolve(dirname(file), field) : field);
  } catch (error) {
    if (error instanceof Error && 'path' in error) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${file}: datapath: ${message}`, { cause: error });
  }
}

type EnergyField = z.output<typeof targetSchema>['energy'];

/** @throws RangeError naming a table that there is not, and those there are */
function energyFrom(field: EnergyField, target: string): Pick<Target, 'energy' | 'gates'> {
  if (typeof field === 'string') return energyNamed(field);
  const table = energyTableNamed(field.table);
  return { energy: { name: `${table.name} with entries of ${target}`, entries: [...field.entries, ...table.entries] } };
}

function energyNamed(name: string): Pick<Target, 'energy' | 'gates'> {
  if (!isOfGates(name)) {
    const known = ENERGY_TABLES.some((table) => table.name === name);
    if (!known)
      throw new RangeError(
        `there is no energy table "${name}"; there are ${energyNames.join(', ')}${didYouMean(name, energyNames)}`,
      );
    return { energy: energyTableNamed(name) };
  }
  return { energy: energyTableNamed(BESIDE_GATES), gates: name.slice(GATES.length) };
}

/**
 * A target whose energy is another: a table's, or that of gates with its own table for what is not in the PEs.
 * @throws RangeError or Error naming what there is not
 */
export function withEnergy(target: Target, name: string): Target {
  const { energy, gates } = energyNamed(name);
  return withEveryEnergy(gates === undefined ? { ...target, energy, gates } : { ...target, gates });
}

/**
 * A target from the text of a file.
 * @throws Error with one line `file:line:column: field: what is wrong and what would do`
 */
export function parseTarget(text: string, file: string): Target {
  return targetOf(readDocument(text, file, targetSchema), file);
}

export function readTarget(file: string): Target {
  return parseTarget(readText(file), file);
}

/** JSON Schema (draft 2020-12) of target files, for editors. */
export function targetJsonSchema(): object {
  return { ...z.toJSONSchema(targetSchema, { io: 'input' }), title: 'lastbit target' };
}
