import { expect, it } from 'vitest';
import type { NumberArray } from '../../src/data/numbers.js';
import { movedAxis, reordered } from '../../src/data/reorder.js';
import { sizeOf } from '../../src/networks/tensor.js';

/** Every order of so many things. */
function ordersOf(count: number): number[][] {
  if (count === 0) return [[]];
  return ordersOf(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, place) => rest.toSpliced(place, 0, count - 1)),
  );
}

/** The place of an index in a shape, row-major. */
const placeIn = (shape: readonly number[], index: readonly number[]) =>
  index.reduce((place, i, axis) => place * shape[axis] + i, 0);

function indicesOf(shape: readonly number[]): number[][] {
  const [length, ...rest] = shape;
  if (length === undefined) return [[]];
  return Array.from({ length }, (_, i) => indicesOf(rest).map((index) => [i, ...index])).flat();
}

it.each([[[]], [[3]], [[1]], [[2, 3]], [[3, 1]], [[2, 3, 4]], [[1, 2, 1]], [[2, 0, 3]], [[2, 3, 1, 4]], [[0]]])(
  'an array of shape %j in every order of its axes: the element at an index is that of the axes as they were',
  (shape) => {
    for (const type of ['uint8', 'int16', 'float32', 'float64'] as const) {
      const arrays = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array, float64: Float64Array };
      const data = arrays[type].from(Array.from({ length: sizeOf(shape) }, (_, i) => i + 1));
      const array: NumberArray = { type, shape, data };
      for (const order of ordersOf(shape.length)) {
        const found = reordered(array, order);
        const to = order.map((axis) => shape[axis]);
        const own = indicesOf(to).map((index) => {
          const before = shape.map((_, axis) => index[order.indexOf(axis)]);
          return data[placeIn(shape, before)];
        });
        expect(found).toEqual({ type, shape: to, data: arrays[type].from(own) });
      }
    }
  },
);

it('one axis is moved, the others keep their order', () => {
  for (let rank = 1; rank <= 5; rank++)
    for (let from = 0; from < rank; from++)
      for (let to = 0; to < rank; to++) {
        const order = movedAxis(rank, from, to);
        expect(order[to]).toBe(from);
        expect(order.filter((axis) => axis !== from)).toEqual([...Array(rank).keys()].filter((axis) => axis !== from));
      }
});
