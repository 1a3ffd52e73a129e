import { describe, expect, it } from 'vitest';
import { command } from '../../src/cli/command.js';
import { parseArguments } from '../../src/cli/parse.js';

const sample = {
  usage: 'sample <file> [more]',
  summary: 'For these tests',
  ...command({
    options: {
      file: { type: 'string', demandOption: true },
      more: { type: 'string' },
      count: { type: 'number', default: 7 },
      kind: { type: 'string', choices: ['fast', 'slow'] },
      units: { type: 'string', array: true },
      output: { type: 'string', alias: 'out' },
      json: { type: 'boolean', default: false },
      wide: { type: 'boolean', default: true },
    },
    examples: [],
    run: () => undefined,
  }),
};
const parse = (line: string) => parseArguments(['sample', ...line.split(' ').filter(Boolean)], sample);

describe('values', () => {
  it('have the types and the defaults of their options; what was not given is left out', () => {
    expect(parse('a.csv')).toEqual({ file: 'a.csv', count: 7, json: false, wide: true });
    expect(parse('a.csv b --count -3 --json --no-wide --kind slow')).toEqual({
      file: 'a.csv',
      more: 'b',
      count: -3,
      json: true,
      wide: false,
      kind: 'slow',
    });
  });

  it('keep text as it stands: numbers, codes, dots, equals signs, other options’ looks', () => {
    expect(parse('0x10 --kind=fast --output=a=b.c --count=1e3')).toMatchObject({
      file: '0x10',
      kind: 'fast',
      output: 'a=b.c',
      count: 1000,
    });
    expect(parse('007')).toMatchObject({ file: '007' });
  });

  it('lists take all words up to the next option, aliases mean their option, the last of two holds', () => {
    expect(parse('a.csv --units x y z --out o.csv')).toMatchObject({ units: ['x', 'y', 'z'], output: 'o.csv' });
    expect(parse('a.csv --output 1 --output 2')).toMatchObject({ output: '2' });
  });

  it('a lone dash is a value, of options and of places, and so are negative numbers', () => {
    expect(parse('a --count -1e-3')).toMatchObject({ count: -0.001 });
    expect(parse('- --output -')).toMatchObject({ file: '-', output: '-' });
  });
});

describe('refused in one line', () => {
  it.each([
    ['', 'sample <file> [more] needs <file>; see "lastbit sample --help"'],
    ['a b c', 'sample does not take "c" there; see "lastbit sample --help"'],
    ['a --cuont 3', 'sample has no option --cuont; did you mean --count?'],
    ['a -x', 'sample has no option -x; see "lastbit sample --help"'],
    ['a --count x', '--count must be a number, found "x"'],
    ['a --count', '--count needs a value'],
    ['a --output', '--output needs a value'],
    ['a --kind quick', '--kind is one of fast, slow, found "quick"'],
    ['a --json=maybe', '--json takes no value: give it, or leave it out'],
  ])('%s', (line, message) => {
    expect(() => parse(line)).toThrow(new Error(message));
  });
});
