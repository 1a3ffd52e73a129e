import { type Random, randomFrom } from './random.js';

/**
 * The random numbers of training steps. Each step begins its own stream, so a run that goes on after a kill draws what an
 * uninterrupted one would have drawn, and nothing has to be stored.
 */
export interface Draws {
  /** @param share of all steps that is done */
  begin(step: number, share: number): void;
  /** A real in [0, 1). */
  unit: () => number;
  /** Of all steps, 0..1, for what changes on the way. */
  share: () => number;
}

export function drawsFrom(seed: number): Draws {
  let random: Random = randomFrom(seed, 0xd1ce, -1);
  let done = 0;
  return {
    begin(step, share) {
      random = randomFrom(seed, 0xd1ce, step);
      done = share;
    },
    unit: () => random.unit(),
    share: () => done,
  };
}
