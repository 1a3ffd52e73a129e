import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AlignedCombine, type Datapath, totalFitOf } from '../../src/datapaths/datapath.js';
import { compileGemm, type GemmJob } from '../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../src/datapaths/kernel/float64/reference.js';
import { encode, fitTo } from '../../src/formats/codec.js';
import { fromNumber } from '../../src/formats/raw.js';
import { anyDatapath, firingDatapath, laneDatapath, randomDatapath } from '../datapaths/kernel/arbitrary.js';
import {
  anyCode,
  type Draw,
  drawJob,
  generator,
  landmarks,
  MATRIX_UNITS,
  normalCode,
} from '../datapaths/kernel/jobs.js';

/** Statistics beside the sums: exact sums, swamped additions and overflows are the reference's on every route. */
function hold(datapath: Datapath, job: GemmJob): void {
  const { sums, exact, swamped, overflowed } = compileGemm(datapath).stats(job);
  const expected = referenceGemm(datapath, datapath.order, '').stats(job);
  expect({ swamped, overflowed }).toEqual({ swamped: expected.swamped, overflowed: expected.overflowed });
  expect(sums).toEqual(expected.sums);
  expect(exact.map((value) => value + 0)).toEqual(expected.exact.map((value) => value + 0));
}

const FACTOR = process.env.LASTBIT_LONG ? 15 : 1;

it.each([
  ['any', anyDatapath],
  ['lanes', laneDatapath],
  ['firings', firingDatapath],
  ['random bits', randomDatapath],
])('random datapaths: %s', (_kind, datapaths) => {
  fc.assert(
    fc.property(
      datapaths,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 0, max: 40 }),
      (datapath, seed, k) => {
        const random = generator(seed);
        const marks = landmarks(totalFitOf(datapath).format);
        const start = seed % 2 === 0 ? () => marks[Math.floor(random() * marks.length)] : undefined;
        const draw = [anyCode(random), normalCode(random, 1), normalCode(random, 16)][seed % 3];
        hold(datapath, drawJob(datapath, [3, 5, k], draw, start));
      },
    ),
    { numRuns: 150 * FACTOR, seed: 7 },
  );
});

it.each(MATRIX_UNITS.map((datapath) => [datapath.name, datapath] as const))('%s', (_name, datapath) => {
  const random = generator(11);
  for (const draw of [anyCode(random), normalCode(random, 1)])
    hold(datapath, drawJob(datapath, [5, 9, Math.max(20, datapath.lanes + 3)], draw));
});

/** The largest product grows octave by octave over the smallest, from where nothing is cut to where it is cut to nothing. */
it.each(
  MATRIX_UNITS.filter(({ combine }) => combine.kind === 'aligned').map(
    (datapath) => [datapath.name, datapath] as const,
  ),
)('%s: terms at the edge of what is left of them', (_name, datapath) => {
  const random = generator(13);
  const { fractionBits } = datapath.combine as AlignedCombine;
  for (let octaves = fractionBits - 3; octaves <= fractionBits + 3; octaves++) {
    const draw: Draw = (format) => {
      const sign = random() < 0.5 ? 1 : -1;
      const value = random() < 0.2 ? 2 ** Math.floor(octaves / 2) : random() < 0.2 ? 0 : 2 ** -Math.ceil(octaves / 2);
      return encode(fromNumber(sign * value * (1 + random() / 2)), fitTo(format, { overflow: 'saturate' })).code;
    };
    hold(datapath, drawJob(datapath, [4, 4, 2 * datapath.lanes], draw));
  }
});
