import { floatTensor, type IntegerTensor, integerTensor, LARGEST, sizeOf, type Tensor } from '../tensor.js';
import { int, tensor } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { integersOf, knownIntegers, vectorOf } from './operands.js';

/** Functions that make tensors of nothing but a shape, and shapes of tensors. */

/** One value everywhere: float32 0 where none is given. */
const constantOfShape: TensorFunction = {
  operands: 1,
  attributes: { value: tensor() },
  operations: 0,
  facts: ([shape], { value }) => {
    const { type } = filled([], value as Tensor | undefined);
    const open = Array.from({ length: (shape as OperandFacts).shape[0] || 1 }, () => Number.NaN);
    knownIntegers(shape, 'its shape', [{ shape: open, ...(type && { type }) }]);
    return [{ shape: lengthsOf((shape as OperandFacts).value as IntegerTensor), ...(type && { type }) }];
  },
  run: ([shape], { value }) => [filled(lengthsOf(integersOf(shape, 0)), value as Tensor | undefined)],
};

function lengthsOf(shape: IntegerTensor): readonly number[] {
  const lengths = vectorOf(shape, 'a shape');
  if (shape.type !== 'int64') throw new Error(`reads ${shape.type} as a shape: int64 is wanted`);
  if (lengths.some((length) => length < 0) || sizeOf(lengths) > LARGEST)
    throw new Error(`makes shape ${lengths.join('x')}: up to ${LARGEST} elements are supported`);
  return lengths;
}

function filled(shape: readonly number[], value: Tensor | undefined): Exclude<Tensor, { kind: 'codes' }> {
  if (value === undefined) return floatTensor(shape);
  if (value.kind === 'codes' || value.data.length !== 1)
    throw new Error(`has a value of ${value.data.length} elements: one real number or integer is wanted`);
  const [one] = value.data;
  if (value.kind === 'float') return { ...value, shape, data: new Float32Array(sizeOf(shape)).fill(one) };
  return integerTensor(shape, value.type, new Float64Array(sizeOf(shape)).fill(one));
}

/** Lengths, of the axes from one to another; where they are known before a run, the file's reader has them already. */
const shapeOf: TensorFunction = {
  operands: 1,
  attributes: { start: int(0), end: int(undefined) },
  operations: 0,
  takesCodes: true,
  facts: ([x], { start, end }) => {
    const { shape, open } = x as OperandFacts;
    const kept = shape.slice(start as number, end as number | undefined);
    // One unknown length may stand for any number of axes.
    return [{ shape: [open === undefined ? kept.length : Number.NaN], type: 'int64' }];
  },
  run: ([x], { start, end }) => {
    const kept = (x as Tensor).shape.slice(start as number, end as number | undefined);
    return [integerTensor([kept.length], 'int64', Float64Array.from(kept))];
  },
};

const size: TensorFunction = {
  operands: 1,
  operations: 0,
  takesCodes: true,
  facts: () => [{ shape: [], type: 'int64' }],
  run: ([x]) => [integerTensor([], 'int64', Float64Array.of(sizeOf((x as Tensor).shape)))],
};

export const CONSTANTS: Readonly<Record<string, TensorFunction>> = {
  ConstantOfShape: constantOfShape,
  Shape: shapeOf,
  Size: size,
};
