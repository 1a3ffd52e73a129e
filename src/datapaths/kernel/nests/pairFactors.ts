import type { WindowJob } from '../contract/windows.js';
import { ROWS } from '../panels/frame.js';
import { roundUp } from '../panels/pack.js';

/** Weights of a convolution as pairNest.ts reads them, and what is known of their filters. */
export interface PairFactors {
  /** [tiles][steps][ROWS][2], in bytes where they fit. */
  weights: Int8Array | Int16Array;
  /** Which filter each row of the tiles is; -1 where there is none. */
  filters: Int32Array;
  /** A weight of each channel. */
  direction: Int16Array;
  /** Of each tile the largest lengths of its filters' magnitudes, their parts along that direction and across it. */
  along: Float32Array;
  across: Float32Array;
  /** What a sum of magnitudes times the direction is multiplied by, to be the length of the part along it. */
  unit: number;
}

/** More than what rounding to float32 takes off lengths of filters and windows, and off the sum of their products. */
const SLACK = 1 + 2 ** -12;

/**
 * @param block filters that are multiplied together: among these, those whose sums of magnitudes are large are neighbours
 * @param table lane values of b's codes
 */
export function pairFactors(job: WindowJob, block: number, table: Float64Array, direction: Int16Array): PairFactors {
  const { filters: count, channels, kernel, b } = job;
  const taps = kernel[0] * kernel[1];
  const k = channels * taps;
  const unit = 1 / Math.sqrt(taps * direction.reduce((sum, weight) => sum + weight * weight, 0));
  const lengths = Array.from({ length: count }, (_, filter) => lengthsOf(b, filter * k, table, taps, direction, unit));
  const filters = new Int32Array(roundUp(count, ROWS)).fill(-1);
  for (let first = 0; first < count; first += block) {
    const own = Array.from({ length: Math.min(block, count - first) }, (_, i) => first + i);
    filters.set(
      own.sort((x, y) => lengths[y][0] - lengths[x][0]),
      first,
    );
  }
  const steps = Math.ceil(channels / 2) * taps;
  const bytes = table.every((value) => value >= -128 && value <= 127);
  const weights = new (bytes ? Int8Array : Int16Array)(filters.length * steps * 2);
  filters.forEach((filter, row) => {
    if (filter < 0) return;
    const tile = (row - (row % ROWS)) * steps * 2 + (row % ROWS) * 2;
    for (let c = 0, from = filter * k; c < channels; c++) {
      let at = tile + (c >> 1) * taps * ROWS * 2 + (c & 1);
      for (let tap = 0; tap < taps; tap++, at += 2 * ROWS) weights[at] = table[b[from++]];
    }
  });
  const parts = [0, 1].map((which) => {
    const largest = new Float32Array(filters.length / ROWS);
    filters.forEach((filter, row) => {
      const tile = Math.floor(row / ROWS);
      if (filter >= 0) largest[tile] = Math.max(largest[tile], lengths[filter][which] * SLACK);
    });
    return largest;
  });
  return { weights, filters, direction, along: parts[0], across: parts[1], unit };
}

/** Of a filter's magnitudes, both parts' lengths. */
function lengthsOf(
  codes: ArrayLike<number>,
  from: number,
  table: Float64Array,
  taps: number,
  direction: Int16Array,
  unit: number,
): readonly [number, number] {
  let [at, squares, along] = [from, 0, 0];
  for (let c = 0; c < direction.length; c++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const value = Math.abs(table[codes[at++]]);
      sum += value;
      squares += value * value;
    }
    along += direction[c] * sum;
  }
  const own = along * unit;
  return [own, Math.sqrt(Math.max(0, squares - own * own) + squares * 2 ** -40)];
}

/** Weights of channels are told apart in so many steps. */
const STEPS = 255;

/**
 * The direction that magnitudes under windows have: their mean in each channel of the first image, in whole steps.
 * @param table lane values of a's codes
 * @param most that a sum of magnitudes times weights may be
 */
export function directionOf({ channels, kernel, plane, a }: WindowJob, table: Float64Array, most: number): Int16Array {
  const size = plane[0] * plane[1];
  const means = new Float64Array(channels);
  for (let c = 0, at = 0; c < channels; c++) for (let i = 0; i < size; i++) means[c] += Math.abs(table[a[at++]]);
  const largest = means.reduce((x, y) => Math.max(x, y), 0);
  const magnitude = table.reduce((x, y) => Math.max(x, Math.abs(y)), 0);
  const steps = Math.min(STEPS, Math.floor(most / (channels * kernel[0] * kernel[1] * magnitude)));
  return Int16Array.from(means, (mean) => (largest === 0 ? 1 : Math.round((steps * mean) / largest)));
}
