import { describe, expect, it } from 'vitest';
import { DATAPATHS } from '../../src/datapaths/catalog.js';
import { compileGemm, type Gemm, type GemmJob } from '../../src/datapaths/kernel/index.js';
import { drawJob, generator, MATRIX_UNITS, normalCode } from '../datapaths/kernel/jobs.js';
import { big, marked, operandsOf, unlike } from './definition/compare.js';
import { sourceOf } from './definition/lfsr.js';
import { dotProduct } from './definition/unit.js';

/**
 * Every datapath of the catalogue against the scalar definition of products, alignment, sums, results and requantization:
 * the reference in code, flags and counts, the kernel in codes. Reference and kernel share helpers, the definition shares
 * nothing. Other units are in test/datapaths/randomUnits.test.ts.
 */
const SEED = 31;

/** Where the reference or the kernel differs from the definition in an output of a job. */
function differing(gemm: Gemm, job: GemmJob): unknown[] {
  const unit = gemm.datapath;
  const sums: ArrayLike<number | bigint> = gemm.sums(job);
  return big(sums).flatMap((kernel, output) => {
    const codes = operandsOf(unit, job, output);
    const { code } = dotProduct(unit, codes, unit.order, sourceOf(unit, output));
    const differs = kernel === code ? [] : [{ unit: unit.name, output, codes, kernel, code }];
    return [...differs, ...unlike(unit, codes, output)];
  });
}

describe.each(DATAPATHS.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  it(`is what its record says, seed ${SEED}`, () => {
    const random = generator(SEED);
    const sums = marked(random);
    const k = unit.lanes + Math.min(unit.lanes, 5);
    const draws = [sums, normalCode(random, 1), normalCode(random, 16)];
    if (MATRIX_UNITS.includes(unit)) {
      const gemm = compileGemm(unit);
      for (const draw of draws) expect(differing(gemm, drawJob(unit, [2, 2, k], draw, sums))).toEqual([]);
    } else
      for (const draw of [...draws, ...draws, ...draws]) {
        const [a, b] = [unit.a, unit.b].map((format) => Array.from({ length: k }, () => draw(format)));
        expect(unlike(unit, { a, b, c: sums(unit.sum.format) }, 0)).toEqual([]);
      }
  });
});
