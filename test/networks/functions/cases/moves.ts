import { op, tensor } from '../../readers/onnx/graphs.js';
import { f, floats, type FunctionCase, int64, int64s, scalar } from '../standard.js';

/** Functions that take elements along, and those that make tensors by a rule. */

const INPUT = [2, 3, 4];
const none: [] = [];

export const MOVES_CASES: readonly FunctionCase[] = [
  {
    ...{ node: ['Transpose', 'x'], input: INPUT, initializers: none },
    values: {
      perm: [
        [0, 2, 1],
        [2, 0, 1],
        [0, 0, 1],
        [0, 1],
        [0, 1, 3],
        [0, 1, 2, 3],
      ],
    },
  },
  {
    ...{ node: ['Reshape', 'x to'], input: INPUT, initializers: [int64('to', 0, -1, 2)] },
    values: { allowzero: [0, 1] },
  },
  { node: ['Squeeze', 'x axes'], input: [2, 1, 4, 1], initializers: [int64('axes', 1, -1)] },
  { node: ['Squeeze', 'x'], input: [2, 1, 4, 1], initializers: none },
  {
    ...{ node: ['Squeeze', 'x'], input: [2, 1, 4, 1], initializers: none, opset: 12 },
    values: { axes: [[1], [3, 1], [0], [1, 1], [-3], [4], [-5]] },
  },
  { node: ['Unsqueeze', 'x axes'], input: [2, 3], initializers: [int64('axes', 0, -1)] },
  {
    ...{ node: ['Unsqueeze', 'x'], input: [2, 3], initializers: none, opset: 12, attributes: { axes: [1] } },
    values: { axes: [[0, 3], [2, 1], [0, 0], [4], [-1], [-3], [-4]] },
  },
  { node: ['Flatten', 'x'], input: INPUT, initializers: none, values: { axis: [0, 1, 2, 3, 4, -1, -3, -4] } },
  {
    ...{ node: ['Split', 'x sizes'], input: [2, 6], initializers: [int64('sizes', 1, 2, 3)], attributes: { axis: 1 } },
    gives: ['real', 'real', 'real'],
    values: { axis: [0, -1, 2, -3] },
  },
  {
    ...{ node: ['Split', 'x'], input: [2, 7], initializers: none, attributes: { axis: 1, num_outputs: 3 } },
    gives: ['real', 'real', 'real'],
    values: { num_outputs: [2] },
  },
  {
    ...{ node: ['Split', 'x'], input: [4, 3], initializers: none, opset: 12 },
    gives: ['real', 'real'],
    values: {
      split: [
        [1, 3],
        [2, 3],
        [4, 0],
        [5, -1],
      ],
      axis: [1],
    },
  },
  { node: ['Expand', 'x to'], input: [3, 1], initializers: [int64('to', 2, 1, 4)] },
  { node: ['Tile', 'x times'], input: [2, 3], initializers: [int64('times', 2, 3)] },
  {
    ...{ node: ['DepthToSpace', 'x'], input: [1, 8, 2, 3], initializers: none, attributes: { blocksize: 2 } },
    values: { mode: ['DCR', 'CRD', 'XYZ'], blocksize: [1, 3, 0] },
  },
  {
    ...{ node: ['SpaceToDepth', 'x'], input: [1, 2, 4, 6], initializers: none, attributes: { blocksize: 2 } },
    values: { blocksize: [1, 3, 4, 0] },
  },
  ...['constant', 'edge', 'reflect', 'wrap'].map(
    (mode): FunctionCase => ({
      ...{ node: ['Pad', 'x pads value axes'], input: INPUT, attributes: { mode } },
      initializers: [int64('pads', 2, -1, 1, 1), scalar('value', 'FLOAT', 1.5), int64('axes', 2, 1)],
    }),
  ),
  // Where it cuts, or pads by more than there is, ONNX Runtime reads outside of its tensor for the mode wrap.
  ...[
    [0, 4, 2, 0, 5, 3],
    [0, 4, -2, 0, 5, 3],
    [0, 0, -4, 0, 0, 2],
    [0, 0, 2, 0, 0, -5],
    [0, -3, 0, 0, 1, 0],
  ].map(
    (pads): FunctionCase => ({
      ...{ node: ['Pad', 'x pads'], input: INPUT, initializers: [int64('pads', ...pads)] },
      values: { mode: ['edge', 'reflect'] },
    }),
  ),
  {
    ...{ node: ['Pad', 'x'], input: INPUT, initializers: none, opset: 10, attributes: { pads: [0, 1, 0, 1, 0, 2] } },
    values: {
      value: [f(-2)],
      mode: ['edge', 'reflect'],
      pads: [
        [0, 1],
        [0, 0, -1, 0, 0, 0],
      ],
    },
  },
  { node: ['CenterCropPad', 'x to'], input: INPUT, initializers: [int64('to', 5, 2, 7)] },
  {
    ...{
      node: ['CenterCropPad', 'x to'],
      input: [5, 4],
      initializers: [int64('to', 2, 7)],
      attributes: { axes: [1, 0] },
    },
    values: { axes: [[0, 1], [-1, 0], [0], [2, 0]] },
  },
  {
    ...{ node: ['Gather', 'x at'], input: INPUT, initializers: [int64s('at', [2, 2], 1, 0, -1, 1)] },
    values: { axis: [0, 1, 2, -1, 3, -4] },
  },
  {
    ...{ node: ['GatherElements', 'x at'], input: [3, 4], initializers: [int64s('at', [2, 3], 1, 0, -1, 1, 2, -3)] },
    values: { axis: [0, 1, -1, 2, -3] },
  },
  {
    ...{ node: ['GatherND', 'x at'], input: INPUT, initializers: [int64s('at', [2, 2], 1, -1, 0, 2)] },
    values: { batch_dims: [0, 1, 2] },
  },
  {
    ...{ node: ['GatherND', 'x at'], input: [2, 2, 3], initializers: [int64s('at', [2, 2, 1], 1, 0, 0, -1)] },
    attributes: { batch_dims: 1 },
  },
  {
    ...{ node: ['ReverseSequence', 'x ends'], input: [4, 3, 2], initializers: [int64('ends', 3, 1, 4)] },
    values: { batch_axis: [1], time_axis: [0] },
  },
  {
    ...{ node: ['ReverseSequence', 'x ends'], input: [3, 4, 2], initializers: [int64('ends', 3, 1, 4)] },
    attributes: { batch_axis: 0, time_axis: 1 },
  },
  {
    ...{ node: ['Compress', 'x kept'], input: INPUT, initializers: [tensor('kept', 'BOOL', [4], [0, 1, 1, 0])] },
    values: { axis: [1, 2, -1, 0, 3] },
  },
  ...(['ScatterElements', 'Scatter'] as const).map(
    (name): FunctionCase => ({
      ...{ node: [name, 'x at new'], input: [3, 4], opset: name === 'Scatter' ? 10 : 24 },
      initializers: [int64s('at', [2, 3], 1, 0, -1, 1, 2, -3), floats('new', 2, 3)],
      values: {
        axis: [0, 1, -1, 2],
        ...(name !== 'Scatter' && { reduction: ['none', 'add', 'mul', 'max', 'min', 'sum'] }),
      },
    }),
  ),
  {
    ...{ node: ['ScatterND', 'x at new'], input: INPUT },
    initializers: [int64s('at', [3, 2], 1, -1, 0, 2, 1, 2), floats('new', 3, 4)],
    values: { reduction: ['none', 'add', 'mul', 'max', 'min'] },
  },
  {
    ...{ node: ['Slice', 'x from to axes steps'], input: [5, 7] },
    initializers: [int64('from', 4, 1), int64('to', -6, 6), int64('axes', 0, -1), int64('steps', -1, 2)],
  },
  { node: ['Slice', 'x from to'], input: [5, 7], initializers: [int64('from', 1, -3), int64('to', 9, -1)] },
  {
    ...{ node: ['Slice', 'x'], input: [5, 7], initializers: none, opset: 9, attributes: { starts: [1], ends: [4] } },
    values: { axes: [[1], [0], [2]], starts: [[-2], [5]], ends: [[-1], [0], [1, 2]] },
  },
  {
    ...{ node: ['Concat', 'x more x'], input: [2, 3], initializers: [floats('more', 2, 3)], attributes: { axis: 1 } },
    values: { axis: [0, -1, 2, -3] },
  },
  {
    ...{ node: ['EyeLike', 'x'], input: [3, 4], initializers: none },
    values: { k: [0, 1, -1, 3, 4, -3], dtype: [1, 0, 99] },
  },
  { node: ['EyeLike', 'x'], input: [3, 4], initializers: none, attributes: { dtype: 6, k: 1 }, gives: ['integers'] },
  ...[-3, -1, 0, 2].map(
    (k): FunctionCase => ({
      ...{ node: ['Trilu', 'x k'], input: [2, 3, 4], initializers: [scalar('k', 'INT64', k)] },
      values: { upper: [0, 1] },
    }),
  ),
  { node: ['Trilu', 'x'], input: [3, 4], initializers: none, values: { upper: [0, 1] } },
  {
    ...{ node: ['Range', 'first end step'], input: [1], after: [op('Mul', 'x y', 'out')] },
    initializers: [scalar('first', 'FLOAT', 1), scalar('end', 'FLOAT', 3), scalar('step', 'FLOAT', 0.75)],
  },
  {
    ...{ node: ['ConstantOfShape', 'shape'], input: [1], after: [op('Add', 'x y', 'out')] },
    initializers: [int64('shape', 2, 3)],
  },
  {
    ...{ node: ['Where', 'which x other'], input: [2, 3], near: 0 },
    initializers: [tensor('which', 'BOOL', [3], [1, 0, 1]), floats('other', 2, 1)],
  },
];
