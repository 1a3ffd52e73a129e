import { expect, it } from 'vitest';
import { labelsOfArray, labelsOfWords } from '../../src/data/labels.js';

const place = (i: number) => `row ${i}`;

it('labels are whole numbers from 0 to the largest of 32 bits with a sign', () => {
  expect(labelsOfWords(['0', '2147483647'], place)).toEqual({ labels: Int32Array.of(0, 2147483647) });
  for (const word of ['2147483648', '-1', '0.5', '4294967295'])
    expect(() => labelsOfWords(['3', word], place)).toThrow(
      `row 1: the label is ${word}: whole numbers from 0 are labels`,
    );
  expect(() => labelsOfArray({ shape: [1], type: 'float64', data: Float64Array.of(2147483648) }, 'y.npy')).toThrow(
    /^y.npy\[0\]: the label is 2147483648/,
  );
});
