import { integerTensor, sizeOf, type Tensor, type TensorFacts } from '../tensor.js';
import { int } from './attributes.js';
import { placesOf, stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { factsAt, integerTypeOf, numberFacts, numbersOf, type NumberTensor } from './numbers.js';
import { axisOf } from './operands.js';
import { taken } from './moves.js';
import { shapedByData } from './search.js';

/** The different numbers of a tensor, or its different parts along an axis; where each came from, and how often. */

/** Where the numbers of each part lie. */
function partsOf({ shape, data }: NumberTensor, axis: number | undefined): Int32Array[] {
  if (axis === undefined) return Array.from(data.keys(), (i) => Int32Array.of(i));
  const strides = stridesOf(shape);
  const rest = shape.map((length, i) => (i === axis ? 1 : length));
  return Array.from({ length: shape[axis] }, (_, i) => placesOf(rest, strides, i * strides[axis]));
}

function compareParts(data: NumberTensor['data'], a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < a.length; i++) if (data[a[i]] !== data[b[i]]) return data[a[i]] < data[b[i]] ? -1 : 1;
  return 0;
}

function unique(x: NumberTensor, axis: number | undefined, sorts: boolean): readonly Tensor[] {
  const parts = partsOf(x, axis);
  const firsts: number[] = [];
  const seen = new Map<string, number>();
  const kinds = parts.map((part, i) => {
    const key = Array.from(part, (place) => x.data[place]).join();
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, firsts.length);
    return firsts.push(i) - 1;
  });
  const order = Array.from(firsts.keys());
  if (sorts) order.sort((a, b) => compareParts(x.data, parts[firsts[a]], parts[firsts[b]]));
  const rankOf = new Map(order.map((kind, rank) => [kind, rank]));
  const inverse = kinds.map((kind) => rankOf.get(kind) as number);
  const counts = order.map((kind) => kinds.filter((each) => each === kind).length);
  const integers = (list: readonly number[]) => integerTensor([list.length], 'int64', Float64Array.from(list));
  return [
    chosen(
      x,
      axis,
      order.map((kind) => firsts[kind]),
    ),
    integers(order.map((kind) => firsts[kind])),
    integers(inverse),
    integers(counts),
  ];
}

/** The parts at these indices. */
function chosen(x: NumberTensor, axis: number | undefined, indices: readonly number[]): Tensor {
  if (axis === undefined) return taken(x, [indices.length], Int32Array.from(indices));
  const shape = x.shape.map((length, i) => (i === axis ? indices.length : length));
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  const places = new Int32Array(sizeOf(shape));
  for (let o = 0, at = 0; o < outer; o++)
    for (const index of indices) for (let i = 0; i < inner; i++) places[at++] = (o * x.shape[axis] + index) * inner + i;
  return taken(x, shape, places);
}

/** The type of the numbers; where they came from is in three lists as long as data say. */
function known(operands: readonly (OperandFacts | undefined)[]): readonly TensorFacts[] {
  const list: TensorFacts = { shape: [Number.NaN], type: 'int64' };
  return [numberFacts([Number.NaN], integerTypeOf(factsAt(operands, 0))), list, list, list];
}

export const UNIQUE: Readonly<Record<string, TensorFunction>> = {
  Unique: {
    ...shapedByData(known, ([operand], { axis, sorted }) => {
      const x = numbersOf(operand, 0);
      return unique(x, axis === undefined ? undefined : axisOf(axis as number, x.shape.length), sorted === 1);
    }),
    attributes: { axis: int(undefined), sorted: int(1) },
  },
};
