import { floatTensor, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, int, word } from './attributes.js';
import { stridesOf } from './broadcast.js';
import { kernelOf } from './coordinates.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { floatsOf } from './operands.js';

/** Elements of planes at places that a grid says, in [-1, 1] along each axis, the last axis first. */

type Padding = 'zeros' | 'border' | 'reflection';

/** A place along an axis of a length, in elements. */
function along(x: number, length: number, corners: boolean): number {
  return corners ? ((x + 1) / 2) * (length - 1) : ((x + 1) * length - 1) / 2;
}

/** Back and forth between the middles of the outer elements, or their edges. */
function reflected(x: number, length: number, corners: boolean): number {
  const [low, high] = corners ? [0, length - 1] : [-0.5, length - 0.5];
  const span = high - low;
  if (span === 0) return low;
  const turned = Math.abs(x - low) % (2 * span);
  return low + (turned <= span ? turned : 2 * span - turned);
}

/** The element for a whole place; -1 where it is zero. */
function elementAt(place: number, length: number, padding: Padding, corners: boolean): number {
  if (place >= 0 && place < length) return place;
  if (padding === 'zeros') return -1;
  const inside = padding === 'border' ? place : Math.round(reflected(place, length, corners));
  return Math.min(Math.max(inside, 0), length - 1);
}

/** Half to even, as the standard rounds. */
function nearest(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

interface Sampler {
  mode: 'linear' | 'nearest' | 'cubic';
  padding: Padding;
  corners: boolean;
}

/** Elements and shares along one axis for one place. */
function tapsAt(x: number, length: number, { mode, padding, corners }: Sampler): [element: number, share: number][] {
  // A place itself is brought inside first, but for cubic, which brings its elements.
  const own = along(x, length, corners);
  const moved = padding === 'border' ? Math.min(Math.max(own, 0), length - 1) : reflected(own, length, corners);
  const place = padding === 'zeros' || mode === 'cubic' ? own : moved;
  if (mode === 'nearest') return [[elementAt(nearest(place), length, padding, corners), 1]];
  const kernel = kernelOf(mode, -0.75);
  const first = Math.floor(place) + 1 - kernel.reach;
  return Array.from({ length: 2 * kernel.reach }, (_, i) => [
    elementAt(first + i, length, padding, corners),
    kernel.share(Math.abs(first + i - place)),
  ]);
}

function sampled(x: Tensor, grid: Tensor, sampler: Sampler): Tensor {
  const { shape, data } = floatsOf(x, 0);
  const places = floatsOf(grid, 1);
  const [batch, channels, ...lengths] = shape;
  const to = sampledShape(shape, places.shape);
  const output = floatTensor(to);
  const [plane, count, rank] = [sizeOf(lengths), sizeOf(to.slice(2)), lengths.length];
  const strides = stridesOf(lengths);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < count; i++) {
      const at = (n * count + i) * rank;
      let taps: [place: number, share: number][] = [[0, 1]];
      for (let axis = 0; axis < rank; axis++) {
        const own = tapsAt(places.data[at + rank - 1 - axis], lengths[axis], sampler);
        taps = taps.flatMap(([place, share]) =>
          own.map(([element, part]): [number, number] => [
            place < 0 || element < 0 ? -1 : place + element * strides[axis],
            share * part,
          ]),
        );
      }
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [place, share] of taps) if (place >= 0) sum += share * data[(n * channels + c) * plane + place];
        output.data[(n * channels + c) * count + i] = sum;
      }
    }
  return output;
}

function sampledShape(shape: readonly number[], grid: readonly number[]): readonly number[] {
  const rank = shape.length - 2;
  if (rank >= 1 && grid.length === shape.length && grid.at(-1) === rank && grid[0] === shape[0])
    return [shape[0], shape[1], ...grid.slice(1, -1)];
  throw new Error(
    `samples ${shape.join('x')} by a grid of ${grid.join('x')}: batch, places, and ${rank} numbers each are wanted`,
  );
}

const MODES: Readonly<Record<string, Sampler['mode']>> = { bilinear: 'linear', bicubic: 'cubic' };

function samplerOf({ mode, padding_mode: padding, align_corners: corners }: Attributes): Sampler {
  const called = MODES[mode as string] ?? (mode as Sampler['mode']);
  return { mode: called, padding: padding as Padding, corners: corners === 1 };
}

const gridSample: TensorFunction = {
  operands: 2,
  attributes: {
    align_corners: int(0),
    mode: word('linear', ['linear', 'nearest', 'cubic', 'bilinear', 'bicubic']),
    padding_mode: word('zeros', ['zeros', 'border', 'reflection']),
  },
  operations: 8,
  facts: ([x, grid]) => [{ shape: sampledShape((x as OperandFacts).shape, (grid as OperandFacts).shape) }],
  run: ([x, grid], attributes) => [sampled(x as Tensor, grid as Tensor, samplerOf(attributes))],
};

export const GRIDS: Readonly<Record<string, TensorFunction>> = { GridSample: gridSample };
