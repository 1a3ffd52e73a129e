import { describe, expect, it } from 'vitest';
import { readCsvTable } from '../../src/data/csvTable.js';

const read = (text: string, size?: number) =>
  readCsvTable(new TextEncoder().encode(text), 'x.csv', size, 'input "x" reads Nx2');

describe('tables of numbers', () => {
  it.each<[string, number | undefined, number[], number[] | undefined, number[]]>([
    ['1,2\n3,4\n', 2, [1, 2, 3, 4], undefined, [1, 2]],
    ['a,b\r\n1.5,-2e-3\r\n\r\n+.5,3.\r\n', 2, [1.5, -0.002, 0.5, 3], undefined, [2, 4]],
    ['7,1,2\n0,3,4', 2, [1, 2, 3, 4], [7, 0], [1, 2]],
    ['a,b,Label\n1,2,7\n3,4,0\n', 2, [1, 2, 3, 4], [7, 0], [2, 3]],
    ['a,target,b\n1,7,2\n', 2, [1, 2], [7], [2]],
    ['a,target,b\n1,7,2\n', undefined, [1, 2], [7], [2]],
    ['1,2,3\n', undefined, [1, 2, 3], undefined, [1]],
    ['\ufefflabel,b\n"3","-0"\n', 1, [-0], [3], [2]],
    ['nan, inf\n-Infinity,NaN\n', 2, [NaN, Infinity, -Infinity, NaN], undefined, [1, 2]],
    ['123456789012345,1234567890123456789\n', 2, [123456789012345, 1234567890123456800], undefined, [1]],
    ['1.0e+00,5\n', 1, [5], [1], [1]],
  ])('%j', (text, size, values, labels, lines) => {
    const table = read(text, size);
    expect(Array.from(table.values)).toEqual(values);
    expect(table.labels && Array.from(table.labels)).toEqual(labels);
    expect(Array.from(table.lines)).toEqual(lines);
  });

  it('labels may be words', () => {
    const { labels, classes } = read(
      '1,2,label\nx,1,2\n'.replace('1,2,label\n', 'label,a,b\n').concat('b,3,4\nx,5,6\n'),
      2,
    );
    expect([labels, classes]).toEqual([Int32Array.of(1, 0, 1), ['b', 'x']]);
  });

  it.each<[string, boolean]>([
    ['0,255\n', true],
    ['0,256\n', false],
    ['0,-1\n', false],
    ['0.5,1\n', false],
    ['nan,1\n', false],
  ])('%j is bytes: %s', (text, bytes) => expect(read(text, 2).bytes).toBe(bytes));

  it.each([
    ['', 'x.csv holds no line of numbers'],
    ['label,a,b\n', 'x.csv holds no line of numbers'],
    ['1\n', 'x.csv:1: 1 field, and input "x" reads Nx2, 2 numbers: a line has these, and may have a label before them'],
    ['1,2,3,4\n', 'x.csv:1: 4 fields, and input "x" reads Nx2, 2 numbers'],
    ['1,2\n3\n', 'x.csv:2: 1 field, and 2 in the first line of numbers'],
    ['1,2\n\n3,4,5\n', 'x.csv:3: 3 fields, and 2 in the first line of numbers'],
    ['1,2\n3,\n', 'x.csv:2: field 2 is "": a number is wanted'],
    ['1,2\n3,0x10\n', 'x.csv:2: field 2 is "0x10": a number is wanted'],
    ['1;2\n', 'x.csv:1: 1 field, and input'],
    ['-1,1,2\n', 'x.csv:1: the label is -1: whole numbers from 0 are labels'],
    ['1,1,2\n1.5,1,2\n', 'x.csv:2: the label is 1.5: whole numbers from 0 are labels'],
    ['1,1,2\n,1,2\n', 'x.csv:2: the label is empty'],
  ])('%j is refused', (text, message) => expect(() => read(text, 2)).toThrow(message));
});
