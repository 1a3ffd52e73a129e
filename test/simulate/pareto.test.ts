import { expect, it } from 'vitest';
import { type Objectives, paretoOptimal } from '../../src/simulate/pareto.js';

const point = (quality: number, cycles: number, energyPj: number) => ({ quality, cycles, energyPj });

it('keeps what nothing else matches in all and beats in one', () => {
  const points = [
    point(0.9, 100, 10), // beaten by the next
    point(0.9, 90, 10),
    point(0.8, 50, 20),
    point(0.8, 50, 20), // a tie is no defeat
    point(0.7, 60, 5),
    point(0.7, 60, 30),
  ];
  expect(paretoOptimal(points)).toEqual([false, true, true, true, true, false]);
});

/** All triples of 0, 1 and 2. */
const CUBE = Array.from({ length: 27 }, (_, i) => point(i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)));

it('of two points, drops the one that is nowhere better and somewhere worse: all pairs of small triples', () => {
  // How much better the first is in each: quality the higher, cycles and energy the lower.
  const gains = (x: Objectives, y: Objectives) => [
    Math.sign(x.quality - y.quality),
    Math.sign(y.cycles - x.cycles),
    Math.sign(y.energyPj - x.energyPj),
  ];
  for (const x of CUBE)
    for (const y of CUBE) {
      const signs = new Set(gains(x, y));
      const wins = signs.has(1) && !signs.has(-1);
      const loses = signs.has(-1) && !signs.has(1);
      expect(paretoOptimal([x, y]), JSON.stringify([x, y])).toEqual([!loses, !wins]);
    }
});

it('of all small triples but some, the front is what no other point stands below', () => {
  const isBelow = (x: Objectives, y: Objectives) =>
    x !== y && x.quality >= y.quality && x.cycles <= y.cycles && x.energyPj <= y.energyPj;
  for (let left = 0; left < 27; left++) {
    const points = CUBE.filter((_, i) => (i * 7 + left) % 27 >= 9 || i % 5 === left % 5);
    expect(paretoOptimal(points)).toEqual(points.map((y) => !points.some((x) => isBelow(x, y))));
  }
});
