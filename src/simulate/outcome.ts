import type { Outcome } from './run.js';

/** An outcome as JSON holds it, which has no infinity: null where a figure is unbounded or none, and which of the two. */
export interface StoredOutcome {
  images: number;
  accuracy: number;
  floatAccuracy?: number;
  sqnrExactDb: number | null;
  /** Nothing differs from the network with exact sums. */
  exact: boolean;
  sqnrFloatDb?: number | null;
  exactFloat?: boolean;
}

/** Every digit is kept: what is read again is what was written. */
export function encodeOutcome({ images, accuracy, floatAccuracy, sqnrExactDb, sqnrFloatDb }: Outcome): StoredOutcome {
  return {
    images,
    accuracy,
    ...(floatAccuracy !== undefined && { floatAccuracy }),
    sqnrExactDb: finite(sqnrExactDb),
    exact: sqnrExactDb === Infinity,
    ...(sqnrFloatDb !== undefined && { sqnrFloatDb: finite(sqnrFloatDb), exactFloat: sqnrFloatDb === Infinity }),
  };
}

export function decodeOutcome(stored: StoredOutcome): Outcome {
  const { images, accuracy, floatAccuracy, sqnrExactDb, exact, sqnrFloatDb, exactFloat = false } = stored;
  return {
    images,
    accuracy,
    ...(floatAccuracy !== undefined && { floatAccuracy }),
    sqnrExactDb: decibel(sqnrExactDb, exact),
    ...(sqnrFloatDb !== undefined && { sqnrFloatDb: decibel(sqnrFloatDb, exactFloat) }),
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
const decibel = (value: number | null, exact: boolean) => value ?? (exact ? Infinity : Number.NaN);
