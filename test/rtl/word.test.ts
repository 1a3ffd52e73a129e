import { describe, expect, it } from 'vitest';
import { fitWord, formatWord } from '../../src/datapaths/rtl/word.js';
import { FORMATS, formatNamed } from '../../src/formats/catalog.js';
import { fitTo, OVERFLOW_RULES, OVERFLOWS } from '../../src/formats/codec.js';
import type { Format } from '../../src/formats/format.js';
import { ROUNDING_RULES, ROUNDINGS, stochastic } from '../../src/formats/rounding.js';
import { records } from '../formats/records.js';

/** The fields of a word by the layout in lastbit_decode.sv, `[lowest bit, width]`. */
const LAYOUT = {
  mantissaBits: [0, 8],
  exponentBits: [8, 8],
  bias: [16, 16],
  shift: [32, 8],
  paddingBits: [40, 8],
  kind: [48, 4],
  lowest: [52, 4],
  specials: [56, 4],
  signed: [60, 1],
  radix4: [61, 1],
  rounding: [64, 4],
  overflow: [68, 4],
  flush: [72, 1],
  before: [73, 1],
  random: [80, 8],
} as const;

function fieldsOf(word: bigint): Record<keyof typeof LAYOUT, number> {
  const entries = Object.entries(LAYOUT).map(([name, [at, width]]) => [
    name,
    Number(BigInt.asUintN(width, word >> BigInt(at))),
  ]);
  return Object.fromEntries(entries) as Record<keyof typeof LAYOUT, number>;
}

const NONE = {
  mantissaBits: 0,
  exponentBits: 0,
  bias: 0,
  shift: 0,
  paddingBits: 0,
  kind: 0,
  lowest: 0,
  specials: 0,
  signed: 0,
  radix4: 0,
  rounding: 0,
  overflow: 0,
  flush: 0,
  before: 0,
  random: 0,
};

function expectedFields(format: Format) {
  if (format.kind === 'int')
    return { ...NONE, mantissaBits: format.bits, shift: (256 + format.exponent) % 256, signed: Number(format.signed) };
  if (format.kind === 'table') return { ...NONE, kind: format.bits === 1 ? 2 : 3 };
  return {
    ...NONE,
    mantissaBits: format.mantissaBits,
    exponentBits: format.exponentBits,
    bias: (65536 + format.bias) % 65536,
    shift: (256 + (format.shift ?? 0)) % 256,
    paddingBits: format.paddingBits ?? 0,
    kind: 1,
    lowest: ['subnormal', 'normal', 'zero-only', 'none'].indexOf(format.lowest),
    specials: ['none', 'ieee', 'fn', 'fnuz', 'merged'].indexOf(format.specials),
    signed: Number(format.signed),
    radix4: Number(format.radix === 4),
  };
}

describe('the word of fields', () => {
  it.each([...FORMATS, ...records(), { ...records()[0], name: 'shifted', bias: -9, shift: -3, paddingBits: 5 }])(
    'of $name',
    (format) => {
      expect(fieldsOf(formatWord(format))).toEqual(expectedFields(format));
      expect(fieldsOf(formatWord(format, true))).toEqual({ ...expectedFields(format), flush: 1 });
    },
  );

  it('of a fit has its rounding, policy, subnormals and tininess besides', () => {
    const format = formatNamed('e5m2');
    for (const rounding of [...ROUNDINGS, stochastic(9)])
      for (const overflow of OVERFLOWS)
        for (const subnormals of ['keep', 'flush'] as const)
          for (const tininess of [undefined, 'before', 'after'] as const)
            expect(
              fieldsOf(
                fitWord({ ...fitTo(format, { rounding, overflow, subnormals }), ...(tininess && { tininess }) }),
              ),
            ).toEqual({
              ...expectedFields(format),
              rounding: typeof rounding === 'string' ? ROUNDING_RULES[rounding].rtl : 7,
              overflow: OVERFLOW_RULES[overflow].rtl,
              flush: Number(subnormals === 'flush'),
              before: Number(tininess === 'before'),
              random: typeof rounding === 'string' ? 0 : 9,
            });
  });

  it('is refused for a table that no unit decodes', () => {
    const table = { kind: 'table', name: 'levels', bits: 2, values: [0, 1, 2, 4] } as const;
    expect(() => formatWord(table)).toThrow('rtl: levels is a table of values; a unit decodes binary and ternary only');
  });
});
