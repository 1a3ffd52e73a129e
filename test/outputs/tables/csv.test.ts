import { hexCode } from '../../../src/formats/format.js';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { csvText, csvWriter } from '../../../src/outputs/tables/csv.js';
import { traceCsv } from '../../../src/outputs/traces/trace.js';
import { DATAPATHS } from '../../../src/datapaths/catalog.js';
import { decoderOf } from '../../../src/datapaths/kernel/index.js';
import { type Format, hexDigitsOf, widthOf } from '../../../src/formats/format.js';
import { macArray } from '../../../src/arrays/dataflow.js';
import { formatTable } from '../../../src/outputs/tables/table.js';

it('numbers stay numbers, formulas become text, hex has a prefix', () => {
  const text = csvText(
    ['layer', 'energy (nJ)', 'code'],
    [
      ['=1+1', -1.5, hexCode(0x1e5, 4)],
      ['a,"b"', 1e21, '@x'],
    ],
  );
  expect(text).toBe('layer,energy (nJ),code\n\'=1+1,-1.5,0x01e5\n"a,""b""",1e+21,\'@x\n');
  expect(parse(text)).toHaveLength(3);
});

it('byte-order mark and semicolons where asked', () => {
  expect(csvText(['a', 'b'], [[1, true]], { bom: true, delimiter: ';' })).toBe('\ufeffa;b\n1;true\n');
});

it('a table written row by row is the same text', () => {
  const rows = Array.from({ length: 2500 }, (_, i) => [i, `row ${i}`]);
  const chunks: string[] = [];
  const writer = csvWriter({ write: (chunk) => chunks.push(chunk as string) }, ['n', 'name']);
  for (const row of rows) writer.row(row);
  writer.end();
  expect(chunks.join('')).toBe(csvText(['n', 'name'], rows));
  // The header, and a thousand rows at a time: memory stays flat.
  expect(chunks.map((chunk) => chunk.split('\n').length - 1)).toEqual([1, 1000, 1000, 500]);
});

it('a terminal table is aligned, numbers to the right', () => {
  const columns = [
    { title: 'layer', value: (row: { layer: string; cycles: number }) => row.layer },
    { title: 'cycles', value: (row: { layer: string; cycles: number }) => row.cycles },
    { title: 'use (%)', value: (row: { layer: string; cycles: number }) => row.cycles / 3, digits: 1 },
  ];
  expect(
    formatTable(columns, [
      { layer: 'conv1', cycles: 1234 },
      { layer: 'fc', cycles: 5 },
    ]),
  ).toBe('layer  cycles  use (%)\n-----  ------  -------\nconv1    1234    411.3\nfc          5      1.7');
});

/** The cells of a code: it in hex, and its value. */
function cellsOf(format: Format, code: number): [string, string | number] {
  const value = decoderOf(format)(code);
  return [hexCode(code, hexDigitsOf(format)), Number.isFinite(value) ? value : String(value)];
}

const traced = DATAPATHS.filter(({ a, sum }) => widthOf(a) <= 32 && widthOf(sum.format) <= 32);

it.each(traced.map((unit) => [unit.name, unit] as const))(
  '%s: a trace is the text that a table of its rows is',
  (_name, unit) => {
    let seed = 9;
    const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 4;
    // Codes of all kinds, among them the largest, infinities and NaN, and the same ones again.
    const codeOf = (format: Format) => {
      const count = 2 ** widthOf(format);
      const used =
        format.kind === 'table' ? format.values.flatMap((value, code) => (value === null ? [] : [code])) : [];
      if (used.length > 0) return used[next() % used.length];
      const landmarks = [0, count / 2, count - 1, 0x7c00, 0xfc00, 0x7f80, 0xff80, 0x7f800000, 0xff800000];
      return (next() % 2 === 0 ? landmarks[next() % landmarks.length] : next() * 16) % count;
    };
    let text = '';
    const sink = { write: (chunk: string | Uint8Array) => void (text += chunk as string) };
    const trace = traceCsv(sink, macArray({ rows: 2, cols: 3, dataflow: 'os' }), unit, {
      cycles: [2, 21],
      rows: [0, 1],
      cols: [1, 2],
    });
    const rows: (string | number)[][] = [];
    for (let cycle = 0; cycle < 25; cycle++) {
      const words = (format: Format, count: number) => Uint32Array.from({ length: count }, () => codeOf(format));
      const [a, b] = [words(unit.a, 6 * unit.lanes), words(unit.b, 6 * unit.lanes)];
      const sum = Float64Array.from(words(unit.sum.format, 6));
      const live = Uint16Array.from({ length: 6 }, () => next() % (unit.lanes + 1));
      trace.cycle?.(cycle, { a, b, sum, live });
      if (cycle < 2 || cycle > 21) continue;
      for (const pe of [1, 2, 4, 5]) {
        const first = pe * unit.lanes;
        const operands = live[pe] > 0 ? [...cellsOf(unit.a, a[first]), ...cellsOf(unit.b, b[first])] : ['', '', '', ''];
        rows.push([cycle, Math.floor(pe / 3), pe % 3, live[pe], ...operands, ...cellsOf(unit.sum.format, sum[pe])]);
      }
    }
    expect(trace.end()).toBe(80);
    expect(text).toBe(csvText(['cycle', 'row', 'col', 'lanes', 'aCode', 'a', 'bCode', 'b', 'sumCode', 'sum'], rows));
  },
);
