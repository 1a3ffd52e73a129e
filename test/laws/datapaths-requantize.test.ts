import { describe, expect, it } from 'vitest';
import type { Requantize } from '../../src/datapaths/datapath.js';
import { rescaled } from '../../src/datapaths/exact.js';
import {
  multiplyWide,
  quantizeMultiplier,
  requantize,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
  shiftRight,
} from '../../src/datapaths/requantize.js';
import { int } from '../../src/formats/catalog.js';
import type { IntFormat } from '../../src/formats/format.js';
import { fromAligned, toNumber } from '../../src/formats/raw.js';
import { doubledHigh, multiplierOf, requantized, shifted } from './definition/requantize.js';

/** Every convention of requantization at its edges, against the definition: enumerated where integers are narrow. */
const ROUNDINGS = ['half-even', 'half-away', 'half-up', 'floor'] as const;
const STICKY = [undefined, 0, 1, 2, 3, 7, 15];
/** Where products, words and roundings end: powers of two, halves of them, and what lies beside each. */
const EDGES: readonly bigint[] = [
  ...new Set(
    [0, 2, 7, 14, 15, 23, 24, 29, 30, 31, 32, 46, 47].flatMap((power) =>
      [-1n, 0n, 1n].flatMap((beside) => [2n ** BigInt(power) + beside, 3n * 2n ** BigInt(power) + beside]),
    ),
  ),
].flatMap((value) => [value, -value]);
const MULTIPLIERS: readonly number[] = [
  ...[-149, -126, -33, -32, -31, -30, -17, -1, 0, 1, 29, 30, 31, 127].flatMap((power) =>
    [1, 1 - 2 ** -32, 1 - 2 ** -33, 1 + 2 ** -31, 1.1].map((x) => x * 2 ** power),
  ),
  0,
  5e-324,
  Number.MAX_VALUE,
];

const codeOf = ({ bits }: IntFormat, value: bigint) => BigInt.asUintN(bits, value);

/** Values whose code a stage makes something else of than the definition does. */
function wrong(stage: Requantize, from: IntFormat, values: readonly bigint[]): unknown[] {
  return values
    .map((value) => codeOf(from, value))
    .map((code) => ({ stage, code, got: requantize(stage, from, code), want: requantized(stage, from, code) }))
    .filter(({ got, want }) => got !== want)
    .slice(0, 3);
}

const all = (bits: number) => Array.from({ length: 2 ** bits }, (_, code) => BigInt(code));

describe('a shift', () => {
  it.each(ROUNDINGS)('%s: every integer of 10 bits by every shift, with few bits seen and with all', (rounding) => {
    for (const shift of [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 63])
      for (const stickyBits of STICKY)
        for (const code of all(10)) {
          const value = BigInt.asIntN(10, code);
          const got = shiftRight(value, shift, rounding, stickyBits);
          const want = shifted(value, shift, rounding, stickyBits);
          if (got !== want) expect({ value, shift, stickyBits, got }).toEqual({ want });
        }
  });

  it.each(ROUNDINGS)('%s: signed and unsigned sums into words that hold them and into narrow ones', (rounding) => {
    for (const from of [int(8), int(8, false), int(8, true, -3)])
      for (const format of [int(3), int(5, false), int(16), int(16, false)])
        for (const parts of [
          {},
          { bias: 37 },
          { bias: -200, zeroPoint: 5 },
          { zeroPoint: -9, clamp: [-2, 3] },
          { clamp: [0, 0] },
        ])
          for (const shift of [undefined, 0, 2, 5]) {
            const stage = { kind: 'shift', format, rounding, shift, ...parts } as Requantize;
            expect(wrong(stage, from, all(8))).toEqual([]);
          }
  });

  it('is to the nearest, ties to even, where nothing is said', () => {
    expect(wrong({ kind: 'shift', shift: 2, format: int(8) }, int(8), all(8))).toEqual([]);
    expect(wrong({ kind: 'shift', format: int(8) }, int(8), all(8))).toEqual([]);
  });
});

describe.each(['gemmlowp-double', 'gemmlowp-single', 'float'] as const)('%s', (kind) => {
  it('at every edge of sums of 32, 34 and 64 bits, by every edge of multipliers', () => {
    const words = [
      [int(32), int(8)],
      [int(34), int(32)],
      [int(64), int(64)],
    ] as const;
    for (const multiplier of MULTIPLIERS)
      for (const [from, format] of words) expect(wrong({ kind, multiplier, format }, from, EDGES)).toEqual([]);
  });

  it('multiplies by 1 where no multiplier is given, and adds what is to be added before and after', () => {
    expect(wrong({ kind, format: int(16) }, int(32), EDGES)).toEqual([]);
    const stage = { kind, multiplier: 0.37, bias: -77, zeroPoint: 3, clamp: [-50, 60], format: int(8) } as Requantize;
    expect(wrong(stage, int(16), EDGES)).toEqual([]);
  });
});

it('a multiplier is q31 / 2^31 * 2^shift', () => {
  for (const multiplier of MULTIPLIERS) {
    const { q31, exponent } = multiplierOf(multiplier);
    expect([multiplier, quantizeMultiplier(multiplier)]).toEqual([multiplier, { q31, shift: exponent }]);
  }
});

it('the doubling high product and the rounding division, at every edge of 32 bits', () => {
  const words = EDGES.filter((value) => value === BigInt.asIntN(32, value));
  for (const x of words) {
    for (const y of words)
      if (saturatingRoundingDoublingHighMul(x, y) !== doubledHigh(x, y)) expect([x, y]).toEqual([]);
    for (const exponent of [0, 1, 2, 15, 30, 31])
      expect(roundingDivideByPowerOfTwo(x, exponent)).toBe(shifted(x, exponent, 'half-away'));
  }
});

/** MultiplyByQuantizedMultiplier(int64_t, ...) of TFLite's common.cc, line by line. */
function int64Product(x: bigint, q31: bigint, shift: number): bigint {
  const reduced = q31 < 0x7fff0000n ? (q31 + 2n ** 15n) / 2n ** 16n : 0x7fffn;
  const total = BigInt(15 - shift);
  return BigInt.asIntN(64, x * reduced + 2n ** (total - 1n)) >> total;
}

it('int64 sums by a multiplier of 15 bits, on both sides of the largest that is rounded to them', () => {
  const multipliers = [
    0x40000000n,
    0x40007fffn,
    0x40008000n,
    0x7ffe7fffn,
    0x7ffe8000n,
    0x7ffeffffn,
    0x7fff0000n,
    0x7fff0001n,
    0x7fffffffn,
  ];
  const sums = EDGES.filter((value) => value === BigInt.asIntN(48, value));
  for (const q31 of multipliers)
    for (const shift of [-31, -15, -1, 0, 1, 7])
      for (const x of sums)
        expect([x, q31, shift, multiplyWide(x, q31, shift)]).toEqual([x, q31, shift, int64Product(x, q31, shift)]);
});

it('without rounding and limits a stage is (sum + bias) * scale + zero point', () => {
  for (const sum of [-1000, -3, 0, 5, 77]) {
    const of = (stage: Omit<Requantize, 'format'>) =>
      toNumber(rescaled({ ...stage, format: int(8) }, fromAligned(BigInt(sum), 0)));
    expect(of({ kind: 'shift' })).toBe(sum);
    expect(of({ kind: 'shift', shift: 3, bias: 5, zeroPoint: -2 })).toBe((sum + 5) / 8 - 2);
    for (const kind of ['gemmlowp-double', 'gemmlowp-single', 'float'] as const) {
      expect(of({ kind })).toBe(sum);
      expect(of({ kind, multiplier: 0.375, bias: -7, zeroPoint: 9 })).toBe((sum - 7) * 0.375 + 9);
    }
  }
});
