import type { Tensor } from '../tensor.js';
import { int } from './attributes.js';
import { broadcastPlaces, broadcastShape, placesOf, stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { integersOf, knownIntegers } from './operands.js';

/** Functions that repeat elements, and that exchange channels and places. */

const expand: TensorFunction = {
  operands: 2,
  moves: true,
  facts: ([x, target]) => [movedTo(x, broadcastShape([(x as OperandFacts).shape, knownIntegers(target, 'its shape')]))],
  run: ([x, target]) => {
    const tensor = x as Tensor;
    const shape = broadcastShape([tensor.shape, [...integersOf(target, 1).data]]);
    const places = broadcastPlaces(tensor.shape, shape);
    return [places === undefined ? { ...tensor, shape } : taken(tensor, shape, places)];
  },
};

function tiledShape(shape: readonly number[], repeats: readonly number[]): readonly number[] {
  if (repeats.length === shape.length && repeats.every((count) => count >= 0))
    return shape.map((length, axis) => length * repeats[axis]);
  throw new Error(`has repeats = ${repeats.join(' ')} over ${shape.length} axes: one of 0 and more each is wanted`);
}

const tile: TensorFunction = {
  operands: 2,
  moves: true,
  facts: ([x, repeats]) => [movedTo(x, tiledShape((x as OperandFacts).shape, knownIntegers(repeats, 'its repeats')))],
  run: ([x, repeats]) => {
    const tensor = x as Tensor;
    const counts = [...integersOf(repeats, 1).data];
    const strides = stridesOf(tensor.shape);
    const places = placesOf(
      tensor.shape.flatMap((length, axis) => [counts[axis], length]),
      strides.flatMap((stride) => [0, stride]),
    );
    return [taken(tensor, tiledShape(tensor.shape, counts), places)];
  },
};

/** Channels to places or back: axes are split, exchanged and joined again, as these lengths and axes say. */
interface Exchange {
  /** The axes of the input, split. */
  split: readonly number[];
  /** In the order of the output, the place of each in `split`. */
  order: readonly number[];
  shape: readonly number[];
}

function exchanged(x: Tensor, { split, order, shape }: Exchange): Tensor {
  const strides = stridesOf(split);
  const lengths = order.map((axis) => split[axis]);
  return taken(
    x,
    shape,
    placesOf(
      lengths,
      order.map((axis) => strides[axis]),
    ),
  );
}

function fourOf(shape: readonly number[]): readonly number[] {
  if (shape.length === 4) return shape;
  throw new Error(`reads ${shape.join('x')}: batch, channels, height and width are wanted`);
}

function whole(value: number, of: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`has blocksize over ${of} that is no multiple of it`);
}

function exchange(of: (shape: readonly number[], block: number, mode: string) => Exchange): TensorFunction {
  return {
    operands: 1,
    attributes: {
      blocksize: int(1),
      mode: { kind: 'string', absent: 'DCR', among: ['DCR', 'CRD'] },
    },
    moves: true,
    facts: ([x], { blocksize, mode }) => [
      movedTo(x, of((x as OperandFacts).shape, blocksize as number, mode as string).shape),
    ],
    run: ([x], { blocksize, mode }) => [
      exchanged(x as Tensor, of((x as Tensor).shape, blocksize as number, mode as string)),
    ],
  };
}

const depthToSpace = exchange((shape, block, mode) => {
  const [n, c, h, w] = fourOf(shape);
  const channels = whole(c / block ** 2, `${c} channels`);
  const outer = mode === 'DCR';
  return {
    split: outer ? [n, block, block, channels, h, w] : [n, channels, block, block, h, w],
    order: outer ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3],
    shape: [n, channels, h * block, w * block],
  };
});

const spaceToDepth: TensorFunction = {
  operands: 1,
  ...exchange((shape, block) => {
    const [n, c, h, w] = fourOf(shape);
    const [rows, columns] = [whole(h / block, `height ${h}`), whole(w / block, `width ${w}`)];
    return {
      split: [n, c, rows, block, columns, block],
      order: [0, 3, 5, 1, 2, 4],
      shape: [n, c * block ** 2, rows, columns],
    };
  }),
  attributes: { blocksize: int(1) },
};

export const SPREAD: Readonly<Record<string, TensorFunction>> = {
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
