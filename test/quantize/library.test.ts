import { expect, it } from 'vitest';
import * as lastbit from '../../src/index.js';

it("the methods are the library's", () => {
  const values = Float32Array.of(0.1, -0.4, 2, 0.9);
  expect(lastbit.entropyThreshold(values, { bins: 101, levels: 15 }).threshold).toBeGreaterThan(0);
  expect(lastbit.aciqFactor('laplace', 4)).toBeCloseTo(5.02864, 5);
  expect(Array.from(lastbit.adaptivFloat(values, { bits: 4, exponentBits: 2 }))).toEqual(
    [0, -0.375, 2, 1].map(Math.fround),
  );
  const q = lastbit.quantizationOf(
    { kind: 'float', shape: [4], data: values },
    lastbit.scheme('int8', lastbit.clippedBy(lastbit.aciq('gauss'), lastbit.minMax)),
  );
  expect(q.scale[0]).toBeCloseTo(2.4 / 255, 6);
  const blocks = lastbit.quantizeRows(lastbit.BLOCK_FORMATS[0], values, 4);
  expect(blocks.scales).toHaveLength(1);
});
