import { decode, fitTo } from '../../formats/codec.js';
import { type BlockFormat, isFlushed, quantizeBlock } from '../../formats/block.js';
import type { Format } from '../../formats/format.js';
import { toNumber } from '../../formats/raw.js';
import { codeArray, valuesOf } from '../../datapaths/kernel/index.js';
import { encodeAll } from '../codes.js';
import { transpose } from './gemm.js';
import type { MatmulJob } from '../network.js';
import type { CodeArray } from '../tensor.js';

/**
 * Operands in blocks along k (formats/block.ts), as an array's own quantizers make them: rows of a matrix [rows, k] are
 * cut into blocks of `format.size` from the left, the last one short where k is no multiple.
 */
export interface BlockRows {
  format: BlockFormat;
  /** Elements [rows, k]. */
  codes: CodeArray;
  /** Scales [rows, ceil(k / size)]. */
  scales: CodeArray;
  /** The float32 scale of the whole operand; 1 where the format has none. */
  tensorScale: number;
}

/**
 * Quantizes rows: quantizeBlock (formats/block.ts) for every block, elements by float64. That is exact: a quotient of a
 * float32 by a scale and a float32 lies on a tie between two elements, or further from it than float64's rounding.
 */
export function quantizeRows(format: BlockFormat, x: Float32Array, k: number, tensorScale = 1): BlockRows {
  const perRow = Math.ceil(k / format.size);
  const scales = codeArray(format.scale, (x.length / k) * perRow);
  const elements = new Float32Array(x.length);
  const scaleOf = scalesOf(format, tensorScale);
  const round = rounderOf(format.element, format.symmetric);
  for (let block = 0; block < scales.length; block++) {
    const row = Math.floor(block / perRow);
    const first = row * k + (block - row * perRow) * format.size;
    const end = Math.min(first + format.size, (row + 1) * k);
    const largest = largestIn(x, first, end);
    const empty = isFlushed(format, largest);
    const { code, step } = scaleOf(empty ? 0 : largest);
    scales[block] = code;
    // The elements of a block whose scale is NaN are zero, and their values NaN.
    if (step === step && !empty) for (let i = first; i < end; i++) elements[i] = round(x[i] / step);
  }
  const codes = encodeAll(elements, fitTo(format.element, { overflow: 'saturate' }));
  return { format, codes, scales, tensorScale };
}

/** Largest magnitude; NaN where there is one. */
function largestIn(x: Float32Array, first: number, end: number): number {
  let largest = 0;
  for (let i = first; i < end; i++) {
    const magnitude = Math.abs(x[i]);
    if (magnitude !== magnitude) return magnitude;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

interface BlockScale {
  code: number;
  /** What an element of 1 stands for. */
  step: number;
}

/**
 * Scales by the largest magnitude, as quantizeBlock finds them. OCP's depend on its exponent alone and are found once for
 * each; nearest ones (NVFP4's) by float64, by the same argument as the elements.
 */
function scalesOf(format: BlockFormat, tensorScale: number): (amax: number) => BlockScale {
  const { scale, rule } = format;
  const hasMantissa = scale.kind === 'float' && scale.mantissaBits > 0;
  const keyOf =
    rule === 'nearest' && hasMantissa
      ? nearestScale(format, tensorScale)
      : rule === 'floor' && !hasMantissa && tensorScale === 1
        ? (amax: number) => (amax > 0 && amax < Infinity ? 2 ** exponentOf(amax) : amax)
        : (amax: number) => amax;
  const known = new Map<number, BlockScale>();
  return (amax) => {
    const key = keyOf(amax);
    let found = known.get(key);
    if (found === undefined) {
      const { scale: code } = quantizeBlock(format, [amax], { tensorScale });
      known.set(key, (found = { code, step: toNumber(decode(scale, code)) * tensorScale }));
    }
    return found;
  };
}

/** The value of the scale for a largest magnitude: magnitudes of one value have one code. */
function nearestScale({ element, scale }: BlockFormat, tensorScale: number): (amax: number) => number {
  const round = rounderOf(scale);
  const largest = largestOf(element);
  return (amax) => (amax < Infinity ? round(amax / tensorScale / largest) : amax);
}

function largestOf(format: Format): number {
  return Math.max(...valuesOf(format).filter((value) => value < Infinity));
}

const bits = new Uint32Array(2);
const asDouble = new Float64Array(bits.buffer);
/** The word of a float64 that holds its exponent. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** floor(log2 x) of a positive normal float64. */
function exponentOf(x: number): number {
  asDouble[0] = x;
  return ((bits[HIGH] >>> 20) & 0x7ff) - 1023;
}

/**
 * Nearest value of an element format, ties to even, saturating: the codec's answer, for float64.
 * @throws RangeError for a format that elements do not have
 */
function rounderOf(format: Format, symmetric = false): (value: number) => number {
  const finite = valuesOf(format).filter((value) => Math.abs(value) < Infinity);
  const most = Math.max(...finite);
  const least = symmetric ? -most : Math.min(...finite);
  const quantum = quantumOf(format);
  return (value) => {
    if (value >= most) return most;
    if (value <= least) return least;
    const step = quantum(value);
    const rounded = (value / step + ROUND - ROUND) * step;
    return rounded === 0 ? value * 0 : rounded; // a zero keeps its sign
  };
}

/** Adding and subtracting 1.5 * 2^52 rounds a float64 of magnitude below 2^51 to the nearest integer, ties to even. */
const ROUND = 1.5 * 2 ** 52;

/** Distance between the format's values around a value. */
function quantumOf(format: Format): (value: number) => number {
  if (format.kind === 'int') return () => 2 ** format.exponent;
  if (format.kind === 'table' || format.radix !== 2 || format.lowest !== 'subnormal')
    throw new RangeError(`blocks of ${format.name}: elements are integers or floats with subnormals`);
  const lowest = 1 - format.bias;
  const steps = Float64Array.from(
    { length: 2 ** format.exponentBits },
    (_, i) => 2 ** (lowest + i - format.mantissaBits),
  );
  return (value) => steps[Math.max(0, exponentOf(Math.abs(value)) - lowest)];
}

/** The numbers that rows of blocks stand for, in float32. */
export function realRows({ format, codes, scales, tensorScale }: BlockRows, k: number): Float32Array {
  const perRow = Math.ceil(k / format.size);
  const [element, scale] = [valuesOf(format.element), valuesOf(format.scale)];
  const real = new Float32Array(codes.length);
  for (let block = 0; block < scales.length; block++) {
    const row = Math.floor(block / perRow);
    const first = row * k + (block - row * perRow) * format.size;
    const end = Math.min(first + format.size, (row + 1) * k);
    const step = scale[scales[block]] * tensorScale;
    for (let i = first; i < end; i++) real[i] = element[codes[i]] * step;
  }
  return real;
}

/** Both operands of a product in blocks along k: a [m, k] as it is, b [k, n] by its columns, as [n, k]. */
export function blocksOf(a: Float32Array, b: Float32Array, job: MatmulJob): { a: BlockRows; b: BlockRows } {
  if (job.blocks === undefined) throw new RangeError(`layer ${job.layer}: its operands are not in blocks`);
  const { format, aScale, bScale } = job.blocks;
  const columns = transpose(b, job.k, job.n, new Float32Array(b.length));
  return { a: quantizeRows(format, a, job.k, aScale), b: quantizeRows(format, columns, job.k, bScale) };
}

/** The operands as they are after blocks have been made of them, where the job asks for it. */
export function inBlocks(a: Float32Array, b: Float32Array, job: MatmulJob): { a: Float32Array; b: Float32Array } {
  if (job.blocks === undefined) return { a, b };
  const rows = blocksOf(a, b, job);
  const real = realRows(rows.b, job.k);
  return { a: realRows(rows.a, job.k), b: transpose(real, job.n, job.k, new Float32Array(real.length)) };
}
