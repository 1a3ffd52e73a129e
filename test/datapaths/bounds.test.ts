import { describe, expect, it } from 'vitest';
import { findRounding } from '../../src/datapaths/fields.js';
import { parseDatapath } from '../../src/datapaths/schema.js';
import {
  aligned,
  complaint,
  type Fields,
  FLOAT,
  INTEGER,
  ordered,
  record,
  requantized,
  rounded,
  scaled,
  staged,
  stochastic,
} from './unitFiles.js';

/** Where a number of a file may lie: the ends, and what a file with it is. */
const RANGES: readonly [field: string, least: number, most: number, make: (value: number) => Fields][] = [
  ['lanes', 1, 65536, (lanes) => ({ ...FLOAT, lanes })],
  ['combine.fractionBits', 0, 256, (fractionBits) => aligned({ fractionBits })],
  ['combine.sumFractionBits', 0, 256, (sumFractionBits) => aligned({ sumFractionBits })],
  ['combine.exponentFloor', -16384, 16384, (exponentFloor) => aligned({ exponentFloor })],
  ['combine.productOverflow', -16384, 16384, (productOverflow) => aligned({ productOverflow })],
  ['combine.twoStage.productFractionBits', 0, 256, (productFractionBits) => staged({ productFractionBits })],
  ['combine.twoStage.sumFractionBits', 0, 256, (sumFractionBits) => staged({ sumFractionBits })],
  ['combine.twoStage.dropSumBelow', 0, 16384, (dropSumBelow) => staged({ dropSumBelow })],
  ['order.length', 1, 2 ** 24, (length) => ordered({ kind: 'chunked', length })],
  ['order.width', 1, 65536, (width) => ordered({ kind: 'tree', width })],
  ['order.ways', 1, 65536, (ways) => ordered({ kind: 'interleaved', ways })],
  ['requantize.shift', 0, 63, (shift) => requantized({ shift })],
  ['requantize.stickyBits', 0, Infinity, (stickyBits) => requantized({ stickyBits })],
  ['blockScale.size', 1, Infinity, (size) => scaled({ size, apply: 'exponent' })],
  ['blockScale.group', 1, Infinity, (group) => scaled({ group, size: 16 * group, apply: 'exponent' })],
  ['nanCode', 0x7f800001, 0x7fffffff, (nanCode) => ({ ...FLOAT, nanCode })],
  ['a.exponentBits', 1, 11, (exponentBits) => record({ exponentBits, lowest: 'normal' })],
  [
    'a.mantissaBits',
    0,
    30,
    (mantissaBits) => record({ mantissaBits, exponentBits: 1, lowest: 'normal', specials: 'none' }),
  ],
  ['a.bias', -4096, 4096, (bias) => record({ bias })],
  ['a.paddingBits', 0, 24, (paddingBits) => record({ paddingBits })],
  ['a.shift', -64, 64, (shift) => record({ shift })],
  ['sum.keptMantissaBits', 0, 23, (keptMantissaBits) => ({ ...FLOAT, sum: { format: 'fp32', keptMantissaBits } })],
  ['sum.rounding.stochastic.bits', 1, 31, (bits) => stochastic({ bits })],
  ['sum.rounding.stochastic.lfsr.width', 2, 32, (width) => stochastic({ lfsr: { width, taps: [1] } })],
  ['sum.rounding.stochastic.lfsr.taps', 1, 32, (tap) => stochastic({ lfsr: { width: 32, taps: [tap] } })],
  ['sum.rounding.stochastic.lfsr.taps', 1, 7, (tap) => stochastic({ lfsr: { width: 7, taps: [2, tap] } })],
];

describe('a number is taken from its least to its most, and not one beyond', () => {
  it.each(RANGES)('%s: %d to %d', (_field, least, most, make) => {
    const inside = [least, least + 1, ...(most < Infinity ? [most - 1, most] : [1000])];
    expect(inside.map((value) => complaint(make(value)))).toEqual(inside.map(() => undefined));
    const outside = [least - 1, ...(most < Infinity ? [most + 1] : [])];
    expect(outside.map((value) => complaint(make(value)) !== undefined)).toEqual(outside.map(() => true));
  });
});

it('what is left out has the value that the documents say', () => {
  const unit = parseDatapath(JSON.stringify(staged({})), 'u.json');
  expect(unit).toMatchObject({
    product: 'exact',
    lanes: 1,
    order: { kind: 'sequential' },
    operands: 'keep',
    combine: { truncate: 'rtz', productExponent: 'unnormalised', sumInside: true, twoStage: { truncate: 'rtz' } },
    sum: { rounding: 'rne', overflow: 'ieee', subnormals: 'keep' },
  });
  expect(Object.keys(unit.sum)).toEqual(['format', 'rounding', 'overflow', 'subnormals']);
  expect(parseDatapath(JSON.stringify({ ...FLOAT, combine: { kind: 'fused' } }), 'u.json').combine).toEqual({
    kind: 'fused',
    sumInside: true,
  });
  expect(parseDatapath(JSON.stringify(INTEGER), 'u.json').sum.overflow).toBe('wrap');
  const { a } = parseDatapath(JSON.stringify(record({ exponentBits: 6, signed: false, specials: 'fn' })), 'u.json');
  expect(a).toEqual({
    kind: 'float',
    name: 'ue6m3b31fn',
    signed: false,
    exponentBits: 6,
    mantissaBits: 3,
    bias: 31,
    radix: 2,
    lowest: 'subnormal',
    specials: 'fn',
  });
  const named = (parts: Fields) => parseDatapath(JSON.stringify(record(parts)), 'u.json').a.name;
  expect([
    named({ exponentBits: 5, mantissaBits: 2 }),
    named({ name: 'mine', exponentBits: 5, mantissaBits: 2 }),
    named({ exponentBits: 6 }),
    named({ name: 'e4m3' }),
  ]).toEqual(['e5m2', 'mine', 'e6m3b31', 'e4m3']);
});

it('registers of random bits begin at 1 and are shared where nothing else is said', () => {
  const of = (rounding: unknown) => parseDatapath(JSON.stringify(rounded(rounding)), 'u.json').sum.rounding;
  const usual = { bits: 4, perOutput: false, lfsr: { width: 8, taps: [8, 6, 5, 4], seed: 1 } };
  expect(of({ stochastic: { bits: 4 } })).toEqual({ stochastic: usual });
  expect(of({ stochastic: { bits: 4, seed: 7, perOutput: true } })).toEqual({
    stochastic: { ...usual, perOutput: true, lfsr: { ...usual.lfsr, seed: 7 } },
  });
  expect(of({ stochastic: { bits: 4, lfsr: { width: 5, taps: [5, 3] } } })).toEqual({
    stochastic: { ...usual, lfsr: { width: 5, taps: [5, 3], seed: 1 } },
  });
});

it('the words of stochastic rounding are its name and 1 to 31 bits, with a seed', () => {
  expect(findRounding('stochastic:4', 9)).toMatchObject({
    stochastic: { bits: 4, perOutput: false, lfsr: { width: 8, seed: 9 } },
  });
  expect(findRounding('stochastic:4')).toMatchObject({ stochastic: { lfsr: { seed: 1 } } });
  expect(['stochastic:', 'xstochastic:4', 'stochastic:4x', 'rnx'].map((name) => findRounding(name))).toEqual(
    Array.from({ length: 4 }),
  );
});
