import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../src/formats/codec.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';
import { OVERFLOW_RULES } from '../../src/formats/fit.js';
import {
  lfsrBits,
  type NamedRounding,
  type Rounding,
  ROUNDING_RULES,
  ROUNDINGS,
  rtlOfRounding,
  stochastic,
  zeroSignOf,
} from '../../src/formats/rounding.js';

describe('a rounding is one record', () => {
  /** What integers between -3 and 3, in quarters, become: written down by hand. */
  const QUARTERS = [-2.5, -1.75, -1.5, -1.25, 0.25, 0.5, 0.75, 1.5, 2.5];
  const EXPECTED: Record<NamedRounding, number[]> = {
    rne: [-2, -2, -2, -1, 0, 0, 1, 2, 2],
    rna: [-3, -2, -2, -1, 0, 1, 1, 2, 3],
    rnz: [-2, -2, -1, -1, 0, 0, 1, 1, 2],
    rtz: [-2, -1, -1, -1, 0, 0, 0, 1, 2],
    rup: [-2, -1, -1, -1, 1, 1, 1, 2, 3],
    rdn: [-3, -2, -2, -2, 0, 0, 0, 1, 2],
    rto: [-3, -1, -1, -1, 1, 1, 1, 1, 3],
  };

  it.each(ROUNDINGS)('%s rounds as it is defined', (rounding) => {
    // Sums of signs and magnitudes: fp16 has whole numbers as its only values from 1024 to 2048.
    const fit = fitTo(formatNamed('fp16'), { rounding });
    const rounded = QUARTERS.map((x) => {
      const base = x < 0 ? -1024 : 1024;
      return toNumber(decode(fit.format, encode(fromNumber(base + x), fit).code)) - base;
    });
    expect(rounded).toEqual(EXPECTED[rounding]);
  });

  it('has a number of its own in the hardware, which is never that of stochastic rounding', () => {
    const all: Rounding[] = [...ROUNDINGS, stochastic(4)];
    expect(new Set(all.map(rtlOfRounding)).size).toBe(all.length);
    const policies = Object.values(OVERFLOW_RULES).map(({ rtl }) => rtl);
    expect(new Set(policies).size).toBe(policies.length);
    // A field of four bits holds them.
    for (const number of [...all.map(rtlOfRounding), ...policies]) expect(number).toBe(number & 15);
  });

  it('has the number that the layout of a word in lastbit_decode.sv gives it', () => {
    const text = readFileSync(join(import.meta.dirname, '../../src/datapaths/rtl/lastbit_decode.sv'), 'utf8');
    const listed = (field: string) =>
      Object.fromEntries(
        [
          ...text
            .split(`${field}: `)[1]
            .split('\n')[0]
            .matchAll(/(\d) (\S+)/g),
        ].map((m) => [m[2], Number(m[1])]),
      );
    const numbers = Object.fromEntries(ROUNDINGS.map((name) => [name, rtlOfRounding(name)]));
    expect({ ...numbers, stochastic: rtlOfRounding(stochastic(4)) }).toEqual(listed('rounding'));
    expect(Object.fromEntries(Object.entries(OVERFLOW_RULES).map(([name, { rtl }]) => [name, rtl]))).toEqual(
      listed('overflow'),
    );
  });

  it('gives -0 for an exact zero of both signs only where it rounds down', () => {
    expect(ROUNDINGS.filter(zeroSignOf)).toEqual(['rdn']);
    expect(zeroSignOf(stochastic(4))).toBe(false);
  });

  it('goes to infinity where it may go up', () => {
    const to = (sign: boolean) => ROUNDINGS.filter((name) => ROUNDING_RULES[name].toInfinity(sign));
    expect(to(false)).toEqual(['rne', 'rna', 'rnz', 'rup']);
    expect(to(true)).toEqual(['rne', 'rna', 'rnz', 'rdn']);
  });
});

describe('stochastic rounding', () => {
  it('rounds up for exactly floor(fraction * 2^bits) of the 2^bits draws', () => {
    const format = formatNamed('e4m3fn');
    let checked = 0;
    for (const bits of [2, 4, 7])
      for (let sixteenths = 0; sixteenths < 64; sixteenths++) {
        const value = 1 + sixteenths / 512;
        const rounding = stochastic(bits);
        let ups = 0;
        for (let drawn = 0; drawn < 2 ** bits; drawn++) {
          const { code } = encode(fromNumber(-value), fitTo(format, { rounding }), () => BigInt(drawn));
          if (toNumber(decode(format, code)) === -1.125) ups++;
        }
        expect(ups).toBe(Math.floor((sixteenths / 64) * 2 ** bits));
        checked++;
      }
    expect(checked).toBe(192);
  });

  it('needs a source of bits', () => {
    expect(() => encode(fromNumber(1), fitTo(formatNamed('fp16'), { rounding: stochastic(4) }))).toThrow(/random bits/);
  });

  it('leaves exact values alone', () => {
    const fit = fitTo(formatNamed('e4m3fn'), { rounding: stochastic(8) });
    expect(encode(fromNumber(1.125), fit, () => 255n)).toEqual({ code: 0x39n, flags: 0 });
  });
});

describe('the shift register', () => {
  it.each([8, 16])('of %i bits passes through all states but zero', (width) => {
    const { lfsr } = stochastic(width - 1, 1).stochastic;
    expect(lfsr.width).toBe(width);
    const draw = lfsrBits(lfsr);
    const bits = Array.from({ length: 2 * (2 ** width - 1) }, () => Number(draw(1)));
    const period = 2 ** width - 1;
    expect(bits.slice(0, period)).toEqual(bits.slice(period));
    // A maximal sequence holds one more 1 than 0 and repeats after no proper divisor of its period.
    expect(bits.slice(0, period).filter((b) => b === 1)).toHaveLength(2 ** (width - 1));
    for (const divisor of [3, 5, 17, 257].filter((d) => period % d === 0))
      expect(bits.slice(0, period / divisor)).not.toEqual(bits.slice(period / divisor, (2 * period) / divisor));
  });

  it('gives the same bits for the same seed, and other bits for another', () => {
    const { lfsr } = stochastic(8, 5).stochastic;
    const take = (seed: number) => lfsrBits(lfsr, seed)(32);
    expect(take(5)).toBe(take(5));
    expect(take(6)).not.toBe(take(5));
  });
});
