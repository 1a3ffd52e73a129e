import { expect, it } from 'vitest';
import { FORMATS, formatNamed } from '../../../src/formats/catalog.js';
import { decode } from '../../../src/formats/codec.js';
import { toNumber } from '../../../src/formats/raw.js';
import { randomFrom } from '../../../src/random/random.js';
import { widthOf } from '../../../src/formats/format.js';
import {
  type RowCodes,
  exhaustiveCount,
  exhaustiveRows,
  randomRows,
  sampledRows,
} from '../../../src/outputs/vectors/stimulus.js';

function ports(a: string, b: string, c: string, lanes = 1) {
  return [
    { name: 'a', format: formatNamed(a), lanes },
    { name: 'b', format: formatNamed(b), lanes },
    { name: 'c', format: formatNamed(c), lanes: 1 },
  ];
}

const text = (codes: RowCodes) => codes.map((lanes) => lanes.join(' ')).join(',');

it('narrow units: every combination of operands and sum, once', () => {
  const inputs = ports('int3', 'radix4', 'int6');
  const rows = [...exhaustiveRows(inputs, 1)].map(text);
  expect(rows).toHaveLength(2 ** 13);
  expect(new Set(rows).size).toBe(2 ** 13);
  expect(exhaustiveCount(inputs)).toBe(2 ** 13);
});

it('wider sums: every pair with a zero sum, and every pair with another', () => {
  const inputs = ports('e4m3fn', 'int4', 'fp16');
  const rows = [...exhaustiveRows(inputs, 1)];
  expect(rows).toHaveLength(2 * 2 ** 12);
  for (const half of [rows.slice(0, 2 ** 12), rows.slice(2 ** 12)])
    expect(new Set(half.map((codes) => text(codes.slice(0, 2)))).size).toBe(2 ** 12);
  expect(new Set(rows.slice(2 ** 12).map((codes) => codes[2][0])).size).toBeGreaterThan(1000);
});

it('codes that a table leaves out are never drawn', () => {
  const inputs = ports('ternary', 'ternary', 'int8', 3);
  const rows = [...sampledRows(inputs, 500, 1), ...exhaustiveRows(ports('ternary', 'ternary', 'int8'), 1)];
  expect(rows.flatMap(([a, b]) => [...a, ...b])).not.toContain(2n);
  expect(exhaustiveCount(ports('ternary', 'ternary', 'int8'))).toBe(3 * 3 * 256);
});

it('landmarks come first: all pairs, then mixed lanes; after them any code can come', () => {
  const inputs = ports('e4m3fn', 'e5m2', 'fp16', 4);
  const rows = [...sampledRows(inputs, 5000, 3)];
  expect(rows).toHaveLength(5000);
  expect(text(rows[0]).startsWith('0 0 0 0,0 0 0 0,')).toBe(true);
  // The largest times the largest in every lane: 0x7e is 448, 0x7b is 57344.
  expect(rows.map((codes) => text(codes.slice(0, 2)))).toContain('126 126 126 126,123 123 123 123');
  const drawn = new Set(rows.slice(2000).flatMap(([a]) => [...a]));
  expect(drawn.size).toBe(256);
});

it('codes fit their ports, wide ones too', () => {
  const inputs = ports('int64', 'uint48', 'fp64', 2);
  for (const codes of sampledRows(inputs, 2000, 5))
    codes.forEach((lanes, i) => {
      for (const code of lanes) expect(code >> BigInt(widthOf(inputs[i].format))).toBe(0n);
    });
});

it('a seed gives the same rows again', () => {
  const inputs = ports('fp16', 'fp16', 'fp32', 2);
  const rows = (seed: number) => [...sampledRows(inputs, 3000, seed)].map(text).join('\n');
  expect(rows(4)).toBe(rows(4));
  expect(rows(4)).not.toBe(rows(5));
});

it('operands of up to 24 bits are exhausted, the sum with them where all have no more', () => {
  const count = (a: string, b: string, c: string, lanes = 1) => exhaustiveCount(ports(a, b, c, lanes));
  expect(count('int4', 'int4', 'int8', 2)).toBe(2 ** 24);
  expect(count('int4', 'int4', 'int12', 2)).toBe(2 * 2 ** 16);
  expect(count('int4', 'int4', 'int8', 3)).toBe(2 * 2 ** 24);
  expect(count('int12', 'int12', 'int2')).toBe(2 * 2 ** 24);
  expect(count('ternary', 'ternary', 'int32', 4)).toBe(2 * 3 ** 8);
  for (const [a, lanes, bits] of [
    ['int4', 4, 32],
    ['int12', 2, 48],
  ] as const)
    expect(() => count(a, a, 'int8', lanes)).toThrow(
      `exhaustive vectors have at most 2^24 operand rows, and a and b of ${lanes} lanes have 2^${bits}`,
    );
  expect(() => count('int12', 'int16', 'int8')).toThrow('have 2^28');
});

it.each(FORMATS.map((format) => [format.name, format] as const))(
  '%s: even random rows keep near one, odd ones do not',
  (_name, format) => {
    const rows = [...randomRows([{ name: 'x', format, lanes: 3 }], 10, 410, randomFrom(2))];
    expect(rows).toHaveLength(400);
    const [even, odd] = [0, 1].map((rest) => rows.filter((_, i) => i % 2 === rest).flatMap(([codes]) => codes));
    const values = even.map((code) => Math.abs(toNumber(decode(format, code)))).filter((value) => value > 0);
    const octaves = values.map((value) => Math.floor(Math.log2(value)));
    const ends = [Math.min(...octaves), Math.max(...octaves)];
    // Integers have half of the bits.
    if (format.kind === 'int') expect(Math.max(...values)).toBeLessThanOrEqual(2 ** Math.ceil(format.bits / 2));
    // Exponents are at most four from one's, where there are so many.
    if (format.kind === 'float') {
      const { exponentBits, bias, radix } = format;
      if (radix === 2 && bias > 4 && 2 ** exponentBits - 2 >= bias + 4) expect(ends).toEqual([-4, 4]);
      else expect([ends[0] >= -9, ends[1] <= 9]).toEqual([true, true]);
    }
    const used =
      format.kind === 'table'
        ? format.values.filter((value) => value !== null).length
        : 2 ** Math.min(7, widthOf(format));
    expect(new Set(odd).size).toBeGreaterThan(used / 2);
    for (const code of [...even, ...odd]) expect(code >> BigInt(widthOf(format))).toBe(0n);
  },
);
