import { floatTensor, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, ints } from './attributes.js';
import { gridPlaces, stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { floatsOf, integersOf, knownIntegers } from './operands.js';

/** Functions that undo what windows did: patches back to an image, and maxima back to where they were. */

const listOf = (given: unknown, count: number, absent: number): readonly number[] =>
  (given as readonly number[] | undefined) ?? new Array<number>(count).fill(absent);

/** Patches [n, c x block, places] summed up where they overlap. */
const col2Im: TensorFunction = {
  operands: 3,
  attributes: { dilations: ints(), pads: ints(), strides: ints() },
  facts: ([x, image, block]) => {
    const [n, rows] = (x as OperandFacts).shape;
    const channels = rows / sizeOf(knownIntegers(block, 'its block'));
    return [{ shape: [n, channels, ...knownIntegers(image, 'its image')] }];
  },
  run: ([x, image, block], attributes) => {
    const lengths = [...integersOf(image, 1).data];
    return [summed(x as Tensor, lengths, [...integersOf(block, 2).data], attributes)];
  },
};

function summed(x: Tensor, image: readonly number[], block: readonly number[], windows: Attributes): Tensor {
  const { shape, data } = floatsOf(x, 0);
  const [n, rows, places] = shape;
  const [dilations, strides] = [windows.dilations, windows.strides].map((each) => listOf(each, image.length, 1));
  const pads = listOf(windows.pads, 2 * image.length, 0);
  const counts = image.map((length, axis) => {
    const room = length + pads[axis] + pads[axis + image.length] - dilations[axis] * (block[axis] - 1) - 1;
    return Math.floor(room / strides[axis]) + 1;
  });
  const [taps, plane] = [sizeOf(block), sizeOf(image)];
  const channels = rows / taps;
  if (!Number.isInteger(channels) || places !== sizeOf(counts))
    throw new Error(
      `reads patches ${shape.join('x')}: ${sizeOf(counts)} places of ${taps} elements a channel are wanted`,
    );
  // For each tap, and place of the window, the element of the image; -1 in the padding.
  const axes = image.flatMap((length, axis) => {
    const of = (tap: number) =>
      Int32Array.from({ length: counts[axis] }, (_, i) => {
        const at = i * strides[axis] + tap * dilations[axis] - pads[axis];
        return at >= 0 && at < length ? at : -1;
      });
    return [Array.from({ length: block[axis] }, (_, tap) => of(tap))];
  });
  const output = floatTensor([n, channels, ...image]);
  const own = stridesOf(image);
  const blockStrides = stridesOf(block);
  const sums = new Float64Array(output.data.length);
  for (let tap = 0; tap < taps; tap++) {
    const along = axes.map((each, axis) => each[Math.floor(tap / blockStrides[axis]) % block[axis]]);
    const targets = gridPlaces(along, own);
    for (let c = 0; c < n * channels; c++)
      for (let i = 0; i < places; i++)
        if (targets[i] >= 0) sums[c * plane + targets[i]] += data[(c * taps + tap) * places + i];
  }
  output.data.set(sums);
  return output;
}

/** Elements at the places that MaxPool said, in the planes that it read; zeros elsewhere. */
const maxUnpool: TensorFunction = {
  operands: 3,
  attributes: { kernel_shape: ints(), pads: ints(), strides: ints() },
  facts: ([x, , shape], attributes) => [
    movedTo(
      x,
      unpooledShape((x as OperandFacts).shape, shape && knownIntegers(shape, 'its shape'), attributes as never),
    ),
  ],
  run: ([x, indices, given], attributes) => {
    const tensor = x as Tensor;
    const own = unpooledShape(tensor.shape, undefined, attributes as never);
    const shape = given === undefined ? own : [...integersOf(given, 2).data];
    const { data } = integersOf(indices, 1);
    const places = new Int32Array(sizeOf(shape)).fill(-1);
    const strides = stridesOf(own);
    const others = stridesOf(shape);
    data.forEach((place, i) => {
      // Places count in the shape that the pool's window gives, which may be smaller.
      const to = strides.reduce(
        (sum, stride, axis) => sum + (Math.floor(place / stride) % own[axis]) * others[axis],
        0,
      );
      if (!(to >= 0 && to < places.length)) throw new Error(`puts an element at ${place} of ${places.length}`);
      places[to] = i;
    });
    return [taken(tensor, shape, places, 0)];
  },
  // Places that are stored are those of so many images.
  acrossBatch: ([, indices]) => indices?.value !== undefined,
};

function unpooledShape(
  shape: readonly number[],
  given: readonly number[] | undefined,
  { kernel_shape: kernel, pads, strides }: { kernel_shape: readonly number[]; pads?: number[]; strides?: number[] },
): readonly number[] {
  if (given !== undefined) return given;
  const [steps, around] = [listOf(strides, kernel.length, 1), listOf(pads, 2 * kernel.length, 0)];
  const planes = kernel.map(
    (length, axis) => (shape[axis + 2] - 1) * steps[axis] + length - around[axis] - around[axis + kernel.length],
  );
  return [...shape.slice(0, 2), ...planes];
}

export const UNFOLDS: Readonly<Record<string, TensorFunction>> = { Col2Im: col2Im, MaxUnpool: maxUnpool };
