import { type Lfsr, lfsrBits, type StochasticRounding } from '../../formats/rounding.js';

/** One LFSR that all roundings of a unit draw from, in the order in which they happen. */
export interface RandomSource {
  /** The LFSR itself: whoever sets it goes back to where it was. */
  state: number;
  /** So many bits; without, as many as the rounding takes whose source it is. */
  next(count?: number): number;
  /** Goes to where the output with that number starts. */
  start(output: number): void;
}

/** The random bits of a unit whose roundings draw from this one's source. */
export function randomSource({ stochastic: { bits, lfsr, perOutput } }: StochasticRounding): RandomSource {
  const startOf = (output: number) => cut(BigInt(lfsr.seed + (perOutput ? output : 0)), lfsr) || 1;
  const own = bits > lfsr.width ? undefined : leapOf(lfsr, bits);
  const source: RandomSource = {
    state: startOf(0),
    next(count = bits) {
      if (count > lfsr.width) return drawLong(source, lfsr, count);
      const leap = count === bits && own !== undefined ? own : leapOf(lfsr, count);
      source.state = leap(source.state);
      return (source.state & (2 ** count - 1)) >>> 0;
    },
    start(output) {
      source.state = startOf(output);
    },
  };
  return source;
}

function cut(state: bigint, { width }: Lfsr): number {
  return Number(BigInt.asUintN(width, state));
}

/** A draw of more bits than the LFSR has, whose state is the last of them. */
function drawLong(source: RandomSource, lfsr: Lfsr, count: number): number {
  const drawn = lfsrBits(lfsr, source.state)(count);
  source.state = cut(drawn, lfsr);
  return Number(drawn);
}

/** The state after a draw, whose lowest bits are what was drawn. */
type Leap = (state: number) => number;

const leaps = new Map<string, Leap>();

function leapOf(lfsr: Lfsr, count: number): Leap {
  const key = `${lfsr.width} ${lfsr.taps.join()} ${count}`;
  let leap = leaps.get(key);
  if (leap === undefined) leaps.set(key, (leap = leapsOf(lfsr, count)));
  return leap;
}

/**
 * A draw is so many shifts of the LFSR, and those are linear: the state after them is the sum of what the state's bytes
 * become, which tables hold.
 */
function leapsOf(lfsr: Lfsr, count: number): Leap {
  const after = (state: number) =>
    state === 0 ? 0 : cut((BigInt(state) << BigInt(count)) | lfsrBits(lfsr, state)(count), lfsr);
  const [first, second, third, last] = [0n, 8n, 16n, 24n].map((shift) =>
    Uint32Array.from({ length: 256 }, (_, byte) => after(cut(BigInt(byte) << shift, lfsr))),
  );
  return (state) => {
    const low = first[state & 255] ^ second[(state >>> 8) & 255];
    return (low ^ third[(state >>> 16) & 255] ^ last[state >>> 24]) >>> 0;
  };
}
