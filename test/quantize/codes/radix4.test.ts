import { describe, expect, it } from 'vitest';
import { valuesOf } from '../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { total } from '../../../src/quantize/algebra/reals.js';
import {
  nextGradScale,
  phaseShift,
  restingGradScale,
  roundRadix4,
  TWO_PHASE,
  twoPhaseRound,
} from '../../../src/quantize/codes/radix4.js';

describe('radix-4 rounding', () => {
  it('goes down at 4^n / 1.6 and up beyond it, at every threshold of the table', () => {
    const thresholds = [0.009765625, 0.0390625, 0.15625, 0.625, 2.5, 10, 40];
    thresholds.forEach((threshold, i) => {
      const [below, above] = [i === 0 ? 0 : 4 ** (i - 4), 4 ** (i - 3)];
      expect(roundRadix4(threshold)).toBe(below);
      expect(roundRadix4(threshold * (1 + 2 ** -40))).toBe(above);
      expect(roundRadix4(-threshold * (1 + 2 ** -40))).toBe(-above);
    });
  });

  it('the odd phases are the table’s, half and twice', () => {
    for (const [shift, factor] of [
      [-1, 0.5],
      [1, 2],
    ] as const)
      for (const x of [0.004, 0.02, 0.3, 0.7, 3, 50, 1000])
        expect(roundRadix4(x * factor, { shift, underflow: 'literal' })).toBe(roundRadix4(x) * factor);
  });

  it('clips, keeps NaN, and underflows by either rule', () => {
    expect(roundRadix4(1e9)).toBe(64);
    expect(roundRadix4(Number.NaN)).toBeNaN();
    const between = 0.6 / 64;
    expect(roundRadix4(between)).toBe(0);
    expect(roundRadix4(between, { shift: 0, underflow: 'half' })).toBe(1 / 64);
  });

  it('gives codes of the formats radix4 and radix4odd', () => {
    const even = new Set(valuesOf(formatNamed('radix4')));
    const odd = new Set(valuesOf(formatNamed('radix4odd')));
    for (let x = -100; x < 100; x += 0.37) {
      const { inputGradient, weightGradient } = twoPhaseRound(Float64Array.of(x));
      expect(even.has(inputGradient[0])).toBe(true);
      expect(odd.has(weightGradient[0])).toBe(true);
    }
  });
});

describe('two-phase rounding', () => {
  it('log-uniform input: 0.1344 for a phase, 0.0478 for the mean of both, correlation -0.488', () => {
    const count = 200_000;
    // Two periods of the grid within its range, evenly in the logarithm.
    const x = Float64Array.from({ length: count }, (_, i) => 4 ** ((2 * (i + 0.5)) / count - 1));
    const { inputGradient, weightGradient } = twoPhaseRound(x);
    const [even, odd] = [inputGradient, weightGradient].map((y) => y.map((value, i) => value / x[i] - 1));
    const mean = (e: Float64Array) => total(e) / count;
    const square = (e: Float64Array) => total(e, (value) => value * value) / count;
    expect(square(even)).toBeCloseTo(0.1344, 4);
    expect(square(odd)).toBeCloseTo(0.1344, 4);
    expect(square(even.map((value, i) => (value + odd[i]) / 2))).toBeCloseTo(0.0478, 4);
    expect(mean(even)).toBeCloseTo(-0.1344, 4);
    const [evenMean, oddMean] = [mean(even), mean(odd)];
    const along = total(even, (value, i) => (value - evenMean) * (odd[i] - oddMean)) / count;
    const deviations = Math.sqrt((square(even) - evenMean ** 2) * (square(odd) - oddMean ** 2));
    expect(along / deviations).toBeCloseTo(-0.488, 3);
  });

  it('assigns phases as asked', () => {
    expect(phaseShift('inputGradient', TWO_PHASE)).toBe(0);
    expect(phaseShift('weightGradient', TWO_PHASE)).toBe(-1);
    expect(phaseShift('inputGradient', { ...TWO_PHASE, even: 'weightGradient', alignment: 1 })).toBe(1);
  });
});

describe('GradScale', () => {
  it('doubles up to half of the largest level, halves beyond it, else stays', () => {
    expect(nextGradScale(8, 4)).toBe(16);
    expect(nextGradScale(8, 4.01)).toBe(8);
    expect(nextGradScale(8, 8)).toBe(8);
    expect(nextGradScale(8, 8.01)).toBe(4);
  });

  it('zeros and what is no number change nothing', () => {
    for (const largest of [0, Number.NaN, Infinity]) expect(nextGradScale(8, largest)).toBe(8);
  });

  it('rests where the largest gradient lies in (32, 64]', () => {
    for (const largest of [1e-9, 0.3, 1, 64, 65, 1e6]) {
      const scaled = largest * restingGradScale(largest);
      expect(scaled > 32 && scaled <= 64).toBe(true);
    }
    expect(restingGradScale(0)).toBe(1);
  });
});
