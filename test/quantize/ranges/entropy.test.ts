import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { entropy, entropyThreshold } from '../../../src/quantize/ranges/entropy.js';
import { magnitudeThreshold } from '../../../src/quantize/ranges/magnitudeEntropy.js';
import { randomFrom } from '../../../src/random/random.js';

const draw = randomFrom(81);
const normal = Float32Array.from({ length: 3000 }, () => draw.normal());
const [above, below] = [normal.map(Math.abs), normal.map((x) => -Math.abs(x))];

describe.each([
  ['int4', 15],
  ['uint4', 15],
  ['int3', 7],
  ['e2m1fn', 15],
])('the window of entropy for %s', (format, usual) => {
  const fit = fitTo(formatNamed(format), { overflow: 'saturate' });
  const bins = 401;
  const windowOf = (levels: number, values: Float32Array) => {
    const { threshold } = entropyThreshold(values, { bins, levels });
    return { low: -threshold, high: threshold };
  };

  it('is that of 2^b - 1 levels, and of twice as many and one for values of one sign', () => {
    expect(entropy({ bins })(normal, fit)).toEqual(windowOf(usual, normal));
    for (const values of [above, below, above.map((x) => Math.max(0, x - 1))]) {
      expect(entropy({ bins })(values, fit)).toEqual(windowOf(2 * usual + 1, values));
      expect(entropy({ bins, widensOneSided: false })(values, fit)).toEqual(windowOf(usual, values));
      expect(entropy({ bins, levels: 21 })(values, fit)).toEqual(windowOf(43, values));
    }
  });
});

/** KL(P || Q) of a threshold in float64, from the definition: P clipped into its edge bins, Q merged, both smoothed. */
function divergence(values: Float64Array, bins: number, i: number, levels: number, drops: boolean): number {
  const largest = Math.max(...values.map(Math.abs));
  const edges = Array.from({ length: bins + 1 }, (_, e) =>
    e === bins ? largest : e * ((2 * largest) / bins) - largest,
  );
  const bin = (x: number) =>
    Math.min(
      bins - 1,
      edges.findLastIndex((edge) => edge <= x),
    );
  const centre = (bins - 1) / 2;
  const [start, stop] = [centre - i, centre + i];
  const width = stop - start + 1;
  const [p, inside] = [new Array<number>(width).fill(0), new Array<number>(width).fill(0)];
  for (const x of values) {
    const at = bin(x);
    p[Math.max(0, Math.min(width - 1, at - start))]++;
    if (at >= start && at <= stop) inside[at - start]++;
  }
  const q = new Array<number>(width).fill(0);
  const merged = Math.floor(width / levels);
  for (let level = 0; level < levels; level++) {
    const from = level * merged;
    const to = level === levels - 1 ? width : from + merged;
    const end = level === levels - 1 && drops ? width - 1 : to;
    const sum = inside.slice(from, to).reduce((a, b) => a + b, 0);
    const held = inside.slice(from, end).filter((count) => count > 0).length;
    for (let b = from; b < end; b++) if (inside[b] > 0) q[b] = sum / held;
  }
  const smoothed = (x: readonly number[]) => {
    const empty = x.filter((value) => value === 0).length;
    const given = (1e-4 * empty) / (x.length - empty);
    if (!(given < 1)) return undefined;
    const moved = x.map((value) => (value === 0 ? 1e-4 : value - given));
    const total = moved.reduce((a, b) => a + b, 0);
    return moved.map((value) => value / total);
  };
  const [ownP, ownQ] = [smoothed(p), smoothed(q)];
  if (ownP === undefined || ownQ === undefined) return Infinity;
  return ownP.reduce((sum, value, b) => sum + value * Math.log(value / ownQ[b]), 0);
}

it.each([
  [101, 7, true],
  [101, 7, false],
  [151, 15, true],
  [201, 31, false],
])('%i bins, %i levels, last bin dropped %s: the least divergence by its definition', (bins, levels, dropsLastBin) => {
  for (const scale of [1, 3]) {
    const values = Float64Array.from({ length: 700 }, () => draw.normal() * (draw.below(20) === 0 ? scale * 2 : 1));
    const { threshold, divergence: least } = entropyThreshold(values, {
      bins,
      levels,
      dropsLastBin,
      precision: 'float64',
    });
    const lowest = Math.floor(levels / 2);
    const all = Array.from({ length: (bins + 1) / 2 - lowest }, (_, at) =>
      divergence(values, bins, lowest + at, levels, dropsLastBin),
    );
    const best = Math.min(...all);
    expect(least).toBeCloseTo(best, 9);
    const largest = Math.max(...values.map(Math.abs));
    const edge = (bins + 1) / 2 + lowest + all.indexOf(best);
    expect(threshold).toBeCloseTo(edge === bins ? largest : (edge * 2 * largest) / bins - largest, 9);
  }
});

it('bins are odd, and as many as the levels', () => {
  for (const [bins, levels] of [
    [100, 15],
    [13, 15],
  ])
    expect(() => entropyThreshold(normal, { bins, levels })).toThrow(
      `entropy: ${bins} bins for ${levels} levels: take an odd number of at least as many`,
    );
  expect(entropyThreshold(normal, { bins: 15, levels: 15 }).threshold).toBeGreaterThan(0);
});

it('values that are all zero, or none, clip at zero, by either procedure', () => {
  for (const values of [new Float32Array(3), new Float32Array(0), Float64Array.of(-0, 0)]) {
    expect(entropyThreshold(values, { bins: 15, levels: 15 })).toEqual({ threshold: 0, divergence: 0 });
    expect(magnitudeThreshold(values)).toEqual({ threshold: 0, divergence: 0 });
  }
});

it.each([-30, -1, 9])('values times 2^%i clip at as many times the threshold, by either procedure', (octaves) => {
  const scaled = normal.map((value) => value * 2 ** octaves);
  for (const rule of [
    (values: Float32Array) => entropyThreshold(values, { bins: 401, levels: 15 }),
    magnitudeThreshold,
  ]) {
    const { threshold, divergence } = rule(normal);
    expect(rule(scaled)).toEqual({ threshold: threshold * 2 ** octaves, divergence });
    expect(threshold).toBeGreaterThan(1);
  }
});
