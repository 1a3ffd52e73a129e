import { describe, expect, it } from 'vitest';
import { type Datapath, totalFitOf } from '../../src/datapaths/datapath.js';
import { codeArray, compileGemm, type GemmJob, sumArray } from '../../src/datapaths/kernel/index.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import {
  anyCode,
  type Draw,
  difference,
  drawJob,
  generator,
  landmarks,
  normalCode,
  setCode,
  MATRIX_UNITS,
} from '../datapaths/kernel/jobs.js';

/**
 * Every datapath's kernel gives the reference's bits: on all pairs of operands, on landmark and random accumulators, and
 * on whole products of all-code, mid-range and normal data in the unit's own order.
 */
const random = generator(20240607);

/** How many codes of an operand take part: all of 8 bits, some of more. */
function codesOf(format: Format): number {
  return widthOf(format) <= 8 ? 2 ** widthOf(format) : 24;
}

/**
 * Every pair of operand codes (of wide formats, drawn ones) in some lane of a firing from an accumulator of its own:
 * lane i of output [x][y] has a = x and b = y * lanes + i.
 */
function everyPair(datapath: Datapath, start: Draw): GemmJob {
  const { a, b, lanes } = datapath;
  const m = codesOf(a);
  const n = Math.ceil(codesOf(b) / lanes);
  const job: GemmJob = { m, n, k: lanes, a: codeArray(a, m * lanes), b: codeArray(b, lanes * n) };
  const draw = anyCode(random);
  job.a.forEach((_, i) => {
    job.a[i] = widthOf(a) <= 8 ? Math.floor(i / lanes) : Number(draw(a));
  });
  job.b.forEach((_, i) => {
    const code = (i % n) * lanes + Math.floor(i / n);
    job.b[i] = widthOf(b) <= 8 ? code % codesOf(b) : Number(draw(b));
  });
  const total = totalFitOf(datapath).format;
  const c = sumArray(total, m * n);
  for (let i = 0; i < c.length; i++) setCode(c, i, start(total));
  return { ...job, c };
}

/** Landmarks half of the time. */
function accumulators(datapath: Datapath): Draw {
  const marks = landmarks(totalFitOf(datapath).format);
  const any = anyCode(random);
  return (format) => (random() < 0.5 ? marks[Math.floor(random() * marks.length)] : any(format));
}

describe.each(MATRIX_UNITS.map((datapath) => [datapath.name, datapath] as const))('%s', (_name, datapath) => {
  const gemm = compileGemm(datapath);
  // Some firings and an odd rest, a tile of 4 x 8 and one more row and column; fewer outputs where firings are wide,
  // because the reference takes its time.
  const k = Math.max(43, 2 * datapath.lanes + 3);
  const m = Math.max(2, Math.min(5, Math.floor(600 / k)));

  it('gives the reference on every pair of operands, from landmark and random accumulators', () => {
    expect(difference(gemm, everyPair(datapath, accumulators(datapath)))).toBeUndefined();
  });

  it.each([
    ['all codes', anyCode(random)],
    ['mid-range', normalCode(random, 16)],
    ['normal', normalCode(random, 1)],
  ])('gives the reference on products of %s data', (_data, draw) => {
    expect(difference(gemm, drawJob(datapath, [m, 9, k], draw))).toBeUndefined();
    expect(difference(gemm, drawJob(datapath, [2, 9, k], draw, accumulators(datapath)))).toBeUndefined();
  });
});
