import { int } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import { perTensor } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import {
  clamp,
  largestMagnitude,
  mapped,
  meanMagnitude,
  narrowed,
  type Reals,
  roundEven,
  total,
} from '../algebra/reals.js';

/**
 * SAWB, statistics-aware weight binning (Choi et al. 2018; SysML 2019): the clipping level of least squared error by a
 * regression on two moments, a = c1 sqrt(E[w^2]) + c2 E|w|. The rows are those of IBM's foundation-model-stack
 * fms-model-optimizer at 308643f (fms_mo/quant/quantizers.py, quant_refactor/sawb_utils.py), with its names where it has
 * any, and of the code of LUQ's authors. Two rows are called "4 bit SAWB" by their users and differ in their levels.
 */
export interface SawbRow {
  name: string;
  bits: number;
  c1: number;
  c2: number;
  /** `half`: 2^b levels from -a to a, none of them zero. `zero`: 2^b - 1 levels k a / (2^(b-1) - 1), zero among them. */
  aligned: 'half' | 'zero';
  /** Steps on either side of zero, where they are not those of the bits. */
  half?: number;
}

function row(name: string, bits: number, c1: number, c2: number, aligned: SawbRow['aligned'], half?: number): SawbRow {
  return { name, bits, c1, c2, aligned, half };
}

export const SAWB_ROWS: readonly SawbRow[] = [
  row('102', 2, 3.12, -2.064, 'half'),
  row('102-older', 2, 3.212, -2.178, 'half'),
  row('3bit', 3, 7.509, -6.892, 'half'),
  row('4bit', 4, 12.68, -12.8, 'half'),
  row('5bit', 5, 17.74, -18.64, 'half'),
  row('8bit', 8, 31.76, -35.04, 'half'),
  row('103', 2, 2.6, -1.71, 'zero'),
  row('403', 4, 12.035, -12.03, 'zero'),
  row('703', 7, 28.24, -30.81, 'zero'),
  row('803', 8, 31.76, -35.04, 'zero'),
  row('luq-4bit', 4, 12.1, -12.2, 'zero'),
  // As that code runs: Qn = -8 and Qp = 8 are 17 levels, which 4 bits do not hold.
  row('luq-17', 4, 12.1, -12.2, 'zero', 8),
];

/** @throws RangeError naming the row and what there is */
export function sawbRow(name: string): SawbRow {
  const found = SAWB_ROWS.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  throw new RangeError(`there is no SAWB row "${name}": there are ${SAWB_ROWS.map((r) => r.name).join(' ')}`);
}

/** The clipping level; max|w| where the formula gives nothing positive, as in IBM's code, and 1 of nothing but zeros. */
export function sawbClip(w: Reals, { c1, c2 }: Pick<SawbRow, 'c1' | 'c2'>): number {
  const clip = c1 * Math.sqrt(total(w, (x) => x * x) / w.length) + c2 * meanMagnitude(w);
  return clip > 0 ? clip : largestMagnitude(w) || 1;
}

/** Steps on either side of zero: levels are codes times clip / half; half-aligned codes are odd. */
export function sawbHalf({ bits, aligned, half }: SawbRow): number {
  return half ?? (aligned === 'half' ? 2 ** bits - 1 : 2 ** (bits - 1) - 1);
}

/** How many levels there are. */
export function sawbLevels(row: SawbRow): number {
  return row.aligned === 'half' ? 2 ** row.bits : 2 * sawbHalf(row) + 1;
}

/** The nearest level of each weight, ties to even; weights beyond the clip go to the ends. */
export function sawbForward<T extends Reals>(w: T, row: SawbRow, clip = sawbClip(w, row)): T {
  const half = sawbHalf(row);
  if (row.aligned === 'zero') return mapped(w, (x) => (roundEven((clamp(x, -clip, clip) / clip) * half) * clip) / half);
  const own = narrowed(w);
  const inverse = own(1 / clip);
  const place = (x: number) => own(own(clamp(own(x * inverse), -1, 1) * 0.5) + 0.5);
  return mapped(w, (x) => ((2 * roundEven(own(place(x) * half)) - half) * clip) / half);
}

/** SAWB+ in IBM's code passes the gradient `through` to every weight; its SAWB stops it beyond the clip (`clipped`). */
export function sawbGradient<T extends Reals>(
  w: T,
  clip: number,
  gradient: T,
  rule: 'through' | 'clipped' = 'through',
): T {
  return mapped(gradient, (g, i) => (rule === 'through' || Math.abs(w[i]) <= clip ? g : 0));
}

/**
 * SAWB as training uses it, one clip for the tensor; the gradient goes straight through to every weight, clipped or not.
 * @param bits of the integers that hold the codes; half-aligned levels are odd codes and need a bit more
 */
export function sawbWeights(row: SawbRow, bits = 1 + Math.ceil(Math.log2(sawbHalf(row) + 1))): FakeQuantizer {
  const fit = fitTo(int(bits), { overflow: 'saturate' });
  return {
    forward(w) {
      const clip = sawbClip(w.data, row);
      const values = floatTensor(w.shape, sawbForward(w.data, row, clip));
      return { values, quantization: perTensor(fit, clip / sawbHalf(row)) };
    },
    backward() {},
  };
}
