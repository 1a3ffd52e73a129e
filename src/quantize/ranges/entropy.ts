import { widthOf } from '../../formats/format.js';
import { type ClipRule, extentOf } from './clip.js';
import { largestMagnitude, mapped, type Reals } from '../algebra/reals.js';
import { relativeEntropy } from './relativeEntropy.js';

/**
 * Clipping by relative entropy: of all thresholds the one at which the clipped histogram P and its image Q on the grid
 * have the least KL(P || Q) (S. Migacz, "8-bit inference with TensorRT", GTC 2017; the procedure is that of MXNet's
 * contrib/quantization.py, as copied in submission2019/cnn-quantization, kld_threshold.py).
 */
export interface EntropyOptions {
  /** Bins of the histogram over [-max |x|, max |x|], odd, so that zero has one of its own. MXNet: 8001. */
  bins?: number;
  /** Bins of Q: 2^b - 1 by default (255 for int8, 15 for int4). */
  levels?: number;
  /** Moved from the bins that hold something to those that hold nothing, so that the logarithm exists. */
  smoothing?: number;
  /** MXNet writes its last merged bin to Python's `start:-1`, which leaves the final bin of Q empty. Default true. */
  dropsLastBin?: boolean;
  /** Values of one sign use both halves of an asymmetric grid, so Q gets 2 levels + 1 bins (later MXNet). Default true. */
  widensOneSided?: boolean;
  /**
   * Neighbouring thresholds can have divergences that agree in six digits. `float32` (default) decides between them as
   * the public code does, by the rounding of its float32 sums; `float64` by the divergences themselves.
   */
  precision?: 'float32' | 'float64';
}

/** As a clip rule: the window is [-threshold, threshold]. */
export function entropy({ levels, widensOneSided = true, ...options }: EntropyOptions = {}): ClipRule {
  return (values, { format }) => {
    const { low, high } = extentOf(values);
    const usual = levels ?? 2 ** widthOf(format) - 1;
    const wide = widensOneSided && (low >= 0 || high <= 0) ? 2 * usual + 1 : usual;
    const { threshold } = entropyThreshold(values, { ...options, levels: wide });
    return { low: -threshold, high: threshold };
  };
}

export interface EntropyThreshold {
  threshold: number;
  /** KL(P || Q) in nats at the threshold. */
  divergence: number;
}

/**
 * The threshold for some values, a bin's right edge: i bins on either side of zero are kept, i from levels / 2 to
 * bins / 2; the first of equals.
 * @throws RangeError when the bins are even or fewer than the levels
 */
export function entropyThreshold(
  values: Reals,
  { bins = 8001, levels = 255, smoothing = 1e-4, dropsLastBin = true, precision = 'float32' }: EntropyOptions = {},
): EntropyThreshold {
  if (bins % 2 === 0 || bins < levels)
    throw new RangeError(`entropy: ${bins} bins for ${levels} levels: take an odd number of at least as many`);
  const largest = largestMagnitude(values);
  if (!(largest > 0)) return { threshold: 0, divergence: 0 };
  const histogram = histogramOf(values, largest, bins);
  const lowest = Math.floor(levels / 2);
  const kinds = new Kinds(histogram.counts);
  const divergences = Float64Array.from({ length: (bins + 1) / 2 - lowest }, (_, at) =>
    divergenceAt(histogram, kinds, lowest + at, levels, smoothing, dropsLastBin),
  );
  if (precision === 'float32')
    decideInFloat32(divergences, (at) => {
      const { p, q } = distributions(histogram, lowest + at, levels, dropsLastBin);
      return relativeEntropy(p, q, smoothing);
    });
  const least = divergences.reduce((a, b) => Math.min(a, b));
  if (least === Infinity) return { threshold: largest, divergence: least };
  return { threshold: histogram.edges[(bins + 1) / 2 + lowest + divergences.indexOf(least)], divergence: least };
}

/** The divergences that could be least in float32 are computed in it, the others left as they are. */
function decideInFloat32(divergences: Float64Array, inFloat32: (at: number) => number): void {
  const limit = divergences.reduce((a, b) => Math.min(a, b)) * (1 + 1e-4) + 1e-6;
  divergences.forEach((divergence, at) => {
    if (divergence <= limit) divergences[at] = inFloat32(at);
  });
}

/** P, with what lies beyond in its edge bins, and Q, with i bins kept on either side of zero; not smoothed. */
function distributions(histogram: Histogram, i: number, levels: number, drops: boolean) {
  const { counts, sums } = histogram;
  const centre = (counts.length - 1) / 2;
  const [start, stop] = [centre - i, centre + i + 1];
  const p = Float32Array.from(counts.subarray(start, stop));
  p[0] = sums[start + 1];
  p[p.length - 1] = sums[counts.length] - sums[stop - 1];
  const q = new Float32Array(p.length);
  const { from, mean, spread } = levelsOf(histogram, start, stop, levels, drops);
  for (let level = 0; level < levels; level++)
    for (let bin = from[level]; bin < Math.min(from[level + 1], spread); bin++)
      if (counts[bin] > 0) q[bin - start] = mean[level];
  return { p, q };
}

/** Counts, with how many values and how many bins that are not empty lie below each bin. */
interface Histogram {
  counts: Float64Array;
  sums: Float64Array;
  fills: Float64Array;
  edges: Reals;
}

/**
 * Equal bins over [-largest, largest], each closed on the left, the last on both sides. As in numpy.histogram the edges
 * are numbers of the values' own width, and the values are compared with those.
 */
function histogramOf(values: Reals, largest: number, bins: number): Histogram {
  const counts = new Float64Array(bins);
  const edges = mapped(
    values instanceof Float32Array ? new Float32Array(bins + 1) : new Float64Array(bins + 1),
    (_, i) => (i === bins ? largest : i * ((2 * largest) / bins) - largest),
  );
  for (let i = 0; i < values.length; i++) {
    let bin = Math.min(Math.floor(((values[i] + largest) / (2 * largest)) * bins), bins - 1);
    if (values[i] < edges[bin]) bin--;
    else if (bin < bins - 1 && values[i] >= edges[bin + 1]) bin++;
    counts[bin]++;
  }
  const [sums, fills] = [new Float64Array(bins + 1), new Float64Array(bins + 1)];
  counts.forEach((count, bin) => {
    sums[bin + 1] = sums[bin] + count;
    fills[bin + 1] = fills[bin] + Number(count > 0);
  });
  return { counts, sums, fills, edges };
}

/**
 * The histogram between two bins merged into levels: bins from[level] up to from[level + 1] are one, and those of them
 * that are not empty get mean[level] each, which is 0 where all are. Bins from `spread` on get nothing.
 */
interface Levels {
  from: Int32Array;
  mean: Float64Array;
  spread: number;
}

function levelsOf({ sums, fills }: Histogram, start: number, stop: number, levels: number, drops: boolean): Levels {
  const merged = Math.floor((stop - start) / levels);
  const spread = drops ? stop - 1 : stop;
  const from = new Int32Array(levels + 1);
  const mean = new Float64Array(levels);
  for (let level = 0; level < levels; level++) from[level] = start + level * merged;
  from[levels] = stop;
  for (let level = 0; level < levels; level++) {
    const held = fills[Math.min(from[level + 1], spread)] - fills[from[level]];
    if (held > 0) mean[level] = (sums[from[level + 1]] - sums[from[level]]) / held;
  }
  return { from, mean, spread };
}

/** The different counts of bins, and how many bins of a window have each; the window grows by a bin on either side. */
class Kinds {
  readonly counts: Float64Array;
  readonly bins: Float64Array;
  private readonly kindOf: Int32Array;
  private readonly centre: number;
  private reach = -1;

  constructor(counts: Float64Array) {
    const different = [...new Set(counts)].filter((count) => count > 0).sort((x, y) => x - y);
    const places = new Map(different.map((count, kind) => [count, kind]));
    this.counts = Float64Array.from(different);
    this.bins = new Float64Array(different.length);
    this.kindOf = Int32Array.from(counts, (count) => places.get(count) ?? -1);
    this.centre = (counts.length - 1) / 2;
  }

  /** Of the bins that lie within `reach` of the centre, its ends left out. */
  within(reach: number): this {
    while (this.reach < reach - 1) {
      this.reach++;
      this.take(this.centre - this.reach);
      if (this.reach > 0) this.take(this.centre + this.reach);
    }
    return this;
  }

  private take(bin: number): void {
    const kind = this.kindOf[bin];
    if (kind >= 0) this.bins[kind]++;
  }
}

/**
 * KL(P || Q) with i bins kept on either side of zero. P has what lies beyond in its edge bins. Each is smoothed: an empty
 * bin gets `smoothing`, which the others give in equal parts; infinite where they have not enough to give.
 * @param kinds of the histogram; i rises from call to call
 */
function divergenceAt(
  histogram: Histogram,
  kinds: Kinds,
  i: number,
  levels: number,
  smoothing: number,
  drops: boolean,
): number {
  const { counts, sums, fills } = histogram;
  const centre = (counts.length - 1) / 2;
  const [start, stop] = [centre - i, centre + i + 1];
  const [left, right] = [sums[start], sums[counts.length] - sums[stop]];
  const { from, mean, spread } = levelsOf(histogram, start, stop, levels, drops);
  const edges = Number(left > 0 && counts[start] === 0) + Number(right > 0 && counts[stop - 1] === 0);
  const filledP = fills[stop] - fills[start] + edges;
  const filledQ = fills[spread] - fills[start];
  let inQ = 0;
  for (let level = 0; level < levels; level++)
    inQ += mean[level] * (fills[Math.min(from[level + 1], spread)] - fills[from[level]]);
  const fromP = (smoothing * (stop - start - filledP)) / filledP;
  const fromQ = (smoothing * (stop - start - filledQ)) / filledQ;
  if (!(fromP < 1 && fromQ < 1)) return Infinity;
  // With both normalised, sum P log(P / Q) = (sum p log(p / q)) / |p| - log(|p| / |q|). Bins empty in both add nothing.
  const own = (count: number) => (count - fromP) * Math.log(count - fromP);
  const none = Math.log(smoothing);
  const { counts: different, bins } = kinds.within(i);
  let sum = 0;
  for (let kind = 0; kind < different.length; kind++) if (bins[kind] > 0) sum += bins[kind] * own(different[kind]);
  // The bins at the ends have what lies beyond in them too.
  const ends =
    i === 0
      ? [[start, left + right]]
      : [
          [start, left],
          [stop - 1, right],
        ];
  for (const [bin, beyond] of ends) {
    if (counts[bin] + beyond > 0) sum += own(counts[bin] + beyond);
    if (counts[bin] > 0) sum -= beyond * logOfQ(bin);
    else if (beyond > 0) sum -= (beyond - fromP) * none;
  }
  for (let level = 0; level < levels; level++) {
    const [first, last] = [from[level], Math.min(from[level + 1], spread)];
    const filled = fills[last] - fills[first];
    if (filled > 0) sum -= (sums[last] - sums[first] - filled * fromP) * Math.log(mean[level] - fromQ);
  }
  // What Q leaves empty behind its last level.
  sum -= (sums[stop] - sums[spread] - (fills[stop] - fills[spread]) * fromP) * none;
  const inP = sums[counts.length];
  return sum / inP - Math.log(inP / inQ);

  function logOfQ(bin: number): number {
    if (bin >= spread) return none;
    const level = Math.min(Math.floor((bin - start) / (from[1] - from[0])), levels - 1);
    return Math.log(mean[level] - fromQ);
  }
}
