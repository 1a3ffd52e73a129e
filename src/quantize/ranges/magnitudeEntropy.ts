import { isSigned, widthOf } from '../../formats/format.js';
import { type ClipRule } from './clip.js';
import type { EntropyThreshold } from './entropy.js';
import { largestMagnitude, narrowed, type Reals } from '../algebra/reals.js';

/**
 * Clipping by relative entropy as NVIDIA's pytorch-quantization has it (NVIDIA/TensorRT, tools/pytorch-quantization,
 * calib/histogram.py): a histogram of |x|, nothing smoothed, divergences in float64. It gives other thresholds than
 * MXNet's procedure (entropy.ts): levels are groups of bins of equal width to within one, the first bin counts as much as
 * the second, and a threshold whose last bin is empty while values lie beyond is never taken. Where a threshold keeps
 * nothing at all, that code's divergence is no number and numpy takes it for the least; here it is passed over.
 */
export interface MagnitudeEntropyOptions {
  /** Of the grid: 2^(bits - 1) levels of |x|. Default 8. */
  bits?: number;
  /** 2^bits levels, for values of one sign. Default false. */
  unsigned?: boolean;
  /** Of the histogram over [0, max |x|]. Default 2048. */
  bins?: number;
  /** Thresholds are bin edges from `start` on, by `stride`. Defaults 128 and 1. */
  start?: number;
  stride?: number;
}

/** The edge with the least divergence; of equals the largest. */
export function magnitudeThreshold(
  values: Reals,
  { bits = 8, unsigned = false, bins = 2048, start = 128, stride = 1 }: MagnitudeEntropyOptions = {},
): EntropyThreshold {
  const largest = largestMagnitude(values);
  if (!(largest > 0)) return { threshold: 0, divergence: 0 };
  const counts = histogramOf(values, largest, bins);
  let [best, least] = [bins, Infinity];
  for (let kept = start; kept <= bins; kept += stride) {
    const divergence = divergenceAt(counts, kept, 2 ** (bits - Number(!unsigned)));
    if (divergence <= least) [best, least] = [kept, divergence];
  }
  return { threshold: narrowed(values)((best * largest) / bins), divergence: least };
}

/** As a clip rule: [-threshold, threshold]; the bits and the sign are the format's. */
export function magnitudeEntropy(options: MagnitudeEntropyOptions = {}): ClipRule {
  return (values, { format }) => {
    const { threshold } = magnitudeThreshold(values, {
      bits: widthOf(format),
      unsigned: !isSigned(format),
      ...options,
    });
    return { low: -threshold, high: threshold };
  };
}

/** Equal bins over [0, largest], the last closed, as torch.histc counts; the first takes the number of the second. */
function histogramOf(values: Reals, largest: number, bins: number): Float64Array {
  const own = narrowed(values);
  const counts = new Float64Array(bins);
  for (let i = 0; i < values.length; i++)
    counts[Math.min(Math.floor(own(own(Math.abs(values[i]) * bins) / largest)), bins - 1)]++;
  counts[0] = counts[1];
  return counts;
}

/** KL(P || Q) with `kept` bins: P has what lies beyond in its last, Q a level's mean in each of its bins that is not empty. */
function divergenceAt(counts: Float64Array, kept: number, levels: number): number {
  const beyond = counts.subarray(kept).reduce((sum, count) => sum + count, 0);
  const [sums, filled] = [new Float64Array(levels), new Float64Array(levels)];
  for (let bin = 0; bin < kept; bin++) {
    const level = Math.floor((bin * levels) / kept);
    sums[level] += counts[bin];
    filled[level] += Number(counts[bin] > 0);
  }
  const inQ = sums.reduce((sum, count) => sum + count, 0);
  const inP = inQ + beyond;
  let divergence = 0;
  for (let bin = 0; bin < kept; bin++) {
    const p = counts[bin] + (bin === kept - 1 ? beyond : 0);
    if (p === 0) continue;
    const level = Math.floor((bin * levels) / kept);
    const q = counts[bin] > 0 ? sums[level] / filled[level] : 0;
    divergence += (p / inP) * Math.log(p / inP / (q / inQ));
  }
  return divergence;
}
