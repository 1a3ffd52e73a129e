import { factsOfTensor, integerTensor, type Tensor, type TensorFacts } from '../tensor.js';
import { type Attributes, int } from './attributes.js';
import { overLines } from './along.js';
import { stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { emptyNumbers, factsAt, integerTypeOf, numberFacts, numbersOf, type Numbers } from './numbers.js';
import { axisOf, integersOf, knownIntegers, OpenShape } from './operands.js';
import { reducedShape } from './reduce.js';

/** Where numbers are: the largest, the first so many, those that are not zero; and the way back. */

/** The place of the largest or the smallest along an axis; of equal ones the first, or the last. */
function extreme(better: (x: number, than: number) => boolean): TensorFunction {
  return {
    operands: 1,
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    facts: (operands, { axis, keepdims }) => {
      const { shape } = factsAt(operands, 0);
      const place = axisOf(axis as number, shape.length);
      return [{ shape: reducedShape(shape, [place], keepdims === 1), type: 'int64' }];
    },
    run: ([operand], { axis, keepdims, select_last_index: last }) => {
      const { shape, data } = numbersOf(operand, 0);
      const place = axisOf(axis as number, shape.length);
      if (shape[place] === 0) throw new Error(`looks along axis ${place} of ${shape.join('x')}, which has no elements`);
      const output = integerTensor(reducedShape(shape, [place], keepdims === 1), 'int64');
      let written = 0;
      overLines(shape, place, ({ first, length, step }) => {
        let best = 0;
        for (let i = 1; i < length; i++) {
          const [x, than] = [data[first + i * step], data[first + best * step]];
          if (better(x, than) || (last === 1 && x === than)) best = i;
        }
        output.data[written++] = best;
      });
      return [output];
    },
  };
}

/** The k largest or smallest along an axis, in order, and where they are; of equal ones those that come first. */
const topK: TensorFunction = {
  operands: 2,
  attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
  since: [{ opset: 10, attribute: 'k', kind: 'int', operand: 1 }],
  operations: 4,
  facts: (operands, { axis }) => {
    const x = factsAt(operands, 0);
    const open = x.shape.with(axisOf(axis as number, x.shape.length), Number.NaN);
    const known = [numberFacts(open, integerTypeOf(x)), { shape: open, type: 'int64' } as const];
    const shape = toppedShape(x.shape, axis as number, knownIntegers(operands[1], 'its k', known));
    return [numberFacts(shape, integerTypeOf(x)), { shape, type: 'int64' }];
  },
  run: ([operand, k], { axis, largest }) => {
    const x = numbersOf(operand, 0);
    const shape = toppedShape(x.shape, axis as number, [...integersOf(k, 1).data]);
    const place = axisOf(axis as number, shape.length);
    const [values, indices] = [emptyNumbers(shape, integerTypeOf(x)), integerTensor(shape, 'int64')];
    const firsts: number[] = [];
    overLines(shape, place, ({ first }) => firsts.push(first));
    let line = 0;
    overLines(x.shape, place, ({ first, length, step }) => {
      const order = orderOf(x.data, first, length, step, largest === 1);
      for (let i = 0, at = firsts[line++]; i < shape[place]; i++, at += step) {
        values.data[at] = x.data[first + order[i] * step];
        indices.data[at] = order[i];
      }
    });
    return [values, indices];
  },
};

function toppedShape(shape: readonly number[], axis: number, given: readonly number[]): readonly number[] {
  const place = axisOf(axis, shape.length);
  const [k] = given;
  if (given.length === 1 && Number.isInteger(k) && k >= 0 && k <= shape[place])
    return shape.map((length, i) => (i === place ? k : length));
  throw new Error(`has k = ${given.join(' ')} over an axis of ${shape[place]}: 0 to that is wanted`);
}

/** NaN counts as the largest. The sort of typed arrays is stable only with a comparison that tells equal ones apart. */
function orderOf(data: Numbers, first: number, length: number, step: number, largest: boolean): Int32Array {
  const valueOf = (i: number) => {
    const value = data[first + i * step];
    return value === value ? value : Infinity;
  };
  const order = Int32Array.from({ length }, (_, i) => i);
  return order.sort((i, j) => {
    const [a, b] = [valueOf(i), valueOf(j)];
    if (a === b) return i - j;
    return a < b === largest ? 1 : -1;
  });
}

/** A function whose shapes follow from what its operands hold. @param known what is known of its results where they are computed */
export function shapedByData(
  known: (operands: readonly (OperandFacts | undefined)[]) => readonly TensorFacts[],
  run: (inputs: readonly (Tensor | undefined)[], attributes: Attributes) => readonly Tensor[],
): TensorFunction {
  return {
    operands: 1,
    facts: (operands: readonly (OperandFacts | undefined)[], attributes): readonly TensorFacts[] => {
      if (operands.some((operand) => operand !== undefined && operand.value === undefined))
        throw new OpenShape('gives a shape that depends on what it reads', known(operands));
      return run(
        operands.map((operand) => operand?.value),
        attributes,
      ).map(factsOfTensor);
    },
    run,
  };
}

/** Indices of what is not zero, one column each. */
function nonZero([operand]: readonly (Tensor | undefined)[]): readonly Tensor[] {
  const { shape, data } = numbersOf(operand, 0);
  const found = Array.from(data.keys()).filter((i) => data[i] !== 0);
  const strides = stridesOf(shape);
  const output = integerTensor([shape.length, found.length], 'int64');
  for (let axis = 0, at = 0; axis < shape.length; axis++)
    for (const i of found) output.data[at++] = Math.floor(i / strides[axis]) % shape[axis];
  return [output];
}

/** A depth more, along which the place that an index names is on, and the others are off. */
const oneHot: TensorFunction = {
  operands: 3,
  attributes: { axis: int(-1) },
  operations: 0,
  facts: (operands, { axis }) => {
    const shape = hotShape(
      factsAt(operands, 0).shape,
      axis as number,
      knownIntegers(depthOf(operands[1]), 'its depth'),
    );
    return [numberFacts(shape, integerTypeOf(factsAt(operands, 2)))];
  },
  run: ([indices, depth, values], { axis }) => {
    const [from, ends] = [numbersOf(indices, 0), numbersOf(values, 2)];
    const [length] = numbersOf(depth, 1).data;
    const shape = hotShape(from.shape, axis as number, [length]);
    const place = axisOf(axis as number, shape.length);
    const output = emptyNumbers(shape, integerTypeOf(ends));
    output.data.fill(ends.data[0]);
    let at = 0;
    overLines(shape, place, ({ first, step }) => {
      const index = from.data[at++];
      const on = Math.trunc(index < 0 ? index + length : index);
      if (on >= 0 && on < length) output.data[first + on * step] = ends.data[1];
    });
    return [output];
  },
};

/** A depth may be a real number. */
function depthOf(depth: OperandFacts | undefined): OperandFacts | undefined {
  if (depth?.value?.kind !== 'float') return depth;
  return { ...depth, value: integerTensor(depth.shape, 'int64', Float64Array.from(depth.value.data, Math.trunc)) };
}

function hotShape(indices: readonly number[], axis: number, depth: readonly number[]): readonly number[] {
  const place = axisOf(axis, indices.length + 1);
  if (depth.length === 1 && depth[0] >= 0)
    return [...indices.slice(0, place), Math.trunc(depth[0]), ...indices.slice(place)];
  throw new Error(`has depth = ${depth.join(' ')}: one length is wanted`);
}

export const SEARCHES: Readonly<Record<string, TensorFunction>> = {
  ArgMax: extreme((x, than) => x > than),
  ArgMin: extreme((x, than) => x < than),
  TopK: topK,
  NonZero: shapedByData(
    (operands) => [{ shape: [factsAt(operands, 0).shape.length, Number.NaN], type: 'int64' }],
    nonZero,
  ),
  OneHot: oneHot,
};
