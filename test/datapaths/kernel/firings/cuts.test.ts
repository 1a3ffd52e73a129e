import { expect, it } from 'vitest';
import { type AlignedCombine, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import { codeArray, compileGemm } from '../../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { anyCode, generator } from '../jobs.js';

/** Every way to cut a term, in every carrier: lanes give the reference's bits, and count what it counts. */
const WAYS = (['rtz', 'floor', 'rne'] as const).flatMap((truncate) =>
  [true, false].flatMap((sumInside) =>
    (
      [
        [2, 'f64'],
        [10, 'f32'],
        [30, 'f64'],
      ] as const
    ).map(([fractionBits, carrier]) => [truncate, fractionBits, sumInside, carrier] as const),
  ),
);

it.each(WAYS)('%s to %i fraction bits, running sum inside: %s, in %s', (truncate, fractionBits, sumInside, carrier) => {
  const combine: AlignedCombine = {
    kind: 'aligned',
    fractionBits,
    truncate,
    productExponent: 'unnormalised',
    sumInside,
  };
  const format = formatNamed('e2m3fn');
  const unit = datapath({ name: 'cut', a: format, b: format, lanes: 4, combine, sum: sumFit('fp32') });
  const [fast, reference] = [compileGemm(unit), referenceGemm(unit, unit.order, 'the definition')];
  expect(fast.route).toBe(`simd ${carrier} aligned`);
  const draw = anyCode(generator(fractionBits));
  const [m, n, k] = [7, 9, 21];
  const codes = (length: number) => codeArray(format, length).map(() => Number(draw(format)));
  const job = { m, n, k, a: codes(m * k), b: codes(k * n) };
  expect(fast.sums(job)).toEqual(reference.sums(job));
  expect(fast.stats(job)).toEqual(reference.stats(job));
});
