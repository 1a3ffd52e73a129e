import { exp } from '../elementary.js';
import { floatTensor, type Tensor, type TensorFacts } from '../tensor.js';
import { type Attributes, type AttributeSpec, float } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { floatsOf } from './operands.js';

/** Functions of one number, in float64 of float32 operands, rounded to float32 once. */

type Scalar = (x: number, attributes: Attributes) => number;

export const likeFirst = ([x]: readonly (OperandFacts | undefined)[]): readonly TensorFacts[] => [
  { shape: (x as OperandFacts).shape },
];

function unary(scalar: Scalar, attributes?: Readonly<Record<string, AttributeSpec>>, operations = 1): TensorFunction {
  return {
    ...(attributes && { attributes }),
    operations,
    facts: likeFirst,
    run: ([x], given) => [mapped(floatsOf(x, 0), (value) => scalar(value, given))],
  };
}

function mapped(x: Tensor & { data: Float32Array }, scalar: (value: number) => number): Tensor {
  const output = floatTensor(x.shape);
  for (let i = 0; i < x.data.length; i++) output.data[i] = scalar(x.data[i]);
  return output;
}

const number = (value: Attributes[string]) => value as number;

export const UNARY: Readonly<Record<string, TensorFunction>> = {
  Sigmoid: unary((x) => 1 / (1 + exp(-x)), undefined, 4),
  LeakyRelu: unary((x, { alpha }) => (x < 0 ? x * number(alpha) : x), { alpha: float(Math.fround(0.01)) }, 2),
};
