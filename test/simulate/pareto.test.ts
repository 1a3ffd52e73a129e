import { expect, it } from 'vitest';
import { paretoOptimal } from '../../src/simulate/pareto.js';

const point = (accuracy: number, cycles: number, energyPj: number) => ({ accuracy, cycles, energyPj });

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
