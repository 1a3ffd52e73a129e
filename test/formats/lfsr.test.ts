import { describe, expect, it } from 'vitest';
import { lfsrBits, roundsUp, stochastic } from '../../src/formats/rounding.js';

/** x times a polynomial over GF(2), modulo another of that degree. */
const timesX = (value: bigint, modulus: bigint, degree: number) => {
  const shifted = value << 1n;
  return shifted >> BigInt(degree) === 1n ? shifted ^ modulus : shifted;
};

function powerOfX(exponent: bigint, modulus: bigint, degree: number): bigint {
  if (exponent === 0n) return 1n;
  const half = powerOfX(exponent / 2n, modulus, degree);
  let square = 0n;
  for (let bit = degree - 1; bit >= 0; bit--) {
    square = timesX(square, modulus, degree);
    if ((half >> BigInt(bit)) & 1n) square ^= half;
  }
  return exponent % 2n === 1n ? timesX(square, modulus, degree) : square;
}

/** The taps of Xilinx XAPP052, table 3, and the prime factors of 2^width - 1. */
const REGISTERS: readonly [number, number[], number[]][] = [
  [8, [8, 6, 5, 4], [3, 5, 17]],
  [16, [16, 15, 13, 4], [3, 5, 17, 257]],
  [24, [24, 23, 22, 17], [3, 5, 7, 13, 17, 241]],
  [32, [32, 22, 2, 1], [3, 5, 17, 257, 65537]],
];

describe.each(REGISTERS)('the register of %i bits', (width, taps, factors) => {
  const { lfsr } = stochastic(width - 1, 5).stochastic;

  it('has the taps of the table, whose polynomial is primitive: all states but zero are passed through', () => {
    expect(lfsr).toEqual({ width, taps, seed: 5 });
    const modulus = taps.reduce((sum, tap) => sum ^ (1n << BigInt(width - tap)), 1n << BigInt(width));
    const period = 2n ** BigInt(width) - 1n;
    expect(powerOfX(period, modulus, width)).toBe(1n);
    for (const factor of factors) expect(powerOfX(period / BigInt(factor), modulus, width)).not.toBe(1n);
  });

  it.each([1, 5, 2 ** width - 1, 2 ** (width - 1), 0, 2 ** width + 9, -3])(
    'gives the bits of its recurrence from seed %i',
    (seed) => {
      const low = ((seed % 2 ** width) + 2 ** width) % 2 ** width || 1;
      const bits = low.toString(2).padStart(width, '0').split('').map(Number);
      const draw = lfsrBits(lfsr, seed);
      for (const count of [1, width, 3, 40, 0, 31]) {
        const from = bits.length;
        for (let i = 0; i < count; i++)
          bits.push(taps.reduce((sum, tap) => sum ^ bits[bits.length - tap - (bits.length - from - i)], 0));
        expect(draw(count)).toBe(BigInt(`0b0${bits.slice(from).join('')}`));
      }
    },
  );
});

it('the smallest usual register that is wider than the bits is taken, and that of 32 for as many', () => {
  const widths = [1, 7, 8, 15, 16, 23, 24, 31, 32].map((bits) => stochastic(bits).stochastic.lfsr.width);
  expect(widths).toEqual([8, 8, 16, 16, 24, 24, 32, 32, 32]);
  expect(stochastic(4)).toEqual({
    stochastic: { bits: 4, perOutput: false, lfsr: { width: 8, taps: [8, 6, 5, 4], seed: 1 } },
  });
  expect(stochastic(4, 7, true)).toMatchObject({ stochastic: { perOutput: true, lfsr: { seed: 7 } } });
  expect(lfsrBits(stochastic(4, 9).stochastic.lfsr)(20)).toBe(lfsrBits(stochastic(4).stochastic.lfsr, 9)(20));
});

it('random bits decide by the cut fraction alone, and nothing where it is zero', () => {
  const rounding = stochastic(3);
  for (let remainder = 0n; remainder < 24n; remainder++)
    for (let drawn = 0n; drawn < 8n; drawn++)
      for (const odd of [false, true]) {
        const up = remainder > 0n && (remainder * 8n) / 24n + drawn >= 8n;
        expect(roundsUp(rounding, odd, odd, { remainder, step: 24n }, drawn)).toBe(up);
      }
  expect(roundsUp(rounding, false, true, { remainder: 23n, step: 24n })).toBe(false);
});
