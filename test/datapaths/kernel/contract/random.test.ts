import { expect, it } from 'vitest';
import { randomSource } from '../../../../src/datapaths/kernel/contract/random.js';
import type { Lfsr } from '../../../../src/formats/rounding.js';

/** The bits of a Fibonacci register, one after the other: taps are counted from 1 at the end where bits come in. */
function* bitsOf({ width, taps }: Lfsr, seed: number): Generator<number> {
  const places = Array.from({ length: width }, (_, i) => Math.floor(seed / 2 ** i) % 2);
  if (!places.includes(1)) places[0] = 1;
  for (;;) {
    const bit = taps.reduce((sum, tap) => sum ^ places[tap - 1], 0);
    places.unshift(bit);
    places.pop();
    yield bit;
  }
}

const drawn = (bits: Generator<number>, count: number) =>
  Array.from({ length: count }, () => bits.next().value as number).reduce((word, bit) => 2 * word + bit, 0);

const REGISTERS: [number, number[]][] = [
  [5, [5, 3]],
  [8, [8, 6, 5, 4]],
  [13, [13, 4, 3, 1]],
  [16, [16, 15, 13, 4]],
  [24, [24, 23, 22, 17]],
  [32, [32, 22, 2, 1]],
];

it.each(REGISTERS)('a register of %i bits is drawn from as it shifts, however many bits at a time', (width, taps) => {
  for (const own of [1, 3, width - 1, width, Math.min(width + 1, 31)])
    for (const perOutput of [true, false])
      for (const seed of [1, 2 ** (width - 1), 2 ** width - 2, 0]) {
        const lfsr = { width, taps, seed };
        const source = randomSource({ stochastic: { bits: own, lfsr, perOutput } });
        for (const output of [0, 1, 5]) {
          source.start(output);
          const bits = bitsOf(lfsr, (seed + (perOutput ? output : 0)) % 2 ** width);
          for (const count of [undefined, undefined, 2, width, width + 7, undefined, 1])
            expect([own, seed, output, count, source.next(count)]).toEqual([
              own,
              seed,
              output,
              count,
              drawn(bits, count ?? own),
            ]);
        }
      }
});

it.each(REGISTERS)('from a state of a register of %i bits tables lead on by one draw and by four', (width, taps) => {
  const bits = Math.min(3, width);
  const source = randomSource({ stochastic: { bits, lfsr: { width, taps, seed: 9 }, perOutput: false } });
  const after = ({ tables }: { tables: readonly Uint32Array[] }, state: number) =>
    [0, 8, 16, 24].reduce((sum, shift, i) => sum ^ tables[i][(state >>> shift) & 255], 0) >>> 0;
  for (let i = 0; i < 20; i++) {
    const begun = source.state;
    source.next();
    expect(source.leaps && after(source.leaps.one, begun)).toBe(source.state);
    for (let draws = 1; draws < 4; draws++) source.next();
    expect(source.leaps && after(source.leaps.four, begun)).toBe(source.state);
    expect(source.leaps?.one.mask).toBe(2 ** bits - 1);
  }
  const wide = randomSource({ stochastic: { bits: width + 1, lfsr: { width, taps, seed: 9 }, perOutput: false } });
  expect(wide.leaps).toBeUndefined();
});
