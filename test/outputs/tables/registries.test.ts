import { describe, expect, it } from 'vitest';
import {
  ACCUMULATE_COLUMNS,
  LAYER_COLUMNS,
  resultCsv,
  resultJson,
  resultMarkdown,
  runJson,
  worstCsv,
} from '../../../src/outputs/tables/results.js';
import { LISTED } from './listedRows.js';
import { LAYER_JSON, REGISTRIES, RUN_JSON } from './rows.js';
import { json, leaving, shown } from './shown.js';
import { ACCUMULATION, LAYER, PART, RUN } from './subjects.js';

describe.each([...REGISTRIES, ...LISTED])('%s', (_name, columns, row, expected) => {
  it('shows these columns, leaves with these fields, and lacks no others than these', () => {
    const [titles, cells] = shown(columns, row as never);
    expect([titles.join(' | '), cells.join(' | ')]).toEqual([expected.titles, expected.cells]);
    expect(json(columns, row as never)).toBe(JSON.stringify(expected.json));
    const optional = columns.filter((column) => column.optional === true).map(({ field }) => field);
    expect(optional.join(' ')).toBe(expected.optional);
    const markdown = [titles, titles.map(() => '---'), cells].map((line) => `| ${line.join(' | ')} |\n`).join('');
    expect(resultMarkdown(columns, [row as never])).toBe(markdown);
    const csv = [
      ...Object.entries(expected.json).map(([field, value]) => [
        field,
        typeof value === 'boolean' ? csvFlag(field, value) : value,
      ]),
      ...(expected.lacking ?? []).map((field) => [field, '']),
    ];
    const [head, line] = resultCsv(columns, [row as never]).split('\n');
    expect([head, line]).toEqual([csv.map(([field]) => field).join(), csv.map(([, value]) => value).join()]);
  });

  it('gets narrower by what matters least, the rest one by one from the right', () => {
    const first = leaving(columns, row as never).slice(0, expected.leaving.length + 1);
    expect(first.slice(0, expected.leaving.length)).toEqual(expected.leaving);
    // What matters most goes alone.
    expect(first.at(-1)).not.toContain(', ');
  });
});

/** Flags beside an unbounded figure are 0 or 1 in CSV, those of a row true or false. */
const csvFlag = (field: string, value: boolean) => (field.startsWith('exact') ? Number(value) : value);

it('a run is its fields, with its layers, their energies and their worst sums', () => {
  const worst = { a: '0x1 0x2', b: '0x3 0x4', exact: 5.5, got: 5.25, ulp: 0.25 };
  const layers = [
    { ...LAYER, energy: [PART], worst },
    { ...LAYER, layer: 'd', node: 'dense1' },
  ];
  const [conv, dense, relu] = RUN.placements;
  const placements = [
    conv,
    { ...dense, place: 'array' },
    { ...conv, layer: 'c', node: 'conv2', place: 'beside' },
    relu,
  ];
  const { arrayMacsPercent: _share, ...run } = RUN_JSON;
  expect(runJson({ ...RUN, layers, placements } as never)).toEqual({
    ...run,
    arrayMacsPercent: 57.1429,
    coverage: { array: 2, beside: 2, refused: [] },
    layers: [
      {
        ...LAYER_JSON,
        route: 'a route',
        energy: [REGISTRIES[8][3].json],
        worst: { a: '0x1 0x2', b: '0x3 0x4', modelExact: 5.5, modelResult: 5.25, modelErrorUlp: 0.25 },
        ...{ place: 'array', rule: 'ort' },
      },
      { ...LAYER_JSON, layer: 'dense1', op: 'dense', route: 'a route', energy: [], place: 'array', reason: 'why' },
      { layer: 'conv2', op: 'conv', macs: 30, place: 'beside', rule: 'ort' },
      { layer: 'relu1', op: 'relu', place: 'beside' },
    ],
  });
  expect(worstCsv(layers as never)).toBe(
    'layer,unit,a,b,modelExact,modelResult,modelErrorUlp\nconv1,int8,0x1 0x2,0x3 0x4,5.5,5.25,0.25\n',
  );
});

it('layers without memory movement have none of its fields', () => {
  const { movement: _movement, glitches: _glitches, ...still } = LAYER;
  expect(Object.keys(JSON.parse(json(LAYER_COLUMNS, still as never))).at(-1)).toBe('largestSum');
});

it('what a sum came to is said in words', () => {
  const kinds = [1, -0, Infinity, -Infinity, Number.NaN].map(
    (got) => resultJson(ACCUMULATE_COLUMNS, { ...ACCUMULATION, got }).gotKind,
  );
  expect(kinds).toEqual(['finite', 'finite', 'positive infinity', 'negative infinity', 'not a number']);
});
