import { exp, log } from '../elementary.js';
import { floatTensor, type IntegerTensor, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, int } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { emptyNumbers, factsAt, integerTypeOf, numberFacts, type Numbers, numbersOf, wrapped } from './numbers.js';
import { axisOf, floatsOf, integersOf } from './operands.js';
import { likeFirst } from './unary.js';

/** Functions of all numbers along an axis that leave as many: shares, and running sums. */

/** Numbers along an axis: so many, so far apart. */
export interface AxisLine {
  first: number;
  length: number;
  step: number;
}

/** Calls `each` for every line along an axis; the line is one object, moved on. */
export function overLines(shape: readonly number[], axis: number, each: (line: AxisLine) => void): void {
  const step = sizeOf(shape.slice(axis + 1));
  const line: AxisLine = { first: 0, length: shape[axis], step };
  const outer = sizeOf(shape.slice(0, axis));
  for (let o = 0; o < outer; o++)
    for (let inner = 0; inner < step; inner++) {
      line.first = o * line.length * step + inner;
      each(line);
    }
}

/** Over one axis; before opset 13 over all from `axis` on, as if they were one. */
function normalizing(each: (x: Float32Array, to: Float32Array, line: AxisLine) => void): TensorFunction {
  return {
    operands: 1,
    // `lastbit.rows` stands for the opset: no file has it.
    attributes: { axis: int(-1), 'lastbit.rows': int(0) },
    before: [{ opset: 13, attributes: { axis: 1, 'lastbit.rows': 1 } }],
    operations: 5,
    facts: (operands, { axis }) => {
      placeOf(factsAt(operands, 0).shape, axis as number);
      return likeFirst(operands);
    },
    acrossBatch: (operands, { axis }) => {
      const { shape } = factsAt(operands, 0);
      return shape.length > 0 && placeOf(shape, axis as number) === 0;
    },
    run: ([operand], attributes) => {
      const x = floatsOf(operand, 0);
      const output = floatTensor(x.shape);
      const { shape, axis } = asOne(x, attributes);
      overLines(shape, axis, (line) => each(x.data, output.data, line));
      return [output];
    },
  };
}

/** The shape whose lines along an axis a softmax is of. */
export function asOne(
  { shape }: { shape: readonly number[] },
  attributes: Attributes,
): { shape: readonly number[]; axis: number } {
  if (shape.length === 0) return { shape: [1], axis: 0 };
  const axis = placeOf(shape, attributes.axis as number);
  if (attributes['lastbit.rows'] !== 1) return { shape, axis };
  return { shape: [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))], axis: 1 };
}

function placeOf(shape: readonly number[], axis: number): number {
  return axisOf(axis, Math.max(shape.length, 1));
}

function mostOf(x: Numbers, { first, length, step }: AxisLine): number {
  let most = -Infinity;
  for (let i = 0, at = first; i < length; i++, at += step) most = Math.max(most, x[at]);
  return most;
}

function shares(x: Float32Array, to: Float32Array, line: AxisLine): void {
  const { first, length, step } = line;
  const most = mostOf(x, line);
  const powers = scratchOf(length);
  let total = 0;
  for (let i = 0, at = first; i < length; i++, at += step) total += powers[i] = exp(x[at] - most);
  for (let i = 0, at = first; i < length; i++, at += step) to[at] = powers[i] / total;
}

let scratch = new Float64Array(1024);

/** One array for all lines. */
function scratchOf(length: number): Float64Array {
  if (scratch.length < length) scratch = new Float64Array(length);
  return scratch;
}

function logShares(x: Float32Array, to: Float32Array, line: AxisLine): void {
  const { first, length, step } = line;
  const most = mostOf(x, line);
  let total = 0;
  for (let i = 0, at = first; i < length; i++, at += step) total += exp(x[at] - most);
  const less = log(total);
  for (let i = 0, at = first; i < length; i++, at += step) to[at] = x[at] - most - less;
}

/** 1 at the first of the largest. */
function hardest(x: Float32Array, to: Float32Array, line: AxisLine): void {
  const { first, length, step } = line;
  let best = first;
  for (let i = 1, at = first + step; i < length; i++, at += step) if (x[at] > x[best]) best = at;
  if (length > 0) to[best] = 1;
}

/** What is there so far, along an axis: from either end, and with or without the number itself. */
function running(start: number, next: (sum: number, x: number) => number): TensorFunction {
  return {
    operands: 2,
    attributes: { exclusive: int(0), reverse: int(0) },
    facts: (operands) => [numberFacts(factsAt(operands, 0).shape, integerTypeOf(factsAt(operands, 0)))],
    acrossBatch: ([x, axis]) => axis?.value === undefined || alongOf(x as OperandFacts, axis.value) === 0,
    run: ([operand, axis], { exclusive, reverse }) => {
      const x = numbersOf(operand, 0);
      const output = emptyNumbers(x.shape, integerTypeOf(x));
      // Of reals each is the float32 nearest to the one before and its number, as in ONNX Runtime.
      const held = x.kind === 'float' ? Math.fround : Number;
      overLines(x.shape, alongOf(x, axis), ({ first, length, step }) => {
        let total = start;
        for (let i = 0; i < length; i++) {
          const at = first + (reverse === 1 ? length - 1 - i : i) * step;
          const sum = held(next(total, x.data[at]));
          output.data[at] = exclusive === 1 ? total : sum;
          total = sum;
        }
      });
      if (output.kind === 'integers') wrapped(output.data, output.type);
      return [output];
    },
  };
}

function alongOf({ shape }: { shape: readonly number[] }, operand: Tensor | undefined): number {
  const { data }: IntegerTensor = integersOf(operand, 1);
  if (data.length === 1) return axisOf(data[0], shape.length);
  throw new Error(`has ${data.length} axes: one is wanted`);
}

export const ALONG: Readonly<Record<string, TensorFunction>> = {
  Softmax: normalizing(shares),
  LogSoftmax: normalizing(logShares),
  Hardmax: normalizing(hardest),
  CumSum: running(0, (sum, x) => sum + x),
  CumProd: running(1, (product, x) => product * x),
};
