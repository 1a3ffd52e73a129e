import { quantize, zeroCode } from '../quantization.js';
import type { Tensor } from '../tensor.js';
import { type Attributes, ints, word } from './attributes.js';
import { gridPlaces, stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { axisOf, integersOf, knownIntegers } from './operands.js';

/** Functions that put elements around a tensor, or cut them off. */

/** How many elements come before and after an axis; negative where it is cut. */
interface Border {
  before: number;
  after: number;
}

type Mode = 'constant' | 'edge' | 'reflect' | 'wrap';

/** Where elements come from along one axis of a length; -1 where the filler is. What is cut is cut first. */
function indicesAlong(length: number, { before, after }: Border, mode: Mode): Int32Array {
  const first = Math.max(0, -before);
  const kept = length - first - Math.max(0, -after);
  const indices = new Int32Array(Math.max(0, length + before + after));
  if (mode !== 'constant' && kept <= 0 && indices.length > 0)
    throw new Error(`pads an axis that has ${Math.max(0, kept)} elements by mode ${mode}: one at least is wanted`);
  for (let i = 0; i < indices.length; i++) {
    const at = i - Math.max(0, before);
    const inside = at >= 0 && at < kept;
    indices[i] = inside ? first + at : mode === 'constant' ? -1 : first + outside(at, kept, mode);
  }
  return indices;
}

/** The element that stands for one outside of an axis. */
function outside(at: number, length: number, mode: Mode): number {
  const last = length - 1;
  if (mode === 'edge') return at < 0 ? 0 : last;
  const period = mode === 'wrap' ? length : Math.max(1, 2 * last);
  const place = ((at % period) + period) % period;
  return mode === 'wrap' || place <= last ? place : period - place;
}

function bordersOf(rank: number, pads: readonly number[], axes: readonly number[] | undefined): Border[] {
  const places = axes?.map((axis) => axisOf(axis, rank)) ?? Array.from({ length: rank }, (_, axis) => axis);
  if (pads.length !== 2 * places.length)
    throw new Error(`has ${pads.length} pads for ${places.length} axes: two each are wanted`);
  return Array.from({ length: rank }, (_, axis) => {
    const at = places.indexOf(axis);
    return at < 0 ? { before: 0, after: 0 } : { before: pads[at], after: pads[at + places.length] };
  });
}

function bordered(shape: readonly number[], borders: readonly Border[]): readonly number[] {
  const lengths = shape.map((length, axis) => length + borders[axis].before + borders[axis].after);
  if (lengths.every((length) => length >= 0)) return lengths;
  throw new Error(`cuts more from ${shape.join('x')} than there is`);
}

/** The element that fills: of the tensor's own kind. @throws Error where it is none or several */
function fillerOf(x: Tensor, operand: Tensor | undefined): number {
  if (operand === undefined) return x.kind === 'codes' ? zeroCode(x.quantization) : 0;
  if (operand.data.length === 1 && operand.kind === x.kind) return operand.data[0];
  if (operand.data.length === 1 && operand.kind === 'float' && x.kind === 'codes')
    return quantize(operand, x.quantization).data[0];
  throw new Error(`fills ${x.kind} with ${operand.data.length} of ${operand.kind}: one of its own kind is wanted`);
}

function padded(x: Tensor, borders: readonly Border[], mode: Mode, filler: Tensor | undefined): Tensor {
  const along = x.shape.map((length, axis) => indicesAlong(length, borders[axis], mode));
  const places = gridPlaces(along, stridesOf(x.shape));
  return taken(x, bordered(x.shape, borders), places, mode === 'constant' ? fillerOf(x, filler) : undefined);
}

const pad: TensorFunction = {
  operands: 4,
  attributes: { mode: word('constant', ['constant', 'reflect', 'edge', 'wrap']) },
  since: [
    { opset: 11, attribute: 'pads', kind: 'ints', operand: 1 },
    { opset: 11, attribute: 'value', kind: 'float', operand: 2 },
  ],
  moves: true,
  along: [0, 2],
  filler: 2,
  facts: ([x, pads, , axes]) => {
    const { shape } = x as OperandFacts;
    const borders = bordersOf(shape.length, knownIntegers(pads, 'its pads'), axes && knownIntegers(axes, 'its axes'));
    return [movedTo(x, bordered(shape, borders))];
  },
  run: ([x, pads, filler, axes], { mode }) => {
    const tensor = x as Tensor;
    const given = axes && [...integersOf(axes, 3).data];
    return [padded(tensor, bordersOf(tensor.shape.length, [...integersOf(pads, 1).data], given), mode as Mode, filler)];
  },
};

/** Of an odd difference the one more element is cut or put at the end. */
function centred(shape: readonly number[], target: readonly number[], { axes }: Attributes): Border[] {
  const places = (axes as readonly number[] | undefined)?.map((axis) => axisOf(axis, shape.length));
  const among = places ?? shape.map((_, axis) => axis);
  if (target.length !== among.length)
    throw new Error(`has a shape of ${target.length} lengths for ${among.length} axes: one each is wanted`);
  return shape.map((length, axis) => {
    const at = among.indexOf(axis);
    const more = at < 0 ? 0 : target[at] - length;
    const before = Math.trunc(more / 2);
    return { before, after: more - before };
  });
}

const centerCropPad: TensorFunction = {
  operands: 2,
  attributes: { axes: ints() },
  moves: true,
  along: [0, 2],
  // The standard has no such operand: the reader gives it for codes, whose zero may be any.
  filler: 2,
  facts: ([x, target], attributes) => {
    const { shape } = x as OperandFacts;
    return [movedTo(x, bordered(shape, centred(shape, knownIntegers(target, 'its shape'), attributes)))];
  },
  run: ([x, target, filler], attributes) => {
    const tensor = x as Tensor;
    return [padded(tensor, centred(tensor.shape, [...integersOf(target, 1).data], attributes), 'constant', filler)];
  },
};

export const PADS: Readonly<Record<string, TensorFunction>> = { Pad: pad, CenterCropPad: centerCropPad };
