import { exp, log } from '../elementary.js';
import { erf } from '../scalars/erf.js';
import { acosh, asinh, atanh, cosh, expm1, sigmoid, sinh, softplus, tanh } from '../scalars/hyperbolic.js';
import { arccosine, arcsine, arctangent, cosine, sine, tangent } from '../scalars/trigonometric.js';
import { floatTensor, type FloatTensor, type TensorFacts } from '../tensor.js';
import { type Attributes, type AttributeSpec, float } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { factsAt } from './numbers.js';
import { floatsOf } from './operands.js';

/** Functions of one real number, in float64 of float32 operands, rounded to float32 once. */

export type RealFunction = (x: number, attributes: Attributes) => number;

/** Reals in the shape of the first operand. */
export const likeFirst = (operands: readonly (OperandFacts | undefined)[]): readonly TensorFacts[] => [
  { shape: factsAt(operands, 0).shape },
];

export function unary(
  scalar: RealFunction,
  attributes?: Readonly<Record<string, AttributeSpec>>,
  operations = 1,
): TensorFunction {
  return {
    operands: 1,
    ...(attributes && { attributes }),
    operations,
    elementwise: true,
    facts: likeFirst,
    run: ([x], given) => [mapped(floatsOf(x, 0), (value) => scalar(value, given))],
  };
}

export function mapped(x: FloatTensor, scalar: (value: number) => number): FloatTensor {
  const output = floatTensor(x.shape);
  const [from, to] = [x.data, output.data];
  for (let i = 0; i < to.length; i++) to[i] = scalar(from[i]);
  return output;
}

/** One function for each set of attributes, made before the elements are looked at. */
function unaryBy(
  made: (attributes: Readonly<Record<string, number>>) => (x: number) => number,
  attributes: Readonly<Record<string, AttributeSpec>>,
  operations: number,
): TensorFunction {
  return {
    operands: 1,
    attributes,
    operations,
    elementwise: true,
    facts: likeFirst,
    run: ([x], given) => [mapped(floatsOf(x, 0), made(given as Readonly<Record<string, number>>))],
  };
}

/** Half to even (ONNX Round, IEEE 754 roundToIntegralTiesToEven). */
export function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const whole = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  return whole === 0 && (x < 0 || Object.is(x, -0)) ? -0 : Number.isFinite(x) ? whole : x;
}

/** The constants of Selu by the standard, which are float32. */
const SELU = { alpha: Math.fround(1.6732632423543772), gamma: Math.fround(1.0507009873554805) };

const SIXTH = Math.fround(1 / 6);

/** In steps of float32, as ONNX Runtime has it. */
const hardSigmoid = (x: number, alpha: number, beta: number) =>
  Math.min(Math.max(Math.fround(Math.fround(alpha * x) + beta), 0), 1);

export const UNARY: Readonly<Record<string, TensorFunction>> = {
  Exp: unary(exp, undefined, 4),
  Log: unary(log, undefined, 4),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundToEven),
  Erf: unary(erf, undefined, 4),
  Tanh: unary(tanh, undefined, 4),
  Sin: unary(sine, undefined, 4),
  Cos: unary(cosine, undefined, 4),
  Tan: unary(tangent, undefined, 4),
  Asin: unary(arcsine, undefined, 4),
  Acos: unary(arccosine, undefined, 4),
  Atan: unary(arctangent, undefined, 4),
  Sinh: unary(sinh, undefined, 4),
  Cosh: unary(cosh, undefined, 4),
  Asinh: unary(asinh, undefined, 4),
  Acosh: unary(acosh, undefined, 4),
  Atanh: unary(atanh, undefined, 4),
  Sigmoid: unary(sigmoid, undefined, 4),
  Softplus: unary(softplus, undefined, 6),
  Softsign: unary((x) => x / (1 + Math.abs(x)), undefined, 3),
  Mish: unary((x) => x * tanh(softplus(x)), undefined, 12),
  HardSwish: unary((x) => x * hardSigmoid(x, SIXTH, 0.5), undefined, 4),
  LeakyRelu: unaryBy(
    ({ alpha }) =>
      (x) =>
        x < 0 ? x * alpha : x,
    { alpha: float(Math.fround(0.01)) },
    2,
  ),
  Elu: unaryBy(
    ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * expm1(x) : x,
    { alpha: float(1) },
    5,
  ),
  Celu: unaryBy(
    ({ alpha }) =>
      (x) =>
        Math.max(x, 0) + Math.min(alpha * expm1(x / alpha), 0),
    { alpha: float(1) },
    7,
  ),
  Selu: unaryBy(
    ({ alpha, gamma }) =>
      (x) =>
        gamma * (x > 0 ? x : alpha * expm1(x)),
    { alpha: float(SELU.alpha), gamma: float(SELU.gamma) },
    6,
  ),
  Swish: unaryBy(
    ({ alpha }) =>
      (x) =>
        x * sigmoid(alpha * x),
    { alpha: float(1) },
    6,
  ),
  'com.microsoft.QuickGelu': unaryBy(
    ({ alpha }) =>
      (x) =>
        x * sigmoid(alpha * x),
    { alpha: float(Math.fround(1.702)) },
    6,
  ),
  HardSigmoid: unaryBy(
    ({ alpha, beta }) =>
      (x) =>
        hardSigmoid(x, alpha, beta),
    { alpha: float(Math.fround(0.2)), beta: float(0.5) },
    4,
  ),
  ThresholdedRelu: unaryBy(
    ({ alpha }) =>
      (x) =>
        x > alpha ? x : 0,
    { alpha: float(1) },
    1,
  ),
  Shrink: unaryBy(
    ({ lambd, bias }) =>
      (x) =>
        x < -lambd ? x + bias : x > lambd ? x - bias : 0,
    { lambd: float(0.5), bias: float(0) },
    2,
  ),
};
