import { z } from 'zod';
import { type ResultColumn, kindOf } from './column.js';
import { CYCLE_COLUMNS, SCALE_SIM_COLUMNS } from './cycles.js';
import { LISTINGS } from './listings.js';
import { manifestSchema } from '../vectors/manifest.js';
import {
  ACCUMULATE_COLUMNS,
  ACTION_COLUMNS,
  LAYER_COLUMNS,
  QUANTIZE_COLUMNS,
  RUN_COLUMNS,
  STUDY_COLUMNS,
  SWEEP_COLUMNS,
  WORST_COLUMNS,
} from './results.js';
import { EPOCH_COLUMNS, PRODUCT_COLUMNS } from './training.js';

/** What each command prints with `--json`, made of the columns that it prints and writes. */

const KINDS = {
  count: () => z.int(),
  figure: () => z.number(),
  'exact number': () => z.number(),
  'wide number': () => z.union([z.number(), z.string().regex(/^-?\d+$/)]),
  text: () => z.string(),
  flag: () => z.boolean(),
} as const satisfies Record<ReturnType<typeof kindOf>, () => z.ZodType>;

/** One row: a figure is null where it is infinite or none. */
function fieldsOf(columns: readonly ResultColumn<never>[]): Record<string, z.ZodType> {
  const fields: Record<string, z.ZodType> = {};
  for (const column of columns) {
    const { field, exact, optional, title } = column;
    const kind = kindOf(column);
    const plain = kind === 'figure' || kind === 'exact number' ? KINDS[kind]().nullable() : KINDS[kind]();
    fields[field] = (optional ? plain.optional() : plain).describe(title);
    const flag = z.boolean().describe(`whether ${field} is null because nothing differs`);
    if (exact !== undefined) fields[exact] = optional ? flag.optional() : flag;
  }
  return fields;
}

const of = <Row>(columns: readonly ResultColumn<Row>[]) =>
  z.strictObject(fieldsOf(columns as readonly ResultColumn<never>[]));

const version = { schemaVersion: z.literal(1) };
const result = (fields: z.core.$ZodShape) => z.strictObject({ ...version, ...fields });
const rows = (row: z.ZodType) => result({ rows: z.array(row) });

const layer = z.strictObject({
  ...of(LAYER_COLUMNS).shape,
  route: z.string().describe('how the sums were computed, and why'),
  energy: z.array(of(ACTION_COLUMNS)).describe('what it is made of'),
  worst: of(WORST_COLUMNS.slice(2)).optional().describe('the sum with the largest error, as eval reads it'),
  place: z.literal('array'),
  rule: z.string().optional().describe('whose arithmetic makes codes of its sums'),
});
/** Beside the array nothing is counted but multiply-accumulates. */
const besideLayer = z.strictObject({
  layer: z.string(),
  op: z.string(),
  macs: z.int().optional(),
  place: z.literal('beside'),
  rule: z.string().optional(),
  reason: z.string().optional().describe('why its products do not run on the array'),
});
const coverage = z.strictObject({
  array: z.int().describe('layers on the array'),
  beside: z.int().describe('layers beside it'),
  refused: z.array(z.strictObject({ name: z.string(), op: z.string(), reason: z.string() })),
});
const runFields = { ...of(RUN_COLUMNS).shape, coverage, layers: z.array(z.union([layer, besideLayer])) };

const trainingPlan = z.strictObject({
  recipe: z.string(),
  target: z.string(),
  network: z.string(),
  teacher: z.string().optional(),
  distillation: z.strictObject({ share: z.number(), temperature: z.number() }).optional(),
  epochs: z.int(),
  batch: z.int(),
  seed: z.int(),
  arithmetic: z.enum(['array', 'float']),
  rate: z.number().optional(),
  scaling: z.looseObject({ kind: z.string() }).optional(),
});

const verdict = z.enum(['PASS', 'FAIL']);
const difference = z.strictObject({
  kind: z.string(),
  expected: z.number().nullable(),
  got: z.number().nullable(),
  ulp: z.number().nullable(),
  expectedCode: z.string(),
  gotCode: z.string(),
  row: z.int().optional(),
  operands: z.string().optional(),
  address: z.int().optional(),
  lane: z.int().optional(),
});
const compared = {
  verdict,
  differences: z.int(),
  kinds: z.partialRecord(z.string(), z.int()),
  first: z.array(difference),
};

/** Rows of the user's with columns of ours: theirs are text. */
const withColumns = (fields: z.core.$ZodShape) => rows(z.object(fields).catchall(z.string()));
const code = z.string().regex(/^0x[0-9a-f]+$/);
const flags = z.string();
const operation = { result: code, flags };

const cycleRow = of(CYCLE_COLUMNS);
const countTotals = (row: z.ZodObject) => z.strictObject(row.partial().shape);

const synthesis = z.strictObject({ cells: z.int(), types: z.record(z.string(), z.int()) });
const listed = Object.entries(LISTINGS).map(([what, { columns }]) =>
  result({ what: z.literal(what), rows: z.array(of(columns)) }),
);

const sourced = z.looseObject({ name: z.string() });

/** By the name that "lastbit schema" knows: the command's, and `-result`. A command with `--json` has an entry. */
export const RESULT_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  'run-result': result(runFields),
  'sweep-result': rows(of(SWEEP_COLUMNS)),
  'study-result': rows(of(STUDY_COLUMNS)),
  'train-result': result({
    plan: trainingPlan,
    epochs: z.array(of(EPOCH_COLUMNS)),
    products: z.array(of(PRODUCT_COLUMNS)),
    belowFp16NormalPercent: z.number().describe('nonzero gradients below the smallest normal number of fp16'),
    belowFp16Percent: z.number().describe('and below its smallest number'),
  }),
  'cycles-result': z.union([
    result({ layers: z.array(cycleRow), total: countTotals(cycleRow) }),
    result({ layers: z.array(of(SCALE_SIM_COLUMNS)), total: countTotals(of(SCALE_SIM_COLUMNS)) }),
  ]),
  'trace-result': rows(
    z.strictObject({
      cycle: z.int(),
      row: z.int(),
      col: z.int(),
      lanes: z.int(),
      aCode: code.optional(),
      a: z.number().nullable().optional(),
      bCode: code.optional(),
      b: z.number().nullable().optional(),
      sumCode: code,
      sum: z.number().nullable(),
    }),
  ),
  'demo-result': rows(z.strictObject(runFields)),
  'models-result': rows(z.strictObject({ name: z.string(), judgement: z.string() })),
  'quantize-result': result({
    ...of(QUANTIZE_COLUMNS).shape,
    leftReal: z.array(z.string()).describe('layers whose products the recipe leaves real'),
    out: z.string().optional(),
  }),
  'convert-result': withColumns(operation),
  'eval-result': z.union([
    withColumns({
      ...operation,
      exact: z.string().describe('decimal, every digit; empty where it is infinite or NaN'),
      error_ulp: z.number().nullable(),
      swamped: z.int(),
      overflowed: z.int(),
    }),
    withColumns(operation),
  ]),
  'check-result': z.union([
    result({ ...compared, rows: z.int() }),
    result({ ...compared, codes: z.int() }),
    result({ verdict, files: z.int(), changed: z.array(z.string()) }),
  ]),
  'accumulate-result': rows(of(ACCUMULATE_COLUMNS)),
  'vectors-result': z.union(manifestSchema.options.map((option) => option.extend(version))),
  'rtl-result': rows(
    z.strictObject({
      folder: z.string(),
      what: z.string(),
      files: z.array(z.string()),
      top: z.string().optional(),
      synthesis: synthesis.optional(),
    }),
  ),
  'gates-result': result({
    datapath: z.string(),
    dataflow: z.enum(['os', 'ws', 'is']),
    multiplyStages: z.int(),
    library: z.strictObject({ name: z.string(), volts: z.number(), celsius: z.number().optional() }),
    cells: z.int(),
    registers: z.int(),
    area: z.number(),
    periodNs: z.number(),
    maxMhz: z.number(),
    path: z.array(z.string()),
    leakageNw: z.number(),
    operands: z.array(
      z.strictObject({
        operands: z.string(),
        fjPerMac: z.number(),
        logicFj: z.number(),
        registersFj: z.number(),
        clockFj: z.number(),
        glitches: z.strictObject({ factor: z.number(), low: z.number(), high: z.number() }),
        sums: z.strictObject({ right: z.int(), all: z.int() }),
      }),
    ),
  }),
  'list-result': z.union(listed),
  'init-result': z.union([
    result({ kinds: z.array(z.strictObject({ kind: z.string(), path: z.string(), about: z.string() })) }),
    result({ kind: z.string(), path: z.string(), next: z.string().describe('a command line that uses it') }),
  ]),
  'completion-result': result({ shell: z.string(), script: z.string() }),
  'show-result': result({
    target: sourced.optional(),
    datapath: sourced.optional(),
    format: sourced.optional(),
    blockFormat: sourced.optional(),
    recipe: sourced.optional(),
    network: sourced.optional(),
  }),
};

/** JSON Schema (draft 2020-12) of a result. */
export function resultJsonSchema(name: string): object {
  return { ...z.toJSONSchema(RESULT_SCHEMAS[name], { io: 'input' }), title: `lastbit ${name}` };
}
