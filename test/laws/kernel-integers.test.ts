import { describe, expect, it } from 'vitest';
import { compileGemm, largestMagnitude, outputFormatOf } from '../../src/datapaths/kernel/index.js';
import { decode } from '../../src/formats/codec.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { toNumber } from '../../src/formats/raw.js';
import { anyCode, generator, MATRIX_UNITS } from '../datapaths/kernel/jobs.js';

/** Every unit that says its sums are whole numbers no addition can round: they are, and they are the codes of its sums. */
const random = generator(42);
const withIntegers = MATRIX_UNITS.flatMap((unit) => {
  const gemm = compileGemm(unit);
  const { integers } = gemm;
  return integers === undefined ? [] : [{ name: unit.name, unit, gemm, integers }];
});

function valuesOf(format: Format): number[] {
  return Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));
}

it('units of int8, int4 and 8 by 8 bits are among them, float registers are not', () => {
  const names = withIntegers.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['int8', 'int4', 'tpu-v1']));
  for (const { unit } of withIntegers) expect(unit.sum.format.kind).toBe('int');
});

describe.each(withIntegers)('$name', ({ unit, gemm, integers }) => {
  const [x, y] = [valuesOf(unit.a), valuesOf(unit.b)];
  const [most, other] = [x, y].map((values) => Math.max(...values.map(Math.abs)));
  const format = outputFormatOf(unit, gemm.order);
  const bits = widthOf(format);

  it('holds as long as no sum of the largest products can leave the register or 32 bits', () => {
    const range = 2 ** (Math.min(bits, 32) - 1) - 1;
    const longest = Math.floor(range / (most * other));
    expect(integers.hold(longest)).toBe(true);
    expect(integers.hold(longest + 1)).toBe(false);
    expect(integers.hold(0)).toBe(false);
  });

  it.each([
    [1, 1, 1],
    [5, 3, 7],
    [9, 17, 30],
    [70, 8, 64],
  ])('gives the sums of %i x %i x %i', (m, n, k) => {
    if (!integers.hold(k)) return;
    const draw = anyCode(random);
    const codes = (of: Format, length: number) => {
      const all = Array.from({ length }, () => Number(draw(of)));
      return widthOf(of) <= 8 ? Uint8Array.from(all) : Uint16Array.from(all);
    };
    const [a, b] = [codes(unit.a, m * k), codes(unit.b, k * n)];
    const found = new Float64Array(m * n).fill(Number.NaN);
    let largest = 0;
    for (const block of integers.rows({ m, n, k, a, b })) {
      largest = Math.max(largest, largestMagnitude(block, n));
      for (let row = 0; row < block.rows; row++)
        for (let j = 0; j < n; j++) found[(block.first + row) * n + j] = block.sums[row * block.stride + j];
    }
    const wanted = Float64Array.from({ length: m * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let p = 0; p < k; p++) sum += x[a[i * k + p]] * y[b[p * n + j]];
      return sum;
    });
    expect(found).toEqual(wanted);
    expect(largest).toBe(Math.max(...wanted.map(Math.abs)));
    const codesOfSums = gemm.sums({ m, n, k, a, b });
    wanted.forEach((sum, at) => expect(Number(BigInt.asUintN(bits, BigInt(sum)))).toBe(Number(codesOfSums[at])));
  });
});
