import { decode, type Fit, fitTo } from '../formats/codec.js';
import { type BlockFormat, quantizeBlock } from '../formats/block.js';
import type { Format } from '../formats/format.js';
import { floorLog2, toNumber } from '../formats/raw.js';
import { codeArray, decoderOf } from '../datapaths/kernel/index.js';
import { encodeAll } from './codes.js';
import { transpose } from './gemm.js';
import type { MatmulJob } from './network.js';
import type { CodeArray } from './tensor.js';

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
  const rows = x.length / k;
  const codes = codeArray(format.element, x.length);
  const scales = codeArray(format.scale, rows * perRow);
  const elements = new Float32Array(x.length);
  const round = rounderOf(format.element);
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < perRow; block++) {
      const [first, end] = [row * k + block * format.size, row * k + Math.min(k, (block + 1) * format.size)];
      const code = scaleOf(format, x, first, end, tensorScale);
      const step = stepOf(format, code, tensorScale);
      scales[row * perRow + block] = code;
      if (!Number.isNaN(step)) for (let i = first; i < end; i++) elements[i] = round(x[i] / step);
    }
  encodeAll(elements, saturating(format.element), 0, codes);
  return { format, codes, scales, tensorScale };
}

function scaleOf(format: BlockFormat, x: Float32Array, first: number, end: number, tensorScale: number): number {
  let amax = 0;
  for (let i = first; i < end; i++) {
    const magnitude = Math.abs(x[i]);
    if (!(magnitude <= amax)) amax = magnitude;
  }
  return quantizeBlock(format, [amax], { tensorScale }).scale;
}

function stepOf({ scale }: BlockFormat, code: number, tensorScale: number): number {
  return toNumber(decode(scale, code)) * tensorScale;
}

function saturating(format: Format): Fit {
  return fitTo(format, { overflow: 'saturate' });
}

/** Nearest value of an element format, ties to even, saturating: the codec's answer for float64. */
function rounderOf(format: Format): (value: number) => number {
  const values = Array.from({ length: 2 ** bitsOf(format) }, (_, code) => decoderOf(format)(code));
  const most = Math.max(...values.filter(Number.isFinite));
  const least = Math.min(...values.filter(Number.isFinite));
  const stepAt = quantumOf(format);
  return (value) => {
    if (value >= most) return most;
    if (value <= least) return least;
    const step = stepAt(Math.abs(value));
    return Math.sign(value) * evenly(Math.abs(value) / step) * step;
  };
}

/** Distance between the format's values around a magnitude. @throws RangeError for a format that elements do not have */
function quantumOf(format: Format): (magnitude: number) => number {
  if (format.kind === 'int') return () => 2 ** format.exponent;
  if (format.kind === 'table' || format.radix !== 2 || format.lowest !== 'subnormal')
    throw new RangeError(`blocks of ${format.name}: elements are integers or floats with subnormals`);
  const lowest = 1 - format.bias;
  return (magnitude) => 2 ** (Math.max(magnitude === 0 ? lowest : floorLog2(magnitude), lowest) - format.mantissaBits);
}

function bitsOf(format: Format): number {
  return format.kind === 'float' ? 1 + format.exponentBits + format.mantissaBits : format.bits;
}

/** Adding and taking off 2^52 rounds a float64 in [0, 2^51] to an integer, ties to even. */
function evenly(magnitude: number): number {
  return magnitude + 2 ** 52 - 2 ** 52;
}

/** The numbers that rows of blocks stand for, in float32. */
export function realRows({ format, codes, scales, tensorScale }: BlockRows, k: number): Float32Array {
  const perRow = Math.ceil(k / format.size);
  const value = decoderOf(format.element);
  const steps = Float64Array.from(scales, (code) => stepOf(format, code, tensorScale));
  const real = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const row = Math.floor(i / k);
    real[i] = value(codes[i]) * steps[row * perRow + Math.floor((i - row * k) / format.size)];
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
