import { lfsrBits, type StochasticRounding } from '../../formats/rounding.js';

/** One LFSR that all roundings of a unit draw from, in the order in which they happen. */
export interface RandomSource {
  /** The LFSR itself: whoever sets it goes back to where it was. */
  state: number;
  /** So many bits, by default those of the rounding whose source it is. */
  next(count?: number): number;
  /** Goes to where the output with that number starts. */
  start(output: number): void;
}

/** The random bits of one rounding, drawn again and again. */
export function randomSource({ stochastic: { bits, lfsr, perOutput } }: StochasticRounding): RandomSource {
  const { width, seed } = lfsr;
  const cut = (state: bigint) => Number(BigInt.asUintN(width, state));
  const source = { state: cut(BigInt(seed)) || 1 };
  return Object.assign(source, { next: bits > width ? drawing() : leaping() });

  /** Draws with more bits than the LFSR, whose state is the last of them. */
  function drawing() {
    return () => {
      const drawn = lfsrBits(lfsr, source.state)(bits);
      source.state = cut(drawn);
      return Number(drawn);
    };
  }

  /**
   * A draw is so many shifts of the LFSR, and those are linear: the state after them is the sum of what the state's bytes
   * become, which tables hold.
   */
  function leaping() {
    const after = (state: number) =>
      state === 0 ? 0 : cut((BigInt(state) << BigInt(bits)) | lfsrBits(lfsr, state)(bits));
    const [first, second, third, last] = [0n, 8n, 16n, 24n].map((shift) =>
      Uint32Array.from({ length: 256 }, (_, byte) => after(cut(BigInt(byte) << shift))),
    );
    const drawn = 2 ** bits - 1;
    return () => {
      const { state } = source;
      const low = first[state & 255] ^ second[(state >>> 8) & 255];
      const high = third[(state >>> 16) & 255] ^ last[state >>> 24];
      source.state = (low ^ high) >>> 0;
      return (source.state & drawn) >>> 0;
    };
  }
}
