import { describe, expect, it } from 'vitest';
import type { Requantize } from '../../src/datapaths/datapath.js';
import {
  multiplyWide,
  quantizeMultiplier,
  requantize,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
  shiftRight,
} from '../../src/datapaths/requantize.js';
import { int } from '../../src/formats/catalog.js';

const int32 = int(32);
const wide = (kind: Requantize['kind'], multiplier: number): Requantize => ({ kind, multiplier, format: int32 });

function codeOf(x: number): bigint {
  return BigInt.asUintN(32, BigInt(x));
}

function valueOf(code: bigint): number {
  return Number(BigInt.asIntN(8, code));
}

/** How many of the 2,000,001 sums in -1e6..1e6 two conventions scale differently. */
function differences(one: Requantize, other: Requantize): number {
  let count = 0;
  for (let x = -1_000_000n; x <= 1_000_000n; x++) {
    const code = BigInt.asUintN(32, x);
    if (requantize(one, int32, code) !== requantize(other, int32, code)) count++;
  }
  return count;
}

describe('gemmlowp rounding', () => {
  it('ties toward +infinity in the doubling high product', () => {
    const quarter = 1n << 30n;
    expect(saturatingRoundingDoublingHighMul(quarter, -9n)).toBe(-4n);
    expect(saturatingRoundingDoublingHighMul(quarter, 9n)).toBe(5n);
    expect(saturatingRoundingDoublingHighMul(-(1n << 31n), -(1n << 31n))).toBe((1n << 31n) - 1n);
  });

  it('ties away from zero in the division', () => {
    expect(roundingDivideByPowerOfTwo(3n, 1)).toBe(2n);
    expect(roundingDivideByPowerOfTwo(-3n, 1)).toBe(-2n);
  });

  it('differs from single rounding for as many sums as other people counted', () => {
    expect(differences(wide('gemmlowp-double', 0.0123456789), wide('gemmlowp-single', 0.0123456789))).toBe(24_692);
    expect(differences(wide('gemmlowp-double', 2 ** -10), wide('gemmlowp-single', 2 ** -10))).toBe(1_954);
  });

  it('writes a multiplier as q31 * 2^(shift - 31)', () => {
    expect(quantizeMultiplier(0.5)).toEqual({ q31: 1n << 30n, shift: 0 });
    expect(quantizeMultiplier(1)).toEqual({ q31: 1n << 30n, shift: 1 });
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ q31: 1n << 30n, shift: 1 });
    expect(quantizeMultiplier(2 ** -40)).toEqual({ q31: 0n, shift: 0 });
  });
});

/** -2.5, -1.5, -0.5, 0.5, 1.5 and 2.5, rounded. */
function halves(rounding: 'half-even' | 'half-away' | 'half-up' | 'floor'): number[] {
  return [-5n, -3n, -1n, 1n, 3n, 5n].map((x) => Number(shiftRight(x, 1, rounding)));
}

describe('shiftRight', () => {
  it('settles ties as named', () => {
    expect(halves('half-even')).toEqual([-2, -2, 0, 0, 2, 2]);
    expect(halves('half-away')).toEqual([-3, -2, -1, 1, 2, 3]);
    expect(halves('half-up')).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(halves('floor')).toEqual([-3, -2, -1, 0, 1, 2]);
  });

  it('rounds what is not a tie to the nearest, by float64 division', () => {
    for (let x = -600; x <= 600; x++)
      for (const shift of [2, 3, 5]) {
        const real = x / 2 ** shift;
        if (Math.abs(real - Math.trunc(real)) === 0.5) continue;
        for (const rounding of ['half-even', 'half-away', 'half-up'] as const)
          expect(Number(shiftRight(BigInt(x), shift, rounding))).toBe(Math.floor(real + 0.5));
      }
  });

  it('loses the bits below the guard bit and 15 sticky ones, as NVDLA does', () => {
    // -(2^17 + 2^16 - 1) / 2^17 = -1.49999: nearest is -1; with the last bit unseen it looks like -1.5 and goes to -2.
    const value = -(2n ** 17n + 2n ** 16n - 1n);
    expect(shiftRight(value, 17, 'half-away')).toBe(-1n);
    expect(shiftRight(value, 17, 'half-away', 15)).toBe(-2n);
    // Sixteen bits shifted out are all seen.
    expect(shiftRight(-(2n ** 16n + 2n ** 15n - 1n), 16, 'half-away', 15)).toBe(-1n);
    // On the positive side the guard bit decides alone.
    expect(shiftRight(2n ** 17n + 2n ** 16n, 17, 'half-away', 15)).toBe(2n);
    expect(shiftRight(2n ** 17n + 2n ** 16n - 1n, 17, 'half-away', 15)).toBe(1n);
  });
});

describe('requantize', () => {
  const int8 = int(8);

  it('adds bias before and zero point after, then clamps', () => {
    const stage: Requantize = { kind: 'shift', shift: 4, rounding: 'half-up', format: int8, bias: 8, zeroPoint: -3 };
    expect(valueOf(requantize(stage, int32, codeOf(100)))).toBe(Math.floor(108 / 16 + 0.5) - 3);
    expect(valueOf(requantize({ ...stage, clamp: [0, 6] }, int32, codeOf(-500)))).toBe(0);
    expect(valueOf(requantize(stage, int32, codeOf(1e6)))).toBe(127);
  });

  it('multiplies in float32 and rounds half to even', () => {
    const stage: Requantize = { kind: 'float', multiplier: 0.1, format: int8 };
    const scale = Math.fround(0.1);
    for (let x = -1300; x <= 1300; x++) {
      const product = Math.fround(x * scale);
      const floor = Math.floor(product);
      const rest = product - floor;
      const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
      expect(valueOf(requantize(stage, int32, codeOf(x)))).toBe(Math.max(-128, Math.min(127, rounded)));
    }
  });
});

it('a multiplier beyond 2^30 saturates in the single rounding, as in tensorflow/tflite-micro at 90b983c', () => {
  const of = (multiplier: number, x: number) => requantize(wide('gemmlowp-single', multiplier), int32, codeOf(x));
  expect([of(1395864371.2, -1), of(2 ** 32, 0), of(2 ** 32, -1)]).toEqual([-1073741823, 0, -1073741823].map(codeOf));
});

it('int64 sums, whose multiplier has 15 bits: tensorflow/tflite-micro at 90b983c, common.cc', () => {
  for (const [x, product] of [
    [1118032341n, 13802993n],
    [-30011401588n, -370514488n],
    [-32664n, -403n],
    [295433n, 3647n],
  ])
    expect(multiplyWide(x, 1696777188n, -6)).toBe(product);
  expect(multiplyWide(1n << 20n, 0x7fffffffn, 0)).toBe(((1n << 20n) * 0x7fffn + (1n << 14n)) >> 15n);
});

describe('what is no convention is refused, whoever calls', () => {
  const stage = (parts: object) => ({ kind: 'shift', format: int(8), ...parts }) as Requantize;
  const run = (parts: object) => () => requantize(stage(parts), int32, 100n);

  it.each([
    [{ kind: 'bogus' }, 'kind "bogus" is not one of shift, gemmlowp-double, gemmlowp-single, float'],
    [{ kind: 'gemmlowp-singel' }, 'did you mean "gemmlowp-single"?'],
    [{ kind: 'toString' }, 'kind "toString" is not one of'],
    [{ kind: undefined }, 'is not one of shift'],
    [{ shift: 2, rounding: 'half-down' }, 'rounding "half-down" is not one of half-even, half-away, half-up, floor'],
    [{ shift: 1.5 }, 'shift must be a whole number, found 1.5'],
    [{ shift: -1 }, 'shift must be 0 to 63, found -1'],
    [{ bias: Number.NaN }, 'bias must be a whole number, found NaN'],
    [{ zeroPoint: 0.5 }, 'zeroPoint must be a whole number, found 0.5'],
    [{ kind: 'float', multiplier: Number.NaN }, 'the multiplier must be a positive number, found NaN'],
    [{ kind: 'gemmlowp-double', multiplier: -1 }, 'the multiplier must be a positive number, found -1'],
    [{ clamp: [0.5, 9] }, 'clamp[0] must be a whole number, found 0.5'],
  ])('%j', (parts, message) => expect(run(parts)).toThrow(message));

  it('a shift of nothing too', () => {
    expect(() => shiftRight(5n, 0, 'bogus' as never)).toThrow('rounding "bogus" is not one of');
  });
});
