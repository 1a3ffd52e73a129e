import { type FloatTensor, floatTensor, sizeOf, type TensorFacts } from '../tensor.js';
import { float, int } from './attributes.js';
import { overLines } from './along.js';
import { broadcastPlaces, broadcastShape } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { factsAt } from './numbers.js';
import { axisOf, floatsOf } from './operands.js';
import { likeFirst } from './unary.js';

/** Norms over the last axes: sums in float64, each number rounded once. */

/** What is done to a row: taken off, and multiplied with. */
interface Moments {
  mean: Float32Array;
  inverse: Float32Array;
  normalized: FloatTensor;
}

/**
 * Rows of so many numbers, less their mean where `centres` says so, over the root of their mean square, times a scale
 * and plus a bias, which are broadcast over the shape.
 */
function normalizedRows(
  x: FloatTensor,
  row: number,
  epsilon: number,
  centres: boolean,
  scale: FloatTensor | undefined,
  bias: FloatTensor | undefined,
): Moments {
  const rows = row === 0 ? 0 : x.data.length / row;
  const normalized = floatTensor(x.shape);
  const [mean, inverse] = [new Float32Array(rows), new Float32Array(rows)];
  const factors = scale === undefined ? Float32Array.of(1) : repeating(scale, x.shape);
  // A sum with -0 changes nothing, not even the sign of a zero.
  const terms = bias === undefined ? Float32Array.of(-0) : repeating(bias, x.shape);
  for (let r = 0, first = 0; r < rows; r++, first += row) {
    const middle = centres ? meanOf(x.data, first, row) : 0;
    const factor = 1 / Math.sqrt(squareOf(x.data, first, row, middle) + epsilon);
    [mean[r], inverse[r]] = [middle, factor];
    for (let i = first; i < first + row; i++)
      normalized.data[i] = (x.data[i] - middle) * factor * factors[i % factors.length] + terms[i % terms.length];
  }
  return { mean, inverse, normalized };
}

/** Numbers broadcast to a shape, as they are where they only repeat. */
function repeating(operand: FloatTensor, to: readonly number[]): Float32Array {
  const { shape, data } = operand;
  return to.slice(to.length - shape.length).join() === shape.join() ? data : spread(operand, to);
}

/** Numbers broadcast to a shape. */
function spread({ shape, data }: FloatTensor, to: readonly number[]): Float32Array {
  if (broadcastShape([shape, to]).join() !== to.join())
    throw new Error(`has a scale or bias of ${shape.join('x')} for ${to.join('x')}`);
  const places = broadcastPlaces(shape, to);
  if (places === undefined) return data;
  const all = new Float32Array(places.length);
  for (let i = 0; i < all.length; i++) all[i] = data[places[i]];
  return all;
}

export function meanOf(data: Float32Array, first: number, count: number): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += data[i];
  return sum / count;
}

/** The mean square of the distances from a number. */
export function squareOf(data: Float32Array, first: number, count: number, from: number): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += (data[i] - from) ** 2;
  return sum / count;
}

/** Lengths before an axis, and 1 for each one after. */
function momentShape(shape: readonly number[], axis: number): readonly number[] {
  const place = axisOf(axis, shape.length);
  return shape.map((length, i) => (i < place ? length : 1));
}

const rowOf = (shape: readonly number[], axis: number) => sizeOf(shape.slice(axisOf(axis, shape.length)));

/** Of several outputs, the second and third are what the rows were normalized with. */
const layerNormalization: TensorFunction = {
  operands: 3,
  attributes: { axis: int(-1), epsilon: float(Math.fround(1e-5)), stash_type: int(1) },
  operations: 8,
  facts: (operands, { axis }) => {
    const { shape } = factsAt(operands, 0);
    const moments: TensorFacts = { shape: momentShape(shape, axis as number), type: 'float32' };
    return [{ shape }, moments, moments];
  },
  acrossBatch: (operands, { axis }) => overFirst(operands, axis as number),
  run: ([operand, scale, bias], { axis, epsilon }) => {
    const x = floatsOf(operand, 0);
    const row = rowOf(x.shape, axis as number);
    const { mean, inverse, normalized } = normalizedRows(
      ...([x, row, epsilon as number, true] as const),
      scale && floatsOf(scale, 1),
      bias && floatsOf(bias, 2),
    );
    const shape = momentShape(x.shape, axis as number);
    return [normalized, typed(shape, mean), typed(shape, inverse)];
  },
};

/** Moments are float32 whatever type is normalized. */
function typed(shape: readonly number[], data: Float32Array): FloatTensor {
  return { ...floatTensor(shape, data), type: 'float32' };
}

function overFirst(operands: readonly (OperandFacts | undefined)[], axis: number): boolean {
  return axisOf(axis, factsAt(operands, 0).shape.length) === 0;
}

/** Without a mean; of two outputs the second is what the rows were multiplied with. */
const rootMeanSquare: TensorFunction = {
  operands: 2,
  attributes: { axis: int(-1), epsilon: float(Math.fround(1e-5)), stash_type: int(1) },
  operations: 5,
  facts: (operands, { axis }) => {
    const { shape } = factsAt(operands, 0);
    return [{ shape }, { shape: momentShape(shape, axis as number), type: 'float32' }];
  },
  acrossBatch: (operands, { axis }) => overFirst(operands, axis as number),
  run: ([operand, scale], { axis, epsilon }) => {
    const x = floatsOf(operand, 0);
    const row = rowOf(x.shape, axis as number);
    const { inverse, normalized } = normalizedRows(
      ...([x, row, epsilon as number, false] as const),
      scale && floatsOf(scale, 1),
      undefined,
    );
    return [normalized, typed(momentShape(x.shape, axis as number), inverse)];
  },
};

/**
 * ONNX Runtime's sum of two tensors (and a bias), rounded to float32, and its norm. Outputs are the norm, the means and
 * factors, and the sum.
 */
function skipNorm(centres: boolean): TensorFunction {
  return {
    operands: centres ? 5 : 4,
    attributes: { epsilon: float(Math.fround(1e-12)) },
    operations: 9,
    facts: (operands) => {
      const { shape } = factsAt(operands, 0);
      const moments: TensorFacts = { shape: momentShape(shape, -1), type: 'float32' };
      return [{ shape }, moments, moments, { shape }];
    },
    run: ([operand, skip, gamma, ...rest], { epsilon }) => {
      const [beta, bias] = centres ? rest : [undefined, rest[0]];
      const x = floatsOf(operand, 0);
      const sum = summed(x, floatsOf(skip, 1), bias && floatsOf(bias, centres ? 4 : 3));
      const { mean, inverse, normalized } = normalizedRows(
        ...([sum, rowOf(x.shape, -1), epsilon as number, centres] as const),
        floatsOf(gamma, 2),
        beta && floatsOf(beta, 3),
      );
      const shape = momentShape(x.shape, -1);
      return [normalized, typed(shape, mean), typed(shape, inverse), sum];
    },
  };
}

function summed(x: FloatTensor, skip: FloatTensor, bias: FloatTensor | undefined): FloatTensor {
  const output = floatTensor(x.shape);
  const more = spread(skip, x.shape);
  const terms = bias && spread(bias, x.shape);
  for (let i = 0; i < output.data.length; i++) output.data[i] = x.data[i] + more[i];
  if (terms !== undefined) for (let i = 0; i < output.data.length; i++) output.data[i] += terms[i];
  return output;
}

/** Over a root of the sum of squares, or over the sum of sizes; a row of zeros stays one. */
const lpNormalization: TensorFunction = {
  operands: 1,
  attributes: { axis: int(-1), p: int(2) },
  operations: 3,
  facts: likeFirst,
  acrossBatch: (operands, { axis }) => overFirst(operands, axis as number),
  run: ([operand], { axis, p }) => {
    if (p !== 1 && p !== 2) throw new Error(`has p = ${p as number}: it is 1 or 2`);
    const x = floatsOf(operand, 0);
    const output = floatTensor(x.shape);
    overLines(x.shape, axisOf(axis as number, x.shape.length), ({ first, length, step }) => {
      let sum = 0;
      for (let i = 0, at = first; i < length; i++, at += step) sum += p === 1 ? Math.abs(x.data[at]) : x.data[at] ** 2;
      const norm = p === 1 ? sum : Math.sqrt(sum);
      for (let i = 0, at = first; i < length; i++, at += step) output.data[at] = norm === 0 ? 0 : x.data[at] / norm;
    });
    return [output];
  },
};

export const NORMS: Readonly<Record<string, TensorFunction>> = {
  LayerNormalization: layerNormalization,
  RMSNormalization: rootMeanSquare,
  SimplifiedLayerNormalization: rootMeanSquare,
  'com.microsoft.SkipLayerNormalization': skipNorm(true),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNorm(false),
  LpNormalization: lpNormalization,
};
