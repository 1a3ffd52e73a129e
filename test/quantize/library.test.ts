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

it('quantizeValues takes and gives plain arrays', () => {
  const { codes, scales, zeroPoints, reals } = lastbit.quantizeValues([-1, 3, -2.5, 1.5], 'int4', lastbit.minMax, 2);
  expect(scales).toEqual([4 / 15, 4 / 15].map(Math.fround));
  expect(zeroPoints).toEqual([-4, 1]); // -8 - round(-3.75), and -8 - round(-9.375)
  expect(codes).toEqual([-8, 7, -8, 7]);
  expect(Array.from(reals)).toEqual([-16 / 15, 44 / 15, -36 / 15, 24 / 15].map((x) => expect.closeTo(x, 6)));
  const float = lastbit.quantizeValues([0.3, -7], 'e2m1fn', lastbit.maximum());
  expect(float.codes).toEqual([1, 15]);
  expect(() => lastbit.quantizeValues([1, 2, 3], 'int8', lastbit.minMax, 2)).toThrow(
    'quantizeValues: 3 values are not 2 channels of one length',
  );
});
