import { describe, expect, it } from 'vitest';
import { FORMATS, formatNamed } from '../../src/formats/catalog.js';
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
