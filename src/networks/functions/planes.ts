import { power } from '../scalars/power.js';
import { type FloatTensor, floatTensor, sizeOf } from '../tensor.js';
import { type Attributes, float, int, ints } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { factsAt } from './numbers.js';
import { meanOf, squareOf } from './norms.js';
import { axisOf, floatsOf } from './operands.js';
import { placesAlong } from './reduce.js';
import { likeFirst } from './unary.js';

/** Norms of [n, c, ...] by channels; sums in float64, each number rounded once. */

/** A vector with one number for each of so many. @throws Error with its length */
function vectorOf(operand: FloatTensor, count: number, of: string): Float32Array {
  if (operand.data.length === count) return operand.data;
  throw new Error(`has ${operand.data.length} numbers for ${count} ${of}`);
}

/** By means and variances that are known: inference. */
const batchNormalization: TensorFunction = {
  operands: 5,
  attributes: {
    epsilon: float(Math.fround(1e-5)),
    momentum: float(Math.fround(0.9)),
    training_mode: int(0),
    spatial: int(1),
  },
  operations: 2,
  facts: (operands, { training_mode: training, spatial }) => {
    if (training === 1) throw new Error('has training_mode = 1: it is read for inference only, as 0');
    if (spatial !== 1) throw new Error('has spatial = 0, statistics of each pixel: 1 is supported');
    return likeFirst(operands);
  },
  run: ([operand, ...vectors], { epsilon }) => {
    const x = floatsOf(operand, 0);
    const channels = x.shape[1] ?? 1;
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((place) =>
      vectorOf(floatsOf(vectors[place - 1], place), channels, 'channels'),
    );
    const output = floatTensor(x.shape);
    const run = sizeOf(x.shape.slice(2));
    for (let first = 0, plane = 0; first < x.data.length; first += run, plane++) {
      const c = plane % channels;
      // Steps of float32, as in ONNX Runtime.
      const inverse = Math.fround(1 / Math.fround(Math.sqrt(Math.fround(variance[c] + (epsilon as number)))));
      const factor = Math.fround(inverse * scale[c]);
      const term = Math.fround(bias[c] - Math.fround(mean[c] * factor));
      for (let i = first; i < first + run; i++) output.data[i] = Math.fround(x.data[i] * factor) + term;
    }
    return [output];
  },
};

/** Runs of numbers that are normalized together, scaled and shifted by channel or by group. */
function grouped(x: FloatTensor, groups: number, scale: FloatTensor, bias: FloatTensor, epsilon: number): FloatTensor {
  const channels = x.shape[1] ?? 0;
  if (!(groups >= 1) || channels % groups !== 0)
    throw new Error(`has ${groups} groups of ${channels} channels: they must divide them`);
  const each = scale.data.length === groups ? groups : channels;
  const [factors, terms] = [scale, bias].map((vector) => vectorOf(vector, each, 'channels'));
  const output = floatTensor(x.shape);
  const plane = sizeOf(x.shape.slice(2));
  const run = (channels / groups) * plane;
  for (let first = 0; first < x.data.length; first += run) {
    const mean = meanOf(x.data, first, run);
    const factor = 1 / Math.sqrt(squareOf(x.data, first, run, mean) + epsilon);
    for (let i = first; i < first + run; i++) {
      const channel = Math.floor(i / plane) % channels;
      const at = each === channels ? channel : Math.floor((channel * groups) / channels);
      output.data[i] = (x.data[i] - mean) * factor * factors[at] + terms[at];
    }
  }
  return output;
}

const instanceNormalization: TensorFunction = {
  operands: 3,
  attributes: { epsilon: float(Math.fround(1e-5)) },
  operations: 8,
  facts: likeFirst,
  run: ([operand, scale, bias], { epsilon }) => {
    const x = floatsOf(operand, 0);
    return [grouped(x, x.shape[1], floatsOf(scale, 1), floatsOf(bias, 2), epsilon as number)];
  },
};

/** A scale for each channel; before opset 21 for each group, which its length tells. */
const groupNormalization: TensorFunction = {
  operands: 3,
  attributes: { epsilon: float(Math.fround(1e-5)), num_groups: int(0), stash_type: int(1) },
  operations: 8,
  facts: likeFirst,
  run: ([operand, scale, bias], { epsilon, num_groups: groups }) => [
    grouped(floatsOf(operand, 0), groups as number, floatsOf(scale, 1), floatsOf(bias, 2), epsilon as number),
  ],
};

/** Each number over a power of the squares of its neighbours in other channels. */
const localResponse: TensorFunction = {
  operands: 1,
  attributes: { alpha: float(Math.fround(1e-4)), beta: float(0.75), bias: float(1), size: int(1) },
  operations: 12,
  facts: likeFirst,
  run: ([operand], attributes) => [localResponses(floatsOf(operand, 0), attributes)],
};

function localResponses(x: FloatTensor, { alpha, beta, bias, size }: Attributes): FloatTensor {
  const output = floatTensor(x.shape);
  const [, channels] = x.shape;
  const plane = sizeOf(x.shape.slice(2));
  const [length, exponent] = [size as number, beta as number];
  for (let i = 0; i < x.data.length; i++) {
    const channel = Math.floor(i / plane) % channels;
    const low = Math.max(0, channel - Math.floor((length - 1) / 2));
    const high = Math.min(channels - 1, channel + Math.ceil((length - 1) / 2));
    let sum = 0;
    for (let c = low; c <= high; c++) sum += x.data[i + (c - channel) * plane] ** 2;
    output.data[i] = x.data[i] / power((bias as number) + ((alpha as number) / length) * sum, exponent);
  }
  return output;
}

/** Less the mean, over the root of the variance, along any axes; 1e-9 is added to the root (the standard's function). */
const meanVariance: TensorFunction = {
  operands: 1,
  attributes: { axes: ints([0, 2, 3]) },
  operations: 6,
  facts: likeFirst,
  acrossBatch: (operands, { axes }) => axesOf(factsAt(operands, 0), axes as readonly number[]).includes(0),
  run: ([operand], { axes }) => {
    const x = floatsOf(operand, 0);
    const output = floatTensor(x.shape);
    const { firsts, offsets } = placesAlong(x.shape, axesOf(x, axes as readonly number[]));
    const gathered = new Float32Array(offsets.length);
    for (const first of firsts) {
      for (let i = 0; i < offsets.length; i++) gathered[i] = x.data[first + offsets[i]];
      const mean = meanOf(gathered, 0, gathered.length);
      const root = Math.sqrt(squareOf(gathered, 0, gathered.length, mean)) + 1e-9;
      for (let i = 0; i < offsets.length; i++) output.data[first + offsets[i]] = (gathered[i] - mean) / root;
    }
    return [output];
  },
};

function axesOf({ shape }: Pick<OperandFacts, 'shape'>, axes: readonly number[]): number[] {
  return axes.map((axis) => axisOf(axis, shape.length));
}

export const PLANES: Readonly<Record<string, TensorFunction>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LRN: localResponse,
  MeanVarianceNormalization: meanVariance,
};
