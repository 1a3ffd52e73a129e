import { codeTensor } from '../../networks/quantization.js';
import type { CodeTensor, FloatTensor } from '../../networks/tensor.js';
import { codeArray } from '../../datapaths/kernel/index.js';
import { clamp, largestMagnitude, meanMagnitude, roundEven, total } from '../algebra/reals.js';
import { quantizationOf, type Scheme } from '../contract/scheme.js';

/**
 * Bits for each channel so that the mean stays and the summed error is least (Banner et al., NeurIPS 2019, section 3):
 * channel c gets B p_c / sum p of the B = C 2^M levels, p = alpha^(2/3), and log2 of that many bits, within 0..8.
 * @param spreads alpha_c: a channel's standard deviation, or its range
 * @param rounding of the logarithm; the paper's text rounds, its code has both
 */
export function allocateBits(spreads: readonly number[], bits: number, rounding: 'round' | 'ceil' = 'round'): number[] {
  const shares = spreads.map((spread) => spread ** (2 / 3));
  const sum = shares.reduce((a, b) => a + b, 0);
  const levels = spreads.length * 2 ** bits;
  const round = rounding === 'round' ? roundEven : Math.ceil;
  return shares.map((share) => clamp(share > 0 ? round(Math.log2((levels * share) / sum)) : 0, 0, 8));
}

/**
 * The target that makes `allocateBits` come out at the mean that is wanted: rounding alone drifts. Corrections by half of
 * what is missing, ten allocations at most, as in the authors' code (submission2019/cnn-quantization, int_quantizer.py).
 */
export function allocateMeanBits(spreads: readonly number[], bits: number, rounding?: 'round' | 'ceil'): number[] {
  let target = bits;
  let found = allocateBits(spreads, target, rounding);
  for (let step = 0; step < 9; step++) {
    const missing = bits - found.reduce((a, b) => a + b, 0) / found.length;
    if (Math.abs(missing) <= 0.01) break;
    target += missing / 2;
    found = allocateBits(spreads, target, rounding);
  }
  return found;
}

/**
 * A scheme for weights whose channels have as many bits as `allocateMeanBits` gives them: symmetric codes of
 * 2^(M_c - 1) - 1 steps on either side of zero, +-E|w| with one bit, nothing with none, all held in the format of
 * `container` (int8, since a channel may have eight bits). The array multiplies int8; what is saved is memory.
 */
export function allocated(container: Scheme, bits: number, rounding?: 'round' | 'ceil'): Scheme {
  return { ...container, codes: (x, scale) => allocatedCodes(x, container, { mean: bits, rounding, scale }) };
}

interface Allocation {
  mean: number;
  rounding?: 'round' | 'ceil';
  scale?: Float32Array;
}

function allocatedCodes(x: FloatTensor, container: Scheme, { mean, rounding, scale: given }: Allocation): CodeTensor {
  const channels = x.shape[0];
  const size = x.data.length / channels;
  const rows = Array.from({ length: channels }, (_, c) => x.data.subarray(c * size, (c + 1) * size));
  const bits = allocateMeanBits(rows.map(deviationOf), mean, rounding);
  const scale = given ?? Float32Array.from(rows, (row, c) => scaleOf(row, bits[c]));
  const data = codeArray(container.fit.format, x.data.length);
  const mask = 2 ** (data.BYTES_PER_ELEMENT * 8) - 1;
  rows.forEach((row, c) => row.forEach((w, i) => (data[c * size + i] = integerOf(w, bits[c], scale[c]) & mask)));
  return codeTensor(x.shape, data, { ...quantizationOf(x, container), scale, axis: 0 });
}

function scaleOf(row: Float32Array, bits: number): number {
  if (bits === 0) return 1;
  return (bits === 1 ? meanMagnitude(row) : largestMagnitude(row) / (2 ** (bits - 1) - 1)) || 1;
}

function integerOf(w: number, bits: number, scale: number): number {
  if (bits === 0) return 0;
  if (bits === 1) return w >= 0 ? 1 : -1;
  const most = 2 ** (bits - 1) - 1;
  return clamp(roundEven(Math.fround(w / scale)), -most, most);
}

function deviationOf(row: Float32Array): number {
  const mean = total(row) / row.length;
  return Math.sqrt(total(row, (w) => (w - mean) ** 2) / row.length);
}
