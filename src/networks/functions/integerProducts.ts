import { codeArray } from '../../datapaths/kernel/index.js';
import { formatNamed } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import { encodeAll } from '../codes.js';
import { convolvedSums } from '../products/convolved.js';
import type { ArrayProducts } from '../products/product.js';
import { codeTensor, perTensor } from '../quantization.js';
import {
  type CodeArray,
  type CodeTensor,
  floatTensor,
  type IntegerTensor,
  integerTensor,
  sizeOf,
  type Tensor,
} from '../tensor.js';
import { int } from './attributes.js';
import { plainConvolution } from './convolutions.js';
import { SLIDING } from './sliding.js';
import { broadcastPlaces, broadcastShape } from './broadcast.js';
import { halfEven } from './fma.js';
import type { Around, OperandFacts, TensorFunction } from './function.js';
import { floatsOf, integersOf } from './operands.js';

/** Dynamic quantization: scales of activations are found while a network runs, and products are of plain integers. */

/** uint8 codes of a tensor, by its own range widened to hold 0; scale and zero point are for all of it. */
export const dynamicQuantizeLinear: TensorFunction = {
  operands: 1,
  operations: 3,
  acrossBatch: () => true,
  facts: ([x]) => [{ shape: (x as OperandFacts).shape, type: 'uint8' }, { shape: [] }, { shape: [], type: 'uint8' }],
  run: ([x]) => {
    const { shape, data } = floatsOf(x, 0);
    const [least, most] = data.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]);
    const scale = least === most ? 1 : Math.fround(Math.fround(most - least) / 255);
    const zero = Math.min(Math.max(halfEven(Math.fround(0 - Math.fround(least / scale))), 0), 255);
    const codes = integerTensor(shape, 'uint8');
    encodeAll(
      data.map((value) => value / scale),
      fitTo(formatNamed('uint8'), { overflow: 'saturate' }),
      zero,
    ).forEach((code, i) => (codes.data[i] = code));
    return [codes, floatTensor([], Float32Array.of(scale)), integerTensor([], 'uint8', Float64Array.of(zero))];
  },
};

/** One matrix of codes [m, k] times [k, n] on the array, zero points taken off: of rows of a, of columns of b. */
interface Factor {
  codes: CodeArray;
  type: 'int8' | 'uint8';
  zeros: ArrayLike<number>;
}

function sumsOf(a: Factor, b: Factor, m: number, n: number, k: number, { layer, arithmetic }: Around): Float64Array {
  const [left, right] = [a, b].map(({ type }) => perTensor(fitTo(formatNamed(type), { overflow: 'saturate' }), 1));
  const sums = arithmetic.codes(a.codes, b.codes, { layer, m, n, k, a: left, b: right });
  const [rows, columns] = [new Float64Array(m), new Float64Array(n)];
  for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) rows[i] += valueOf(a, i * k + j);
  for (let j = 0; j < k; j++) for (let i = 0; i < n; i++) columns[i] += valueOf(b, j * n + i);
  const result = new Float64Array(m * n);
  for (let i = 0, at = 0; i < m; i++) {
    const za = a.zeros[a.zeros.length === 1 ? 0 : i] ?? 0;
    for (let j = 0; j < n; j++, at++) {
      const zb = b.zeros[b.zeros.length === 1 ? 0 : j] ?? 0;
      result[at] = (sums[at] - za * columns[j] - zb * rows[i] + k * za * zb) | 0;
    }
  }
  return result;
}

function valueOf({ codes, type }: Factor, at: number): number {
  return type === 'int8' && codes[at] > 127 ? codes[at] - 256 : codes[at];
}

/** @param zeroPlace of the zero point among the operands */
function factorOf(x: Tensor | undefined, zero: Tensor | undefined, place: number, zeroPlace: number): Factor {
  const { data, type } = integersOf(x, place);
  if (type !== 'int8' && type !== 'uint8') throw new Error(`multiplies ${type}: int8 and uint8 are supported`);
  const codes = codeArray(formatNamed(type), data.length);
  for (let i = 0; i < data.length; i++) codes[i] = data[i] & 255;
  return { codes, type, zeros: zero === undefined ? [0] : integersOf(zero, zeroPlace).data };
}

interface Stacked {
  m: number;
  n: number;
  k: number;
  batch: readonly number[];
  shape: readonly number[];
}

function stackOf(a: readonly number[], b: readonly number[]): Stacked {
  if (a.length < 2 || b.length < 2 || a[a.length - 1] !== b[b.length - 2])
    throw new Error(`multiplies ${a.join('x')} by ${b.join('x')}: matrices that fit are wanted`);
  const batch = broadcastShape([a.slice(0, -2), b.slice(0, -2)]);
  const [[m, k], [, n]] = [a.slice(-2), b.slice(-2)];
  return { m, n, k, batch, shape: [...batch, m, n] };
}

/** Int32 sums of products of matrices, of any rank. @param zerosAt place of the first zero point among the operands */
export function matrixSums(
  x: Tensor | undefined,
  y: Tensor | undefined,
  zeros: Zeros,
  around: Around,
  zerosAt = 2,
): IntegerTensor {
  const [a, b] = [factorOf(x, zeros[0], 0, zerosAt), factorOf(y, zeros[1], 1, zerosAt + 1)];
  const [from, other] = [(x as Tensor).shape, (y as Tensor).shape];
  const { m, n, k, batch, shape } = stackOf(from, other);
  const [left, right] = [from, other].map((each) => broadcastPlaces(each.slice(0, -2), batch));
  const result = integerTensor(shape, 'int32');
  for (let g = 0; g < sizeOf(batch); g++) {
    const [p, q] = [left, right].map((places) => (places === undefined ? g : places[g]));
    const rows = { ...a, codes: a.codes.subarray(p * m * k, (p + 1) * m * k) };
    const columns = { ...b, codes: b.codes.subarray(q * k * n, (q + 1) * k * n) };
    result.data.set(sumsOf(rows, columns, m, n, k, around), g * m * n);
  }
  return result;
}

type Zeros = readonly [Tensor | undefined, Tensor | undefined];

function matrixProducts(x: OperandFacts | undefined, y: OperandFacts | undefined): ArrayProducts {
  const [a, b] = [x as OperandFacts, y as OperandFacts];
  const { m, n, k, batch } = stackOf(a.shape, b.shape);
  const groups = sizeOf(batch);
  const format = (type: string | undefined) => ({
    format: type === 'int8' || type === 'uint8' ? formatNamed(type) : undefined,
  });
  const [left, right] = [format(a.type ?? 'uint8').format, format(b.type).format];
  return { m, n, k, groups, inputs: m * k, aFormat: left, bFormat: right };
}

const matMulInteger: TensorFunction = {
  operands: 4,
  facts: ([a, b]) => [{ shape: stackOf(shapeOf(a), shapeOf(b)).shape, type: 'int32' }],
  run: ([a, b, za, zb], _, around) => [matrixSums(a, b, [za, zb], around)],
  products: ([a, b]) => matrixProducts(a, b),
};

const shapeOf = (x: OperandFacts | undefined) => (x as OperandFacts).shape;

/** f32(f32(sum) f32(sa sb)) + bias; scales of b are one, or one a column. */
export function scaledSums(sums: IntegerTensor, sa: Tensor, sb: Tensor, bias: Tensor | undefined): Tensor {
  const columns = sums.shape[sums.shape.length - 1];
  const [a, b] = [sa.data[0], sb.data];
  const result = floatTensor(sums.shape);
  for (let i = 0; i < result.data.length; i++) {
    const j = i % columns;
    const real = Math.fround(Math.fround(sums.data[i]) * Math.fround(a * b[b.length === 1 ? 0 : j]));
    result.data[i] = bias === undefined ? real : real + bias.data[j];
  }
  return result;
}

const matMulIntegerToFloat: TensorFunction = {
  operands: 7,
  facts: ([a, b]) => [{ shape: stackOf(shapeOf(a), shapeOf(b)).shape }],
  run: ([a, b, sa, sb, za, zb, bias], _, around) => [
    scaledSums(matrixSums(a, b, [za, zb], around, 4), floatsOf(sa, 2), floatsOf(sb, 3), bias),
  ],
  products: ([a, b]) => matrixProducts(a, b),
};

const dynamicQuantizeMatMul: TensorFunction = {
  operands: 5,
  acrossBatch: () => true,
  facts: ([a, b]) => [{ shape: stackOf(shapeOf(a), shapeOf(b)).shape }],
  run: ([x, b, sb, zb, bias], _, around) => {
    const [a, sa, za] = dynamicQuantizeLinear.run([x], {}, around);
    return [scaledSums(matrixSums(a, b, [za, zb], around), sa, floatsOf(sb, 2), bias)];
  },
  products: ([a, b]) => ({ ...matrixProducts(a, b), aFormat: formatNamed('uint8') }),
};

/** Codes whose sums are wanted, with no scale but 1. */
function unscaled(x: Tensor | undefined, zero: Tensor | undefined, place: number, zeroPlace: number): CodeTensor {
  const { codes, type, zeros } = factorOf(x, zero, place, zeroPlace);
  const fit = fitTo(formatNamed(type), { overflow: 'saturate' });
  const zeroPoint = zeros.length === 1 ? zeros[0] : Int32Array.from(zeros);
  const scale = new Float32Array(zeros.length).fill(1);
  return codeTensor((x as Tensor).shape, codes, { fit, scale, axis: 0, zeroPoint });
}

const convInteger: TensorFunction = {
  operands: 4,
  attributes: { ...SLIDING, group: int(1) },
  facts: ([x, w], attributes) => [{ shape: plainConvolution(shapeOf(x), shapeOf(w), attributes).shape, type: 'int32' }],
  products: ([x, w], attributes) => {
    const { shape, groups, filters, channels, taps } = plainConvolution(shapeOf(x), shapeOf(w), attributes);
    const [m, n, k] = [sizeOf(shape) / filters, filters / groups, (channels / groups) * taps];
    const formats = matrixProducts({ ...x, shape: [m, k] }, { ...w, shape: [k, n] });
    return { ...formats, groups, inputs: sizeOf(shapeOf(x)) / groups };
  },
  run: ([x, w, zx, zw], attributes, { layer, arithmetic }) => {
    const [a, b] = [unscaled(x, zx, 0, 2), unscaled(w, zw, 1, 3)];
    return [convolvedSums(plainConvolution(a.shape, b.shape, attributes), a, b, layer, arithmetic)];
  },
};

export const INTEGER_PRODUCTS: Readonly<Record<string, TensorFunction>> = {
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  ConvInteger: convInteger,
  'com.microsoft.MatMulIntegerToFloat': matMulIntegerToFloat,
  'com.microsoft.DynamicQuantizeMatMul': dynamicQuantizeMatMul,
};
