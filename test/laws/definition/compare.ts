import type { Datapath } from '../../../src/datapaths/datapath.js';
import type { GemmJob } from '../../../src/datapaths/kernel/contract/gemm.js';
import { randomOf, reduce } from '../../../src/datapaths/reference.js';
import { flagNames } from '../../../src/formats/codec.js';
import { anyCode, type Draw, landmarks } from '../../datapaths/kernel/jobs.js';
import { sourceOf } from './lfsr.js';
import { type Codes, dotProduct } from './unit.js';

/** Landmarks half of the time, else any code. */
export function marked(random: () => number): Draw {
  const any = anyCode(random);
  return (format) => {
    const marks = random() < 0.5 ? landmarks(format) : [any(format)];
    return marks[Math.floor(random() * marks.length)];
  };
}

export const big = (codes: ArrayLike<number | bigint>) => Array.from(codes, BigInt);

/** The operands of one output of a job. */
export function operandsOf({ blockScale }: Datapath, job: GemmJob, output: number): Codes {
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
export function unlike(unit: Datapath, codes: Codes, output: number): unknown[] {
  const { flags, ...rest } = reduce(unit, codes, unit.order, randomOf(unit, unit.order, output));
  const want = dotProduct(unit, codes, unit.order, sourceOf(unit, output));
  const got = { ...rest, flags: flagNames(flags) };
  return same(got, want) ? [] : [{ unit, output, codes, got, want }];
}

function same(x: object, y: object): boolean {
  return Object.entries(x).every(([key, value]) => (y as Record<string, unknown>)[key] === value);
}
