import { parse } from 'csv-parse/sync';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { RESULT_SCHEMAS, resultJsonSchema } from '../../src/outputs/tables/schemas.js';
import { LIBERTY } from '../gates/cells.js';
import { isInstalled } from '../programs.js';
import { answered } from './answered.js';
import { lastbit } from './command.js';

const models = join(import.meta.dirname, '..', '..', 'models');
const [int8, e4m3fn, float] = ['int8', 'e4m3fn', 'fp32'].map((name) => join(models, `digits-${name}.onnx`));

const FILES = {
  'ops.csv': 'id,a,b,c\n1,38 38,38 40,0\n2,7e 7e,7e 7e,\n3,7f,38,0\n',
  'dut.csv': 'result\n3c00\n7c00\n3c00\n',
  'codes.csv': 'code,note\n0x3f8ccccd,1.1\n0x7f800000,inf\n',
  'large.csv': 'value\n448\n',
  'sums.csv': 'a,b\n3f800000,40000000\n7f800000,ff800000\n',
  'cells.lib': LIBERTY,
  'net.csv': 'Layer,M,N,K\nfirst,5,7,9\nsecond,3,2,11\n',
  'space.yaml': `networks: [${int8}, ${e4m3fn}]\ndatapaths: [int8, fp8-fp16]\nimages: 3\nreference: ${float}\n`,
};

const RUN_E4M3FN = `run ${e4m3fn} --target fp8-fp16 --images 3 --out r`;
const TRAIN = 'train --recipe luq --network mlp --images 100 --judged 50 --epochs 1 --out t';

/** Every command with what it prints as JSON; `models` takes minutes, and is in test/long. */
const RUNS: readonly (readonly [string, number?])[] = [
  [`run ${int8} --target int8 --images 3 --out r`],
  [RUN_E4M3FN],
  [`run ${int8} --target int8 --images 2 --energy gates:sg13g2 --out r`],
  ['sweep space.yaml --out s'],
  [`study ${float} --recipes int8,int4-allocated,lsq --images 10 --trained 50 --threads 1`],
  [TRAIN],
  ['cycles net.csv --rows 3 --cols 4 --dataflow os'],
  ['cycles net.csv --rows 3 --cols 4 --dataflow ws --compat scalesim'],
  [`trace ${int8} --layer conv1 --cycles 0-3 --rows 0-1 --cols 0-1`],
  [`demo --models ${models} --images 1 --out d`],
  [`quantize ${float} --recipe int8 --images 10 --out q.onnx`],
  ['convert --from fp32 --to e4m3fn --input codes.csv'],
  ['eval --datapath fp8-fp16 --input ops.csv'],
  ['eval --op add --formats fp32,fp32,fp32 --input sums.csv'],
  ['check --datapath fp8-fp16 --input ops.csv --dut dut.csv', 1],
  ['check --manifest v/manifest.json'],
  ['accumulate --datapath fp8-fp16 fp8-fp32 --distribution large.csv --lengths 64,1024 --output a.csv'],
  ['vectors fp8-fp16 --count 20 --out w'],
  ['vectors --tile --target int8 --count 4 --out x'],
  ['rtl int8 --count 20 --steps 4 --out y'],
  ...(isInstalled('yosys') ? [['gates int4 --library cells.lib'] as const] : []),
  ['init'],
  ['init sweep new.yaml'],
  ['completion fish'],
  ...['formats', 'blocks', 'datapaths', 'targets', 'recipes', 'networks'].map((what) => [`list ${what}`] as const),
  ...['e4m3fn', 'int8', 'mxfp4', 'int4-gptq', 'lsq', 'distill-half', 'hopper-e4m3fn-fp32', int8].map(
    (name) => [`show ${name}`] as const,
  ),
];

/** One folder for all: what the runs leave there is looked at too. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastbit-json-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  expect(answered(folder, ['vectors', 'int8', '--count', '4', '--out', 'v']).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const done = new Map<string, ReturnType<typeof answered>>();

/** Runs a command once. */
function ran(line: string): ReturnType<typeof answered> {
  const known = done.get(line) ?? answered(folder, line.split(' '));
  done.set(line, known);
  return known;
}

it.each(RUNS.map(([line, status = 0]) => ({ line, status })))(
  '$line: JSON as its schema has it',
  ({ line, status }) => {
    const args = line.split(' ');
    const result = ran(`${line} --json`);
    expect([result.status, result.stdout.slice(0, 1)]).toEqual([status, '{']);
    const json = JSON.parse(result.stdout);
    expect(Object.keys(json)[0]).toBe('schemaVersion');
    const parsed = RESULT_SCHEMAS[`${args[0]}-result`].safeParse(json);
    expect(parsed.error === undefined ? '' : z.prettifyError(parsed.error)).toBe('');
  },
);

it('every command has --json, and a schema that is published', () => {
  const { stdout } = ran('--help');
  const names = [...stdout.matchAll(/^ {2}lastbit (\w+)/gm)].map((match) => match[1]);
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) expect(ran(`${name} --help`).stdout, name).toContain('--json');
  const results = names.filter((name) => name !== 'schema');
  expect(Object.keys(RESULT_SCHEMAS).sort()).toEqual(results.map((name) => `${name}-result`).sort());
  const covered = new Set(RUNS.map(([line]) => line.split(' ')[0]));
  expect(results.filter((name) => !covered.has(name))).toEqual(isInstalled('yosys') ? ['models'] : ['models', 'gates']);
  expect(JSON.parse(ran('schema run-result').stdout)).toEqual(resultJsonSchema('run-result'));
  for (const name of Object.keys(RESULT_SCHEMAS))
    expect(resultJsonSchema(name), name).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: `lastbit ${name}`,
    });
});

it('an unknown field is refused by the schemas', () => {
  const good = { schemaVersion: 1, rows: [] };
  expect(RESULT_SCHEMAS['sweep-result'].safeParse(good).success).toBe(true);
  expect(RESULT_SCHEMAS['sweep-result'].safeParse({ ...good, more: 1 }).success).toBe(false);
  expect(RESULT_SCHEMAS['sweep-result'].safeParse({ ...good, schemaVersion: 2 }).success).toBe(false);
  expect(RESULT_SCHEMAS['sweep-result'].safeParse({ ...good, rows: [{ network: 'x' }] }).success).toBe(false);
});

/** Columns that hold words or codes; all others are numbers, or true and false. */
const TEXT =
  /^(target|network|datapath|energySources|gatesLibrary|uncompared|layer|op|unit|a|b|c|recipe|family|dataflow|name|pass|gotKind)$/;
const CODES = /^(result|flags|code|note|aCode|bCode|sumCode)$/;

it('every cell of every numeric column of the CSV files is a number, or empty, and says why', () => {
  for (const [line] of RUNS) if (/^(run|sweep|study|train|demo|accumulate)/.test(line)) ran(`${line} --json`);
  const written = (line: string) => ran(line).stdout;
  const files = ['r/digits-int8.int8', 'r/digits-e4m3fn.fp8-fp16'].flatMap((stem) =>
    ['', '.layers', '.worst'].map((kind) => `${stem}${kind}.csv`),
  );
  files.push('s/sweep.csv', 'study/study.csv', 'd/six.csv', 'd/six.layers.csv', 'a.csv');
  files.push('t/steps.csv', 't/epochs.csv', 't/products.csv', 't/gradients.csv');
  const texts = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  texts.set('eval', written('eval --datapath fp8-fp16 --input ops.csv'));
  texts.set('convert', written('convert --from fp32 --to e4m3fn --input codes.csv'));
  written('cycles net.csv --rows 3 --cols 4 --dataflow os --out own.csv');
  written('cycles net.csv --rows 3 --cols 4 --dataflow os --compat scalesim --out scalesim.csv');
  for (const name of ['own.csv', 'scalesim.csv']) texts.set(name, readFileSync(join(folder, name), 'utf8'));
  let cells = 0;
  for (const [name, text] of texts) {
    const rows: Record<string, string>[] = parse(text, { columns: true });
    for (const [i, row] of rows.entries())
      for (const [column, cell] of Object.entries(row)) {
        if (TEXT.test(column) || (CODES.test(column) && !name.endsWith('.csv'))) continue;
        expect(cell, `${name}:${i + 2} ${column}`).toMatch(/^(|-?\d+(\.\d+)?(e[-+]?\d+)?|true|false)$/);
        cells++;
      }
  }
  expect(cells).toBeGreaterThan(1000);
  const run: Record<string, string>[] = parse(texts.get('r/digits-int8.int8.csv') as string, { columns: true });
  expect(run[0]).toMatchObject({ sqnrExactDb: '', exact: '1', exactFloat: '0' });
  for (const name of ['s/sweep.csv', 'study/study.csv']) {
    const rows: Record<string, string>[] = parse(texts.get(name) as string, { columns: true });
    expect(rows.some(({ sqnrExactDb, exact }) => sqnrExactDb === '' && exact === '1')).toBe(true);
    for (const { sqnrExactDb, exact } of rows) if (sqnrExactDb !== '') expect(exact).toBe('0');
  }
  const sums: Record<string, string>[] = parse(texts.get('a.csv') as string, { columns: true });
  // 1024 times 448 is beyond fp16, and within fp32.
  expect(sums.map(({ got, gotKind, errorUlp }) => [got, gotKind, errorUlp])).toEqual([
    ['28672', 'finite', '0'],
    ['', 'positive infinity', ''],
    ['28672', 'finite', '0'],
    ['458752', 'finite', '0'],
  ]);
});

it('the same names and numbers in CSV and JSON, of six significant digits where they are not whole', () => {
  const { stdout } = ran(`${RUN_E4M3FN} --json`);
  const result = JSON.parse(stdout);
  const read = (kind: string): Record<string, string>[] =>
    parse(readFileSync(join(folder, `r/digits-e4m3fn.fp8-fp16${kind}.csv`)), { columns: true });
  const same = (row: Record<string, string>, json: Record<string, unknown>) => {
    for (const [name, cell] of Object.entries(row)) {
      const value = json[name];
      if (typeof value !== 'number') continue;
      expect(cell, name).toBe(String(value));
      if (!Number.isInteger(value) && name !== 'largestSum') expect(value, name).toBe(Number(value.toPrecision(6)));
    }
    expect(Object.keys(row).filter((name) => row[name] !== '' && json[name] === undefined)).toEqual([]);
  };
  same(read('')[0], result);
  const placed = result.layers.filter(({ place }: { place: string }) => place === 'array');
  expect(read('.layers')).toHaveLength(placed.length);
  read('.layers').forEach((row, i) => same(row, placed[i]));
});

it('tables in pipes are at most 100 columns wide; --wide has every column, and a note says what is left out', () => {
  const width = (text: string) => Math.max(...text.split('\n').map((line) => line.length));
  const tables = ['list formats', 'list datapaths', 'list targets', 'list recipes', 'show int8', `show ${int8}`];
  const cycles = 'cycles net.csv --rows 3 --cols 4 --dataflow os';
  for (const line of [...tables, cycles, `${cycles} --compat scalesim`]) {
    const { stdout } = ran(line);
    // From each underlined head to the next blank line; what is said beside the tables is prose.
    const found = stdout.split(/\n(?=----)/).slice(1);
    expect(found.length, line).toBeGreaterThan(0);
    for (const table of found) expect(width(table.split('\n\n')[0]), line).toBeLessThanOrEqual(100);
  }
  const narrow = ran(`run ${int8} --target int8 --images 1`).stdout;
  expect(narrow).toContain('left out to fit: m, n, k, load, fill, stream, drain, stall; --wide shows all\n');
  const wide = ran(`${cycles} --wide`).stdout;
  expect(wide).toMatch(/^layer +cycles .* sum writes\n/);
  expect(wide).not.toContain('left out');
});

it('the columns that the launcher names are those of the terminal', () => {
  process.env.LASTBIT_COLUMNS = '60';
  try {
    const lines = lastbit(folder, ['list', 'recipes']).stdout.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  } finally {
    delete process.env.LASTBIT_COLUMNS;
  }
});
