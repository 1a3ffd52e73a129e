import { transpose } from '../products/gemm.js';
import type { ArrayProducts } from '../products/product.js';
import { dequantize } from '../quantization.js';
import { multipliedCodes, productsOf, productTensor, type Side, type Stack } from '../products/stack.js';
import {
  type CodeTensor,
  type FloatTensor,
  floatTensor,
  type IntegerTensor,
  integerTensor,
  type Operand,
  sizeOf,
  type Tensor,
  type TensorFacts,
} from '../tensor.js';
import { type Attributes, float, int } from './attributes.js';
import { broadcastPlaces, broadcastShape } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { floatsOf } from './operands.js';
import { isIntegerType, transposedMatrix, wrapped } from './matrices.js';

/** Products of matrices, of any rank, of two computed tensors or one stored. */

interface Product extends Stack {
  shape: readonly number[];
}

/** numpy's matmul: the last two axes are matrices, those before are broadcast, and a vector is a row or a column. */
function matmulOf(a: readonly number[], b: readonly number[]): Product {
  if (a.length === 0 || b.length === 0) throw new Error('multiplies a scalar: matrices or vectors are wanted');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [m, k] = left.slice(-2);
  const [inner, n] = right.slice(-2);
  if (inner !== k) throw new Error(`multiplies ${a.join('x')} by ${b.join('x')}: ${k} and ${inner} must be one length`);
  const [aBatch, bBatch] = [left.slice(0, -2), right.slice(0, -2)];
  const batch = broadcastShape([aBatch, bBatch]);
  const shape = [...batch, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])];
  const columns: Side = (axis) => (b.length > 1 && axis === b.length - 1 ? indices(n, n) : undefined);
  const rowsOver =
    (count: number): Side =>
    (axis) =>
      a.length > 1 && axis === a.length - 2 ? indices(count, m) : undefined;
  const groups = sizeOf(batch);
  // Of one matrix b all matrices of a are rows.
  if (sizeOf(bBatch) === 1) return { m: groups * m, n, k, groups: 1, shape, columns, rows: rowsOver(groups * m) };
  const [aAt, bAt] = [aBatch, bBatch].map((each) => broadcastPlaces(each, batch));
  return { m, n, k, groups, aAt, bAt, shape, columns, rows: rowsOver(m) };
}

/** 0, 1, ... below `length`, again and again. */
function indices(count: number, length: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i % length);
}

const matmul: TensorFunction = {
  operands: 2,
  factors: [0, 1],
  facts: ([a, b]) => [typedAs(a as OperandFacts, matmulOf(shapeOf(a), shapeOf(b)).shape)],
  products: ([a, b]) => counted(matmulOf(shapeOf(a), shapeOf(b)), a, b),
  run([a, b], _, { layer, arithmetic }) {
    const product = matmulOf(shapeOf(a), shapeOf(b));
    if (a?.kind === 'integers' && b?.kind === 'integers') return [integerProduct(product, a, b)];
    return [productTensor(product, realOrCodes(a), realOrCodes(b), product.shape, layer, arithmetic)];
  },
  fused([a, b], _, output, { layer, arithmetic }) {
    const product = matmulOf(shapeOf(a), shapeOf(b));
    return multipliedCodes(product, a as CodeTensor, b as CodeTensor, output, product.shape, layer, arithmetic);
  },
};

function shapeOf(operand: { shape: readonly number[] } | undefined): readonly number[] {
  if (operand === undefined) throw new Error('has one operand: two are wanted');
  return operand.shape;
}

function typedAs({ type }: OperandFacts, shape: readonly number[]): TensorFacts {
  return { shape, ...(isIntegerType(type) && { type }) };
}

/** Integers without a scale are multiplied beside the array. */
function counted(product: Stack, a: OperandFacts | undefined, b: OperandFacts | undefined): ArrayProducts | undefined {
  if (a === undefined || b === undefined || isIntegerType(a.type)) return undefined;
  return productsOf(product, a, b, sizeOf(a.shape));
}

/** @throws Error where it is integers, or not there */
export function realOrCodes(operand: Tensor | undefined): Operand {
  if (operand !== undefined && operand.kind !== 'integers') return operand;
  throw new Error(`multiplies ${operand?.type ?? 'nothing'} with real numbers: Cast is missing between`);
}

function integerProduct({ m, n, k, groups, aAt, bAt, shape }: Product, a: IntegerTensor, b: IntegerTensor) {
  const { type } = a;
  const result = integerTensor(shape, type);
  for (let group = 0, at = 0; group < groups; group++) {
    const [left, right] = [(aAt?.[group] ?? group) * m * k, (bAt?.[group] ?? group) * k * n];
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let x = 0; x < k; x++) sum += a.data[left + i * k + x] * b.data[right + x * n + j];
        result.data[at++] = wrapped(sum, type);
      }
  }
  return result;
}

/** alpha op(A) op(B) + beta C, each of the two terms and their sum rounded to float32. */
const gemm: TensorFunction = {
  operands: 3,
  attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
  factors: [0, 1],
  facts: ([a, b], { transA, transB }) => [{ shape: gemmOf(shapeOf(a), shapeOf(b), transA === 1, transB === 1).shape }],
  products: ([a, b], { transA, transB }) =>
    counted(gemmOf(shapeOf(a), shapeOf(b), transA === 1, transB === 1), turnedFacts(a, transA), turnedFacts(b, transB)),
  run([a, b, c], { alpha, beta, transA, transB }, { layer, arithmetic }) {
    const product = gemmOf(shapeOf(a), shapeOf(b), transA === 1, transB === 1);
    const left = transA === 1 ? transposedMatrix(realOrCodes(a)) : realOrCodes(a);
    const right = transB === 1 ? transposedMatrix(realOrCodes(b)) : realOrCodes(b);
    const result = productTensor(product, left, right, product.shape, layer, arithmetic);
    if (alpha !== 1) for (let i = 0; i < result.data.length; i++) result.data[i] *= alpha as number;
    return [c === undefined || beta === 0 ? result : plus(result, c, beta as number)];
  },
};

function gemmOf(a: readonly number[], b: readonly number[], transA: boolean, transB: boolean): Product {
  if (a.length !== 2 || b.length !== 2)
    throw new Error(`multiplies ${a.join('x') || 'a scalar'} by ${b.join('x') || 'a scalar'}: two matrices are wanted`);
  const turned = (shape: readonly number[], turn: boolean) => (turn ? [shape[1], shape[0]] : shape);
  return matmulOf(turned(a, transA), turned(b, transB));
}

function turnedFacts(x: OperandFacts | undefined, turn: unknown): OperandFacts | undefined {
  const q = x?.quantization;
  if (x === undefined || q === undefined || turn !== 1 || q.scale.length === 1) return x;
  return { ...x, quantization: { ...q, axis: 1 - q.axis } };
}

function plus(sums: FloatTensor, c: Tensor, beta: number): FloatTensor {
  if (broadcastShape([sums.shape, c.shape]).join() !== sums.shape.join())
    throw new Error(`adds ${c.shape.join('x')} to ${sums.shape.join('x')}: it must broadcast to that`);
  const [places, { data }] = [broadcastPlaces(c.shape, sums.shape), dequantize(c)];
  const result = floatTensor(sums.shape);
  for (let i = 0; i < result.data.length; i++)
    result.data[i] = sums.data[i] + Math.fround(beta * data[places === undefined ? i : places[i]]);
  return result;
}

/** ONNX Runtime's: alpha op(A) op(B), the last two axes of each turned or not. */
const fusedMatmul: TensorFunction = {
  operands: 2,
  attributes: { alpha: float(1), transA: int(0), transB: int(0), transBatchA: int(0), transBatchB: int(0) },
  facts: ([a, b], attributes) => [{ shape: fusedOf(shapeOf(a), shapeOf(b), attributes).shape }],
  products: ([a, b], attributes) => counted(fusedOf(shapeOf(a), shapeOf(b), attributes), a, b),
  run([a, b], attributes, { layer, arithmetic }) {
    const product = fusedOf(shapeOf(a), shapeOf(b), attributes);
    const [left, right] = [floatsOf(a, 0), floatsOf(b, 1)];
    const [x, y] = [
      attributes.transA === 1 ? turnedEach(left) : left,
      attributes.transB === 1 ? turnedEach(right) : right,
    ];
    const result = productTensor(product, x, y, product.shape, layer, arithmetic);
    for (let i = 0; i < result.data.length; i++) result.data[i] *= attributes.alpha as number;
    return [result];
  },
};

function fusedOf(a: readonly number[], b: readonly number[], attributes: Attributes): Product {
  if (attributes.transBatchA === 1 || attributes.transBatchB === 1)
    throw new Error('turns axes of the batch (transBatchA, transBatchB): 0 is supported');
  return matmulOf(attributes.transA === 1 ? turnedShape(a) : a, attributes.transB === 1 ? turnedShape(b) : b);
}

function turnedShape(shape: readonly number[]): readonly number[] {
  return shape.length < 2 ? shape : [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]];
}

/** Every matrix of a stack turned. */
function turnedEach({ shape, data }: FloatTensor): FloatTensor {
  if (shape.length < 2) return floatTensor(shape, data);
  const [rows, columns] = shape.slice(-2);
  const result = floatTensor(turnedShape(shape));
  for (let at = 0; at < data.length; at += rows * columns) {
    const matrix = data.subarray(at, at + rows * columns);
    transpose(matrix, rows, columns, result.data.subarray(at, at + rows * columns));
  }
  return result;
}

export const MATMUL: Readonly<Record<string, TensorFunction>> = {
  MatMul: matmul,
  Gemm: gemm,
  'com.microsoft.FusedMatMul': fusedMatmul,
  'com.microsoft.TransposeMatMul': fusedMatmul,
};
