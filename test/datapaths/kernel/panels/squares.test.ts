import { expect, it } from 'vitest';
import { rowSquares } from '../../../../src/datapaths/kernel/panels/squares.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { decode } from '../../../../src/formats/codec.js';
import { widthOf } from '../../../../src/formats/format.js';
import { toNumber } from '../../../../src/formats/raw.js';
import { randomFrom } from '../../../../src/random/random.js';

/** Integers in lanes, with and without a last block that is not full, and what goes one by one. */
it.each(['int8', 'uint8', 'int4', 'uint4', 'int16', 'e2m1fn', 'ternary'])('squares of rows of %s', (name) => {
  const format = formatNamed(name);
  const random = randomFrom(4);
  const table = Float64Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));
  const usable = [...table.keys()].filter((code) => Number.isFinite(table[code]));
  for (const k of [1, 7, 8, 9, 40, 1000]) {
    const codes = Array.from({ length: 600 * k }, () => usable[random.below(usable.length)]);
    const own = widthOf(format) > 8 ? Uint16Array.from(codes) : Uint8Array.from(codes);
    const wanted = Float64Array.from({ length: 600 }, (_, row) => {
      let sum = 0;
      for (let i = row * k; i < (row + 1) * k; i++) sum += table[codes[i]] * table[codes[i]];
      return sum;
    });
    expect(rowSquares(own, table, k)).toEqual(wanted);
  }
});

it('sums that lanes of 32 bits cannot hold are added in float64', () => {
  const table = Float64Array.from({ length: 256 }, (_, code) => code);
  const k = 40_000;
  expect(rowSquares(new Uint8Array(2 * k).fill(255), table, k)).toEqual(Float64Array.of(k * 255 ** 2, k * 255 ** 2));
});
