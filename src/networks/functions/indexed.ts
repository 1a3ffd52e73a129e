import { sizeOf, type Tensor } from '../tensor.js';
import { int } from './attributes.js';
import { placesOf, stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { axisOf, integersOf, OpenShape } from './operands.js';

/** Functions that take elements where other tensors say. */

/** An index from the front. @throws Error where there is none such */
export function indexAmong(index: number, length: number): number {
  if (index >= -length && index < length) return index < 0 ? index + length : index;
  throw new Error(`takes index ${index} of an axis of ${length}`);
}

/** Where each element of `indices` points to: its own place, but for the axis, along which it says the index. */
export function placesAlong(shape: readonly number[], indices: Tensor, axis: number): Int32Array {
  const wrong = indices.shape.length !== shape.length;
  if (wrong || indices.shape.some((length, i) => i !== axis && length > shape[i]))
    throw new Error(`has indices of shape ${indices.shape.join('x')} for ${shape.join('x')}: they must lie within`);
  const strides = stridesOf(shape);
  const places = placesOf(indices.shape, strides.with(axis, 0));
  for (let i = 0; i < places.length; i++) places[i] += indexAmong(indices.data[i], shape[axis]) * strides[axis];
  return places;
}

const gatherElements: TensorFunction = {
  operands: 2,
  attributes: { axis: int(0) },
  moves: true,
  facts: ([x, indices]) => [movedTo(x, (indices as OperandFacts).shape)],
  run: ([x, indices], { axis }) => {
    const tensor = x as Tensor;
    const places = placesAlong(tensor.shape, integersOf(indices, 1), axisOf(axis as number, tensor.shape.length));
    return [taken(tensor, (indices as Tensor).shape, places)];
  },
  acrossBatch: ([x], { axis }) => axisOf(axis as number, (x as OperandFacts).shape.length) === 0,
};

/** First places of the parts that the last axis of indices names, after `batch` common axes. */
export function partPlaces(shape: readonly number[], indices: Tensor, batch: number): Int32Array {
  const named = indices.shape.at(-1) ?? 1;
  checkNames(shape, indices.shape, batch);
  const strides = stridesOf(shape);
  const places = new Int32Array(sizeOf(indices.shape) / named);
  const perBatch = places.length / sizeOf(shape.slice(0, batch));
  const own = batch === 0 ? 0 : strides[batch - 1];
  for (let i = 0; i < places.length; i++) {
    places[i] = Math.floor(i / perBatch) * own;
    for (let j = 0; j < named; j++)
      places[i] += indexAmong(indices.data[i * named + j], shape[batch + j]) * strides[batch + j];
  }
  return places;
}

function checkNames(shape: readonly number[], indices: readonly number[], batch: number): void {
  const named = indices.at(-1);
  const common = shape.slice(0, batch).join('x') === indices.slice(0, batch).join('x');
  if (named !== undefined && named >= 1 && batch + named <= shape.length && batch < indices.length && common) return;
  throw new Error(
    `has indices of shape ${indices.join('x') || 'scalar'} for ${shape.join('x')} with ${batch} axes of the batch: their last axis names axes after it`,
  );
}

function partsShape(shape: readonly number[], indices: readonly number[], batch: number): readonly number[] {
  checkNames(shape, indices, batch);
  return [...indices.slice(0, -1), ...shape.slice(batch + (indices.at(-1) as number))];
}

const gatherND: TensorFunction = {
  operands: 2,
  attributes: { batch_dims: int(0) },
  moves: true,
  facts: ([x, indices], { batch_dims: batch }) => [
    movedTo(x, partsShape((x as OperandFacts).shape, (indices as OperandFacts).shape, batch as number)),
  ],
  run: ([x, indices], { batch_dims: batch }) => {
    const { shape } = x as Tensor;
    const firsts = partPlaces(shape, integersOf(indices, 1), batch as number);
    const to = partsShape(shape, (indices as Tensor).shape, batch as number);
    const size = firsts.length === 0 ? 0 : sizeOf(to) / firsts.length;
    const places = new Int32Array(firsts.length * size);
    for (let i = 0, at = 0; i < firsts.length; i++) for (let j = 0; j < size; j++) places[at++] = firsts[i] + j;
    return [taken(x as Tensor, to, places)];
  },
  acrossBatch: (_, { batch_dims: batch }) => batch === 0,
};

/** Each sequence's first elements in reverse; what lies behind its length stays. */
const reverseSequence: TensorFunction = {
  operands: 2,
  attributes: { batch_axis: int(1), time_axis: int(0) },
  moves: true,
  facts: ([x]) => [movedTo(x, (x as OperandFacts).shape)],
  run: ([x, lengths], { batch_axis: batchAxis, time_axis: timeAxis }) => {
    const { shape } = x as Tensor;
    const [batch, time] = [batchAxis, timeAxis].map((axis) => axisOf(axis as number, shape.length));
    const { data } = integersOf(lengths, 1);
    if (data.length !== shape[batch]) throw new Error(`has ${data.length} lengths for ${shape[batch]} sequences`);
    const strides = stridesOf(shape);
    const only = (axis: number) =>
      placesOf(
        shape,
        shape.map((_, i) => Number(i === axis)),
      );
    const places = placesOf(shape, strides);
    const [sequences, steps] = [only(batch), only(time)];
    for (let i = 0; i < places.length; i++) {
      const last = data[sequences[i]] - 1;
      if (steps[i] <= last) places[i] += (last - 2 * steps[i]) * strides[time];
    }
    return [taken(x as Tensor, shape, places)];
  },
  // Lengths that are stored are those of so many images.
  acrossBatch: ([, lengths], { time_axis: time }) => time === 0 || lengths?.value !== undefined,
};

/** What a condition keeps, along an axis or of all elements in order. */
const compress: TensorFunction = {
  operands: 2,
  attributes: { axis: int(undefined) },
  moves: true,
  facts: ([x, condition], { axis }) => {
    const { shape } = x as OperandFacts;
    const value = condition?.value;
    if (value === undefined) {
      const kept = axis === undefined ? [Number.NaN] : shape.with(axisOf(axis as number, shape.length), Number.NaN);
      throw new OpenShape('computes its condition while it runs: it must be known from the file', [movedTo(x, kept)]);
    }
    return [movedTo(x, keptShape(shape, keptOf(shape, value, axis as number | undefined), axis as number | undefined))];
  },
  run: ([x, condition], attributes) => {
    const tensor = x as Tensor;
    const axis = attributes.axis as number | undefined;
    const kept = keptOf(tensor.shape, integersOf(condition, 1), axis);
    const shape = keptShape(tensor.shape, kept, axis);
    if (axis === undefined) return [taken(tensor, shape, Int32Array.from(kept))];
    const place = axisOf(axis, tensor.shape.length);
    const strides = stridesOf(tensor.shape);
    const places = placesOf(shape, strides.with(place, 0));
    const along = placesOf(
      shape,
      shape.map((_, i) => Number(i === place)),
    );
    for (let i = 0; i < places.length; i++) places[i] += kept[along[i]] * strides[place];
    return [taken(tensor, shape, places)];
  },
  acrossBatch: ([x], { axis }) => axis === undefined || axisOf(axis as number, (x as OperandFacts).shape.length) === 0,
};

function keptOf(shape: readonly number[], condition: Tensor, axis: number | undefined): number[] {
  const length = axis === undefined ? sizeOf(shape) : shape[axisOf(axis, shape.length)];
  const kept = Array.from(condition.data.keys()).filter((i) => condition.data[i] !== 0);
  if (kept.every((i) => i < length)) return kept;
  throw new Error(`keeps place ${kept.find((i) => i >= length)} of ${length}`);
}

function keptShape(shape: readonly number[], kept: readonly number[], axis: number | undefined): readonly number[] {
  return axis === undefined ? [kept.length] : shape.with(axisOf(axis, shape.length), kept.length);
}

export const INDEXED: Readonly<Record<string, TensorFunction>> = {
  GatherElements: gatherElements,
  GatherND: gatherND,
  ReverseSequence: reverseSequence,
  Compress: compress,
};
