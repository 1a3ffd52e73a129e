import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MacArray, macArray } from '../../../src/arrays/dataflow.js';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { stochastic } from '../../../src/formats/rounding.js';
import { meshShape, unitRtl, writeRtl } from '../../../src/outputs/benches/rtl.js';
import { folderWith } from '../../cli/command.js';

const unit = datapathNamed('int8');
const four = { ...unit, lanes: 4 };
const job = { layer: 'x', m: 10, n: 7, k: 21 };

function shapeOf(parts: Partial<MacArray>, of = unit, product = job) {
  const array = macArray({ rows: 4, cols: 3, dataflow: 'ws', ...parts });
  return meshShape({ name: 't', array }, of, product);
}

it('the memory below the columns has a word for each step of each tile of columns, and counts the folds of k', () => {
  // ws: rows along k, columns along n, time along m; is: rows along k, columns along m, time along n.
  for (const [dataflow, lanes, groups] of [
    ['ws', 1, 1],
    ['ws', 4, 3],
    ['is', 1, 2],
    ['is', 4, 1],
  ] as const) {
    const [columns, steps] = dataflow === 'ws' ? [job.n, job.m] : [job.m, job.n];
    const words = Math.ceil(job.k / lanes);
    const shape = shapeOf({ dataflow }, lanes === 1 ? unit : four, { ...job, ...(groups > 1 && { groups }) });
    expect(shape).toEqual({
      rows: 4,
      cols: 3,
      dataflow,
      doubleBuffer: false,
      reinject: false,
      memory: { steps, folds: Math.ceil(words / 4), depth: groups * Math.ceil(columns / 3) * steps },
    });
  }
});

it('sums are put back in at the top where the array does so, and a PE of os keeps its own', () => {
  for (const dataflow of ['os', 'ws', 'is'] as const)
    for (const accumulation of ['memory', 'reinject'] as const)
      for (const doubleBuffer of [true, false])
        expect(shapeOf({ dataflow, accumulation, doubleBuffer })).toMatchObject({
          doubleBuffer,
          reinject: accumulation === 'reinject' && dataflow !== 'os',
        });
});

describe('what the mesh is not', () => {
  const fits = { ...job, k: 20, n: 6 };
  const ordered = { ...unit, order: { kind: 'tree', width: 4 } } as const;
  it.each<[string, () => unknown, string | undefined]>([
    ['a multiplier stage', () => shapeOf({ multiplyStages: 1 }), 'has pipelined PEs (1 multiplier and 1 adder stages)'],
    ['an adder stage', () => shapeOf({ addStages: 2 }), 'has pipelined PEs (0 multiplier and 2 adder stages)'],
    ['broadcast', () => shapeOf({ operands: 'broadcast' }), 'broadcasts operands; the RTL mesh is systolic'],
    [
      'rows left over',
      () => shapeOf({ edge: 'partial' }, unit, { ...fits, k: 21 }),
      'takes edge tiles at their own size',
    ],
    ['columns left over', () => shapeOf({ edge: 'partial' }, unit, { ...fits, n: 7 }), 'takes edge tiles at their own'],
    ['none left over', () => shapeOf({ edge: 'partial' }, unit, fits), undefined],
    [
      'a tree in os',
      () => shapeOf({ dataflow: 'os' }, ordered),
      'adds in tree order; a PE adds in sequential or chunked',
    ],
    ['a tree in ws', () => shapeOf({}, ordered), undefined],
    ['chunks in os', () => shapeOf({ dataflow: 'os' }, { ...unit, order: { kind: 'chunked', length: 4 } }), undefined],
  ])('%s', (_what, shape, complaint) => {
    if (complaint === undefined) expect(shape).not.toThrow();
    else expect(shape).toThrow(`rtl: target t ${complaint}`);
  });
});

it('a unit that rounds at random has no vectors, and so no files', () => {
  const random = { ...unit, sum: { ...unit.sum, rounding: stochastic(4) } };
  expect(() => unitRtl(random, 4)).toThrow(
    'rtl: datapath int8 rounds stochastically, and vectors carry no random bits',
  );
  const files = unitRtl(unit, 4);
  const makefile = files.at(-1);
  expect([files[0].name, makefile?.name]).toEqual(['int8_unit.sv', 'Makefile']);
  expect(makefile?.text).toContain(
    `SOURCES = ${files
      .slice(0, -1)
      .map(({ name }) => name)
      .join(' ')}\n`,
  );
});

it('files are written as they are, all of them', async () => {
  const folder = folderWith();
  const files = unitRtl(unit, 4);
  await writeRtl(folder, files);
  expect(readdirSync(folder).toSorted()).toEqual(files.map(({ name }) => name).toSorted());
  for (const { name, text } of files) expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
});
