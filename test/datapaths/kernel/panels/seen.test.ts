import { describe, expect, it } from 'vitest';
import type { CodeArray } from '../../../../src/datapaths/kernel/index.js';
import { marksOf } from '../../../../src/datapaths/kernel/panels/marks.js';
import { exponentIn, roundUp, seenIn } from '../../../../src/datapaths/kernel/panels/pack.js';
import { randomFrom } from '../../../../src/random/random.js';

/** Lengths about the steps of 8 codes and the blocks of 32768 that are marked at a time. */
const LENGTHS = [0, 1, 7, 8, 9, 16, 32767, 32768, 32769, 32776, 65536, 65543];

describe('the codes that occur (seed 23)', () => {
  it.each([
    [Uint8Array, 256],
    [Uint8Array, 16],
    [Uint16Array, 65536],
    [Uint16Array, 4096],
    [Uint32Array, 500],
  ])('%o of %i', (kind, count) => {
    const random = randomFrom(23, count);
    for (const length of LENGTHS) {
      // Few different ones, and one at each end that occurs nowhere else.
      const some = Array.from({ length: 9 }, () => random.below(count));
      const codes: CodeArray = new kind(length).map(() => some[random.below(9)]);
      if (length > 0) [codes[0], codes[length - 1]] = [random.below(count), random.below(count)];
      const expected = new Uint8Array(count);
      for (const code of codes) expected[code] = 1;
      expect([length, Array.from(marksOf(codes, count))]).toEqual([length, Array.from(expected)]);
    }
  });
});

describe('what operands hold', () => {
  const NOTHING = { max: 0, negative: false, nans: false, infinities: false, quantum: Infinity };
  it.each<[readonly number[], object]>([
    [[], {}],
    [[0, -0], {}],
    [[3, -12], { max: 12, negative: true, quantum: 0 }],
    [[-12, 8], { max: 12, negative: true, quantum: 2 }],
    [[6], { max: 6, quantum: 1 }],
    [[Number.NaN, 4], { max: 4, quantum: 2, nans: true }],
    [[Infinity, 4], { max: 4, quantum: 2, infinities: true }],
    [[-Infinity], { infinities: true, negative: true }],
    [[2 ** -1074], { max: 2 ** -1074, quantum: -1074 }],
    [[2 ** 32, 2 ** 33], { max: 2 ** 33, quantum: 32 }],
    [[2 ** 20 + 1], { max: 2 ** 20 + 1, quantum: 0 }],
    [[2 ** 21 + 2 ** -31], { max: 2 ** 21 + 2 ** -31, quantum: -31 }],
    [[1 + 2 ** -52], { max: 1 + 2 ** -52, quantum: -52 }],
    [[1 + 2 ** -21], { max: 1 + 2 ** -21, quantum: -21 }],
    [[1 + 2 ** -20], { max: 1 + 2 ** -20, quantum: -20 }],
    [[1.5], { max: 1.5, quantum: -1 }],
  ])('%o', (values, expected) => {
    // A table has more than what occurs: the last value is never met.
    const table = [...values, Number.NaN];
    expect(seenIn(Uint8Array.from(values.keys()), table)).toEqual({ ...NOTHING, ...expected });
  });
});

it('exponents are those of the octave, and lengths go up to whole steps', () => {
  expect([1, 1.99, 2, -0.75, 2 ** -1022].map(exponentIn)).toEqual([0, 0, 1, -1, -1022]);
  expect([0, 1, 4, 5].map((value) => roundUp(value, 4))).toEqual([0, 4, 4, 8]);
});
