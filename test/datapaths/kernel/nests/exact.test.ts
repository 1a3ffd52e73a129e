import { expect, it } from 'vitest';
import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { codeArray, exactSums } from '../../../../src/datapaths/kernel/index.js';
import { exactSums as referenceSums } from '../../../../src/datapaths/kernel/float64/reference.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { encode, fitTo } from '../../../../src/formats/codec.js';
import { type FloatFormat, widthOf } from '../../../../src/formats/format.js';
import { fromNumber } from '../../../../src/formats/raw.js';
import { randomFrom } from '../../../../src/random/random.js';

/** From ranges that fit float64 at once, over those that are split, to those that only big integers hold. */
it.each(['int8', 'int16', 'binary', 'radix4', 'e4m3fn', 'e5m2', 'fp16', 'bf16'])(
  'exact sums of %s are the big integers’',
  (name) => {
    const format = formatNamed(name);
    const job = { m: 5, n: 7, k: 33, a: codeArray(format, 5 * 33), b: codeArray(format, 33 * 7) };
    const unit = datapath({ name, a: format, b: format, sum: sumFit('fp32') });
    for (const finite of [true, false]) {
      const random = randomFrom(9, finite ? 1 : 2);
      const top = finite && format.kind === 'float' ? 0.9 : 1;
      for (const codes of [job.a, job.b])
        for (let i = 0; i < codes.length; i++)
          codes[i] = random.below(2 ** (widthOf(format) - 1) * top) + random.below(2) * 2 ** (widthOf(format) - 1);
      expect(Array.from(exactSums(unit, job), (sum) => sum + 0)).toEqual(
        Array.from(referenceSums(unit, job), (sum) => sum + 0),
      );
    }
  },
);

/** One large element in each row and column: the extremes multiply to more than 32 bits hold, the sums do not. */
it('exact sums of few large operands among small ones are the big integers’', () => {
  const format = formatNamed('int16');
  const unit = datapath({ name: 'int16', a: format, b: format, sum: sumFit('fp32') });
  const [m, n, k] = [4, 8, 40];
  const job = { m, n, k, a: codeArray(format, m * k), b: codeArray(format, k * n) };
  for (let i = 0; i < m * k; i++) job.a[i] = i % k === 3 ? 30000 : i % 7;
  for (let i = 0; i < k * n; i++) job.b[i] = Math.floor(i / n) === 5 ? 30000 : i % 5;
  expect(Array.from(exactSums(unit, job), (sum) => sum + 0)).toEqual(
    Array.from(referenceSums(unit, job), (sum) => sum + 0),
  );
});

function ieee(name: string, exponentBits: number, mantissaBits: number, bias: number): FloatFormat {
  const fields = { exponentBits, mantissaBits, bias };
  return { kind: 'float', name, signed: true, ...fields, radix: 2, lowest: 'subnormal', specials: 'ieee' };
}

/** Integers of up to so many bits: one dot product of 16 bits, two to four of limbs, float64 lanes, their two parts. */
it.each([4, 8, 10, 12, 14, 15, 16, 17, 20, 24])('exact sums of integers of %i bits are the big integers’', (bits) => {
  const wide = ieee('wide', 6, 9, 3);
  const random = randomFrom(5, bits);
  const integer = () => {
    const whole = random.below(2 ** Math.min(bits, 10)) * 2 ** random.below(Math.max(1, bits - 9));
    return Number(encode(fromNumber(random.below(2) === 0 ? whole : -whole), fitTo(wide)).code);
  };
  const unit = datapath({ name: 'wide', a: wide, b: wide, sum: sumFit('fp32') });
  for (const k of [1, 40, 600]) {
    const [m, n] = [5, 9];
    const job = { m, n, k, a: codeArray(wide, m * k).map(integer), b: codeArray(wide, k * n).map(integer) };
    const c = Uint32Array.from({ length: m * n }, () => random.below(2 ** 32 - 2 ** 24));
    for (const each of [job, { ...job, c: c.map((code) => ((code & 0x7f800000) === 0x7f800000 ? 0 : code)) }])
      expect(Array.from(exactSums(unit, each), (sum) => sum + 0)).toEqual(
        Array.from(referenceSums(unit, each), (sum) => sum + 0),
      );
  }
});

/** Eleven bits of exponent: products lie below float64. */
it('exact sums of the smallest numbers are the big integers’', () => {
  const deep = ieee('deep', 11, 4, 1023);
  const unit = datapath({ name: 'deep', a: deep, b: deep, sum: sumFit('fp32') });
  const random = randomFrom(5, 3);
  const job = { m: 3, n: 4, k: 5, a: codeArray(deep, 15), b: codeArray(deep, 20) };
  for (const [top, offset] of [
    [300, 0],
    [300, 8000],
    [16000, 8200],
  ]) {
    for (const codes of [job.a, job.b]) for (let i = 0; i < codes.length; i++) codes[i] = offset + random.below(top);
    expect(Array.from(exactSums(unit, job), (sum) => sum + 0)).toEqual(
      Array.from(referenceSums(unit, job), (sum) => sum + 0),
    );
  }
});
