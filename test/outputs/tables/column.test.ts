import { expect, it } from 'vitest';
import { type ResultColumn, resultCsv, resultJson, resultTable } from '../../../src/outputs/tables/column.js';
import { cellText, figure, formatTable } from '../../../src/outputs/tables/table.js';

interface Row {
  name: string;
  cycles: number;
  energyPj: number;
  sqnrDb?: number;
  ulp: number;
}

const COLUMNS: readonly ResultColumn<Row>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (r) => r.name },
  { field: 'cycles', title: 'cycles', value: (r) => r.cycles },
  { field: 'energyPj', title: 'energy (nJ)', digits: 1, value: (r) => r.energyPj, shown: (r) => r.energyPj / 1000 },
  { field: 'sqnrDb', exact: 'exact', title: 'SQNR (dB)', digits: 1, value: (r) => r.sqnrDb, optional: true },
  { field: 'ulp', title: 'max (ulp)', digits: 1, value: (r) => r.ulp },
];

const ROWS: readonly Row[] = [
  { name: 'plain', cycles: 123456789, energyPj: 1141517.7185953094, sqnrDb: 29.783253917723936, ulp: 4194304 },
  { name: 'same', cycles: 1, energyPj: 0.1 + 0.2, sqnrDb: Infinity, ulp: 0 },
  { name: 'broken', cycles: 2, energyPj: 1 / 3, sqnrDb: Number.NaN, ulp: Infinity },
  { name: 'unmeasured', cycles: 3, energyPj: 2e9, ulp: 0.25 },
];

it('one list of columns: CSV has empty cells for what is unbounded or none, and says which', () => {
  expect(resultCsv(COLUMNS, ROWS).split('\n').slice(0, -1)).toEqual([
    'name,cycles,energyPj,sqnrDb,exact,ulp',
    'plain,123456789,1141520,29.7833,0,4194304',
    'same,1,0.3,,1,0',
    'broken,2,0.333333,,0,',
    'unmeasured,3,2000000000,,,0.25',
  ]);
});

it('and JSON the same fields, with null', () => {
  expect(ROWS.map((row) => resultJson(COLUMNS, row))).toEqual([
    { name: 'plain', cycles: 123456789, energyPj: 1141520, sqnrDb: 29.7833, exact: false, ulp: 4194304 },
    { name: 'same', cycles: 1, energyPj: 0.3, sqnrDb: null, exact: true, ulp: 0 },
    { name: 'broken', cycles: 2, energyPj: 0.333333, sqnrDb: null, exact: false, ulp: null },
    { name: 'unmeasured', cycles: 3, energyPj: 2e9, ulp: 0.25 },
  ]);
});

it('the terminal says inf and nan, and shows six digits of a figure', () => {
  const lines = resultTable(COLUMNS, ROWS).split('\n');
  expect(lines[3]).toBe('same                1          0.0        inf        0.0');
  expect(lines[4]).toBe('broken              2          0.0        nan        inf');
  expect([1234567.891, 123.45678, 0.000123456, -98765.4321].map((value) => cellText(value, 3))).toEqual([
    '1234570',
    '123.457',
    '0.000',
    '-98765.4',
  ]);
  expect([2 ** 53 - 1, 1 / 3, 1e-9 / 3, 123456.7].map(figure)).toEqual([2 ** 53 - 1, 0.333333, 3.33333e-10, 123457]);
});

const wide = [
  { title: 'what', value: (r: { text: string }) => r.text, wrap: true },
  { title: 'a long name', value: () => 12, priority: 3 },
  { title: 'another one', value: () => 3, priority: 2 },
  { title: 'a third', value: () => 4, priority: 2 },
];
const SENTENCE = 'some words that go on and on until there is no more room for all of them in one line of text';

it('a table takes two lines for its titles, then leaves out the least important columns, and says so', () => {
  const rows = [{ text: 'x' }];
  const at = (width: number) => formatTable(wide, rows, width).split('\n');
  expect(at(40)[0]).toBe('what  a long name  another one  a third');
  expect(at(30).slice(0, 2)).toEqual(['what  a long  another      a', '        name      one  third']);
  expect(at(22)).toEqual([
    'what  another      a',
    '          one  third',
    '----  -------  -----',
    'x           3      4',
    'left out to fit: a',
    'long name; --wide',
    'shows all',
  ]);
  // Columns of one priority go together.
  expect(at(18).slice(0, 3)).toEqual(['what', '----', 'x']);
});

it('long text wraps into the room there is, and every word stays', () => {
  for (const width of [40, 60, 80, 100, Infinity]) {
    const lines = formatTable(wide, [{ text: SENTENCE }, { text: 'y' }], width).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    const words = lines.join(' ').split(/\s+/);
    for (const word of SENTENCE.split(' ')) expect(words).toContain(word);
  }
});

it('of several texts that wrap the first takes the room that it wants, and no line is too wide', () => {
  const column = (title: string, words: number) => ({ title, value: () => 'ab '.repeat(words).trim(), wrap: true });
  // Each has at least 36 characters, and two blanks between them; they want 59, 119 and 89.
  for (const [width, widths] of [
    [112, [36, 36, 36]],
    [130, [54, 36, 36]],
    [160, [59, 61, 36]],
    [250, [59, 119, 68]],
    [400, [59, 119, 89]],
  ] as const) {
    const lines = formatTable([column('first', 20), column('second', 40), column('third', 30)], [1], width).split('\n');
    expect(lines[1].split('  ').map((rule) => rule.length)).toEqual(widths);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  }
});

it('text that does not wrap is cut with an ellipsis where one column is too wide', () => {
  const lines = formatTable([{ title: 'path', value: () => 'a/very/long/path/of/many/folders' }], [1], 12).split('\n');
  expect(lines).toEqual(['path', '------------', 'a/very/long…']);
  // No narrower than eight characters, and no wider than it is.
  for (const length of [5, 8, 9, 30])
    for (const width of [1, 7, 8, 9, 10, 29, 30, 31]) {
      const [, rule, cell] = formatTable([{ title: 'p', value: () => 'x'.repeat(length) }], [1], width).split('\n');
      expect([rule.length, cell.length]).toEqual(Array(2).fill(Math.min(length, Math.max(8, width))));
    }
});

it('a word that is longer than its column is broken where the column ends, and no line is empty', () => {
  const word = 'abcdefghij'.repeat(5);
  const column = { title: 'text', value: (text: string) => text, wrap: true };
  const lines = (text: string) => formatTable([column], [text], 36).split('\n').slice(2);
  expect(lines(word)).toEqual([word.slice(0, 36), word.slice(36)]);
  expect(lines(`${word} end`)).toEqual([word.slice(0, 36), `${word.slice(36)} end`]);
  expect(lines(`so ${word}`)).toEqual(['so', word.slice(0, 36), word.slice(36)]);
  expect(lines(word.slice(0, 36))).toEqual([word.slice(0, 36)]);
});

it('whole numbers and unbounded ones are shown as they are, figures with their digits', () => {
  const cells = [7, -7, 10n ** 20n, true, false, undefined, 'text', Infinity, -Infinity, Number.NaN, 1e21, 0.5, 9.995];
  expect(cells.map((cell) => cellText(cell, undefined))).toEqual([
    '7',
    '-7',
    '100000000000000000000',
    'yes',
    'no',
    '',
    'text',
    'inf',
    '-inf',
    'nan',
    '1e+21',
    '0.5',
    '9.995',
  ]);
  expect([7, 0, 0.05, 0.95, 9.96, 12345.67, 123456.7, 1234567.8].map((cell) => cellText(cell, 1))).toEqual([
    '7.0',
    '0.0',
    '0.1',
    '0.9',
    '10.0',
    '12345.7',
    '123457',
    '1234570',
  ]);
  // Six significant digits, those before the point among them.
  expect([1.23456789, 12.3456789, 123.456789, 1234.56789, 12345.6789].map((cell) => cellText(cell, 4))).toEqual([
    '1.2346',
    '12.3457',
    '123.457',
    '1234.57',
    '12345.7',
  ]);
});
