import { hexCode } from '../../src/formats/format.js';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { csvText, csvWriter } from '../../src/outputs/csv.js';
import { formatTable } from '../../src/outputs/table.js';

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
  let text = '';
  const writer = csvWriter({ write: (chunk) => (text += chunk as string) }, ['n', 'name']);
  for (const row of rows) writer.row(row);
  writer.end();
  expect(text).toBe(csvText(['n', 'name'], rows));
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
