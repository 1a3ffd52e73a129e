import { expect, it } from 'vitest';
import { z } from 'zod';
import { readDocument, record } from '../../src/text/document.js';

const inner = record({ bits: z.number().int().min(1).max(64), mode: z.enum(['rne', 'rtz']).optional() });
const schema = record({
  name: z.string().min(1),
  unit: z.union([z.string().regex(/^[a-z]+$/), inner]),
  list: z.array(z.number().positive()).min(1).max(3).optional(),
  even: z.boolean().optional(),
  kind: z.enum(['alpha', 'beta']).optional(),
  deep: record({ low: inner }).optional(),
});
/** A field that may be anything, and must be there. */
const anything = record({ value: z.unknown(), name: z.string() });

const GOOD = 'name: x\nunit: {bits: 3}\n';

/** What is wrong with a text. */
function said(text: string): string {
  try {
    return `read: ${JSON.stringify(readDocument(text, 'f.yaml', schema))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

it('is read as it stands, as YAML or JSON', () => {
  expect(said(GOOD)).toBe('read: {"name":"x","unit":{"bits":3}}');
  expect(said('{"name": "x", "unit": "ab", "even": false}')).toBe('read: {"name":"x","unit":"ab","even":false}');
});

it.each([
  // An unknown field has its own place, at the top and deeper, and says no more than that it is unknown.
  [
    `${GOOD}evn: true\n`,
    'f.yaml:3:1: there is no field "evn" here; did you mean "even"? the fields are name, unit, list, even, kind, deep',
  ],
  [`  ${GOOD.replace('\n', '\n  ')}qqqqqq: 1\n`, 'f.yaml:3:1'],
  [
    'name: x\nunit:\n  bits: 3\n  moed: rne\n',
    'f.yaml:4:3: unit: there is no field "moed" here; did you mean "mode"? the fields are bits, mode',
  ],
  // What is missing stands where the record that lacks it begins.
  ['name: x\n', 'f.yaml:1:1: unit: is missing; has none of the forms that a value may have here'],
  ['unit: ab\n', 'f.yaml:1:1: name: is missing; must be a string'],
  // A misspelt field comes before what it leaves missing, where both are of one record.
  [
    'nam: x\nunit: ab\n',
    'f.yaml:1:1: there is no field "nam" here; did you mean "name"? the fields are name, unit, list, even, kind, deep',
  ],
  ['nam: x\nunit: {bts: 3}\n', 'f.yaml:1:1: there is no field "nam" here; did you mean "name"?'],
  [
    'name: x\nunit: {bts: 3}\n',
    'f.yaml:2:8: unit: there is no field "bts" here; did you mean "bits"? the fields are bits, mode',
  ],
  [`${GOOD}deep: {low: {bts: 3}}\n`, 'f.yaml:3:14: deep.low: there is no field "bts" here; did you mean "bits"?'],
  [`${GOOD}deep: {lwo: {bts: 3}}\n`, 'f.yaml:3:8: deep: there is no field "lwo" here; did you mean "low"?'],
  // One of another record is no reason to pass over what is missing.
  ['unit: {bits: 3, moed: 1}\n', 'f.yaml:1:1: name: is missing; must be a string'],
  // Values that are wrong, with what was found.
  ['name: x\nunit: {bits: 0}\n', 'f.yaml:2:14: unit.bits: must be at least 1, found 0'],
  ['name: x\nunit: {bits: 65}\n', 'f.yaml:2:14: unit.bits: must be at most 64, found 65'],
  ['name: x\nunit: {bits: 1.5}\n', 'f.yaml:2:14: unit.bits: must be a whole number, found 1.5'],
  [
    'name: x\nunit: {bits: 3, mode: rnee}\n',
    'f.yaml:2:23: unit.mode: "rnee" is not one of rne, rtz; did you mean "rne"?',
  ],
  [`${GOOD}kind: gamma\n`, 'f.yaml:3:7: kind: "gamma" is not one of alpha, beta'],
  [`${GOOD}list: []\n`, 'f.yaml:3:7: list: must have 1 or more, found []'],
  [`${GOOD}list: [1, 2, 3, 4]\n`, 'f.yaml:3:7: list: must have 3 or fewer, found [1,2,3,4]'],
  [`${GOOD}list: [1, -.inf]\n`, 'f.yaml:3:11: list.1: must be a number, found -.inf'],
  [`${GOOD}list: [1, 0]\n`, 'f.yaml:3:11: list.1: must be greater than 0, found 0'],
  [`${GOOD}even: 3\n`, 'f.yaml:3:7: even: must be true or false, found 3'],
  [`${GOOD}list: 3\n`, 'f.yaml:3:7: list: must be a list, found 3'],
  ['name: ""\nunit: ab\n', 'f.yaml:1:7: name: must not be empty, found ""'],
  ['- 1\n', 'f.yaml:1:1: must be a record with name, unit, list, even, kind, deep, found [1]'],
  ['\n\n  3\n', 'f.yaml:3:3: must be a record with name, unit, list, even, kind, deep, found 3'],
])('%j: the place, the field, and what would do', (text, message) => {
  expect(said(text)).toContain(message);
});

it('of a field that may be anything it is said that it is missing, and no more', () => {
  expect(() => readDocument('name: x\n', 'f.yaml', anything)).toThrow(/^f\.yaml:1:1: value: is missing$/);
  expect(readDocument('name: x\nvalue: [1]\n', 'f.yaml', anything)).toEqual({ name: 'x', value: [1] });
});

it('of an unknown field no value is shown: it has the wrong name, whatever it holds', () => {
  const fields = 'the fields are name, unit, list, even, kind, deep';
  expect(said(`${GOOD}evn: true\n`)).toBe(`f.yaml:3:1: there is no field "evn" here; did you mean "even"? ${fields}`);
  expect(said(`${GOOD}zzzzzz: 1\n`)).toBe(`f.yaml:3:1: there is no field "zzzzzz" here; ${fields}`);
});

it('a long value is cut after 80 characters', () => {
  const long = (length: number) => said(`name: x\nunit: {bits: [${'1'.repeat(length - 2)}]}\n`);
  expect(long(80)).toMatch(/found \[1+\]$|found \[[\d.e+]+\]$/);
  const text = (length: number) => said(`name: x\nunit: {bits: "${'z'.repeat(length - 2)}"}\n`);
  expect(text(80)).toBe(`f.yaml:2:14: unit.bits: must be a number, found "${'z'.repeat(78)}"`);
  expect(text(81)).toBe(`f.yaml:2:14: unit.bits: must be a number, found "${'z'.repeat(79)}...`);
});

it('a file of another kind is said to be that, from two fields of it on', () => {
  const datapath = record({
    a: z.string(),
    b: z.string(),
    lanes: z.number(),
    combine: z.string(),
    sum: z.string(),
    product: z.string(),
  });
  const read = (text: string) => () => readDocument(text, 'f.yaml', datapath);
  expect(read('array: 1\nmemories: 2\nclockMhz: 3\n')).toThrow(
    'f.yaml: this is a target (it has array, memories, clockMhz), and a datapath is wanted here',
  );
  expect(read('networks: 1\nrows: 2\n')).toThrow(
    'f.yaml: this is a sweep (it has networks, rows), and a datapath is wanted here',
  );
  // One with some of a kind's fields is not of that kind.
  const some = record({ a: z.string(), b: z.string(), other: z.string() });
  expect(() => readDocument('array: 1\nmemories: 2\n', 'f.yaml', some)).toThrow(
    'f.yaml:1:1: there is no field "array" here',
  );
  expect(read('array: 1\nmemries: 2\n')).toThrow('f.yaml:1:1: there is no field "array" here');
});

it.each([
  ['', 'f.yaml is empty: it should be a record of fields'],
  ['a: \0', 'f.yaml is not a text in UTF-8: it should be YAML or JSON'],
  [
    'name: x\n---\nname: y\n',
    'f.yaml:2:1: a second document begins here: keep one to a file, without a line "---" inside',
  ],
  ['name: &n [*n]\n', 'f.yaml:1:11: *n stands inside what it names'],
  ['name: *n\n', 'f.yaml: '],
])('%j is no document', (text, message) => {
  expect(said(text)).toContain(message);
});
