import type { StepRecord } from './training.js';

/** One epoch: means over its steps, sums of cycles and energy, and how the network then fares on images not trained on. */
export interface EpochRecord {
  epoch: number;
  loss: number;
  accuracy: number;
  judgedAccuracy: number;
  lossScale: number;
  skipped: number;
  underflow: number;
  overflow: number;
  macs: number;
  macsBeside: number;
  cycles: number;
  energyPj: number;
  milliseconds: number;
}

export function epochOf(steps: readonly StepRecord[], judgedAccuracy: number, clockMhz: number): EpochRecord {
  const last = steps[steps.length - 1];
  const sum = (of: (step: StepRecord) => number) => steps.reduce((total, step) => total + of(step), 0);
  const mean = (of: (step: StepRecord) => number) => sum(of) / steps.length;
  const cycles = sum((s) => s.cycles);
  return {
    epoch: last.epoch,
    loss: mean((s) => s.loss),
    accuracy: mean((s) => s.accuracy),
    judgedAccuracy,
    lossScale: last.lossScale,
    skipped: sum((s) => Number(s.skipped)),
    underflow: mean((s) => s.underflow),
    overflow: mean((s) => s.overflow),
    macs: sum((s) => s.macs),
    macsBeside: sum((s) => s.macsBeside),
    cycles,
    energyPj: sum((s) => s.energyPj),
    milliseconds: cycles / (clockMhz * 1000),
  };
}
