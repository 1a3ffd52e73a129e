import { exp, log } from '../elementary.js';
import { type Tensor } from '../tensor.js';
import { int } from './attributes.js';
import { placesOf, stridesOf } from './broadcast.js';
import type { TensorFunction } from './function.js';
import {
  emptyNumbers,
  factsAt,
  integerTypeOf,
  numberFacts,
  type Numbers,
  type NumberTensor,
  numbersOf,
  rangeOf,
  wrapped,
} from './numbers.js';
import { axisOf, integersOf, knownIntegers } from './operands.js';
import { isRuntimes, packetSum } from './runtimeSums.js';

/** Many numbers to one, along any axes; sums are float64 and rounded once. */

/** Of the numbers at `first` and these offsets from it. */
type Reducer = (data: Numbers, first: number, offsets: Int32Array) => number;

/** The axes that are reduced: those given, or all where none are, or none. */
function axesAmong(given: readonly number[], rank: number, noop: boolean): readonly number[] {
  if (given.length === 0) return noop ? [] : Array.from({ length: rank }, (_, axis) => axis);
  const axes = given.map((axis) => axisOf(axis, rank));
  if (new Set(axes).size === axes.length) return axes;
  throw new Error(`has axes = ${given.join(' ')}: each once is wanted`);
}

/** The shape that is left. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keeps: boolean): readonly number[] {
  if (keeps) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Where the numbers of each result begin, and how far on from there the others lie. */
export function placesAlong(
  shape: readonly number[],
  axes: readonly number[],
): { firsts: Int32Array; offsets: Int32Array } {
  const strides = stridesOf(shape);
  const [kept, gone] = [false, true].map((side) =>
    shape.map((_, axis) => axis).filter((axis) => axes.includes(axis) === side),
  );
  const lengths = (list: readonly number[]) => list.map((axis) => shape[axis]);
  const steps = (list: readonly number[]) => list.map((axis) => strides[axis]);
  return { firsts: placesOf(lengths(kept), steps(kept)), offsets: placesOf(lengths(gone), steps(gone)) };
}

function reduced(x: NumberTensor, axes: readonly number[], keeps: boolean, reducer: Reducer): Tensor {
  const output = emptyNumbers(reducedShape(x.shape, axes, keeps), integerTypeOf(x));
  const { firsts, offsets } = placesAlong(x.shape, axes);
  for (let i = 0; i < firsts.length; i++) output.data[i] = reducer(x.data, firsts[i], offsets);
  if (output.kind === 'integers') {
    for (let i = 0; i < output.data.length; i++) output.data[i] = Math.trunc(output.data[i]);
    wrapped(output.data, output.type);
  }
  return output;
}

function reduce(
  reducer: Reducer,
  axesSince: 13 | 18,
  { least, runtime }: { least?: 'least' | 'largest'; runtime?: Reducer } = {},
): TensorFunction {
  return {
    operands: 2,
    attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    since: [{ opset: axesSince, attribute: 'axes', kind: 'ints', operand: 1 }],
    operations: 1,
    facts: (operands, { keepdims, noop_with_empty_axes: noop }) => {
      const x = factsAt(operands, 0);
      const given = operands[1] === undefined ? [] : knownIntegers(operands[1], 'its axes');
      const axes = axesAmong(given, x.shape.length, noop === 1);
      return [numberFacts(reducedShape(x.shape, axes, keepdims === 1), integerTypeOf(x))];
    },
    run: ([operand, given], { keepdims, noop_with_empty_axes: noop }, { rule }) => {
      const x = numbersOf(operand, 0);
      const list = given === undefined ? [] : [...integersOf(given, 1).data];
      const axes = axesAmong(list, x.shape.length, noop === 1);
      if (least !== undefined && x.data.length === 0) return [emptyFilled(x, axes, keepdims === 1, least)];
      const own = x.kind === 'float' && isRuntimes(rule) ? (runtime ?? reducer) : reducer;
      return [reduced(x, axes, keepdims === 1, own)];
    },
  };
}

/** Of no numbers the largest is the least that there is, and the other way round. */
function emptyFilled(x: NumberTensor, axes: readonly number[], keeps: boolean, end: 'least' | 'largest'): Tensor {
  const type = integerTypeOf(x);
  const [least, largest] = type === undefined ? [-Infinity, Infinity] : rangeOf(type);
  const output = emptyNumbers(reducedShape(x.shape, axes, keeps), type);
  output.data.fill(end === 'least' ? least : largest);
  return output;
}

const sum: Reducer = (data, first, offsets) => {
  let total = 0;
  for (let i = 0; i < offsets.length; i++) total += data[first + offsets[i]];
  return total;
};

/** In the order of a runtime: by packets where the numbers lie one after another, else one by one in float32. */
const runtimeSum: Reducer = (data, first, offsets) => {
  const { length } = offsets;
  if (length > 0 && offsets[length - 1] === length - 1) return packetSum(data, first, length);
  let total = 0;
  for (let i = 0; i < length; i++) total = Math.fround(total + data[first + offsets[i]]);
  return total;
};

/** Of no numbers the standard says nothing, and ONNX Runtime gives 0. */
const mean =
  (of: Reducer): Reducer =>
  (data, first, offsets) =>
    of(data, first, offsets) / Math.max(offsets.length, 1);

const sumOfSizes: Reducer = (data, first, offsets) => {
  let total = 0;
  for (let i = 0; i < offsets.length; i++) total += Math.abs(data[first + offsets[i]]);
  return total;
};

const sumOfSquares: Reducer = (data, first, offsets) => {
  let total = 0;
  for (let i = 0; i < offsets.length; i++) total += data[first + offsets[i]] ** 2;
  return total;
};

const product: Reducer = (data, first, offsets) => {
  let total = 1;
  for (let i = 0; i < offsets.length; i++) total *= data[first + offsets[i]];
  return total;
};

const largest: Reducer = (data, first, offsets) => {
  let most = -Infinity;
  for (let i = 0; i < offsets.length; i++) most = Math.max(most, data[first + offsets[i]]);
  return most;
};

const smallest: Reducer = (data, first, offsets) => {
  let least = Infinity;
  for (let i = 0; i < offsets.length; i++) least = Math.min(least, data[first + offsets[i]]);
  return least;
};

/** The largest is taken out, so that nothing overflows. */
const logOfPowers: Reducer = (data, first, offsets) => {
  const most = largest(data, first, offsets);
  if (!Number.isFinite(most)) return most;
  let total = 0;
  for (let i = 0; i < offsets.length; i++) total += exp(data[first + offsets[i]] - most);
  return most + log(total);
};

export const REDUCTIONS: Readonly<Record<string, TensorFunction>> = {
  ReduceSum: reduce(sum, 13, { runtime: runtimeSum }),
  ReduceMean: reduce(mean(sum), 18, { runtime: mean(runtimeSum) }),
  ReduceProd: reduce(product, 18),
  ReduceMax: reduce(largest, 18, { least: 'least' }),
  ReduceMin: reduce(smallest, 18, { least: 'largest' }),
  ReduceL1: reduce(sumOfSizes, 18),
  ReduceL2: reduce((...all) => Math.sqrt(sumOfSquares(...all)), 18),
  ReduceSumSquare: reduce(sumOfSquares, 18),
  ReduceLogSum: reduce((...all) => log(sum(...all)), 18),
  ReduceLogSumExp: reduce(logOfPowers, 18),
};
