import { expect, it } from 'vitest';
import { BASIC } from '../../src/datapaths/catalog.js';
import { codeArray, compileGemm, sumArray } from '../../src/datapaths/kernel/index.js';
import { reduce } from '../../src/datapaths/reference.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { landmarksOf } from '../../src/formats/landmarks.js';
import { randomFrom } from '../../src/random/random.js';

const ROWS = 100_000;

/** Landmarks first, then any code at all. */
function codesOf(format: Format, count: number, stream: number): Uint32Array {
  const random = randomFrom(11, stream);
  const landmarks = landmarksOf(format).map(({ code }) => Number(code));
  const span = 2 ** widthOf(format);
  return Uint32Array.from({ length: count }, (_, i) => (i < landmarks.length ? landmarks[i] : random.below(span)));
}

it.each(BASIC)('$name: 100,000 running sums meet a firing as in the reference', (datapath) => {
  const { a, b, sum, lanes } = datapath;
  const sums = sumArray(sum.format, ROWS) as Uint32Array;
  sums.set(codesOf(sum.format, ROWS, 1));
  const x = codeArray(a, ROWS * lanes);
  x.set(codesOf(a, x.length, 2));
  const y = codeArray(b, lanes);
  y.set(codesOf(b, lanes + 64, 3).subarray(64));
  const got = compileGemm(datapath).sums({ m: ROWS, n: 1, k: lanes, a: x, b: y, c: sums });
  let wrong = 0;
  for (let row = 0; row < ROWS; row++) {
    const operands = { a: x.subarray(row * lanes, (row + 1) * lanes), b: y, c: sums[row] };
    if (BigInt(got[row]) !== reduce(datapath, operands).code) wrong++;
  }
  expect(wrong).toBe(0);
});
