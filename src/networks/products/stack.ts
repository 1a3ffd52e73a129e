import { encodeAll } from '../codes.js';
import type { Arithmetic } from '../network.js';
import { codeTensor, dequantize, zeroPointAt } from '../quantization.js';
import {
  type CodeTensor,
  floatTensor,
  type FloatTensor,
  oneZeroPoint,
  type Operand,
  type Quantization,
  type TensorFacts,
} from '../tensor.js';
import { type Factor, type Lengths, scaled, sumsOf } from './factors.js';
import type { ArrayProducts } from './product.js';

/** Matrix products one after another, of two operands that may both be computed. */
export interface Stack extends Lengths {
  groups: number;
  /** Which matrix of a and of b each product takes; those in order where it is left out. */
  aAt?: Int32Array;
  bAt?: Int32Array;
  /** For each row of a matrix of a, and each column of one of b, the index among scales; undefined where they have no such axis. */
  rows?: Side;
  columns?: Side;
}

/** Where scales along an axis of an operand lie: the axis, and for each row or column the index on it. */
export type Side = (axis: number) => Int32Array | undefined;

/** Whether the array can multiply the codes: the scales of both come out of the sums. */
export function multipliesCodes(stack: Stack, a: TensorFacts, b: TensorFacts): boolean {
  return comesOut(a.quantization, stack.rows) && comesOut(b.quantization, stack.columns);
}

function comesOut(q: Quantization | undefined, side: Side | undefined): boolean {
  if (q === undefined) return false;
  const one = q.scale.length === 1 && typeof q.zeroPoint === 'number';
  return one || side?.(q.axis) !== undefined;
}

/** What the array has to do. */
export function productsOf(stack: Stack, a: TensorFacts, b: TensorFacts, inputs: number): ArrayProducts {
  const { m, n, k, groups } = stack;
  const codes = multipliesCodes(stack, a, b);
  const [aFormat, bFormat] = [a, b].map(({ quantization }) => (codes ? quantization?.fit.format : undefined));
  return { m, n, k, groups, inputs: inputs / groups, aFormat, bFormat };
}

/**
 * The products [groups, m, n] as real numbers; both operands are codes or neither is.
 * @param a matrices [m, k] @param b matrices [k, n]
 */
export function multiplied(stack: Stack, a: Operand, b: Operand, layer: string, arithmetic: Arithmetic): Float32Array {
  const out = new Float32Array(stack.groups * stack.m * stack.n);
  if (a.kind === 'codes' && b.kind === 'codes' && multipliesCodes(stack, a, b))
    eachProduct(stack, a, b, layer, arithmetic, out, 1);
  else realProducts(stack, dequantize(a), dequantize(b), layer, arithmetic, out);
  return out;
}

/** The same as codes at once: rne(f32(f32(sum) * f32(f32(sa * sb) / sc))) + zc, ONNX Runtime's QLinearMatMul. */
export function multipliedCodes(
  stack: Stack,
  a: CodeTensor,
  b: CodeTensor,
  output: Quantization,
  shape: readonly number[],
  layer: string,
  arithmetic: Arithmetic,
): CodeTensor {
  if (!multipliesCodes(stack, a, b)) throw new Error('has scales along an axis that its products sum over');
  const out = new Float32Array(stack.groups * stack.m * stack.n);
  eachProduct(stack, a, b, layer, arithmetic, out, output.scale[0]);
  return codeTensor(shape, encodeAll(out, output.fit, oneZeroPoint(output)), output);
}

function eachProduct(
  stack: Stack,
  a: CodeTensor,
  b: CodeTensor,
  layer: string,
  arithmetic: Arithmetic,
  out: Float32Array,
  divisor: number,
): void {
  const { groups, m, n, k, aAt, bAt } = stack;
  const left = meaningOf(a.quantization, stack.rows);
  const right = meaningOf(b.quantization, stack.columns);
  for (let group = 0; group < groups; group++) {
    const x: Factor = { codes: matrixOf(a, aAt?.[group] ?? group, m * k), quantization: a.quantization, ...left };
    const y: Factor = { codes: matrixOf(b, bAt?.[group] ?? group, k * n), quantization: b.quantization, ...right };
    const sums = sumsOf(x, y, stack, layer, arithmetic);
    scaled(sums, x, y, stack, out.subarray(group * m * n, (group + 1) * m * n), divisor);
  }
}

function realProducts(
  { groups, m, n, k, aAt, bAt }: Stack,
  a: FloatTensor,
  b: FloatTensor,
  layer: string,
  arithmetic: Arithmetic,
  out: Float32Array,
): void {
  if (m * n * k === 0) return;
  for (let group = 0; group < groups; group++) {
    const [x, y] = [(aAt?.[group] ?? group) * m * k, (bAt?.[group] ?? group) * k * n];
    const [left, right] = [a.data.subarray(x, x + m * k), b.data.subarray(y, y + k * n)];
    out.set(arithmetic.values(left, right, { layer, m, n, k }), group * m * n);
  }
}

/** Scales and zero points of a factor: one, or one for each of its rows or columns. */
function meaningOf(q: Quantization, side: Side | undefined): Pick<Factor, 'scales' | 'zeros'> {
  const places = q.scale.length === 1 && typeof q.zeroPoint === 'number' ? undefined : side?.(q.axis);
  if (places === undefined) return { scales: q.scale, zeros: [oneZeroPoint(q)] };
  const scales = Float32Array.from(places, (place) => q.scale[place]);
  const zeros = q.zeroPoint === 0 ? [0] : Int32Array.from(places, (place) => zeroPointAt(q, place));
  return { scales, zeros };
}

const matrices = new WeakMap<CodeTensor, CodeTensor['data'][]>();

/** Kept, so that an arithmetic can keep what it derives from these arrays. */
function matrixOf(x: CodeTensor, index: number, size: number): CodeTensor['data'] {
  let known = matrices.get(x);
  if (known === undefined) matrices.set(x, (known = []));
  return (known[index] ??= x.data.subarray(index * size, (index + 1) * size));
}

/** Products as a tensor. */
export function productTensor(
  stack: Stack,
  a: Operand,
  b: Operand,
  shape: readonly number[],
  layer: string,
  arithmetic: Arithmetic,
): FloatTensor {
  return floatTensor(shape, multiplied(stack, a, b, layer, arithmetic));
}
