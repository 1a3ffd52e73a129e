import { expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import { codeArray, compileGemm } from '../../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { ROUNDINGS } from '../../../../src/formats/rounding.js';
import { generator } from '../jobs.js';

/**
 * Addends far below the running sum, so that float64 does not hold their sum: rounded to odd in between, it is rounded as
 * the exact one is, by every rule, on both sides of zero and of each number.
 */
const UNITS: Datapath[] = ROUNDINGS.flatMap((rounding) =>
  (['fp32', 'fp16'] as const).map((sum) => {
    const bf16 = formatNamed('bf16');
    return datapath({ name: `${sum} by ${rounding}`, a: bf16, b: bf16, sum: sumFit(sum, { rounding }) });
  }),
);

it.each(UNITS)('$name: what is far below a sum moves it as the exact sum is rounded', (unit) => {
  const random = generator(91);
  const below = (bound: number) => Math.floor(random() * bound);
  const [m, n, k] = [24, 16, 4];
  // Products of 2^0 to 2^9, then one about their last place and one far below it, of any sign.
  const exponents = [130, 126, 118, 40];
  const codes = (length: number, at: (i: number) => number) =>
    codeArray(unit.a, length).map(
      (_, i) => below(2) * 2 ** 15 + (exponents[at(i)] - below(4)) * 2 ** 7 + below(4) * 32,
    );
  const job = { m, n, k, a: codes(m * k, (i) => i % k), b: codes(k * n, (i) => Math.floor(i / n)) };
  const [fast, reference] = [compileGemm(unit), referenceGemm(unit, unit.order, 'the definition')];
  expect(fast.sums(job)).toEqual(reference.sums(job));
  expect(fast.stats(job)).toEqual(reference.stats(job));
});
