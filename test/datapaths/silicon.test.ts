import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { DATAPATHS, datapathNamed, findDatapath } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { describeDatapath } from '../../src/datapaths/describe.js';
import { type Operands, reduce } from '../../src/datapaths/reference.js';
import { parseDatapath } from '../../src/datapaths/schema.js';
import { evidenceOf, findSilicon, SILICON } from '../../src/datapaths/silicon/index.js';

/**
 * Rows of dot products against the units of published chips. Rows captured from eight GPUs (Khattak & Mikaitis, BSD-2)
 * are read where they lie beside the project, and are no part of it; the rows of silicon-rows.csv were computed here.
 */
const CAPTURED = new URL('../../../shared/data/tensorcores-hw/', import.meta.url);

interface Row {
  unit: string;
  operands: Operands;
  result: number;
}

function codesOf(words: string): number[] {
  return words.split(' ').map((word) => Number.parseInt(word, 16));
}

/** Rows of a CSV file with columns a, b, c, d or result, and perhaps unit and scales. */
function rowsOf(file: URL, unit?: string): Row[] {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const fields = Object.fromEntries(line.split(',').map((field, i) => [names[i], field]));
    const operands: Operands = { a: codesOf(fields.a), b: codesOf(fields.b), c: Number.parseInt(fields.c, 16) };
    if (fields.a_scales) operands.aScales = codesOf(fields.a_scales);
    if (fields.b_scales) operands.bScales = codesOf(fields.b_scales);
    return { unit: unit ?? fields.unit, operands, result: Number.parseInt(fields.result ?? fields.d, 16) };
  });
}

function mismatches(rows: readonly Row[], unit: (name: string) => Datapath = datapathNamed): number {
  return rows.filter(({ unit: name, operands, result }) => Number(reduce(unit(name), operands).code) !== result).length;
}

/** `h100_e4m3_fp16.csv` -> the unit that made it. NVIDIA's e4m3 is e4m3fn; mma.sync made all but the wgmma rows. */
function unitOf(file: string): string {
  const [gpu, input, output] = file.replace('.csv', '').split('_');
  const fp8 = input.startsWith('e');
  const emulated = fp8 && (gpu === 'b200' || (/^h[12]00$/.test(gpu) && output === 'fp16'));
  return [gpu, ...(emulated ? ['mma'] : []), input === 'e4m3' ? 'e4m3fn' : input, output].join('-');
}

describe('rows captured from GPUs', () => {
  const here = existsSync(CAPTURED);
  const files = here ? readdirSync(CAPTURED).filter((file) => file.endsWith('.csv')) : [];
  const rows = (file: string) => rowsOf(new URL(file, CAPTURED), unitOf(file));

  it('are reproduced without a mismatch', () => {
    if (!here) return console.info('the rows captured from GPUs are not beside the project: not checked here');
    let total = 0;
    for (const file of files) {
      const own = rows(file);
      total += own.length;
      expect(`${file}: ${mismatches(own)}`).toBe(`${file}: 0`);
    }
    console.info(`rows captured from GPUs: ${total} of ${files.length} files, 0 mismatches`);
    expect(total).toBeGreaterThan(0);
  });

  it('tell a unit from its neighbours', () => {
    if (!here) return;
    const narrower = (name: string): Datapath => {
      const unit = datapathNamed(name);
      const { combine } = unit;
      if (combine.kind !== 'aligned') throw new Error(`${name} is not aligned`);
      return { ...unit, combine: { ...combine, fractionBits: combine.fractionBits - 1 } };
    };
    for (const file of ['v100_fp16_fp32.csv', 'a100_fp16_fp32.csv', 'h100_fp16_fp32.csv', 'h100_e4m3_fp32.csv'])
      expect(mismatches(rows(file), narrower)).toBeGreaterThan(100);
  });
});

describe('rows computed here', () => {
  const rows = rowsOf(new URL('silicon-rows.csv', import.meta.url));

  it('cover every unit', () => {
    expect([...new Set(rows.map((row) => row.unit))].sort()).toEqual(SILICON.map((s) => s.datapath.name).sort());
  });

  it('are what the units give', () => {
    for (const row of rows) expect([row.unit, mismatches([row])]).toEqual([row.unit, 0]);
  });
});

describe('the catalogue', () => {
  it('has no name twice', () => {
    expect(new Set(DATAPATHS.map((d) => d.name)).size).toBe(DATAPATHS.length);
  });

  it('finds a generation by its chips', () => {
    expect(findDatapath('h200-bf16-fp32')?.name).toBe('hopper-bf16-fp32');
    expect(findDatapath('mi300x-fp16-fp32')?.name).toBe('cdna3-fp16-fp32');
    expect(findDatapath('v100-bf16-fp32')).toBeUndefined();
  });

  it('knows the generation of every chip that a name may begin with', () => {
    const chips = {
      volta: ['v100'],
      turing: ['t4'],
      ampere: ['a100', 'a2'],
      ada: ['l40s'],
      hopper: ['h100', 'h200'],
      blackwell: ['b200'],
      cdna1: ['mi100'],
      cdna2: ['mi250', 'mi250x'],
      cdna3: ['mi300a', 'mi300x'],
    };
    for (const [generation, names] of Object.entries(chips))
      for (const chip of names) {
        expect(findDatapath(`${chip}-fp16-fp32`)?.name).toBe(`${generation}-fp16-fp32`);
        expect(findDatapath(`${chip}-fp16-fp33`)).toBeUndefined();
      }
    expect(findSilicon('volta')).toBeUndefined();
    expect(findDatapath('tpu-v1')?.name).toBe('tpu-v1');
    expect(() => datapathNamed('tpu-v9')).toThrow(/unknown datapath "tpu-v9": there are int8 int4 xnor .*tpu-v1/);
  });

  it('can be written as files and read back', () => {
    for (const unit of DATAPATHS)
      expect(parseDatapath(stringify(describeDatapath(unit)), `${unit.name}.yaml`)).toEqual(unit);
  });

  it('tells how each field is known', () => {
    const hopper = findSilicon('hopper-fp16-fp32');
    if (hopper === undefined) throw new Error('hopper-fp16-fp32 is missing');
    expect(evidenceOf(hopper, 'combine.fractionBits').confidence).toBe('silicon');
    expect(evidenceOf(hopper, 'combine.zerosAlign').confidence).toBe('disputed');
    for (const sourced of SILICON)
      for (const field of ['a', 'combine', 'sum.rounding', 'order', ...Object.keys(sourced.fields)])
        expect(evidenceOf(sourced, field).source).not.toBe('');
  });

  it('names in its evidence only fields that units have', () => {
    const optional = ['nanCode', 'combine.exponentFloor', 'combine.zerosAlign'];
    for (const { datapath, fields } of SILICON)
      for (const field of Object.keys(fields)) {
        const value = field.split('.').reduce<unknown>((part, key) => Object(part)[key], datapath);
        expect([datapath.name, field, value !== undefined || optional.includes(field)]).toEqual([
          datapath.name,
          field,
          true,
        ]);
      }
  });
});
