import { op, tensor } from '../../readers/onnx/graphs.js';
import { f, type FunctionCase, int64, scalar } from '../standard.js';

/** Functions along axes: reductions, norms of lines, running sums, searches. */

const AXIS = [0, 1, 2, -1, -3, 3, -4];
const INPUT = [2, 3, 4];
const NEAR = 2 ** -20;

const SKIP = tensor(
  'skip',
  'FLOAT',
  [2, 3, 4],
  Float32Array.from({ length: 24 }, (_, i) => (i % 7) / 8),
);

const REDUCTIONS: readonly FunctionCase[] = [
  'ReduceSum',
  'ReduceMean',
  'ReduceProd',
  'ReduceMax',
  'ReduceMin',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSum',
  'ReduceLogSumExp',
].flatMap((name): FunctionCase[] => [
  {
    ...{ node: [name, 'a axes'], input: INPUT, before: [op('Abs', 'x', 'a')], near: NEAR },
    initializers: [int64('axes', 0, -1)],
    values: { keepdims: [0, 1], noop_with_empty_axes: [0, 1] },
  },
  {
    ...{ node: [name, 'a'], input: INPUT, before: [op('Abs', 'x', 'a')], near: NEAR, initializers: [] },
    values: { keepdims: [0, 1], noop_with_empty_axes: [1] },
  },
  {
    ...{ node: [name, 'a'], input: INPUT, before: [op('Abs', 'x', 'a')], near: NEAR, initializers: [], opset: 12 },
    values: { axes: [[1], [-1, 0], [2, 2], [3], [-4]] },
  },
]);

const LINES: readonly FunctionCase[] = ['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((name): FunctionCase[] => [
  { node: [name, 'x'], input: INPUT, initializers: [], values: { axis: AXIS }, near: NEAR },
  { node: [name, 'x'], input: INPUT, initializers: [], values: { axis: AXIS }, near: NEAR, opset: 12 },
]);

export const ALONG_CASES: readonly FunctionCase[] = [
  ...REDUCTIONS,
  ...LINES,
  {
    ...{ node: ['CumSum', 'x axis'], input: INPUT, initializers: [int64('axis', 1)], near: 0 },
    values: { exclusive: [0, 1], reverse: [0, 1] },
  },
  {
    ...{ node: ['CumSum', 'i axis'], input: INPUT, initializers: [scalar('axis', 'INT32', -1)] },
    before: [op('Cast', 'x', 'i', { to: 7 })],
    gives: ['integers'],
    attributes: { exclusive: 1 },
    values: { reverse: [1] },
  },
  ...['ArgMax', 'ArgMin'].map(
    (name): FunctionCase => ({
      ...{ node: [name, 'r'], input: INPUT, initializers: [], gives: ['integers'], before: [op('Round', 'x', 'r')] },
      values: { axis: AXIS, keepdims: [0, 1], select_last_index: [0, 1] },
    }),
  ),
  {
    ...{ node: ['TopK', 'r k'], input: INPUT, initializers: [int64('k', 2)], before: [op('Round', 'x', 'r')] },
    gives: ['real', 'integers'],
    values: { axis: AXIS, largest: [0, 1], sorted: [1] },
  },
  {
    ...{ node: ['TopK', 'x'], input: INPUT, initializers: [], opset: 9 },
    gives: ['real', 'integers'],
    attributes: { k: 3, axis: 2 },
    values: { k: [0, 1, 4, 5, -1], axis: [0, 1] },
  },
  {
    ...{ node: ['OneHot', 'i depth ends'], input: [2, 3], before: [op('Cast', 'x', 'i', { to: 7 })] },
    initializers: [scalar('depth', 'INT64', 3), tensor('ends', 'FLOAT', [2], [-2, 5])],
    values: { axis: [0, 1, 2, -1, -3, 3, -4] },
  },
  {
    ...{ node: ['OneHot', 'r depth ends'], input: [2, 3], before: [op('Round', 'x', 'r')] },
    initializers: [scalar('depth', 'FLOAT', 2), tensor('ends', 'INT64', [2], [7, -1])],
    gives: ['integers'],
  },
  {
    ...{ node: ['LayerNormalization', 'x scale bias'], input: INPUT, near: NEAR, gives: ['real', 'real', 'real'] },
    initializers: [tensor('scale', 'FLOAT', [4], [1, 2, -0.5, 0]), tensor('bias', 'FLOAT', [4], [0, 1, -1, 3])],
    values: { axis: [2, -1, 1, 3, -4], epsilon: [f(0.5)], stash_type: [1] },
  },
  {
    ...{ node: ['LayerNormalization', 'x scale'], input: INPUT, near: NEAR, attributes: { axis: 1 } },
    initializers: [tensor('scale', 'FLOAT', [3, 4], [1, 2, 3, 4, 5, 6, 7, 8, -9, 10, -11, 0])],
  },
  {
    ...{ node: ['RMSNormalization', 'x scale'], input: INPUT, near: NEAR },
    initializers: [tensor('scale', 'FLOAT', [4], [1, 2, -0.5, 0])],
    values: { axis: [2, -1, -4], epsilon: [f(0.5)] },
  },
  {
    ...{ node: ['SimplifiedLayerNormalization', 'x scale'], input: INPUT, near: NEAR },
    initializers: [tensor('scale', 'FLOAT', [4], [1, 2, -0.5, 0])],
    values: { axis: [2, -1, -4], epsilon: [f(0.5)] },
  },
  {
    ...{ node: ['com.microsoft.SkipLayerNormalization', 'x skip gamma beta bias'], input: INPUT, near: NEAR },
    initializers: [
      SKIP,
      tensor('gamma', 'FLOAT', [4], [1, 2, -0.5, 0]),
      tensor('beta', 'FLOAT', [4], [0, 1, -1, 3]),
      tensor('bias', 'FLOAT', [4], [0.25, 0.5, -1, 2]),
    ],
    values: { epsilon: [f(0.5)] },
  },
  {
    ...{ node: ['com.microsoft.SkipSimplifiedLayerNormalization', 'x skip gamma bias'], input: INPUT, near: NEAR },
    initializers: [
      SKIP,
      tensor('gamma', 'FLOAT', [4], [1, 2, -0.5, 0]),
      tensor('bias', 'FLOAT', [4], [0.25, 0.5, -1, 2]),
    ],
    values: { epsilon: [f(0.5)] },
  },
  {
    ...{ node: ['LpNormalization', 'x'], input: INPUT, initializers: [], near: NEAR },
    values: { axis: AXIS, p: [1, 2, 3, 0] },
  },
];
