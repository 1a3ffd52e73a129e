import { describe, expect, it } from 'vitest';
import { addOdd, snapperOf, sumOdd, unitInFirstPlace } from '../../../../src/datapaths/kernel/float64/snap.js';
import { type NamedRounding, ROUNDINGS, stochastic } from '../../../../src/formats/rounding.js';
import { randomFrom } from '../../../../src/random/random.js';

/** A float64 as whole multiples of 2^-1074. */
function exactly(value: number): bigint {
  const words = new BigUint64Array(Float64Array.of(value).buffer);
  const field = (words[0] >> 52n) & 0x7ffn;
  const fraction = words[0] & ((1n << 52n) - 1n);
  const magnitude = field === 0n ? fraction : (fraction | (1n << 52n)) << (field - 1n);
  return value < 0 ? -magnitude : magnitude;
}

/** Rounded to odd: cut to 53 bits, of which the last is 1 where something was cut off. */
function odd(total: bigint): number {
  const magnitude = total < 0n ? -total : total;
  const dropped = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  let kept = magnitude >> dropped;
  if (kept << dropped !== magnitude) kept |= 1n;
  // All in reach of Number: kept is below 2^53.
  const value = Number(kept) * 2 ** (Number(dropped) - 500) * 2 ** -574;
  return total < 0n ? -value : value;
}

const random = randomFrom(17);

/** Numbers of some octaves, few of which have all their bits; beside powers of two, from either side. */
function drawn(octaves: number): number {
  const sign = random.below(2) === 0 ? 1 : -1;
  const octave = random.below(octaves);
  const shape = random.below(4);
  const fraction =
    shape === 0
      ? 1
      : shape === 1
        ? 2 - 2 ** -52
        : 1 + random.below(2 ** 20) / 2 ** 20 + random.below(2 ** 32) / 2 ** 52;
  return sign * fraction * 2 ** (octave - octaves / 2);
}

describe('sums rounded to odd (seed 17)', () => {
  it('of two', () => {
    for (let i = 0; i < 4000; i++) {
      const [x, y] = [drawn(130), drawn(130)];
      expect([x, y, addOdd(x, y)]).toEqual([x, y, odd(exactly(x) + exactly(y))]);
    }
    expect(addOdd(1, -1)).toBe(0);
    expect(addOdd(Infinity, 1)).toBe(Infinity);
    expect(addOdd(Infinity, -Infinity)).toBeNaN();
    // One step below a power of two, where the lower word borrows.
    expect(addOdd(1, -(2 ** -80))).toBe(1 - 2 ** -53);
    expect(addOdd(-1, 2 ** -80)).toBe(-1 + 2 ** -53);
    expect(addOdd(1, 2 ** -80)).toBe(1 + 2 ** -52);
    expect(addOdd(-1, -(2 ** -80))).toBe(-1 - 2 ** -52);
  });

  it('of many, whichever cancel', () => {
    for (let i = 0; i < 3000; i++) {
      const count = 1 + random.below(6);
      const values = Array.from({ length: count }, () => drawn(220));
      if (count > 2) values[2] = -values[0];
      const running = random.below(3) === 0 ? 0 : drawn(220);
      const terms = Float64Array.of(9, ...values, 7);
      const total = values.reduce((sum, value) => sum + exactly(value), exactly(running));
      expect([values, running, sumOdd(terms, 1, count, running) + 0]).toEqual([values, running, odd(total) + 0]);
    }
    expect(sumOdd(Float64Array.of(1, 2, 4), 0, 3)).toBe(7);
    expect(sumOdd(Float64Array.of(1), 0, 0, 5)).toBe(5);
  });
});

it('the unit in the first place is the power of two at or below a magnitude', () => {
  for (let octave = -1000; octave < 970; octave += 7)
    for (const fraction of [1, 1 + 2 ** -52, 1.5, 2 - 2 ** -52])
      for (const sign of [1, -1])
        expect([octave, fraction, unitInFirstPlace(sign * fraction * 2 ** octave)]).toEqual([
          octave,
          fraction,
          sign * 2 ** octave,
        ]);
});

/** What each rounding makes of a number of eighths between two whole ones. */
function rounded(mode: NamedRounding, eighths: number): number {
  const [lower, upper] = [Math.floor(eighths / 8), Math.ceil(eighths / 8)];
  if (lower === upper) return lower;
  const above = eighths - 8 * lower;
  const [inner, outer] = eighths < 0 ? [upper, lower] : [lower, upper];
  const even = lower % 2 === 0 ? lower : upper;
  const nearest = above < 4 ? lower : upper;
  switch (mode) {
    case 'rne':
      return above === 4 ? even : nearest;
    case 'rna':
      return above === 4 ? outer : nearest;
    case 'rnz':
      return above === 4 ? inner : nearest;
    case 'rtz':
      return inner;
    case 'rup':
      return upper;
    case 'rdn':
      return lower;
    default:
      return lower % 2 === 0 ? upper : lower;
  }
}

it.each(ROUNDINGS)('%s snaps to multiples as it is defined', (mode) => {
  const snap = snapperOf(mode);
  for (const q of [2 ** -20, 1, 2 ** 30])
    for (let eighths = -80; eighths <= 80; eighths++)
      expect([eighths, snap((eighths / 8) * q, q, 0) / q + 0]).toEqual([eighths, rounded(mode, eighths) + 0]);
});

it('random bits take a number up where what is dropped and they come to one', () => {
  const snap = snapperOf(stochastic(2));
  for (let eighths = -20; eighths <= 20; eighths++)
    for (let bits = 0; bits < 4; bits++) {
      const magnitude = Math.abs(eighths);
      const quarters = Math.floor((magnitude % 8) / 2);
      const up = quarters + bits >= 4 ? 1 : 0;
      const value = (Math.floor(magnitude / 8) + up) * (eighths < 0 ? -1 : 1);
      expect([eighths, bits, snap(eighths / 4, 2, bits) + 0]).toEqual([eighths, bits, 2 * value + 0]);
    }
});
