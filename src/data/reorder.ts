import { sizeOf } from '../networks/tensor.js';
import { type NumberArray, NUMBER_TYPES, wordsOf } from './numbers.js';

/**
 * The array with its axes in another order: axis i of the result is axis `order[i]` of the array. Bits are moved, not
 * numbers, so that every NaN stays the one that it is.
 */
export function reordered(array: NumberArray, order: readonly number[]): NumberArray {
  const shape = order.map((axis) => array.shape[axis]);
  const data = new NUMBER_TYPES[array.type].array(sizeOf(shape));
  const from = wordsOf(array.data);
  const to = wordsOf(data);
  const strides = order.map((axis) => sizeOf(array.shape.slice(axis + 1)));
  const [length, stride] = [shape.at(-1) ?? 1, strides.at(-1) ?? 0];
  const index = shape.slice(0, -1).map(() => 0);
  for (let at = 0, place = 0; at < to.length; ) {
    for (let k = 0; k < length; k++) to[at++] = from[place + k * stride];
    for (let axis = index.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { type: array.type, shape, data };
}

/** The axes of `rank` with the one at `from` moved to `to`, the others in their order. */
export function movedAxis(rank: number, from: number, to: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== from);
  order.splice(to, 0, from);
  return order;
}
