import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../src/random/random.js';
import {
  agreementOf,
  cosineOf,
  hitsOf,
  intervalOf,
  largestDifferenceOf,
  type OutputRows,
} from '../../src/simulate/measures.js';

const rowsOf = (width: number, data: readonly number[]): OutputRows => ({
  ...{ name: 'y', rows: data.length / width, width },
  data: Float32Array.from(data),
});
const vector = (...values: number[]) => Float32Array.from(values);

it('the cosine is that of the angle between two vectors, whatever their lengths; of no direction it is 1 or 0', () => {
  for (let degrees = 0; degrees <= 360; degrees += 15) {
    const angle = (degrees * Math.PI) / 180;
    const turned = vector(5 * Math.cos(angle + 1), 5 * Math.sin(angle + 1));
    expect(cosineOf(vector(Math.cos(1) / 8, Math.sin(1) / 8), turned)).toBeCloseTo(Math.cos(angle), 6);
  }
  expect(cosineOf(vector(1, 2, 2), vector(2, -2, 1))).toBe(0);
  expect(cosineOf(vector(0, 0), vector(0, -0))).toBe(1);
  expect([cosineOf(vector(0, 0), vector(3, 4)), cosineOf(vector(3, 4), vector(0, 0))]).toEqual([0, 0]);
});

it('the largest difference is of any two elements, of either sign, and NaN where one of the two is', () => {
  for (const [x, y, wanted] of [
    [vector(1, 2, 3), vector(1, 2, 3), 0],
    [vector(1, 2, 3), vector(1.5, 2, 1), 2],
    [vector(-4, 0), vector(4, -0), 8],
    [vector(1, 7), vector(0.5, 7), 0.5],
    [vector(Infinity, 1), vector(Infinity, 1.25), 0.25],
    [vector(Infinity), vector(-Infinity), Infinity],
    [vector(NaN, 1), vector(NaN, 3), 2],
    [vector(1, NaN, 5), vector(1, 2, 6), NaN],
    [vector(1, 2, 6), vector(4, NaN, 6), NaN],
  ] as const)
    expect(largestDifferenceOf(x, y), `${x.join()} and ${y.join()}`).toBe(wanted);
});

/** Places of a row's elements, the largest first, of equals the first. */
const ranked = (row: readonly number[]) => [...row.keys()].sort((i, j) => row[j] - row[i] || i - j);

it('a label is hit where it is among the k first of its row in order of size (all rows of four small numbers)', () => {
  const width = 4;
  const rows = Array.from({ length: 3 ** width }, (_, i) =>
    Array.from({ length: width }, (_, j) => Math.floor(i / 3 ** j) % 3),
  );
  for (let k = 1; k <= width; k++)
    for (let turn = 0; turn < width; turn++) {
      const labels = rows.map((_, i) => (i + turn) % width);
      const wanted = rows.filter((row, i) => ranked(row).slice(0, k).includes(labels[i])).length;
      expect(hitsOf(rowsOf(width, rows.flat()), labels, k)).toBe(wanted);
    }
});

it('a NaN is never a hit, and keeps the numbers beside it from being the largest', () => {
  for (const label of [0, 1, 2]) expect(hitsOf(rowsOf(3, [NaN, NaN, NaN]), [label], 1)).toBe(0);
  for (const [row, label, k, hits] of [
    [[1, NaN, 3], 1, 2, 0],
    [[1, NaN, 3], 2, 1, 0],
    [[1, NaN, 3], 2, 2, 1],
    [[1, Infinity, 3], 1, 1, 1],
  ] as const)
    expect(hitsOf(rowsOf(3, row), [label], k)).toBe(hits);
});

it('rows agree where their first largest elements are at one place (seed 3)', () => {
  const random = randomFrom(3);
  for (const [rows, width] of [
    [1, 1],
    [7, 3],
    [20, 5],
  ]) {
    const [x, y] = [0, 1].map(() =>
      Array.from({ length: rows }, () => Array.from({ length: width }, () => random.below(3))),
    );
    const same = x.filter((row, i) => ranked(row)[0] === ranked(y[i])[0]).length;
    expect(agreementOf(rowsOf(width, x.flat()), rowsOf(width, y.flat()))).toBe(same / rows);
  }
});

it('of all rows of three small numbers those agree whose first largest elements are at one place', () => {
  const all = Array.from({ length: 27 }, (_, i) => [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)]);
  for (let turn = 0; turn < 27; turn++) {
    const turned = all.map((_, i) => all[(i + turn) % 27]);
    const same = all.filter((row, i) => ranked(row)[0] === ranked(turned[i])[0]).length;
    expect(agreementOf(rowsOf(3, all.flat()), rowsOf(3, turned.flat()))).toBe(same / 27);
  }
});

describe('the interval of a share', () => {
  /** R. G. Newcombe, Statistics in Medicine 17, 1998, table I: the score method without correction. */
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d of %d is from %d to %d', (hits, n, low, high) => {
    const [from, to] = intervalOf(hits, n);
    expect([Number(from.toFixed(4)), Number(to.toFixed(4))]).toEqual([low, high]);
  });

  it('has the shares at its ends from which what was seen is 1.96 deviations off, and lies within 0 and 1', () => {
    for (const n of [1, 2, 10, 1000])
      for (let hits = 0; hits <= n; hits += Math.max(1, n / 10)) {
        const ends = intervalOf(hits, n);
        // Either end solves (share - p)^2 = z^2 p (1 - p) / n.
        for (const p of ends) expect((hits / n - p) ** 2).toBeCloseTo((1.959963984540054 ** 2 * p * (1 - p)) / n, 12);
        expect(ends[0]).toBeGreaterThanOrEqual(0);
        expect(ends[1]).toBeLessThanOrEqual(1);
        expect(ends[0]).toBeLessThan(ends[1]);
        // Turned around it is that of the misses.
        const [low, high] = intervalOf(n - hits, n);
        expect([1 - high, 1 - low].map((end) => end.toFixed(12))).toEqual(ends.map((end) => end.toFixed(12)));
      }
    for (let n = 1; n <= 200; n++) {
      const [none, all] = [intervalOf(0, n), intervalOf(n, n)];
      expect([none[0], all[1]].map((end) => Number(end.toFixed(12)))).toEqual([0, 1]);
      for (const end of [...none, ...all]) expect(end >= 0 && end <= 1).toBe(true);
    }
  });
});
