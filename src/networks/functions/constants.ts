import { floatTensor, integerTensor, sizeOf, type Tensor } from '../tensor.js';
import { tensor } from './attributes.js';
import type { TensorFunction } from './function.js';
import { integersOf, knownIntegers } from './operands.js';

/** Functions that make tensors of nothing but their shape. */

/** One value everywhere: float32 0 where none is given. */
const constantOfShape: TensorFunction = {
  operands: 1,
  attributes: { value: tensor() },
  operations: 0,
  facts: ([shape], { value }) => {
    const { type } = filled([], value as Tensor | undefined);
    return [{ shape: knownIntegers(shape, 'its shape'), ...(type && { type }) }];
  },
  run: ([shape], { value }) => [filled([...integersOf(shape, 0).data], value as Tensor | undefined)],
};

function filled(shape: readonly number[], value: Tensor | undefined): Exclude<Tensor, { kind: 'codes' }> {
  if (value === undefined) return floatTensor(shape);
  if (value.kind === 'codes' || value.data.length !== 1)
    throw new Error(`has a value of ${value.data.length} elements: one real number or integer is wanted`);
  const [one] = value.data;
  if (value.kind === 'float') return { ...value, shape, data: new Float32Array(sizeOf(shape)).fill(one) };
  return integerTensor(shape, value.type, new Float64Array(sizeOf(shape)).fill(one));
}

export const CONSTANTS: Readonly<Record<string, TensorFunction>> = { ConstantOfShape: constantOfShape };
