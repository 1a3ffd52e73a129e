import { codeArray } from '../../datapaths/kernel/index.js';
import { LARGEST, oneZeroPoint, sizeOf, type Tensor } from '../tensor.js';
import { placesOf, stridesOf } from './broadcast.js';
import { int } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { axisOf, integersOf, vectorOf, knownIntegers } from './operands.js';

/** Functions that take parts of tensors, and join them. */

/** What a slice takes along each axis. */
interface Range {
  first: number;
  step: number;
  length: number;
}

/** numpy's rule: negative places count from the end, and what lies outside is cut to the axis. */
function rangesOf(
  shape: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): Range[] {
  const ranges = shape.map((length): Range => ({ first: 0, step: 1, length }));
  starts.forEach((start, i) => {
    const axis = axisOf(axes[i], shape.length);
    const [length, step] = [shape[axis], steps[i]];
    if (step === 0 || !Number.isInteger(step)) throw new Error(`has steps = ${steps.join(' ')}: none may be 0`);
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const place = (index: number) => Math.min(Math.max(index < 0 ? index + length : index, low), high);
    const first = place(start);
    ranges[axis] = { first, step, length: Math.max(0, Math.ceil((place(ends[i]) - first) / step)) };
  });
  return ranges;
}

function sliceOf(shape: readonly number[], operands: readonly (readonly number[] | undefined)[]): Range[] {
  const [starts = [], ends = [], axes = starts.map((_, i) => i), steps = starts.map(() => 1)] = operands;
  if ([ends, axes, steps].some(({ length }) => length !== starts.length))
    throw new Error(
      `has ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps: as many of each are wanted`,
    );
  return rangesOf(shape, starts, ends, axes, steps);
}

/** @throws Error where starts, ends, axes and steps are of two types */
function checkTypes(operands: readonly (Tensor | undefined)[]): void {
  const types = operands.flatMap((operand) => (operand?.kind === 'integers' ? [operand.type] : []));
  const other = types.find((type) => type !== types[0]);
  if (other !== undefined)
    throw new Error(`has starts, ends, axes and steps of ${types[0]} and ${other}: one type is wanted`);
}

const slice: TensorFunction = {
  operands: 5,
  moves: true,
  since: (['starts', 'ends', 'axes'] as const).map((attribute, i) => ({
    opset: 10,
    attribute,
    kind: 'ints' as const,
    operand: i + 1,
  })),
  facts: ([x, ...operands]) => {
    // Whatever it takes along an axis, the axes stay.
    const open = [
      movedTo(
        x,
        (x as OperandFacts).shape.map(() => Number.NaN),
      ),
    ];
    const known = operands.map(
      (operand, i) => operand && knownIntegers(operand, ['its starts', 'its ends', 'its axes', 'its steps'][i], open),
    );
    return [
      movedTo(
        x,
        sliceOf((x as OperandFacts).shape, known).map(({ length }) => length),
      ),
    ];
  },
  run: ([x, ...operands]) => {
    checkTypes(operands);
    const tensor = x as Tensor;
    const ranges = sliceOf(
      tensor.shape,
      operands.map((operand, i) => operand && [...vectorOf(integersOf(operand, i + 1), 'an operand')]),
    );
    const strides = stridesOf(tensor.shape);
    const first = ranges.reduce((sum, range, axis) => sum + range.first * strides[axis], 0);
    const shape = ranges.map(({ length }) => length);
    return [
      taken(
        tensor,
        shape,
        placesOf(
          shape,
          ranges.map(({ step }, axis) => step * strides[axis]),
          first,
        ),
      ),
    ];
  },
  // Of the first axis it takes all in their order, or other images than it is given, be it of longer ones alone.
  acrossBatch: ([x, ...operands]) => {
    const [length, ...rest] = (x as OperandFacts).shape;
    if (length === undefined) return false;
    const known = operands.map((operand) => operand && knownIntegers(operand, 'its operands'));
    const [along] = sliceOf([LARGEST, ...rest], known);
    return along.first !== 0 || along.step !== 1 || along.length !== LARGEST;
  },
};

/** What lies from one index of an axis on, so far. */
export function partOf(x: Tensor, axis: number, first: number, length: number): Tensor {
  const [inner, outer] = [sizeOf(x.shape.slice(axis + 1)), sizeOf(x.shape.slice(0, axis))];
  const shape = x.shape.with(axis, length);
  const data = emptyLike(x, sizeOf(shape));
  for (let o = 0, from = first * inner; o < outer; o++, from += x.shape[axis] * inner)
    data.set(x.data.subarray(from, from + length * inner), o * length * inner);
  return { ...x, shape, data } as Tensor;
}

const gather: TensorFunction = {
  operands: 2,
  attributes: { axis: int(0) },
  moves: true,
  facts: ([x, indices], { axis }) => [
    movedTo(x, gatheredShape((x as OperandFacts).shape, (indices as OperandFacts).shape, axis as number)),
  ],
  run: ([x, indices], { axis }) => [gathered(x as Tensor, integersOf(indices, 1), axis as number)],
  acrossBatch: ([x], { axis }) =>
    x?.value === undefined && axisOf(axis as number, (x as OperandFacts).shape.length) === 0,
};

function gatheredShape(shape: readonly number[], indices: readonly number[], axis: number): readonly number[] {
  const place = axisOf(axis, shape.length);
  return [...shape.slice(0, place), ...indices, ...shape.slice(place + 1)];
}

function gathered(x: Tensor, indices: Tensor, axis: number): Tensor {
  const place = axisOf(axis, x.shape.length);
  const length = x.shape[place];
  const inner = sizeOf(x.shape.slice(place + 1));
  const outer = sizeOf(x.shape.slice(0, place));
  const rows = Int32Array.from(indices.data, (index) => {
    if (index >= -length && index < length) return index < 0 ? index + length : index;
    throw new Error(`takes index ${index} of an axis of ${length}`);
  });
  const places = new Int32Array(outer * rows.length * inner);
  for (let o = 0, at = 0; o < outer; o++)
    for (const row of rows) for (let i = 0; i < inner; i++) places[at++] = (o * length + row) * inner + i;
  return taken(x, gatheredShape(x.shape, indices.shape, axis), places);
}

/** Tensors one after another along an axis; codes of one quantization alone. */
const concat: TensorFunction = {
  oneType: true,
  attributes: { axis: int(undefined) },
  moves: true,
  along: 'all',
  facts: (operands, { axis }) => {
    const shapes = operands.map((operand) => (operand as OperandFacts).shape);
    return [movedTo(operands[0], joinedShape(shapes, axis as number))];
  },
  run: (operands, { axis }) => [joined(operands as Tensor[], axis as number)],
};

function joinedShape(shapes: readonly (readonly number[])[], axis: number): readonly number[] {
  const [first] = shapes;
  const place = axisOf(axis, first.length);
  const others = shapes.map((shape) => shape.filter((_, i) => i !== place).join('x'));
  if (others.some((other, i) => other !== others[0] || shapes[i].length !== first.length))
    throw new Error(
      `joins shapes ${shapes.map((shape) => shape.join('x')).join(' and ')} along axis ${axis}: other axes must be alike`,
    );
  return first.map((length, i) => (i === place ? shapes.reduce((sum, shape) => sum + shape[place], 0) : length));
}

function joined(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  const shape = joinedShape(
    tensors.map((tensor) => tensor.shape),
    axis,
  );
  const place = axisOf(axis, first.shape.length);
  const data = emptyLike(first, sizeOf(shape));
  const row = sizeOf(shape.slice(place));
  let offset = 0;
  for (const tensor of tensors) {
    checkAlike(tensor, first);
    const run = sizeOf(tensor.shape.slice(place));
    for (let from = 0, to = offset; from < tensor.data.length; from += run, to += row)
      data.set(tensor.data.subarray(from, from + run), to);
    offset += run;
  }
  return { ...first, shape, data } as Tensor;
}

function checkAlike(x: Tensor, first: Tensor): void {
  if (x.kind !== first.kind) throw new Error(`joins ${first.kind} and ${x.kind}: one kind is wanted`);
  if (x.kind !== 'codes' || first.kind !== 'codes' || x.quantization === first.quantization) return;
  const [one, other] = [first.quantization, x.quantization];
  if (
    one.scale[0] === other.scale[0] &&
    one.zeroPoint === other.zeroPoint &&
    one.fit.format.name === other.fit.format.name
  )
    return;
  throw new Error(
    `joins codes of scales ${one.scale[0]} and ${other.scale[0]}, zero points ${oneZeroPoint(one)} and ${oneZeroPoint(other)}: one quantization is wanted`,
  );
}

/** An array for so many elements of the kind of a tensor's. */
export function emptyLike(x: Tensor, length: number): Tensor['data'] {
  if (x.kind === 'float') return new Float32Array(length);
  return x.kind === 'integers' ? new Float64Array(length) : codeArray(x.quantization.fit.format, length);
}

export const PARTS: Readonly<Record<string, TensorFunction>> = { Slice: slice, Gather: gather, Concat: concat };
