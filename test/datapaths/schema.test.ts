import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { DATAPATHS } from '../../src/datapaths/catalog.js';
import { describeDatapath } from '../../src/datapaths/describe.js';
import { datapathJsonSchema, loadDatapath, parseDatapath } from '../../src/datapaths/schema.js';
import { formatNamed } from '../../src/formats/catalog.js';
import type { Rounding } from '../../src/formats/rounding.js';

const UNIT = `name: my-unit
a: e4m3fn
b: {signed: true, exponentBits: 4, mantissaBits: 3, bias: 7, radix: 2, lowest: subnormal, specials: fn}
lanes: 32
combine:
  kind: aligned
  fractionBits: 13
sum: {format: fp32, keptMantissaBits: 13, rounding: rtz, overflow: infinity, subnormals: flush}
order: {kind: chunked, length: 64, outer: {format: fp32}}
`;

it('reads a file, with defaults, and knows a catalogue format by its record', () => {
  const unit = parseDatapath(UNIT, 'unit.yaml');
  expect(unit).toMatchObject({
    name: 'my-unit',
    product: 'exact',
    operands: 'flush',
    combine: { kind: 'aligned', fractionBits: 13, truncate: 'rtz', productExponent: 'unnormalised', sumInside: true },
    order: { outer: { rounding: 'rne', overflow: 'ieee', subnormals: 'keep' } },
  });
  expect(unit.b).toBe(formatNamed('e4m3fn'));
});

it('needs a, b and sum only, and takes its name from the file', () => {
  const unit = parseDatapath('{"a": "int8", "b": "int4", "sum": {"format": "int20"}}', 'units/narrow.json');
  expect(unit.name).toBe('narrow');
  expect(unit).toMatchObject({ lanes: 1, combine: { kind: 'chain' }, order: { kind: 'sequential' }, product: 'exact' });
  expect(unit.sum).toEqual({ format: formatNamed('int20'), rounding: 'rne', overflow: 'wrap', subnormals: 'keep' });
});

it.each(DATAPATHS)('$name says itself as a file that reads back equal', (unit) => {
  expect(parseDatapath(stringify(describeDatapath(unit)), 'x.yaml')).toEqual(unit);
});

function rounding(text: string): Rounding {
  return parseDatapath(`{a: fp16, b: fp16, sum: {format: fp16, rounding: ${text}}}`, 'x').sum.rounding;
}

it('stochastic rounding by name or in full', () => {
  expect(rounding('"stochastic:8"')).toEqual({
    stochastic: { bits: 8, perOutput: false, lfsr: { width: 16, taps: [16, 15, 13, 4], seed: 1 } },
  });
  expect(rounding('{stochastic: {bits: 4, perOutput: true, lfsr: {width: 7, taps: [7, 6], seed: 3}}}')).toEqual({
    stochastic: { bits: 4, perOutput: true, lfsr: { width: 7, taps: [7, 6], seed: 3 } },
  });
});

/** A change to the file, and the message that it gets. */
const MISTAKES: readonly [string, string, string][] = [
  ['a: e4m3fn', 'a: e4m3f', '2:4: a: there is no format "e4m3f"; did you mean "e4m3fn"?'],
  [
    'a: e4m3fn\n',
    '',
    '1:1: a: is missing; must be a format name such as e4m3fn or int8, or a record with exponentBits and mantissaBits',
  ],
  ['lanes: 32', 'lanes: 0', '4:8: lanes: must be at least 1, found 0'],
  ['lanes: 32', 'lanes: "32"', '4:8: lanes: must be a number, found "32"'],
  ['lanes: 32', 'lanes: 32\nlanes: 16', '5:1: Map keys must be unique'],
  ['lanes: 32', 'lane: 32', '4:1: there is no field "lane" here; did you mean "lanes"? the fields are name, a, b,'],
  [
    'kind: aligned',
    'kind: alinged',
    '6:9: combine.kind: must have a kind that is one of chain, tree, fused, aligned, found "alinged"',
  ],
  ['  fractionBits: 13\n', '', '6:3: combine.fractionBits: is missing; must be a number'],
  [
    'specials: fn',
    'specials: fnn',
    '3:101: b.specials: "fnn" is not one of ieee, fn, fnuz, merged, none; did you mean "fn"?',
  ],
  [
    'exponentBits: 4, mantissaBits: 3',
    'exponentBits: 11, mantissaBits: 30',
    '3:4: b: has 42 bits; a record describes at most 32',
  ],
  [
    'rounding: rtz',
    'rounding: rzt',
    '8:53: sum.rounding: there is no rounding "rzt": it is one of rne, rna, rnz, rtz, rup, rdn, rto, stochastic:<bits> (1 to 31 bits); did you mean "rtz"?',
  ],
  [
    'overflow: infinity',
    'overflow: wrap',
    '8:68: sum.overflow: "wrap" is for integers, and fp32 is a float: use ieee, infinity, saturate, saturate-propagate or nan',
  ],
  [
    'keptMantissaBits: 13',
    'keptMantissaBits: 24',
    '8:39: sum.keptMantissaBits: must be at most the mantissa bits of the format, and fp32 has 23, found 24',
  ],
  ['length: 64', 'length: 48', '9:32: order.length: must be a multiple of the 32 lanes, found 48'],
  [
    'order: {kind: chunked, length: 64, outer: {format: fp32}}',
    'order: {kind: permuted, indices: [0], after: {kind: chunked, length: 48}}',
    '9:70: order.after.length: must be a multiple of the 32 lanes, found 48',
  ],
  [
    'order: {kind: chunked, length: 64, outer: {format: fp32}}',
    'order: {kind: interleaved, ways: 5000000000}',
    '9:34: order.ways: must be at most 65536, found 5000000000',
  ],
  [
    'order: {kind: chunked, length: 64, outer: {format: fp32}}',
    'order: {kind: tree, width: 5000000000}',
    '9:28: order.width: must be at most 65536, found 5000000000',
  ],
  ['length: 64', 'length: 5000000000', '9:32: order.length: must be at most 16777216, found 5000000000'],
  [
    'order: {kind: chunked, length: 64, outer: {format: fp32}}',
    `order: {kind: permuted, indices: [${Array.from({ length: 200_000 }, (_, i) => i).join(', ')}]}`,
    '9:34: order.indices: must have 65536 or fewer, found [0,1,2,',
  ],
  [
    'lanes: 32',
    'lanes: 32\nnanCode: 0x1ffffffff',
    '5:10: nanCode: must be a code of NaN in fp32, such as 0x7fc00000, found 8589934591',
  ],
  ['lanes: 32', 'lanes: 32\nnanCode: 0', '5:10: nanCode: must be a code of NaN in fp32, such as 0x7fc00000, found 0'],
  [
    'lanes: 32',
    'lanes: 32\nresult: {format: int8}\nnanCode: 1',
    '6:10: nanCode: must be left out: results are of int8, which has no NaN, found 1',
  ],
  [
    'lanes: 32',
    'lanes: 32\nwidened: int4',
    '5:10: widened: must hold every value of e4m3fn, so that operands are converted exactly, found "int4"',
  ],
  [
    'fractionBits: 13',
    'fractionBits: 13\n  sumInside: false\n  twoStage: {productFractionBits: 8, sumFractionBits: 8}',
    '9:13: combine.twoStage: joins the running sum, which sumInside: false keeps apart: leave one of them out',
  ],
  [
    'fractionBits: 13',
    'fractionBits: 13\n  sumInside: false\n  sumFractionBits: 8',
    '9:20: combine.sumFractionBits: cuts the running sum, which sumInside: false keeps apart: leave one of them out',
  ],
  [
    'fractionBits: 13',
    'fractionBits: 13\n  sumFractionBits: 8\n  twoStage: {productFractionBits: 8, sumFractionBits: 8}',
    '8:20: combine.sumFractionBits: has no effect beside twoStage, which has its own: leave it out, found 8',
  ],
  ['lanes: 32', 'lanes: 2.5', '4:8: lanes: must be a whole number, found 2.5'],
  [
    'rounding: rtz',
    'rounding: {stochastic: {bits: 4, lfsr: {width: 8, taps: [8, 9]}}}',
    '8:99: sum.rounding.stochastic.lfsr.taps: must be at most the width, each, found [8,9]',
  ],
  [
    'lanes: 32',
    '---\nlanes: 32',
    '4:1: a second document begins here: keep one to a file, without a line "---" inside',
  ],
  [
    'lanes: 32',
    'lanes: 32\nproduct: rne',
    '5:10: product: must be "exact", or a fit such as {format: fp16, rounding: rne}, found "rne"',
  ],
  [
    'lanes: 32',
    'lanes: 32\nrequantize: {kind: shift, format: int8}',
    '5:13: requantize: needs an integer sum, and fp32 is a float',
  ],
];

describe('a mistake is named with its place, the value, and what would do', () => {
  it.each(MISTAKES)('%j -> %j', (from, to, message) => {
    expect(UNIT).toContain(from);
    expect(() => parseDatapath(UNIT.replace(from, to), 'unit.yaml')).toThrow(`unit.yaml:${message}`);
  });
});

it('clamps lie in their format, and orders take whole groups', () => {
  const unit = (fields: string) => `name: u\na: int8\nb: int8\nsum: {format: int32}\n${fields}\n`;
  expect(() => parseDatapath(unit('requantize: {kind: shift, format: uint8, clamp: [-9, 3]}'), 'u.yaml')).toThrow(
    'u.yaml:5:49: requantize.clamp: must be two numbers in order from 0 to 255, found [-9,3]',
  );
  const scaled = 'blockScale: {format: e8m0fnu, size: 16, apply: group}\norder: {kind: chunked, length: 40}';
  expect(() => parseDatapath(unit(scaled), 'u.yaml')).toThrow(
    'u.yaml:6:8: order: must take whole groups of 16 products',
  );
});

it('a code of NaN, a wider format and the joining of even and odd lanes are taken where they have an effect', () => {
  const twoStage = 'twoStage: {productFractionBits: 8, sumFractionBits: 8, truncate: rtz}';
  const fields = `sumInside: false\n  evenOdd: true\n  ${twoStage}`;
  const text = UNIT.replace('lanes: 32', 'lanes: 32\nnanCode: 0x7fffffff\nwidened: fp16').replace(
    'fractionBits: 13',
    `fractionBits: 13\n  ${fields}`,
  );
  expect(parseDatapath(text, 'unit.yaml')).toMatchObject({ nanCode: 0x7fffffff, widened: formatNamed('fp16') });
});

it('a file without fields, and an alias without an anchor', () => {
  expect(() => parseDatapath('# nothing\n', 'x.yaml')).toThrow('x.yaml is empty: it should be a record of fields');
  expect(() => parseDatapath('a: *b\n', 'x.yaml')).toThrow(/^x\.yaml: Unresolved alias/);
});

it('a name that is none is told from a file', () => {
  expect(() => loadDatapath('int9')).toThrow(
    'there is no datapath "int9", and a file would end in .yaml or .json; did you mean "int8"?',
  );
});

it("the JSON Schema has the contract's fields, and needs a, b and sum", () => {
  const schema = datapathJsonSchema();
  expect(schema).toMatchObject({ required: ['a', 'b', 'sum'], additionalProperties: false });
  for (const field of ['name', 'product', 'lanes', 'combine', 'order'])
    expect(schema).toHaveProperty(['properties', field]);
});
