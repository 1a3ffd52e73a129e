import { describe, expect, it } from 'vitest';
import {
  GRAD_SCALER,
  initialLossScale,
  type LossScale,
  type LossScaling,
  nextLossScale,
  skipsStep,
} from '../../../src/training/session/scaling.js';

const quick: LossScaling = { kind: 'dynamic', initial: 8, growth: 2, backoff: 0.5, interval: 3 };

function follow(scaling: LossScaling, finite: readonly boolean[]): LossScale[] {
  const states = [initialLossScale(scaling)];
  for (const good of finite) states.push(nextLossScale(states[states.length - 1], good, scaling));
  return states;
}

describe('loss scaling', () => {
  it('grows after each run of good steps, halves at once after a bad one', () => {
    const scales = follow(quick, [true, true, true, true, true, false, true, true, true, false, false]);
    expect(scales.map(({ scale }) => scale)).toEqual([8, 8, 8, 16, 16, 16, 8, 8, 8, 16, 8, 4]);
    expect(scales.map(({ goodSteps }) => goodSteps)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0]);
  });

  it('PyTorch’s constants: 2^16, doubled after 2000 good steps and not before', () => {
    const states = follow(GRAD_SCALER, new Array<boolean>(2000).fill(true));
    expect(states[1999].scale).toBe(65536);
    expect(states[2000]).toEqual({ scale: 131072, goodSteps: 0 });
  });

  it('does not leave float32: at the top it stays, and its counter begins anew', () => {
    const top = { scale: 2 ** 127, goodSteps: 2 };
    expect(nextLossScale(top, true, quick)).toEqual({ scale: 2 ** 127, goodSteps: 0 });
  });

  it('stays between its limits: NVIDIA/apex at 03b0eeb, amp/scaler.py, has 2^24 for the largest', () => {
    const apex: LossScaling = { ...GRAD_SCALER, initial: 2 ** 23, interval: 1, largest: 2 ** 24, smallest: 2 ** 23 };
    const scales = follow(apex, [true, true, false, false]).map(({ scale }) => scale);
    expect(scales).toEqual([2 ** 23, 2 ** 24, 2 ** 24, 2 ** 23, 2 ** 23]);
  });

  it('only a dynamic scale skips steps; a static one and none never change', () => {
    for (const scaling of [{ kind: 'none' }, { kind: 'static', scale: 1000 }] as const) {
      const start = initialLossScale(scaling);
      expect(nextLossScale(start, false, scaling)).toEqual(start);
      expect(skipsStep(scaling, false)).toBe(false);
    }
    expect(initialLossScale({ kind: 'static', scale: 1000 }).scale).toBe(1000);
    expect([skipsStep(quick, false), skipsStep(quick, true)]).toEqual([true, false]);
  });
});
