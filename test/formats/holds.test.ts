import { describe, expect, it } from 'vitest';
import { FORMATS, formatNamed, int } from '../../src/formats/catalog.js';
import { decode } from '../../src/formats/codec.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { holds } from '../../src/formats/holds.js';
import { toNumber } from '../../src/formats/raw.js';

/** Finite values of a format, one for each code. */
function valuesOf(format: Format): number[] {
  return Array.from({ length: 2 ** widthOf(format) }, (_, code) => decode(format, code))
    .filter((raw) => raw.kind === 'finite')
    .map(toNumber);
}

const narrow = FORMATS.filter((format) => widthOf(format) <= 12);
const values = new Map(narrow.map((format) => [format, valuesOf(format)]));

describe('a format holds another where all values of one are among those of the other', () => {
  it.each(narrow)('$name', (wide) => {
    const own = new Set(values.get(wide)?.map((value) => value + 0));
    for (const format of narrow)
      expect(holds(wide, format), format.name).toBe(values.get(format)?.every((value) => own.has(value + 0)));
  });
});

/** Floats of 9 to 13 bits that differ in one rule or another, and integers: more bits than are looked at code by code. */
const FAMILY: Format[] = [
  ...[
    [4, 4],
    [4, 5],
    [3, 5],
    [5, 3],
    [3, 7],
  ].flatMap(([exponentBits, mantissaBits]) =>
    (['subnormal', 'normal', 'zero-only', 'none'] as const).flatMap((lowest) =>
      (['ieee', 'fn', 'none'] as const).flatMap((specials) =>
        [true, false].map((signed, i): Format => {
          const name = `${signed ? '' : 'u'}e${exponentBits}m${mantissaBits} ${lowest} ${specials}`;
          const fields = { signed, exponentBits, mantissaBits, bias: 7, radix: 2, lowest, specials } as const;
          return { kind: 'float', name, ...fields, paddingBits: 2 * i };
        }),
      ),
    ),
  ),
  ...[9, 10, 11].flatMap((bits) => [int(bits), int(bits, false), int(bits, true, -5)]),
];

it('of many bits too, whichever rule sets them apart', () => {
  const lists = FAMILY.map(valuesOf);
  const sets = lists.map((list) => new Set(list.map((value) => value + 0)));
  const counts = [0, 0];
  // Every format against those that come soon after it, which differ from it in little, and some that differ in more.
  for (const [i, wide] of FAMILY.entries())
    for (const distance of [...Array(12).keys(), 24, 48, 49, 72, 121]) {
      const other = (i + distance) % FAMILY.length;
      const held = lists[other].every((value) => sets[i].has(value + 0));
      expect(holds(wide, FAMILY[other]), `${FAMILY[other].name} in ${wide.name}`).toBe(held);
      counts[Number(held)]++;
    }
  expect(Math.min(...counts)).toBeGreaterThan(200);
});

it('wide formats', () => {
  const pairs = [
    ['fp32', 'fp16', true],
    ['fp32', 'bf16', true],
    ['fp16', 'bf16', false],
    ['bf16', 'fp16', false],
    ['fp32', 'tf32', true],
    ['tf32', 'fp16', true],
    ['tf32', 'fp32', false],
    ['fp32', 'int24', true],
    ['fp32', 'int26', false],
    ['fp32', 'uint24', true],
    ['fp32', 'uint25', false],
    ['int32', 'uint32', false],
    ['fp16', 'int16', false],
  ] as const;
  for (const [wide, held, truth] of pairs)
    expect(holds(formatNamed(wide), formatNamed(held)), `${wide} ${held}`).toBe(truth);
});
