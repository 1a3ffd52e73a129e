import { type Lfsr, lfsrBits, type StochasticRounding } from '../../../formats/rounding.js';

/** One LFSR that all roundings of a unit draw from, in the order in which they happen. */
export interface RandomSource {
  /** The LFSR itself: whoever sets it goes back to where it was. */
  state: number;
  /** So many bits; without, as many as the rounding takes whose source it is. */
  next(count?: number): number;
  /** How one and four draws without a number lead on; none where they have more bits than the LFSR. */
  readonly leaps?: Readonly<Record<'one' | 'four', Leaps>>;
  /** Goes to where the output with that number starts. */
  start(output: number): void;
}

/** The random bits of a unit whose roundings draw from this one's source. */
export function randomSource({ stochastic: { bits, lfsr, perOutput } }: StochasticRounding): RandomSource {
  const startOf = (output: number) => cut(BigInt(lfsr.seed + (perOutput ? output : 0)), lfsr) || 1;
  const own = bits > lfsr.width ? undefined : leapsOf(lfsr, bits);
  const source: RandomSource = {
    state: startOf(0),
    leaps: own && { one: own, four: leapsOf(lfsr, 4 * bits) },
    next(count = bits) {
      if (count > lfsr.width) return drawLong(source, lfsr, count);
      const { tables, mask } = count === bits && own !== undefined ? own : leapsOf(lfsr, count);
      source.state = leap(tables, source.state);
      return (source.state & mask) >>> 0;
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
  // Only a seed of 0 is replaced.
  if (source.state === 0) return 0;
  const drawn = lfsrBits(lfsr, source.state)(count);
  source.state = cut(drawn, lfsr);
  return Number(drawn);
}

/**
 * A draw is so many shifts of the LFSR, and those are linear: the state after them is the sum of what the state's bytes
 * become, which tables hold. Its bits under the mask are what was drawn.
 */
interface Leaps {
  tables: readonly Uint32Array[];
  mask: number;
}

const known = new Map<string, Leaps>();

function leapsOf(lfsr: Lfsr, count: number): Leaps {
  const key = `${lfsr.width} ${lfsr.taps.join()} ${count}`;
  let leaps = known.get(key);
  if (leaps === undefined) known.set(key, (leaps = { tables: tablesOf(lfsr, count), mask: 2 ** count - 1 }));
  return leaps;
}

function tablesOf(lfsr: Lfsr, count: number): readonly Uint32Array[] {
  const after = (state: number) =>
    state === 0 ? 0 : cut((BigInt(state) << BigInt(count)) | lfsrBits(lfsr, state)(count), lfsr);
  return [0n, 8n, 16n, 24n].map((shift) =>
    Uint32Array.from({ length: 256 }, (_, byte) => after(cut(BigInt(byte) << shift, lfsr))),
  );
}

function leap(tables: Leaps['tables'], state: number): number {
  const low = tables[0][state & 255] ^ tables[1][(state >>> 8) & 255];
  return (low ^ tables[2][(state >>> 16) & 255] ^ tables[3][state >>> 24]) >>> 0;
}
