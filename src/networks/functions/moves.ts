import { codeArray } from '../../datapaths/kernel/index.js';
import { sizeOf, type Tensor, type TensorFacts } from '../tensor.js';
import { placesOf, stridesOf } from './broadcast.js';
import { type Attributes, int, ints } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { axisOf, integersOf, knownIntegers, vectorOf } from './operands.js';

/** Functions that take elements along, whatever they are. */

/** A tensor of the elements at these places of another; at negative ones there is the filler, if there is one. */
export function taken(x: Tensor, shape: readonly number[], places: Int32Array, filler?: number): Tensor {
  const { length } = places;
  if (x.kind === 'float') return { ...x, shape, data: copied(x.data, places, new Float32Array(length), filler) };
  if (x.kind === 'integers') return { ...x, shape, data: copied(x.data, places, new Float64Array(length), filler) };
  return { ...x, shape, data: copied(x.data, places, codeArray(x.quantization.fit.format, length), filler) };
}

function copied<T extends Tensor['data']>(from: T, places: Int32Array, to: T, filler: number | undefined): T {
  if (filler === undefined) for (let i = 0; i < places.length; i++) to[i] = from[places[i]];
  else for (let i = 0; i < places.length; i++) to[i] = places[i] < 0 ? filler : from[places[i]];
  return to;
}

/** Facts of a moved tensor. */
export function movedTo(x: OperandFacts | undefined, shape: readonly number[]): TensorFacts {
  const { quantization, type } = x as OperandFacts;
  return { shape, ...(quantization && { quantization }), ...(type && { type }) };
}

function permOf({ perm }: Attributes, rank: number): readonly number[] {
  const axes = (perm as readonly number[] | undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const places = axes.map((axis) => axisOf(axis, rank));
  if (places.length === rank && new Set(places).size === rank) return places;
  throw new Error(`has perm = ${axes.join(' ')} over ${rank} axes: each axis once is wanted`);
}

const transpose: TensorFunction = {
  operands: 1,
  attributes: { perm: ints() },
  moves: true,
  facts: ([x], attributes) => {
    const { shape } = x as OperandFacts;
    return [
      movedTo(
        x,
        permOf(attributes, shape.length).map((axis) => shape[axis]),
      ),
    ];
  },
  run: ([x], attributes) => {
    const { shape } = x as Tensor;
    const perm = permOf(attributes, shape.length);
    const strides = stridesOf(shape);
    const to = perm.map((axis) => shape[axis]);
    return [
      taken(
        x as Tensor,
        to,
        placesOf(
          to,
          perm.map((axis) => strides[axis]),
        ),
      ),
    ];
  },
};

/** A target shape with 0 (as in the input) and -1 (what is left) replaced. @throws Error where sizes differ */
export function reshaped(shape: readonly number[], target: readonly number[], allowZero = false): readonly number[] {
  const copies = target.map((length, axis) => (length === 0 && !allowZero ? (shape[axis] ?? -2) : length));
  const known = copies.filter((length) => length !== -1).reduce((size, length) => size * length, 1);
  const full = copies.map((length) => (length === -1 ? sizeOf(shape) / known : length));
  const free = copies.filter((length) => length === -1).length;
  if (free > 1 || full.some((length) => !(Number.isInteger(length) && length >= 0)) || sizeOf(full) !== sizeOf(shape))
    throw new Error(`reshapes ${shape.join('x') || 'a scalar'} to ${target.join('x')}: the sizes differ`);
  return full;
}

const reshape: TensorFunction = {
  operands: 2,
  attributes: { allowzero: int(0) },
  moves: true,
  facts: ([x, target], { allowzero }) => {
    const { shape } = x as OperandFacts;
    const open = Array.from({ length: (target as OperandFacts).shape[0] || 1 }, () => Number.NaN);
    return [movedTo(x, reshaped(shape, knownIntegers(target, 'its shape', [movedTo(x, open)]), allowzero === 1))];
  },
  run: ([x, target], { allowzero }) => {
    const tensor = x as Tensor;
    return [{ ...tensor, shape: reshaped(tensor.shape, [...integersOf(target, 1).data], allowzero === 1) }];
  },
};

/** Axes of a Squeeze or Unsqueeze, among so many; undefined where none are given. */
function axesOf(operand: Tensor | undefined, rank: number): readonly number[] | undefined {
  if (operand === undefined) return undefined;
  const integers = integersOf(operand, 1);
  if (integers.type !== 'int64') throw new Error(`has axes of ${integers.type}: int64 is wanted`);
  const given = vectorOf(integers, 'axes');
  const axes = given.map((axis) => axisOf(axis, rank));
  if (new Set(axes).size === axes.length) return axes;
  throw new Error(`has axes = ${given.join(' ')}: each once is wanted`);
}

function squeezedShape(shape: readonly number[], operand: Tensor | undefined): readonly number[] {
  const axes = axesOf(operand, shape.length) ?? shape.flatMap((length, axis) => (length === 1 ? [axis] : []));
  const long = axes.find((axis) => shape[axis] !== 1);
  if (long !== undefined) throw new Error(`squeezes axis ${long} of ${shape.join('x')}: its length must be 1`);
  return shape.filter((_, axis) => !axes.includes(axis));
}

function unsqueezedShape(shape: readonly number[], operand: Tensor | undefined): readonly number[] {
  const rank = shape.length + (operand === undefined ? 0 : sizeOf(operand.shape));
  const axes = axesOf(operand, rank) ?? [];
  const kept = [...shape];
  return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (kept.shift() ?? 1)));
}

/** The same elements under a shape that follows from the old one and a known operand. */
function renamedAxes(shapeOf: (shape: readonly number[], operand: Tensor | undefined) => readonly number[]) {
  return {
    operands: 2,
    moves: true,
    since: [{ opset: 13, attribute: 'axes', kind: 'ints', operand: 1 }],
    facts: ([x, axes]) => [movedTo(x, shapeOf((x as OperandFacts).shape, known(axes)))],
    run: ([x, axes]) => [{ ...(x as Tensor), shape: shapeOf((x as Tensor).shape, axes) }],
  } satisfies TensorFunction as TensorFunction;
}

function known(operand: OperandFacts | undefined): Tensor | undefined {
  if (operand !== undefined && operand.value === undefined) knownIntegers(operand, 'its axes');
  return operand?.value;
}

export const MOVES: Readonly<Record<string, TensorFunction>> = {
  Transpose: transpose,
  Reshape: reshape,
  Squeeze: renamedAxes(squeezedShape),
  Unsqueeze: renamedAxes(unsqueezedShape),
};
