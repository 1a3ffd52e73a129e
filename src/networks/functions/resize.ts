import { floatTensor, integerTensor, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, float, int, ints, word } from './attributes.js';
import { gridPlaces, stridesOf } from './broadcast.js';
import { bilinear } from './bilinear.js';
import { COORDINATES, kernelOf, NEAREST, type ResizedAxis, type Taps, tapsOf } from './coordinates.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { axisOf, OpenShape } from './operands.js';

/** Resize and its forerunner Upsample. */

type Known = { value?: Tensor; shape: readonly number[] } | undefined;

/** Numbers of an optional operand; one without elements stands for none, as files of opset 11 have it. */
function numbersOf(operand: Known, what: string): readonly number[] | undefined {
  if (operand === undefined || sizeOf(operand.shape) === 0) return undefined;
  if (operand.value === undefined)
    throw new OpenShape(`computes its ${what} while it runs: only ${what} known from the file can be followed`);
  return [...operand.value.data];
}

/** Axes as they are resized: by scales, or to sizes. Operand 1 is the scales where no other is given (opset 10). */
function axesOf(shape: readonly number[], operands: readonly Known[], attributes: Attributes): ResizedAxis[] {
  const given = [numbersOf(operands[1], 'scales'), numbersOf(operands[2], 'sizes')];
  const own = given[0] === undefined && given[1] === undefined ? numbersOf(operands[0], 'scales') : undefined;
  const [scales, sizes] = [given[0] ?? own, given[1]];
  const roi = own === undefined ? numbersOf(operands[0], 'roi') : undefined;
  const places = (attributes.axes as readonly number[] | undefined)?.map((axis) => axisOf(axis, shape.length));
  const among = places ?? shape.map((_, axis) => axis);
  const found = sizes ?? scales;
  if (found?.length !== among.length || (sizes !== undefined && scales !== undefined))
    throw new Error(
      `has ${scales?.length ?? 'no'} scales and ${sizes?.length ?? 'no'} sizes for ${among.length} axes: one or the other is wanted for each`,
    );
  const common = sizes && commonScale(shape, among, sizes, attributes);
  return shape.map((from, axis) => {
    const at = among.indexOf(axis);
    const [start, end] = at < 0 || roi === undefined ? [0, 1] : [roi[at], roi[at + among.length]];
    if (at < 0) return { from, to: from, scale: 1, start, end };
    if (common !== undefined) return { from, to: Math.round(common * from), scale: common, start, end };
    const scale = sizes === undefined ? found[at] : Math.fround(sizes[at] / from);
    const to = sizes?.[at] ?? Math.floor(Math.fround(scale * from));
    if (!(scale > 0 && scale < Infinity && to >= 0))
      throw new Error(`resizes an axis of ${from} by ${scale} to ${to}: both must be more than 0`);
    return { from, to, scale, start, end };
  });
}

/** The one scale of all axes that a policy asks for; undefined where each has its own. */
function commonScale(
  shape: readonly number[],
  axes: readonly number[],
  sizes: readonly number[],
  { keep_aspect_ratio_policy: policy }: Attributes,
): number | undefined {
  if (policy === undefined || policy === 'stretch') return undefined;
  const scales = axes.map((axis, i) => Math.fround(sizes[i] / shape[axis]));
  return policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales);
}

const isNearest = ({ mode }: Attributes) => mode === 'nearest';

function resized(x: Tensor, axes: readonly ResizedAxis[], attributes: Attributes): Tensor {
  const coordinate = COORDINATES[attributes.coordinate_transformation_mode as string];
  const crops = attributes.coordinate_transformation_mode === 'tf_crop_and_resize';
  const extrapolation = attributes.extrapolation_value as number;
  if (isNearest(attributes)) {
    const nearest = NEAREST[attributes.nearest_mode as string];
    const along = axes.map((axis) => nearestAlong(axis, coordinate, nearest, crops));
    const shape = axes.map(({ to }) => to);
    return taken(x, shape, gridPlaces(along, stridesOf(x.shape)), crops ? extrapolation : undefined);
  }
  const kernel = kernelOf(attributes.mode as 'linear' | 'cubic', attributes.cubic_coeff_a as number);
  if (isPlanar(axes, attributes)) {
    const [rows, columns] = axes.slice(-2);
    const shape = axes.map(({ to }) => to);
    return typedLike(x, shape, bilinear(x.data, rows, columns, coordinate));
  }
  const how = { antialias: attributes.antialias === 1, alone: attributes.exclude_outside === 1 };
  const taps = axes.map((axis) =>
    axis.scale === 1 && axis.from === axis.to && !crops ? undefined : tapsOf(axis, coordinate, kernel, how),
  );
  return blended(x, axes, taps, crops ? extrapolation : undefined);
}

function nearestAlong(
  axis: ResizedAxis,
  coordinate: (typeof COORDINATES)[string],
  nearest: (typeof NEAREST)[string],
  crops: boolean,
): Int32Array {
  const { from, to, scale } = axis;
  if (scale === 1 && from === to && !crops) return Int32Array.from({ length: to }, (_, i) => i);
  return Int32Array.from({ length: to }, (_, i) => {
    const x = coordinate(i, axis);
    if (crops && (x < 0 || x > from - 1)) return -1;
    return Math.min(Math.max(nearest(x, scale < 1), 0), from - 1);
  });
}

/** Linear along the last two axes alone: what ONNX Runtime has an expression of its own for. */
function isPlanar(axes: readonly ResizedAxis[], attributes: Attributes): boolean {
  const { mode, antialias, exclude_outside: alone, coordinate_transformation_mode: coordinates } = attributes;
  const plain = antialias !== 1 && alone !== 1 && coordinates !== 'tf_crop_and_resize';
  const outer = axes.slice(0, -2).every(({ from, to, scale }) => scale === 1 && from === to);
  return mode === 'linear' && plain && outer && (axes.length === 2 || axes.length === 4);
}

/** Integers are cut, as ONNX Runtime casts. */
function typedLike(x: Tensor, shape: readonly number[], data: Float32Array): Tensor {
  if (x.kind === 'integers') return integerTensor(shape, x.type, Float64Array.from(data, Math.trunc));
  return { ...(x as Tensor & { kind: 'float' }), ...floatTensor(shape, data) };
}

/** One axis after another in float64, rounded to the type at the end. */
function blended(
  x: Tensor,
  axes: readonly ResizedAxis[],
  taps: readonly (Taps | undefined)[],
  extrapolation: number | undefined,
): Tensor {
  const shape = [...x.shape];
  let data: Float64Array = Float64Array.from(x.data);
  for (const [axis, each] of taps.entries()) {
    if (each === undefined) continue;
    data = alongAxis(data, each, shape[axis], sizeOf(shape.slice(axis + 1)));
    shape[axis] = axes[axis].to;
  }
  if (extrapolation !== undefined) {
    const inside = axes.map((_, axis) =>
      Int32Array.from({ length: shape[axis] }, (__, i) => -(taps[axis]?.outside[i] ?? 0)),
    );
    const places = gridPlaces(inside, new Array(axes.length).fill(0));
    for (let i = 0; i < places.length; i++) if (places[i] < 0) data[i] = extrapolation;
  }
  return typedLike(x, shape, Float32Array.from(data));
}

function alongAxis(from: Float64Array, { width, places, shares }: Taps, length: number, inner: number): Float64Array {
  const to = places.length / width;
  const outer = length * inner === 0 ? 0 : from.length / (length * inner);
  const data = new Float64Array(outer * to * inner);
  for (let o = 0, at = 0; o < outer; o++)
    for (let i = 0; i < to; i++, at += inner)
      for (let j = i * width; j < (i + 1) * width; j++) {
        const share = shares[j];
        if (share === 0) continue;
        const row = (o * length + places[j]) * inner;
        for (let k = 0; k < inner; k++) data[at + k] += share * from[row + k];
      }
  return data;
}

function withAttributes(
  fixed: Attributes,
  own: Pick<TensorFunction, 'operands' | 'attributes' | 'since' | 'before'>,
): TensorFunction {
  return {
    ...own,
    moves: (attributes) => isNearest(attributes) && attributes.coordinate_transformation_mode !== 'tf_crop_and_resize',
    operations: 7,
    facts: ([x, ...operands], attributes) => {
      const shape = axesOf((x as OperandFacts).shape, operands, { ...fixed, ...attributes }).map(({ to }) => to);
      return [movedTo(x, shape)];
    },
    run: ([x, ...operands], attributes) => {
      const tensor = x as Tensor;
      const all = { ...fixed, ...attributes };
      const known = operands.map((value) => value && { value, shape: value.shape });
      return [resized(tensor, axesOf(tensor.shape, known, all), all)];
    },
  };
}

const COMMON: Attributes = {
  ...{ coordinate_transformation_mode: 'asymmetric', nearest_mode: 'simple', extrapolation_value: 0 },
  ...{ cubic_coeff_a: -0.75, antialias: 0, exclude_outside: 0 },
};

const resize = withAttributes(
  {},
  {
    operands: 4,
    attributes: {
      antialias: int(0),
      axes: ints(),
      coordinate_transformation_mode: word('half_pixel', Object.keys(COORDINATES)),
      cubic_coeff_a: float(-0.75),
      exclude_outside: int(0),
      extrapolation_value: float(0),
      keep_aspect_ratio_policy: word('stretch', ['stretch', 'not_larger', 'not_smaller']),
      mode: word('nearest', ['nearest', 'linear', 'cubic']),
      nearest_mode: word('round_prefer_floor', Object.keys(NEAREST)),
    },
    before: [{ opset: 11, attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'simple' } }],
  },
);

const upsample = withAttributes(COMMON, {
  operands: 2,
  attributes: { mode: word('nearest', ['nearest', 'linear']) },
  since: [{ opset: 9, attribute: 'scales', kind: 'floats', operand: 1 }],
});

export const RESIZE: Readonly<Record<string, TensorFunction>> = { Resize: resize, Upsample: upsample };
