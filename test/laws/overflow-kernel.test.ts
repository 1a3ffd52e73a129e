import { expect, it } from 'vitest';
import { type Combine, type Datapath, datapath, sumFit } from '../../src/datapaths/datapath.js';
import { compileGemm } from '../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../src/datapaths/kernel/float64/reference.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { OVERFLOWS } from '../../src/formats/codec.js';
import { infinite, NAN, type Raw } from '../../src/formats/raw.js';
import { encode, fitTo } from '../../src/formats/codec.js';
import type { Format } from '../../src/formats/format.js';
import { anyCode, type Draw, drawJob, generator } from '../datapaths/kernel/jobs.js';

/**
 * Sums of operands that are often infinite and sometimes NaN, by every policy: kernels give the reference's bits, exact
 * sums and counts, whatever route a unit gets.
 */
const COMBINES: readonly (readonly [Combine, number])[] = [
  [{ kind: 'chain' }, 1],
  [{ kind: 'tree' }, 4],
  [{ kind: 'fused', sumInside: true }, 4],
  [{ kind: 'aligned', fractionBits: 13, truncate: 'rtz', productExponent: 'unnormalised', sumInside: true }, 4],
];
const SUMS = ['fp32', 'fp16', 'bf16', 'e5m2', 'e4m3fn', 'e4m3fnuz', 'dlfloat16', 'e2m3fn', 'int20q4'].map(formatNamed);

/** Every sixth code is infinite, every fortieth a NaN. */
function oftenInfinite(random: () => number): Draw {
  const any = anyCode(random);
  const code = (format: Format, raw: Raw) => encode(raw, fitTo(format)).code;
  return (format) => {
    const drawn = random();
    if (drawn < 0.16) return code(format, infinite(drawn < 0.08));
    return drawn < 0.185 ? code(format, NAN) : any(format);
  };
}

const units: Datapath[] = SUMS.flatMap((format) =>
  OVERFLOWS.filter((overflow) => overflow !== 'wrap' || format.kind === 'int').flatMap((overflow) =>
    COMBINES.flatMap(([combine, lanes]) =>
      (['rne', 'rtz'] as const).map((rounding, i) =>
        datapath({
          name: `${format.name} ${overflow} ${combine.kind} ${rounding}`,
          a: formatNamed(i === 0 ? 'e5m2' : 'fp16'),
          b: formatNamed('e5m2'),
          lanes,
          combine,
          sum: sumFit(format, { overflow, rounding }),
        }),
      ),
    ),
  ),
);

it('kernels give the reference on infinite operands, by every policy', () => {
  const routes = new Set<string>();
  const random = generator(31);
  for (const unit of units) {
    const gemm = compileGemm(unit);
    routes.add(gemm.route);
    for (const k of [1, 7]) {
      const job = drawJob(unit, [6, 7, k], oftenInfinite(random), anyCode(random));
      const expected = referenceGemm(unit, unit.order, '').stats(job);
      expect([unit.name, gemm.sums(job)]).toEqual([unit.name, expected.sums]);
      const { swamped, overflowed } = gemm.stats(job);
      expect([unit.name, swamped, overflowed]).toEqual([unit.name, expected.swamped, expected.overflowed]);
    }
  }
  expect(units.length).toBeGreaterThan(350);
  expect(routes.size).toBeGreaterThan(3);
});
