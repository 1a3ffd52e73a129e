import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../src/formats/codec.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';
import { lfsrBits, stochastic } from '../../src/formats/rounding.js';

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
