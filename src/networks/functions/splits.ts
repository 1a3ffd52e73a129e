import { sizeOf, type Tensor } from '../tensor.js';
import { int } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo } from './moves.js';
import { axisOf, integersOf, knownIntegers } from './operands.js';
import { partOf } from './parts.js';

/** Functions that change a tensor's axes or cut it in pieces. */

const flatten: TensorFunction = {
  operands: 1,
  attributes: { axis: int(1) },
  moves: true,
  facts: ([x], { axis }) => [movedTo(x, matrixShape((x as OperandFacts).shape, axis as number))],
  run: ([x], { axis }) => [{ ...(x as Tensor), shape: matrixShape((x as Tensor).shape, axis as number) }],
};

/** Axes before one, and those from it on, as two; the axis may lie behind the last. */
function matrixShape(shape: readonly number[], axis: number): readonly number[] {
  const place = axis === shape.length ? axis : axisOf(axis, shape.length);
  return [sizeOf(shape.slice(0, place)), sizeOf(shape.slice(place))];
}

/** Lengths of the pieces: given, or as many equal ones, of which the last may be short. */
function piecesOf(length: number, given: readonly number[] | undefined, count: number): readonly number[] {
  if (given === undefined) {
    const each = Math.ceil(length / count);
    return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, length - i * each)));
  }
  const sum = given.reduce((total, piece) => total + piece, 0);
  if (sum === length && given.every((piece) => piece >= 0)) return given;
  throw new Error(`splits an axis of ${length} into ${given.join(' ')}: the sum must be ${length}`);
}

const split: TensorFunction = {
  operands: 2,
  attributes: { axis: int(0), num_outputs: { ...int(undefined), orOutputs: true } },
  since: [{ opset: 13, attribute: 'split', kind: 'ints', operand: 1 }],
  moves: true,
  facts: ([x, sizes], { axis, num_outputs: count }) => {
    const { shape } = x as OperandFacts;
    const place = axisOf(axis as number, shape.length);
    const given = sizes && knownIntegers(sizes, 'its sizes');
    const pieces = piecesOf(shape[place], given, count as number);
    return pieces.map((length) => movedTo(x, shape.with(place, length)));
  },
  run: ([x, sizes], { axis, num_outputs: count }) => {
    const tensor = x as Tensor;
    const place = axisOf(axis as number, tensor.shape.length);
    const given = sizes && [...integersOf(sizes, 1).data];
    let first = 0;
    return piecesOf(tensor.shape[place], given, count as number).map((length) => {
      first += length;
      return partOf(tensor, place, first - length, length);
    });
  },
};

const identity: TensorFunction = {
  operands: 1,
  moves: true,
  facts: ([x]) => [movedTo(x, (x as OperandFacts).shape)],
  run: ([x]) => [x as Tensor],
};

export const SPLITS: Readonly<Record<string, TensorFunction>> = { Flatten: flatten, Identity: identity, Split: split };
