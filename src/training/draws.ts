import { type Random, randomFrom } from './random.js';

/**
 * The random numbers of training steps. Each step begins its own stream, so a run that goes on after a kill draws what an
 * uninterrupted one would have drawn, and nothing has to be stored.
 */
export interface Draws {
  begin(step: number): void;
  /** A real in [0, 1). */
  unit: () => number;
}

export function drawsFrom(seed: number): Draws {
  let random: Random = randomFrom(seed, 0xd1ce, -1);
  return {
    begin(step) {
      random = randomFrom(seed, 0xd1ce, step);
    },
    unit: () => random.unit(),
  };
}
