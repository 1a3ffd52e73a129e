import { sizeOf, type Tensor } from '../tensor.js';
import { int, word } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { partPlaces, placesAlong } from './indexed.js';
import { movedTo } from './moves.js';
import { axisOf, integersOf } from './operands.js';

/** Functions that put elements into a copy of a tensor where another says; several at one place in their order. */

type Reduction = (old: number, update: number) => number;

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: (old, update) => (update > old || update !== update ? update : old),
  min: (old, update) => (update < old || update !== update ? update : old),
};
const reduction = word('none', Object.keys(REDUCTIONS));

function scattered(x: Tensor, updates: Tensor, places: Int32Array, size: number, called: string): Tensor {
  if (updates.kind !== x.kind) throw new Error(`puts ${updates.kind} into ${x.kind}: one kind is wanted`);
  if (updates.data.length !== places.length * size)
    throw new Error(`has updates of shape ${updates.shape.join('x')}: ${places.length * size} elements are wanted`);
  const data = x.data.slice();
  const reduce = REDUCTIONS[called];
  for (let i = 0, at = 0; i < places.length; i++)
    for (let j = places[i]; j < places[i] + size; j++, at++) data[j] = reduce(data[j], updates.data[at]);
  return { ...x, data } as Tensor;
}

const likeFirst: TensorFunction['facts'] = ([x]) => [movedTo(x, (x as OperandFacts).shape)];

const scatterElements: TensorFunction = {
  operands: 3,
  attributes: { axis: int(0), reduction },
  moves: (attributes) => attributes.reduction === 'none',
  along: [0, 2],
  facts: likeFirst,
  run: ([x, indices, updates], attributes) => {
    const tensor = x as Tensor;
    const axis = axisOf(attributes.axis as number, tensor.shape.length);
    const places = placesAlong(tensor.shape, integersOf(indices, 1), axis);
    return [scattered(tensor, updates as Tensor, places, 1, attributes.reduction as string)];
  },
  // Indices that are stored are those of so many images.
  acrossBatch: ([x, indices], { axis }) =>
    indices?.value !== undefined || axisOf(axis as number, (x as OperandFacts).shape.length) === 0,
};

const scatterND: TensorFunction = {
  operands: 3,
  attributes: { reduction },
  moves: (attributes) => attributes.reduction === 'none',
  along: [0, 2],
  facts: likeFirst,
  run: ([x, indices, updates], attributes) => {
    const tensor = x as Tensor;
    const named = integersOf(indices, 1);
    const size = sizeOf(tensor.shape.slice(named.shape.at(-1) ?? 0));
    const places = partPlaces(tensor.shape, named, 0);
    return [scattered(tensor, updates as Tensor, places, size, attributes.reduction as string)];
  },
  acrossBatch: () => true,
};

export const SCATTER: Readonly<Record<string, TensorFunction>> = {
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
};
