/**
 * Seeded random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 32-bit integer operations only, so that every engine
 * draws the same.
 */
export interface Random {
  /** An integer in [0, 2^32). */
  word(): number;
  /** A real in [0, 1). */
  unit(): number;
  /** A real in [low, high). */
  between(low: number, high: number): number;
  /** An integer in [0, count). */
  below(count: number): number;
  /** Near-normal with mean 0 and deviation 1: the sum of twelve uniform numbers less 6. */
  normal(): number;
}

/** @param stream numbers beside the seed that pick an independent stream (an image's index, a layer's number) */
export function randomFrom(seed: number, ...stream: number[]): Random {
  let a = seed | 0;
  let b = (stream[0] ?? 0x9e3779b9) | 0;
  let c = (stream[1] ?? 0x243f6a88) | 0;
  let counter = 1;
  function word(): number {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  }
  for (let i = 0; i < 15; i++) word();
  const unit = () => word() / 0x100000000;
  return {
    word,
    unit,
    between: (low, high) => low + (high - low) * unit(),
    below: (count) => Math.floor(unit() * count),
    normal() {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += unit();
      return sum;
    },
  };
}

/** Fisher-Yates, in place. */
export function shuffle(items: Uint32Array, random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = items[i];
    items[i] = items[j];
    items[j] = kept;
  }
}
