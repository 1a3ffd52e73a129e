import { op, tensor } from '../../readers/onnx/graphs.js';
import { f, floats, type FunctionCase, positives } from '../standard.js';

/** Functions element by element: of one number, of two, of several, and those that change their type. */

const INPUT = [3, 8];
const NEAR = 2 ** -20;
const none: [] = [];

/** Of a real number, with the values of attributes that some have. */
const ONE: Readonly<Record<string, FunctionCase['values']>> = {
  ...{
    Exp: {},
    Reciprocal: {},
    Floor: {},
    Ceil: {},
    Round: {},
    Erf: {},
    Tanh: {},
    Sin: {},
    Cos: {},
    Tan: {},
    Atan: {},
  },
  ...{
    Sinh: {},
    Cosh: {},
    Asinh: {},
    Sigmoid: {},
    Softplus: {},
    Softsign: {},
    Mish: {},
    HardSwish: {},
    Abs: {},
    Neg: {},
  },
  ...{ Sign: {}, Relu: {}, Identity: {} },
  ...{ LeakyRelu: { alpha: [f(0.5)] }, Elu: { alpha: [f(0.5)] }, Celu: { alpha: [f(0.5)] } },
  ...{
    Selu: { alpha: [f(0.5)], gamma: [f(2)] },
    Swish: { alpha: [f(0.5)] },
    HardSigmoid: { alpha: [f(0.5)], beta: [f(0.25)] },
  },
  ...{ ThresholdedRelu: { alpha: [f(0.5)] }, Shrink: { lambd: [f(0.25), f(1)], bias: [f(0.5)] } },
  ...{ Gelu: { approximate: ['tanh', 'none', 'fast'] }, 'com.microsoft.QuickGelu': { alpha: [f(0.5)] } },
  ...{ 'com.microsoft.Gelu': {} },
};

/** Of a positive one, or one up to 1. */
const PART: Readonly<Record<string, string>> = {
  ...{ Log: 'Exp', Sqrt: 'Abs', Acosh: 'Cosh', Asin: 'Sin', Acos: 'Sin', Atanh: 'Tanh' },
};

const TWO = ['Add', 'Sub', 'Mul', 'Div', 'PRelu', 'Sum', 'Mean', 'Max', 'Min'];
const COMPARED = ['Equal', 'Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual'];
const toTruths = [op('Cast', 'x', 'i', { to: 9 })];
const toBytes = [op('Abs', 'x', 'a'), op('Mul', 'a hundred', 'h'), op('Cast', 'h', 'i', { to: 2 })];
const hundred = tensor('hundred', 'FLOAT', [], [100]);

export const NUMBERS_CASES: readonly FunctionCase[] = [
  ...Object.entries(ONE).map(
    ([name, values]): FunctionCase => ({ node: [name, 'x'], input: INPUT, initializers: none, values, near: NEAR }),
  ),
  ...Object.entries(PART).map(
    ([name, before]): FunctionCase => ({
      ...{ node: [name, 'p'], input: INPUT, initializers: none, before: [op(before, 'x', 'p')], near: 16 * NEAR },
    }),
  ),
  ...TWO.flatMap((name): FunctionCase[] => [
    { node: [name, 'x w'], input: INPUT, initializers: [floats('w', 3, 1)], near: NEAR },
    { node: [name, 'x w'], input: [3, 1, 4], initializers: [floats('w', 2, 1)], near: NEAR },
  ]),
  {
    node: ['Mod', 'x w'],
    input: INPUT,
    initializers: [positives('w', 8)],
    attributes: { fmod: 1 },
    values: { fmod: [0] },
  },
  {
    ...{ node: ['Mod', 'i w'], input: INPUT, before: [op('Mul', 'x hundred', 'h'), op('Cast', 'h', 'i', { to: 6 })] },
    ...{
      initializers: [hundred, tensor('w', 'INT32', [2, 1], [-7, 5])],
      gives: ['integers'],
      values: { fmod: [0, 1] },
    },
    input: [2, 8],
  },
  { node: ['Pow', 'a w'], input: INPUT, before: [op('Abs', 'x', 'a')], initializers: [floats('w', 8)], near: NEAR },
  { node: ['Pow', 'x w'], input: INPUT, initializers: [tensor('w', 'FLOAT', [], [3])], near: NEAR },
  {
    ...{ node: ['Clip', 'x low high'], input: INPUT },
    initializers: [tensor('low', 'FLOAT', [], [-0.5]), tensor('high', 'FLOAT', [], [1])],
  },
  { node: ['Clip', 'x _ high'], input: INPUT, initializers: [tensor('high', 'FLOAT', [], [0.25])] },
  ...COMPARED.map(
    (name): FunctionCase => ({
      ...{ node: [name, 'r w'], input: INPUT, before: [op('Round', 'x', 'r')], gives: ['integers'] },
      initializers: [tensor('w', 'FLOAT', [3, 1], [0, 1, -1])],
    }),
  ),
  ...['And', 'Or', 'Xor'].map(
    (name): FunctionCase => ({
      ...{ node: [name, 'i w'], input: [2, 4], before: toTruths, gives: ['integers'] },
      initializers: [tensor('w', 'BOOL', [2, 1], [0, 1])],
    }),
  ),
  { node: ['Not', 'i'], input: [2, 4], before: toTruths, gives: ['integers'], initializers: none },
  ...['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].map(
    (name): FunctionCase => ({
      ...{ node: [name, 'i w'], input: INPUT, before: toBytes, gives: ['integers'] },
      initializers: [hundred, tensor('w', 'UINT8', [3, 1], [15, 170, 99])],
    }),
  ),
  { node: ['BitwiseNot', 'i'], input: INPUT, before: toBytes, gives: ['integers'], initializers: [hundred] },
  {
    ...{
      node: ['BitShift', 'i w'],
      input: INPUT,
      before: toBytes,
      gives: ['integers'],
      attributes: { direction: 'LEFT' },
    },
    ...{ initializers: [hundred, tensor('w', 'UINT8', [3, 1], [1, 7, 3])], values: { direction: ['RIGHT', 'left'] } },
  },
  ...['IsNaN', 'IsInf'].map(
    (name): FunctionCase => ({
      // 0 / 0, and the rest over 0.
      ...{ node: [name, 'd'], input: INPUT, before: [op('Div', 'x zero', 'd')], gives: ['integers'] },
      initializers: [tensor('zero', 'FLOAT', [8], [0, 0, 0, 1, 1, 0, -0, 1])],
      values: name === 'IsInf' ? { detect_positive: [0], detect_negative: [0] } : {},
    }),
  ),
  ...['com.microsoft.BiasGelu', 'com.microsoft.FastGelu'].map(
    (name): FunctionCase => ({ node: [name, 'x w'], input: INPUT, initializers: [floats('w', 8)], near: NEAR }),
  ),
  {
    ...{
      node: ['Cast', 'a'],
      input: INPUT,
      initializers: none,
      before: [op('Abs', 'x', 'a')],
      gives: ['integers'],
      attributes: { to: 10 },
    },
    values: { to: [2, 3, 4, 5, 6, 7, 9, 12, 16, 17, 18, 19, 20], saturate: [0] },
  },
  {
    ...{ node: ['CastLike', 'x w'], input: INPUT, gives: ['integers'], values: { saturate: [0] } },
    initializers: [tensor('w', 'FLOAT8E4M3FN', [2], [1, 2])],
  },
  { node: ['CastLike', 'x w'], input: INPUT, gives: ['integers'], initializers: [tensor('w', 'INT8', [1], [1])] },
];
