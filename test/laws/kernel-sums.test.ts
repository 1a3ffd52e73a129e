import { expect, it } from 'vitest';
import { type Datapath, datapath, sumFit, totalFitOf } from '../../src/datapaths/datapath.js';
import { compileGemm, outputFormatOf, sumArray } from '../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { drawJob, generator, landmarks, MATRIX_UNITS, normalCode } from '../datapaths/kernel/jobs.js';

const fp8 = formatNamed('e4m3fn');

/** A unit whose elements and scales are multiplied into bfloat16 operands. */
const scaled = datapath({
  name: 'scaled',
  a: fp8,
  b: fp8,
  sum: sumFit('fp32'),
  blockScale: { format: formatNamed('e8m0fnu'), size: 4, apply: 'exponent' },
});

/** Sums go where a job says, whatever lies there, and nowhere else; what is begun stays as it was. Seed 19. */
it.each([...MATRIX_UNITS, scaled].map((unit): [string, Datapath] => [unit.name, unit]))(
  '%s puts its sums where they belong',
  (_name, unit) => {
    const random = generator(19);
    const marks = landmarks(totalFitOf(unit).format);
    const gemm = compileGemm(unit);
    for (const start of [undefined, () => marks[Math.floor(random() * marks.length)]]) {
      const job = drawJob(unit, [5, 9, unit.lanes + 3], normalCode(random, 1), start);
      const before = job.c?.slice();
      const expected = gemm.sums(job);
      const sums = sumArray(outputFormatOf(unit), 45);
      if (sums instanceof BigUint64Array) sums.fill(99n);
      else sums.fill(99);
      expect(gemm.sums({ ...job, sums })).toBe(sums);
      expect(sums).toEqual(expected);
      expect(job.c).toEqual(before);
    }
  },
);
