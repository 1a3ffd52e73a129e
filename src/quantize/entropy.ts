import { widthOf } from '../formats/format.js';
import { type ClipRule, extentOf } from './clip.js';
import { largestMagnitude, total } from './reals.js';

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
  values: Float32Array,
  { bins = 8001, levels = 255, smoothing = 1e-4, dropsLastBin = true }: EntropyOptions = {},
): EntropyThreshold {
  if (bins % 2 === 0 || bins < levels)
    throw new RangeError(`entropy: ${bins} bins for ${levels} levels: take an odd number of at least as many`);
  const largest = largestMagnitude(values);
  if (!(largest > 0)) return { threshold: 0, divergence: 0 };
  const counts = histogram(values, largest, bins);
  const centre = (bins - 1) / 2;
  let best: EntropyThreshold = { threshold: largest, divergence: Infinity };
  for (let i = Math.floor(levels / 2); i <= centre; i++) {
    const divergence = divergenceAt(counts, i, levels, smoothing, dropsLastBin);
    if (divergence < best.divergence) best = { threshold: ((2 * i + 1) * largest) / bins, divergence };
  }
  return best;
}

/** Counts in equal bins over [-largest, largest], each closed on the left, the last on both sides (numpy.histogram). */
function histogram(values: Float32Array, largest: number, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor(((values[i] + largest) / (2 * largest)) * bins);
    counts[Math.min(bin, bins - 1)]++;
  }
  return counts;
}

function divergenceAt(counts: Float64Array, i: number, levels: number, smoothing: number, drops: boolean): number {
  const centre = (counts.length - 1) / 2;
  const slice = counts.subarray(centre - i, centre + i + 1);
  const p = Float64Array.from(slice);
  p[0] += total(counts.subarray(0, centre - i));
  p[p.length - 1] += total(counts.subarray(centre + i + 1));
  return relativeEntropy(smooth(p, smoothing), smooth(requantized(slice, levels, drops), smoothing));
}

/** The histogram merged into `levels` bins and spread again over the bins that were not empty. */
function requantized(slice: Float64Array, levels: number, dropsLastBin: boolean): Float64Array {
  const merged = Math.floor(slice.length / levels);
  const q = new Float64Array(slice.length);
  for (let level = 0; level < levels; level++) {
    const start = level * merged;
    const last = level === levels - 1;
    const stop = last ? slice.length : start + merged;
    const spread = last && dropsLastBin ? slice.length - 1 : stop;
    const sum = total(slice.subarray(start, stop));
    const filled = slice.subarray(start, spread).filter((count) => count !== 0).length;
    for (let bin = start; bin < spread; bin++) if (slice[bin] !== 0) q[bin] = sum / filled;
  }
  return q;
}

/** Undefined where nothing can be moved: no bin holds anything, or too few do. */
function smooth(p: Float64Array, smoothing: number): Float64Array | undefined {
  const filled = p.filter((count) => count !== 0).length;
  const taken = (smoothing * (p.length - filled)) / filled;
  if (filled === 0 || taken >= 1) return undefined;
  return p.map((count) => (count === 0 ? smoothing : count - taken));
}

/** KL(P || Q) of two histograms, each made a distribution first; infinite where either is none. */
function relativeEntropy(p: Float64Array | undefined, q: Float64Array | undefined): number {
  if (p === undefined || q === undefined) return Infinity;
  const [inP, inQ] = [total(p), total(q)];
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    if (!(p[i] > 0 && q[i] > 0)) return Infinity;
    divergence += (p[i] / inP) * Math.log(p[i] / inP / (q[i] / inQ));
  }
  return divergence;
}
