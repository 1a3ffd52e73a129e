import { type AttributeValue } from '../../../../src/networks/readers/onnx/sheet.js';
import { sizeOf } from '../../../../src/networks/tensor.js';
import { type Graph, op, tensor } from './graphs.js';
import { random } from './samples.js';

/** An operator in a graph that is read, with every attribute that the standard gives it. */
export interface Case extends Omit<Graph, 'nodes' | 'initializers'> {
  initializers?: Graph['initializers'];
  /** Nodes before the one in question, it, and nodes behind it. */
  before?: Graph['nodes'];
  node: [type: string, inputs: string];
  attributes?: Record<string, AttributeValue>;
  after?: Graph['nodes'];
  /** The standard's attributes of the operator, with values for each. */
  values: Record<string, readonly AttributeValue[]>;
}

/** Multiples of 1/8 below 2 in magnitude: sums of their products are float32 numbers, whatever the order of adding. */
export function eighths(draw: () => number, length: number): Float32Array {
  return Float32Array.from({ length }, () => (Math.floor(draw() * 31) - 15) / 8);
}

const draw = random(23);
const weights = (name: string, shape: readonly number[]) => tensor(name, 'FLOAT', shape, eighths(draw, sizeOf(shape)));
export const scalar = (name: string, type: string, value: number) => tensor(name, type, [], [value]);
const int64 = (name: string, ...values: number[]) => tensor(name, 'INT64', [values.length], values);
const f = (value: number) => ({ f: value });

const WINDOW: Case['values'] = {
  auto_pad: ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID', 'SAME', ''],
  dilations: [[1, 1], [2, 1], [0, 1], [-1, 1], [2], [9, 9]],
  kernel_shape: [[3, 3], [3, 2], [0, 0], [3], [-1, 3], [40, 40]],
  pads: [
    [1, 0, 2, 1],
    [0, 0, 0, 0],
    [-5, 0, 0, 0],
    [1, 1],
    [3, 3, 3, 3],
  ],
  strides: [[2, 1], [0, 0], [-1, 1], [2], [50, 50]],
};

const CHANNELS = [
  weights('gamma', [2]),
  weights('beta', [2]),
  weights('mean', [2]),
  tensor('variance', 'FLOAT', [2], [0.5, 2]),
];
const CODES = [scalar('s', 'FLOAT', 0.02), scalar('z', 'INT8', 3)];
const toCodes = [op('QuantizeLinear', 'x s z', 'q')];

export const CASES: readonly Case[] = [
  {
    node: ['Add', 'x c'],
    input: ['N', 2, 5, 6],
    initializers: [weights('c', [2, 1, 1])],
    values: { axis: [1], broadcast: [1] },
  },
  {
    node: ['AveragePool', 'x'],
    input: ['N', 2, 7, 6],
    attributes: { kernel_shape: [3, 3] },
    values: { ...WINDOW, ceil_mode: [0, 1, 2], count_include_pad: [0, 1, 7] },
  },
  {
    node: ['AveragePool', 'x'],
    input: ['N', 2, 7, 6],
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] },
    values: { ceil_mode: [0, 1], count_include_pad: [0, 1] },
  },
  {
    node: ['BatchNormalization', 'x gamma beta mean variance'],
    input: ['N', 2, 5, 6],
    initializers: CHANNELS,
    values: { epsilon: [f(0.1), f(-9), f(Number.NaN)], momentum: [f(0.5)], training_mode: [0, 1, 5], spatial: [0] },
  },
  {
    node: ['Cast', 'w'],
    input: ['N', 3],
    initializers: [tensor('w', 'DOUBLE', [3, 2], [0.1, 2, -3, 4, 5, 1e9])],
    after: [op('MatMul', 'x y', 'out')],
    attributes: { to: 1 },
    values: { to: [1, 0, 99, 24, 8], saturate: [0, 1, 3], round_mode: ['up'] },
  },
  {
    node: ['Cast', 'w'],
    input: ['N', 3],
    initializers: [tensor('w', 'FLOAT', [3, 2], [0.1, 2, -3, 460, 500, 1e9])],
    before: [],
    after: [op('Cast', 'y', 'back', { to: 1 }), op('MatMul', 'x back', 'out')],
    attributes: { to: 17 },
    values: { to: [17, 19, 10, 16, 9, 3, 7], saturate: [0, 1] },
  },
  {
    node: ['Clip', 'x low high'],
    input: ['N', 5],
    initializers: [scalar('low', 'FLOAT', 0), scalar('high', 'FLOAT', 3.4028234663852886e38)],
    values: { min: [f(-1)], max: [f(1)] },
  },
  {
    node: ['Clip', 'x'],
    input: ['N', 5],
    opset: 9,
    attributes: { min: f(0) },
    values: { min: [f(0), f(-1), f(Number.NaN)], max: [f(1), f(3.4028234663852886e38)] },
  },
  {
    node: ['Concat', 'a b'],
    input: ['N', 2, 3, 2],
    initializers: [int64('a', 0), int64('b', -1)],
    attributes: { axis: 0 },
    after: [op('Reshape', 'x y', 'out')],
    values: { axis: [0, -1, 1, -2] },
  },
  {
    node: ['Constant', ''],
    input: ['N', 3],
    attributes: { value_floats: { floats: [1, 2, 3] } as never },
    after: [op('Mul', 'x y', 'out')],
    values: { value_float: [f(2)], value_int: [3], value_ints: [[1, 2]], value_string: ['a'], sparse_value: [1] },
  },
  {
    node: ['ConstantOfShape', 'shape'],
    input: ['N', 3],
    initializers: [int64('shape', 3)],
    after: [op('Add', 'x y', 'out')],
    attributes: {
      value: {
        t: {
          name: '',
          type: { name: 'FLOAT', number: 1, bits: 32, format: 'fp32' },
          shape: [1],
          data: Float32Array.of(2),
        },
      },
    },
    values: {},
  },
  {
    node: ['Conv', 'x w b'],
    input: ['N', 2, 7, 6],
    initializers: [weights('w', [4, 2, 3, 3]), weights('b', [4])],
    values: { ...WINDOW, group: [1, 2, 0, -1, 3] },
  },
  {
    node: ['Conv', 'x w'],
    input: ['N', 4, 7, 6],
    initializers: [weights('w', [6, 2, 3, 3])],
    attributes: { group: 2, strides: [2, 2], dilations: [1, 2] },
    values: { auto_pad: WINDOW.auto_pad, group: [1, 2, 4] },
  },
  {
    node: ['DequantizeLinear', 'w s z'],
    input: ['N', 3],
    initializers: [
      tensor('w', 'INT8', [3, 3], [1, -2, 3, 4, 5, -6, 7, 8, -9]),
      tensor('s', 'FLOAT', [3], [0.1, 0.2, 0.3]),
      tensor('z', 'INT8', [3], [0, 1, 2]),
    ],
    after: [op('MatMul', 'x y', 'out')],
    values: { axis: [0, 1, -1, 2, -3], block_size: [0, 1], output_dtype: [0, 1, 10, 99] },
    opset: 23,
  },
  { node: ['Dropout', 'x'], input: ['N', 5], values: { seed: [5], ratio: [f(0.5)], is_test: [1] } },
  { node: ['Dropout', 'x'], input: ['N', 5], opset: 11, values: { seed: [5], ratio: [f(0.5)] } },
  { node: ['Flatten', 'x'], input: ['N', 2, 3, 2], values: { axis: [1, -3, 0, 2, 9, -1] } },
  {
    node: ['Gather', 'data i'],
    input: ['N', 2, 3, 2],
    initializers: [int64('data', -1, 0, 6), int64('i', 1, 0)],
    after: [op('Reshape', 'x y', 'out')],
    values: { axis: [0, -1, 1] },
  },
  {
    node: ['Gemm', 'x w b'],
    input: ['N', 4],
    initializers: [weights('w', [4, 4]), weights('b', [4])],
    values: { alpha: [f(1), f(2)], beta: [f(1), f(0.5)], transA: [0, 1, 2], transB: [0, 1, 2], broadcast: [1] },
  },
  { node: ['GlobalAveragePool', 'x'], input: ['N', 2, 3, 2], values: {} },
  { node: ['Identity', 'x'], input: ['N', 3], after: [op('Relu', 'y', 'out')], values: {} },
  { node: ['MatMul', 'x w'], input: ['N', 4], initializers: [weights('w', [4, 4])], values: {} },
  { node: ['Max', 'x c'], input: ['N', 4], initializers: [scalar('c', 'FLOAT', 0)], values: {} },
  {
    node: ['MaxPool', 'x'],
    input: ['N', 2, 7, 6],
    attributes: { kernel_shape: [3, 3] },
    values: { ...WINDOW, ceil_mode: [0, 1, 2], storage_order: [0, 1] },
  },
  {
    node: ['MaxPool', 'x'],
    input: ['N', 2, 7, 6],
    attributes: { kernel_shape: [2, 3], strides: [2, 3], pads: [1, 0, 0, 1] },
    values: { ceil_mode: [0, 1] },
  },
  { node: ['Mul', 'x c'], input: ['N', 4], initializers: [weights('c', [4])], values: { axis: [1], broadcast: [1] } },
  {
    node: ['Pad', 'x p'],
    input: ['N', 2, 5, 5],
    initializers: [int64('p', 0, 0, 1, 1, 0, 0, 0, 1), weights('w', [1, 2, 2, 2])],
    after: [op('Conv', 'y w', 'out')],
    values: { mode: ['constant', 'reflect', 'edge', 'wrap'], value: [f(0), f(1)] },
  },
  {
    node: ['Pad', 'x'],
    input: ['N', 2, 5, 5],
    opset: 9,
    attributes: { pads: [0, 0, 1, 1, 0, 0, 0, 1] },
    initializers: [weights('w', [1, 2, 2, 2])],
    after: [op('Conv', 'y w', 'out')],
    values: {
      pads: [
        [0, 0, 2, 0, 0, 0, 0, 0],
        [0, 0, -1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0, 0],
        [1, 1],
      ],
      value: [f(0), f(1)],
      mode: ['edge'],
    },
  },
  {
    node: ['QLinearConv', 'q s z w sw zw sy zy'],
    input: ['N', 1, 6, 6],
    before: toCodes,
    after: [op('DequantizeLinear', 'y sy zy', 'out')],
    initializers: [
      ...CODES,
      tensor(
        'w',
        'INT8',
        [2, 1, 3, 3],
        Array.from({ length: 18 }, (_, i) => 7 * i - 60),
      ),
      ...[scalar('sw', 'FLOAT', 0.01), scalar('zw', 'INT8', 0), scalar('sy', 'FLOAT', 0.1), scalar('zy', 'INT8', -2)],
    ],
    values: { ...WINDOW, group: [1, 2] },
  },
  {
    node: ['QLinearMatMul', 'q s z w sw zw sy zy'],
    input: ['N', 4],
    before: toCodes,
    after: [op('DequantizeLinear', 'y sy zy', 'out')],
    initializers: [
      ...CODES,
      tensor('w', 'INT8', [4, 2], [1, 20, -30, 40, 50, -60, 70, 80]),
      ...[scalar('sw', 'FLOAT', 0.01), scalar('zw', 'INT8', 0), scalar('sy', 'FLOAT', 0.1), scalar('zy', 'INT8', -2)],
    ],
    values: {},
  },
  {
    node: ['QuantizeLinear', 'x s'],
    input: ['N', 4],
    initializers: [scalar('s', 'FLOAT', 0.001)],
    after: [op('DequantizeLinear', 'y s', 'out')],
    values: {
      axis: [0, 1, 5],
      block_size: [0, 2],
      output_dtype: [0, 2, 3, 17, 19, 6, 99],
      precision: [0, 1, 10],
      saturate: [0, 1, 2],
    },
    opset: 23,
  },
  {
    node: ['QuantizeLinear', 'x s z'],
    input: ['N', 4],
    initializers: [scalar('s', 'FLOAT', 0.001), scalar('z', 'FLOAT8E4M3FN', 0)],
    after: [op('DequantizeLinear', 'y s z', 'out')],
    values: { saturate: [0, 1], output_dtype: [17, 3] },
    opset: 21,
  },
  {
    node: ['ReduceMean', 'x axes'],
    input: ['N', 2, 3, 4],
    initializers: [int64('axes', 2, 3)],
    values: { keepdims: [0, 1, 4], noop_with_empty_axes: [0, 1], axes: [[1]] },
  },
  {
    node: ['ReduceMean', 'x'],
    input: ['N', 2, 3, 4],
    opset: 13,
    attributes: { axes: [2, 3] },
    values: { axes: [[2, 3], [-1, -2], [3, 2], [2], [1, 2], [2, 2], [4, 2]], keepdims: [0, 1] },
  },
  { node: ['Relu', 'x'], input: ['N', 4], values: { consumed_inputs: [[0]] } },
  {
    node: ['Reshape', 'x shape'],
    input: ['N', 2, 3, 2],
    initializers: [int64('shape', 0, -1)],
    values: { allowzero: [0, 1, 3], shape: [[1]] },
  },
  {
    node: ['Shape', 'x'],
    input: ['N', 2, 3, 2],
    before: [op('GlobalAveragePool', 'x', 'p')],
    after: [
      op('Slice', 'y from to', 'cut'),
      op('Concat', 'cut rest', 'target', { axis: 0 }),
      op('Reshape', 'p target', 'out'),
    ],
    initializers: [int64('from', 0), int64('to', 1), int64('rest', -1)],
    values: { start: [1], end: [1] },
  },
  { node: ['Sign', 'x'], input: ['N', 4], values: {} },
  {
    node: ['Slice', 'data from to axes steps'],
    input: ['N', 2, 3, 2],
    initializers: [int64('data', 5, 0, 12), int64('from', 1), int64('to', 9), int64('axes', 0), int64('steps', 1)],
    after: [op('Reshape', 'x y', 'out')],
    values: { starts: [[0]], ends: [[1]], axes: [[0]] },
  },
  { node: ['Softmax', 'x'], input: ['N', 4], values: { axis: [1, -1, 0, 2, -2] } },
  { node: ['Softmax', 'x'], input: ['N', 4], opset: 11, values: { axis: [1, -1, 0] } },
  {
    node: ['Squeeze', 'p axes'],
    input: ['N', 2, 3, 2],
    before: [op('GlobalAveragePool', 'x', 'p')],
    initializers: [int64('axes', 2, 3)],
    values: { axes: [[2]] },
  },
  { node: ['Sub', 'x c'], input: ['N', 4], initializers: [weights('c', [4])], values: { axis: [1], broadcast: [1] } },
  { node: ['Sum', 'x x'], input: ['N', 4], values: {} },
  {
    node: ['Unsqueeze', 'c axes'],
    input: ['N', 2, 3, 2],
    initializers: [weights('c', [2]), int64('axes', 1, 2)],
    after: [op('Mul', 'x y', 'out')],
    values: { axes: [[0]] },
  },
  {
    node: ['Unsqueeze', 'c'],
    input: ['N', 2, 3, 2],
    opset: 12,
    attributes: { axes: [1, 2] },
    initializers: [weights('c', [2])],
    after: [op('Mul', 'x y', 'out')],
    values: { axes: [[1, 2], [-1, -2], [0], [0, 0], [7]] },
  },
  {
    node: ['BatchNormalization', 'x gamma beta mean variance'],
    input: ['N', 2, 5, 6],
    opset: 8,
    initializers: CHANNELS,
    values: { epsilon: [f(0.1)], momentum: [f(0.5)], spatial: [0, 1] },
  },
  // Operators over codes, and products that take over what stands before and behind them.
  {
    node: ['Max', 'q z'],
    input: ['N', 4],
    before: toCodes,
    initializers: CODES,
    after: [op('DequantizeLinear', 'y s z', 'out')],
    values: {},
  },
  {
    node: ['Clip', 'q low high'],
    input: ['N', 9],
    before: [op('QuantizeLinear', 'x s z', 'q')],
    initializers: [
      ...[scalar('s', 'FLOAT', 0.125), scalar('z', 'INT8', 0)],
      ...[scalar('low', 'INT8', -8), scalar('high', 'INT8', 7)],
    ],
    after: [op('DequantizeLinear', 'y s z', 'out')],
    values: {},
  },
  {
    node: ['Relu', 'q'],
    input: ['N', 9],
    before: [op('QuantizeLinear', 'x s z', 'q')],
    initializers: [scalar('s', 'FLOAT', 0.125), scalar('z', 'INT8', 0)],
    after: [op('DequantizeLinear', 'y s z', 'out')],
    values: {},
  },
  {
    node: ['MaxPool', 'q'],
    input: ['N', 1, 5, 6],
    before: toCodes,
    initializers: CODES,
    attributes: { kernel_shape: [2, 3] },
    after: [op('DequantizeLinear', 'y s z', 'out')],
    values: { pads: [[1, 1, 1, 1]], strides: [[1, 2]], auto_pad: ['SAME_UPPER', 'SAME_LOWER'] },
  },
  {
    node: ['Conv', 'd wd bd'],
    input: ['N', 2, 6, 5],
    before: [
      op('QuantizeLinear', 'x s z', 'q'),
      op('DequantizeLinear', 'q s z', 'd'),
      op('DequantizeLinear', 'w sw zw', 'wd', { axis: 0 }),
      op('DequantizeLinear', 'b sb', 'bd', { axis: 0 }),
    ],
    initializers: [
      ...[scalar('s', 'FLOAT', 0.125), scalar('z', 'UINT8', 9)],
      tensor(
        'w',
        'INT8',
        [2, 2, 3, 2],
        Array.from({ length: 24 }, (_, i) => ((11 * i) % 31) - 15),
      ),
      ...[tensor('sw', 'FLOAT', [2], [0.5, 0.25]), tensor('zw', 'INT8', [2], [1, -2])],
      ...[tensor('b', 'INT32', [2], [70, -300]), tensor('sb', 'FLOAT', [2], [0.0625, 0.03125])],
    ],
    values: { auto_pad: WINDOW.auto_pad, pads: [[1, 0, 2, 1]], strides: [[2, 1]], dilations: [[1, 2]] },
  },
  {
    node: ['QLinearConv', 'q s z w sw zw sy zy b'],
    input: ['N', 2, 5, 6],
    before: toCodes,
    after: [op('DequantizeLinear', 'y sy zy', 'out')],
    initializers: [
      ...CODES,
      tensor(
        'w',
        'INT8',
        [2, 1, 2, 3],
        Array.from({ length: 12 }, (_, i) => 20 * i - 100),
      ),
      ...[tensor('sw', 'FLOAT', [2], [0.01, 0.03]), tensor('zw', 'INT8', [2], [0, 0])],
      ...[scalar('sy', 'FLOAT', 0.1), scalar('zy', 'INT8', -2), tensor('b', 'INT32', [2], [500, -900])],
    ],
    attributes: { group: 2 },
    values: { auto_pad: WINDOW.auto_pad, strides: [[2, 1]], pads: [[1, 0, 2, 1]] },
  },
  {
    node: ['Gemm', 'd wd'],
    input: ['N', 3],
    before: [
      op('QuantizeLinear', 'x s z', 'q'),
      op('DequantizeLinear', 'q s z', 'd'),
      op('DequantizeLinear', 'w sw zw', 'wd', { axis: 1 }),
    ],
    initializers: [
      ...[scalar('s', 'FLOAT', 0.125), scalar('z', 'UINT8', 9)],
      tensor('w', 'INT8', [3, 3], [3, -20, 7, 11, 50, -6, 70, 8, -9]),
      ...[tensor('sw', 'FLOAT', [3], [0.5, 0.25, 0.125]), tensor('zw', 'INT8', [3], [1, -2, 0])],
    ],
    values: { transB: [0, 1] },
  },
  {
    node: ['Pad', 'q p z'],
    input: ['N', 1, 4, 4],
    before: toCodes,
    after: [op('QLinearConv', 'y s z w sw zw sy zy', 'c'), op('DequantizeLinear', 'c sy zy', 'out')],
    initializers: [
      ...CODES,
      ...[int64('p', 0, 0, 1, 0, 0, 0, 0, 1), tensor('w', 'INT8', [1, 1, 2, 2], [50, -60, 70, 80])],
      ...[scalar('sw', 'FLOAT', 0.01), scalar('zw', 'INT8', 5), scalar('sy', 'FLOAT', 0.1), scalar('zy', 'INT8', -2)],
    ],
    values: { mode: ['edge'] },
  },
  {
    node: ['Add', 'm c'],
    input: ['N', 4],
    before: [op('MatMul', 'x w', 'm')],
    initializers: [weights('w', [4, 4]), weights('c', [4])],
    values: {},
  },
  {
    node: ['Gemm', 'x w c'],
    input: ['N', 4],
    initializers: [weights('w', [3, 4]), weights('c', [1, 3])],
    attributes: { transB: 1 },
    values: {},
  },
  {
    node: ['Gemm', 'x w c'],
    input: ['N', 4],
    initializers: [weights('w', [4, 3]), scalar('c', 'FLOAT', 1.5)],
    values: {},
  },
  {
    node: ['Add', 'm c'],
    input: ['N', 2, 3, 3],
    before: [op('Mul', 'factor x', 'm')],
    initializers: [weights('factor', [2, 1, 1]), weights('c', [1, 2, 1, 1])],
    values: {},
  },
  {
    node: ['BatchNormalization', 'c gamma beta mean variance'],
    input: ['N', 2, 4, 4],
    before: [op('Conv', 'x w', 'c')],
    initializers: [...CHANNELS, weights('w', [2, 2, 2, 2])],
    values: { epsilon: [f(0.1)] },
  },
];
