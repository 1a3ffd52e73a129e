/**
 * steps: one addition and its rounding in SIMD lanes: what it is, which one is exact for a register and its data, and
 * its code.
 */

import type { NamedRounding } from '../../../formats/rounding.js';
import type { Code, Local } from '../../../wasm/assembler.js';

/** The roundings that lanes know, which see no sign: one that is not here is left to slower routes. */
export type LaneRounding = Extract<NamedRounding, 'rne' | 'rna' | 'rnz' | 'rtz' | 'rto'> | 'stochastic';

/**
 * Sums in SIMD lanes: the float that carries them, and how a carried sum is rounded to the register's format.
 *
 * `native`: the carrier is the register. `magic`: adding and taking away 1.5 * 2^(e + bits - m) makes the adder round to
 * nearest even, exponent e by exponent. `pattern`: half an ulp (or random bits) is added to the bit pattern, which is
 * then cut; a carry moves into the exponent by itself.
 */
export interface Step {
  carrier: 'f32' | 'f64';
  method: 'native' | 'magic' | 'pattern' | 'complete';
  rounding: LaneRounding;
  mantissaBits: number;
  /** Random bits of a stochastic step. */
  randomBits: number;
  /** Lowest exponent of a normal number, where sums may lie below it between two codes. */
  floor?: number;
  /** Sums may become -0. */
  signedZero: boolean;
  /** `watch` notes the largest sum of a tile; `infinity` makes sums from 2^(limit) up infinite; `saturate` stops at max. */
  overflow: 'none' | 'watch' | 'infinity' | 'saturate';
  max?: number;
  /** Sums whose magnitude reaches 2^limit must be watched, or overflow. */
  limit: number;
  /** Of a complete step. */
  rules?: Rules;
}

/**
 * Every rule of a float or fixed-point register in float64 lanes: what the quick methods leave out. A sum is made a
 * multiple of its unit by scaling, so that rounding is `floor` and a comparison; all scaling is by powers of two and exact.
 */
export interface Rules {
  rounding: LaneRounding;
  mantissaBits: number;
  randomBits: number;
  /** Exponent below which the unit shrinks no more. */
  floor: number;
  /** Magnitude of the lowest number, where it is not the largest's; and what integers differ by that wrap to the same. */
  lowest?: number;
  span?: number;
  /** Largest finite magnitude, and what a finite sum beyond it becomes: `infinity` is also how a NaN with a sign is carried. */
  max: number;
  beyond: Outside;
  /** Infinite sums stay as they are; else what they become. */
  infinities: boolean;
  infinite: Outside;
  /** A carried infinity is a NaN to whatever reads it. */
  signedNan: boolean;
  /** What NaN becomes in a format without. */
  nan?: number;
  /** Smallest number of a format without subnormals. */
  gap?: number;
  /** Magnitudes below it become zero. */
  flush?: number;
  /** There is no -0. */
  unsignedZero: boolean;
  /** Float64 may not hold a sum: it is rounded to odd first, which a later rounding does not notice. */
  odd: boolean;
}

/** What lanes give for a sum that the format does not reach. */
export type Outside = 'infinity' | 'largest' | 'nan';

/** Emits `acc = round(x + y)` again and again, with its temporaries in the same locals. */
export interface Adding {
  /** @param drawn the random bits of a stochastic step, in place */
  add(acc: Local, x: Code, y: Code, drawn?: Code): void;
  /** The same for two values that no register carries; what it gives can be read at once. */
  meet(acc: Local, x: Code, y: Code, drawn?: Code): void;
  /** Random bits as they lie in memory, as `add` wants them. */
  draw(bits: Code): Code;
  /** What the register carries, as another one reads it. */
  read(carried: Code): Code;
  /** Whether it notes sums that reach a limit, forgets what it noted, and says whether one did. */
  readonly watches: boolean;
  reset(): void;
  reached(): Code;
}

/** Where a nest counts: lanes of additions that changed nothing and of overflows. */
export interface Counters {
  swamped?: Local;
  /** Takes every other count of the first, so that one addition need not wait for the last. */
  other?: Local;
  overflowed?: Local;
  /** Additions of zero count as well; someone else takes them away. */
  zeros?: boolean;
}
