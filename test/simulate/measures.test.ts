import { expect, it } from 'vitest';
import { randomFrom } from '../../src/random/random.js';
import { hitsOf } from '../../src/simulate/measures.js';

const rowOf = (...values: number[]) => ({ name: 'y', rows: 1, width: values.length, data: Float32Array.from(values) });

it('a label is hit where fewer than k elements sort before it, of equals the first', () => {
  const random = randomFrom(12);
  const [rows, width] = [400, 7];
  const data = Float32Array.from({ length: rows * width }, () => random.below(5) - 2);
  const labels = Array.from({ length: rows }, () => random.below(width));
  for (const k of [1, 2, 5]) {
    const right = labels.filter((label, row) => {
      const own = [...data.subarray(row * width, (row + 1) * width)];
      const sorted = own.map((value, i) => ({ value, i })).toSorted((x, y) => y.value - x.value || x.i - y.i);
      return sorted.slice(0, k).some(({ i }) => i === label);
    });
    expect(hitsOf({ name: 'y', rows, width, data }, labels, k)).toBe(right.length);
  }
});

it('a NaN is never a hit, and keeps the numbers beside it from being the largest', () => {
  const { NaN: none } = Number;
  for (const label of [0, 1, 2]) expect(hitsOf(rowOf(none, none, none), [label], 1)).toBe(0);
  expect(hitsOf(rowOf(1, none, 3), [1], 2)).toBe(0);
  expect(hitsOf(rowOf(1, none, 3), [2], 1)).toBe(0);
  expect(hitsOf(rowOf(1, none, 3), [2], 2)).toBe(1);
  expect(hitsOf(rowOf(1, Infinity, 3), [1], 1)).toBe(1);
});
