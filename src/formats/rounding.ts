/**
 * How a value between two neighbours of a format picks one. This file and `encode` (codec.ts) are the only place in the
 * project where bits are dropped.
 */
export type Rounding = NamedRounding | StochasticRounding;

/** A rounding that draws no random bits: all that is to be known of it. */
export interface RoundingRule {
  /**
   * Whether a magnitude between two neighbours goes to the upper one.
   * @param half below (-1), at (0) or above (1) the middle
   * @param odd the lower neighbour's code is odd
   */
  up(half: number, odd: boolean, sign: boolean): boolean;
  /** Whether an overflow under IEEE 754's rule goes to infinity (IEEE 754-2019 section 7.4). */
  toInfinity(sign: boolean): boolean;
  /** The sign of an exact zero that is a sum of terms of both signs (IEEE 754-2019 section 6.3): true is minus. */
  zeroSign: boolean;
  /** Its number in the words of fields that the SystemVerilog modules take: lastbit_round_up.sv says what each does. */
  rtl: number;
}

const always = () => true;
const never = () => false;

/** Adding a rounding is one entry, and its case in lastbit_round_up.sv. */
export const ROUNDING_RULES = {
  rne: { up: (half, odd) => half > 0 || (half === 0 && odd), toInfinity: always, zeroSign: false, rtl: 0 },
  rna: { up: (half) => half >= 0, toInfinity: always, zeroSign: false, rtl: 1 },
  rnz: { up: (half) => half > 0, toInfinity: always, zeroSign: false, rtl: 2 },
  rtz: { up: never, toInfinity: never, zeroSign: false, rtl: 3 },
  rup: { up: (_half, _odd, sign) => !sign, toInfinity: (sign) => !sign, zeroSign: false, rtl: 4 },
  rdn: { up: (_half, _odd, sign) => sign, toInfinity: (sign) => sign, zeroSign: true, rtl: 5 },
  rto: { up: (_half, odd) => !odd, toInfinity: never, zeroSign: false, rtl: 6 },
} as const satisfies Readonly<Record<string, RoundingRule>>;

export type NamedRounding = keyof typeof ROUNDING_RULES;

export const ROUNDINGS = Object.keys(ROUNDING_RULES) as NamedRounding[];

/** How a rounding is spelled in words: its name, or `stochastic:<bits>`. */
export const ROUNDING_WORDS: readonly string[] = [...ROUNDINGS, 'stochastic:<bits>'];

/** The number of every stochastic rounding in the SystemVerilog modules. */
const STOCHASTIC_RTL = 7;

/** What is to be known of a rounding; of a stochastic one, whatever its bits, all but where it goes. */
function ruleOf(rounding: Rounding): Omit<RoundingRule, 'up'> {
  if (typeof rounding === 'string') return ROUNDING_RULES[rounding];
  return { toInfinity: always, zeroSign: false, rtl: STOCHASTIC_RTL };
}

/** The number of a rounding in the SystemVerilog modules. */
export function rtlOfRounding(rounding: Rounding): number {
  return ruleOf(rounding).rtl;
}

/** Whether an exact zero that is a sum of terms of both signs is -0. */
export function zeroSignOf(rounding: Rounding): boolean {
  return ruleOf(rounding).zeroSign;
}

/** Random bits that a rounding draws for each value. */
export function randomBitsOf(rounding: Rounding): number {
  return typeof rounding === 'string' ? 0 : rounding.stochastic.bits;
}

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
  if (typeof rounding === 'string') {
    const twice = at.remainder * 2n;
    return ROUNDING_RULES[rounding].up(twice > at.step ? 1 : twice === at.step ? 0 : -1, odd, sign);
  }
  const bits = BigInt(rounding.stochastic.bits);
  return ((at.remainder << bits) / at.step + drawn) >> bits > 0n;
}

/** True when an overflow under IEEE 754's rule goes to infinity: nearest and stochastic do, directed ones by sign. */
export function overflowsToInfinity(rounding: Rounding, sign: boolean): boolean {
  return ruleOf(rounding).toInfinity(sign);
}
