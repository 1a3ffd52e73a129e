import { describe, expect, it } from 'vitest';
import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import {
  type Facts,
  factsOf,
  productFacts,
  spanBits,
  termFacts,
} from '../../../../src/datapaths/kernel/contract/facts.js';
import { FORMATS, formatNamed, int } from '../../../../src/formats/catalog.js';
import { decode, fitTo } from '../../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../../src/formats/format.js';
import { bitLength, type FiniteRaw, toNumber } from '../../../../src/formats/raw.js';
import { records } from '../../../formats/records.js';

/** Every value of a format; bits of a significand without its zeros. */
function found(format: Format): Facts {
  const raws = Array.from({ length: 2 ** widthOf(format) }, (_, code) => decode(format, code));
  const numbers = raws.filter((raw): raw is FiniteRaw => raw.kind === 'finite' && raw.significand !== 0n);
  const odd = ({ significand, exponent }: FiniteRaw): [bigint, number] => {
    let [rest, power] = [significand, exponent];
    while (rest % 2n === 0n) [rest, power] = [rest / 2n, power + 1];
    return [rest, power];
  };
  return {
    quantum: Math.min(...numbers.map((raw) => odd(raw)[1])),
    max: Math.max(...numbers.map((raw) => Math.abs(toNumber(raw)))),
    precision: Math.max(...numbers.map((raw) => bitLength(odd(raw)[0]))),
    infinities: raws.some(({ kind }) => kind === 'inf'),
    nans: raws.some(({ kind }) => kind === 'nan'),
    signed: numbers.some(({ sign }) => sign),
  };
}

const small = [...FORMATS, ...records(), int(1), int(2), int(5, false, -3), int(1, false)].filter(
  (format) => widthOf(format) <= 11,
);

it.each(small.map((format) => [format.name, format] as const))(
  'what is said of %s holds for all its codes',
  (_, format) => {
    const said = factsOf(format);
    const actual = found(format);
    expect(said).toEqual(actual);
  },
);

it.each<[string, Partial<Facts>]>([
  ['fp16', { quantum: -24, precision: 11, max: 65504 }],
  ['bf16', { quantum: -133, precision: 8 }],
  ['fp32', { quantum: -149, precision: 24 }],
  ['int8', { quantum: 0, precision: 7, max: 128, signed: true }],
  ['ternary', { quantum: 0, precision: 1, max: 1, signed: true, nans: true }],
  ['binary', { quantum: 0, precision: 1, nans: false }],
  ['e8m0fnu', { precision: 1, signed: false, nans: true }],
])('facts of %s', (name, expected) => expect(factsOf(formatNamed(name))).toMatchObject(expected));

describe('facts of products', () => {
  const [x, y] = [factsOf(formatNamed('e5m2')), factsOf(int(4, false))];

  it('are the sums and products of their factors’', () => {
    expect(productFacts(x, y)).toEqual({
      quantum: -16,
      max: 57344 * 15,
      precision: 3 + 4,
      infinities: true,
      nans: true,
      signed: true,
    });
    expect(productFacts(y, y)).toEqual({
      quantum: 0,
      max: 225,
      precision: 8,
      infinities: false,
      nans: false,
      signed: false,
    });
    expect(productFacts(y, { ...y, nans: true })).toMatchObject({ nans: true, infinities: false });
    expect(productFacts({ ...y, infinities: true }, y)).toMatchObject({ nans: true, infinities: true });
    expect(productFacts(y, { ...y, infinities: true })).toMatchObject({ nans: true, infinities: true });
    expect(productFacts({ ...y, nans: true }, y)).toMatchObject({ nans: true, infinities: false });
    expect(productFacts(y, { ...y, signed: true }).signed).toBe(true);
  });

  const parts = { name: 'own', a: int(4, false), b: int(4, false), sum: sumFit('fp32') };
  const e8m0 = formatNamed('e8m0fnu');

  it('of a unit are those of what it adds', () => {
    expect(termFacts(datapath(parts))).toMatchObject({ quantum: 0, max: 225, precision: 8 });
    expect(termFacts(datapath({ ...parts, product: fitTo(formatNamed('fp16')) }))).toMatchObject({
      quantum: -24,
      max: 65504,
      precision: 11,
    });
  });

  it('of a unit with scales are multiplied by those of both, of groups by their size too', () => {
    const scaled = (apply: 'exponent' | 'group', group?: number) =>
      termFacts(datapath({ ...parts, blockScale: { format: e8m0, size: 8, apply, group } }));
    expect(scaled('exponent')).toMatchObject({ quantum: -254, precision: 10, max: 225 * 2 ** 254, nans: true });
    // 8 * 225 = 1800 and 4 * 225 = 900 have 11 bits and 10.
    expect(scaled('group')).toMatchObject({ quantum: -254, precision: 13, max: 1800 * 2 ** 254 });
    expect(scaled('group', 4)).toMatchObject({ precision: 12, max: 900 * 2 ** 254 });
  });
});

it.each([
  [0, 5, 0],
  [1, 0, 1],
  [1, -3, 4],
  [7, 0, 3],
  [8, 0, 4],
  [8 - 2 ** -40, 0, 4],
  [7.5, -1, 4],
  [2 ** -10, -10, 1],
])('from the last place of up to %d in units of 2^%i it is %i bits', (max, quantum, bits) =>
  expect(spanBits(max, quantum)).toBe(bits),
);
