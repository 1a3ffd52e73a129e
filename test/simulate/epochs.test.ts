import { expect, it } from 'vitest';
import { epochOf } from '../../src/simulate/epochs.js';
import type { StepRecord } from '../../src/simulate/training.js';

const step = (i: number, skipped: boolean): StepRecord => ({
  ...{ step: 10 + i, steps: 30, epoch: 4, loss: 2 ** -i, accuracy: i / 8, lossScale: 2 ** i, skipped },
  ...{ underflow: i / 16, overflow: i / 32, macs: 100 * i, macsBeside: 10 * i, cycles: 1000 * i, energyPj: 7 * i },
});

it('an epoch has the means of its steps’ shares and losses, the sums of their costs, and the scale of the last', () => {
  const steps = [step(1, false), step(2, true), step(3, true), step(6, false)];
  expect(epochOf(steps, 0.75, 500)).toEqual({
    epoch: 4,
    loss: (1 / 2 + 1 / 4 + 1 / 8 + 1 / 64) / 4,
    accuracy: 12 / 8 / 4,
    judgedAccuracy: 0.75,
    lossScale: 64,
    skipped: 2,
    underflow: 12 / 16 / 4,
    overflow: 12 / 32 / 4,
    macs: 1200,
    macsBeside: 120,
    cycles: 12_000,
    energyPj: 84,
    // 12,000 cycles at 500 MHz are 24 microseconds.
    milliseconds: 0.024,
  });
});
