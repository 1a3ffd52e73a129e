/**
 * How a value between two neighbours of a format picks one. This file and `encode` (codec.ts) are the only place in the
 * project where bits are dropped.
 */
export type Rounding = 'rne' | 'rna' | 'rnz' | 'rtz' | 'rup' | 'rdn' | 'rto' | StochasticRounding;

/**
 * Adds `bits` random bits below the kept ones and truncates. The bits come from a Fibonacci LFSR, so that a run can be
 * reproduced and built: `perOutput` gives each output its own register (seeded seed, seed + 1, ...), else all share one:
 * rows of a table draw on from where the row before stopped, each output of a product of matrices begins at the seed.
 */
export interface StochasticRounding {
  stochastic: { bits: number; lfsr: Lfsr; perOutput: boolean };
}

/** Fibonacci LFSR: taps are 1-based bit positions from the input side, as in the usual tables (16: 16,15,13,4). */
export interface Lfsr {
  width: number;
  taps: readonly number[];
  seed: number;
}

export const ROUNDINGS = ['rne', 'rna', 'rnz', 'rtz', 'rup', 'rdn', 'rto'] as const;

/** Maximal-length taps by width (Xilinx XAPP052, table 3). */
const TAPS: Record<number, readonly number[]> = {
  8: [8, 6, 5, 4],
  16: [16, 15, 13, 4],
  24: [24, 23, 22, 17],
  32: [32, 22, 2, 1],
};

/** Stochastic rounding on `bits` random bits from the smallest usual LFSR that is wider than they are. */
export function stochastic(bits: number, seed = 1, perOutput = false): StochasticRounding {
  const width = [8, 16, 24, 32].find((candidate) => candidate > bits) ?? 32;
  return { stochastic: { bits, lfsr: { width, taps: TAPS[width], seed }, perOutput } };
}

/** Draws random bits, most significant first. */
export type RandomBits = (bits: number) => bigint;

/** The bits of an LFSR: `n` shifts a draw, the bit shifted in last is the least significant. Seed 0 is replaced by 1. */
export function lfsrBits(lfsr: Lfsr, seed = lfsr.seed): RandomBits {
  const mask = lfsr.width === 32 ? 0xffffffff : 2 ** lfsr.width - 1;
  let state = (seed & mask) >>> 0 || 1;
  return (bits) => {
    let drawn = 0n;
    for (let i = 0; i < bits; i++) {
      let bit = 0;
      for (const tap of lfsr.taps) bit ^= state >>> (tap - 1);
      bit &= 1;
      state = (((state << 1) | bit) & mask) >>> 0;
      drawn = (drawn << 1n) | BigInt(bit);
    }
    return drawn;
  };
}

/** Where a value lies between its lower neighbour (0) and its upper one (1), by magnitude: remainder / step, exact. */
export interface Position {
  remainder: bigint;
  step: bigint;
}

/**
 * Whether a magnitude rounds away from zero to its upper neighbour.
 * @param odd the lower neighbour's code is odd
 * @param drawn the random bits, for stochastic rounding only
 */
export function roundsUp(rounding: Rounding, sign: boolean, odd: boolean, at: Position, drawn = 0n): boolean {
  if (at.remainder === 0n) return false;
  const twice = at.remainder * 2n;
  switch (rounding) {
    case 'rne':
      return twice > at.step || (twice === at.step && odd);
    case 'rna':
      return twice >= at.step;
    case 'rnz':
      return twice > at.step;
    case 'rtz':
      return false;
    case 'rup':
      return !sign;
    case 'rdn':
      return sign;
    case 'rto':
      return !odd;
    default: {
      const bits = BigInt(rounding.stochastic.bits);
      return ((at.remainder << bits) / at.step + drawn) >> bits > 0n;
    }
  }
}

/** True when an overflow under IEEE 754's rule goes to infinity: nearest and stochastic do, directed ones by sign. */
export function overflowsToInfinity(rounding: Rounding, sign: boolean): boolean {
  if (rounding === 'rtz' || rounding === 'rto') return false;
  if (rounding === 'rup') return !sign;
  if (rounding === 'rdn') return sign;
  return true;
}
