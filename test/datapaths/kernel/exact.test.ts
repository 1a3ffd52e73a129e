import { expect, it } from 'vitest';
import { datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { codeArray, exactSums } from '../../../src/datapaths/kernel/index.js';
import { exactSums as referenceSums } from '../../../src/datapaths/kernel/reference.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { widthOf } from '../../../src/formats/format.js';
import { randomFrom } from '../../../src/training/random.js';

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
