import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import {
  SAWB_ROWS,
  sawbClip,
  sawbForward,
  sawbGradient,
  sawbHalf,
  sawbLevels,
  sawbRow,
  sawbWeights,
} from '../../../src/quantize/learned/sawbRows.js';

describe('SAWB', () => {
  it('the clip is c1 rms + c2 mean magnitude', () => {
    const w = Float64Array.of(3, -4);
    expect(sawbClip(w, { c1: 2, c2: -1 })).toBeCloseTo(2 * Math.sqrt(12.5) - 3.5, 12);
    // All equal: 12.035 - 12.03 stays positive; 31.76 - 35.04 does not, and max|w| steps in.
    expect(sawbClip(Float64Array.of(1, 1), sawbRow('403'))).toBeCloseTo(0.005, 12);
    expect(sawbClip(Float64Array.of(1, -1), sawbRow('8bit'))).toBe(1);
  });

  it('levels by row: two bits have -a -a/3 a/3 a, aligned rows have zero', () => {
    const all = Float64Array.from({ length: 2001 }, (_, i) => (i - 1000) / 500);
    for (const row of SAWB_ROWS) {
      const levels = [...new Set(sawbForward(all, row, 1))].map((x) => Math.round(x * sawbHalf(row)) + 0);
      levels.sort((a, b) => a - b);
      const half = sawbHalf(row);
      const step = row.aligned === 'half' ? 2 : 1;
      expect(levels, row.name).toEqual(Array.from({ length: (2 * half) / step + 1 }, (_, i) => i * step - half));
      expect(sawbLevels(row), row.name).toBe(levels.length);
      expect(levels.includes(0), row.name).toBe(row.aligned === 'zero');
    }
    // Levels as IBM's tables and the papers name them: 2^b without zero, 2^b - 1 with it, and LUQ's code as it runs.
    expect(SAWB_ROWS.map(({ name }) => `${name} ${sawbLevels(sawbRow(name))}`)).toEqual([
      ...['102 4', '102-older 4', '3bit 8', '4bit 16', '5bit 32', '8bit 256', '103 3', '403 15', '703 127', '803 255'],
      ...['luq-4bit 15', 'luq-17 17'],
    ]);
  });

  it('two rows call themselves 4 bit: 16 levels without zero, 15 with it', () => {
    expect([sawbRow('4bit').c1, sawbRow('403').c1]).toEqual([12.68, 12.035]);
    expect(Array.from(sawbForward(Float64Array.of(0.01, -0.01), sawbRow('4bit'), 15))).toEqual([1, -1]);
    expect(Array.from(sawbForward(Float64Array.of(0.01, 0.6), sawbRow('403'), 7))).toEqual([0, 1]);
  });

  it.each(SAWB_ROWS.map((row) => [row.name, row] as const))(
    'on a normal distribution the clip of row %s is near that of least squared error, by brute force',
    (_, row) => {
      const [half, step] = [sawbHalf(row), row.aligned === 'half' ? 2 : 1];
      const errorAt = (clip: number) => {
        let error = 0;
        for (let x = 0.005; x < 6; x += 0.01) {
          // Codes are those of the definition: odd ones, or all, between -half and half.
          const code =
            row.aligned === 'half' ? 2 * Math.floor((x * half) / clip / 2) + 1 : Math.round((x * half) / clip);
          error += Math.exp((-x * x) / 2) * (x - (Math.min(code, half) * clip) / half) ** 2;
        }
        return error;
      };
      expect(half % step).toBe(row.aligned === 'half' ? 1 : 0);
      const clips = Array.from({ length: 240 }, (_each, i) => 0.5 + i / 50);
      const best = clips.reduce((least, clip) => (errorAt(clip) < errorAt(least) ? clip : least));
      // Moments of N(0, 1): rms 1, mean magnitude sqrt(2 / pi).
      const clip = row.c1 + row.c2 * Math.sqrt(2 / Math.PI);
      expect(Math.abs(clip - best) / best).toBeLessThan(0.08);
    },
  );

  it('the gradient goes through, or stops beyond the clip', () => {
    const [w, gradient] = [Float64Array.of(1, -1, 1.5, -1.5, 0), Float64Array.of(1, 2, 3, 4, 5)];
    expect(Array.from(sawbGradient(w, 1, gradient))).toEqual([1, 2, 3, 4, 5]);
    expect(Array.from(sawbGradient(w, 1, gradient, 'clipped'))).toEqual([1, 2, 0, 0, 5]);
  });

  it.each(SAWB_ROWS.map((row) => [row.name, row] as const))(
    'in training, row %s: codes hold every level, by clip / half',
    (_, row) => {
      const w = floatTensor([4], Float32Array.of(1, -2, 0.3, 0.7));
      const { values, quantization } = sawbWeights(row).forward(w);
      if (quantization === undefined) throw new Error('there are no codes');
      const clip = sawbClip(w.data, row);
      expect(Array.from(values.data)).toEqual(Array.from(sawbForward(w.data, row, clip)));
      expect(quantization.scale).toEqual(Float32Array.of(clip / sawbHalf(row)));
      const { format } = quantization.fit;
      if (format.kind !== 'int') throw new Error('codes are integers');
      // The narrowest that holds the steps on either side of zero.
      expect(2 ** (format.bits - 1) - 1).toBeGreaterThanOrEqual(sawbHalf(row));
      expect(2 ** (format.bits - 2) - 1).toBeLessThan(sawbHalf(row));
    },
  );

  it('in training: codes times a / half', () => {
    const w = floatTensor([4], Float32Array.of(1, -2, 0.3, 0.7));
    const { values, quantization } = sawbWeights(sawbRow('403')).forward(w);
    const scale = quantization?.scale[0] ?? 0;
    expect(scale).toBeCloseTo(sawbClip(w.data, sawbRow('403')) / 7, 6);
    for (const value of values.data) expect(Math.abs(value / scale - Math.round(value / scale))).toBeLessThan(1e-5);
  });

  it('a name that there is not is answered with those that there are', () => {
    expect(() => sawbRow('404')).toThrow(/^there is no SAWB row "404": there are 102 102-older 3bit/);
  });
});
