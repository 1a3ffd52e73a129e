import { sizeOf } from '../tensor.js';

/**
 * The shape that tensors of several shapes have together: axes are matched from the last on, and those of length 1 are
 * repeated (numpy's rule). A length that is not known, NaN, is what the others say, if anything.
 * @throws Error naming the shapes where lengths differ
 */
export function broadcastShape(shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((length) => length !== 1);
    const known = lengths.filter((length) => !Number.isNaN(length));
    if (known.some((length) => length !== known[0]))
      throw new Error(`has operands of shapes ${shapes.map((shape) => shape.join('x') || 'scalar').join(' and ')}`);
    return known[0] ?? lengths[0] ?? 1;
  });
}

/** Where each element of the shape together lies in a tensor; undefined where it is the same place. */
export function broadcastPlaces(from: readonly number[], to: readonly number[]): Int32Array | undefined {
  if (sizeOf(from) === sizeOf(to)) return undefined;
  const strides = stridesOf(from);
  const steps = to.map((_, axis) => {
    const own = axis - to.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : strides[own];
  });
  return placesOf(to, steps);
}

/** Elements from one index of an axis to the next, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** For each element of a shape in order, the sum of its indices times the steps of their axes, from a first place on. */
export function placesOf(shape: readonly number[], steps: readonly number[], first = 0): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  if (places.length === 0) return places;
  places[0] = first;
  // Each axis, from the last, repeats what is there so far.
  for (let axis = shape.length - 1, filled = 1; axis >= 0; axis--) {
    const length = shape[axis];
    for (let i = 1; i < length; i++)
      for (let j = 0; j < filled; j++) places[i * filled + j] = places[j] + i * steps[axis];
    filled *= length;
  }
  return places;
}

/**
 * Where each element of a grid lies in a tensor, by its place along each axis; negative where one of these is.
 * @param along by axis of the grid, the index along the tensor's axis
 * @param strides of the tensor
 */
export function gridPlaces(along: readonly Int32Array[], strides: readonly number[]): Int32Array {
  let inner = Int32Array.of(0);
  for (let axis = along.length - 1; axis >= 0; axis--) {
    const [indices, stride] = [along[axis], strides[axis]];
    const outer = new Int32Array(indices.length * inner.length);
    let at = 0;
    for (const index of indices)
      for (const place of inner) outer[at++] = index < 0 || place < 0 ? -1 : index * stride + place;
    inner = outer;
  }
  return inner;
}
