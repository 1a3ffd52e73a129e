import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATAPATHS } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { compileGemm, type Gemm, type GemmJob } from '../../src/datapaths/kernel/index.js';
import { randomOf, reduce } from '../../src/datapaths/reference.js';
import { flagNames } from '../../src/formats/codec.js';
import { anyDatapath, firingDatapath } from '../datapaths/kernel/arbitrary.js';
import {
  anyCode,
  type Draw,
  drawJob,
  generator,
  landmarks,
  MATRIX_UNITS,
  normalCode,
} from '../datapaths/kernel/jobs.js';
import { pairwiseUnit, tensorCore } from '../datapaths/kernel/tensorCores.js';
import { type Codes, dotProduct } from './definition/unit.js';
import { sourceOf } from './definition/lfsr.js';

/**
 * Every datapath, those of the catalogue and others as users could write them, against the scalar definition of products,
 * alignment, sums, results and requantization: the reference in code, flags and counts, the kernel in codes. Reference and
 * kernel share helpers, the definition shares nothing.
 */
const SEED = 31;

/** Landmarks half of the time, else any code. */
function marked(random: () => number): Draw {
  const any = anyCode(random);
  return (format) => {
    const marks = random() < 0.5 ? landmarks(format) : [any(format)];
    return marks[Math.floor(random() * marks.length)];
  };
}

const big = (codes: ArrayLike<number | bigint>) => Array.from(codes, BigInt);

/** The operands of one output of a job. */
function operandsOf({ blockScale }: Datapath, job: GemmJob, output: number): Codes {
  const { n, k, a, b, c, aScales, bScales } = job;
  const [row, column] = [Math.floor(output / n), output % n];
  const blocks = blockScale === undefined ? 0 : Math.ceil(k / blockScale.size);
  const ofRow = (codes: ArrayLike<number>, length: number) =>
    big(Array.from(codes).slice(row * length, (row + 1) * length));
  const ofColumn = (codes: ArrayLike<number>) => big(Array.from(codes).filter((_, i) => i % n === column));
  return {
    a: ofRow(a, k),
    b: ofColumn(b),
    c: c === undefined ? 0n : BigInt(c[output]),
    ...(aScales && { aScales: ofRow(aScales, blocks) }),
    ...(bScales && { bScales: ofColumn(bScales) }),
  };
}

/** What the reference and the definition give where they differ. */
function unlike(unit: Datapath, codes: Codes, output: number): unknown[] {
  const { flags, ...rest } = reduce(unit, codes, unit.order, randomOf(unit, unit.order, output));
  const want = dotProduct(unit, codes, unit.order, sourceOf(unit, output));
  const got = { ...rest, flags: flagNames(flags) };
  return same(got, want) ? [] : [{ unit, output, codes, got, want }];
}

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

function same(x: object, y: object): boolean {
  return Object.entries(x).every(([key, value]) => (y as Record<string, unknown>)[key] === value);
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

/** How many random units of a kind, and how many dot products of each. */
const [UNITS, OUTPUTS] = [150, 2];

describe.each([
  ['of any kind', anyDatapath],
  ['that fuse or align', firingDatapath],
  ['that are tensor cores', tensorCore],
  ['that add pairwise', pairwiseUnit],
])('random units %s', (_kind, arbitrary) => {
  it(`are what their records say, seed ${SEED}`, () => {
    const random = generator(SEED);
    const draws = [marked(random), normalCode(random, 1)];
    for (const unit of fc.sample(arbitrary, { numRuns: UNITS, seed: SEED })) {
      const k = Math.floor(random() * (unit.lanes + 4));
      const job = drawJob(unit, [1, OUTPUTS, k], draws[Math.floor(2 * random())], draws[0]);
      for (let output = 0; output < OUTPUTS; output++)
        expect(unlike(unit, operandsOf(unit, job, output), output)).toEqual([]);
    }
  });
});
