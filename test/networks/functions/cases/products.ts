import { op, tensor } from '../../readers/onnx/graphs.js';
import { bytes, f, floats, type FunctionCase, int64, int64s, positives, scalar } from '../standard.js';

/** Products of matrices, convolutions, and weights of few bits. */

const none: [] = [];
const NEAR = 2 ** -18;
const toBytes = [op('QuantizeLinear', 'x s z', 'q')];
const BYTES = [scalar('s', 'FLOAT', 0.0625), scalar('z', 'UINT8', 117)];

const MATRICES: readonly FunctionCase[] = [
  ...[
    [
      [2, 3, 4],
      [4, 2],
    ],
    [
      [2, 3, 4],
      [2, 4, 2],
    ],
    [
      [1, 3, 4],
      [5, 4, 2],
    ],
    [[4], [4, 3]],
    [[3, 4], [4]],
    [[4], [4]],
    [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
  ].map(
    ([input, shape]): FunctionCase => ({
      node: ['MatMul', 'x w'],
      input,
      initializers: [floats('w', ...shape)],
      near: 0,
    }),
  ),
  ...[[2], [], [1, 2]].map(
    (shape): FunctionCase => ({
      ...{ node: ['Gemm', 'x w c'], input: [3, 4], initializers: [floats('w', 4, 2), floats('c', ...shape)], near: 0 },
      values: { alpha: [f(0.5)], beta: [f(-2), f(0)], transA: [1], transB: [1] },
    }),
  ),
  {
    ...{ node: ['Gemm', 'x w'], input: [4, 4], initializers: [floats('w', 4, 4)], near: 0 },
    values: { transA: [1], transB: [1], alpha: [f(3)] },
  },
  ...[
    ['ij,jk->ik', [3, 4], [4, 2]],
    ['ij,jk', [3, 4], [4, 2]],
    ['bij,bjk->bik', [2, 3, 4], [2, 4, 2]],
    ['bij,bjk->bki', [2, 3, 4], [2, 4, 2]],
    ['...ij,jk->...ik', [2, 3, 4], [4, 2]],
    ['...ij,...jk->...ik', [2, 3, 4], [1, 4, 2]],
    ['i,j->ij', [3], [4]],
    ['i,j->ji', [3], [4]],
    ['ij,ij->', [3, 4], [3, 4]],
    ['ij,ij->i', [3, 4], [3, 4]],
    ['iji,j->i', [3, 4, 3], [4]],
    ['bhqd,bhkd->bhqk', [1, 2, 3, 4], [1, 2, 5, 4]],
    ['abc,cd->abd', [2, 3, 4], [4, 5]],
    ['ij,kl->i', [3, 4], [2, 2]],
    ['ij,jk->ii', [3, 4], [4, 2]],
    ['ij,jk->iz', [3, 4], [4, 2]],
    ['ij,jk,kl->il', [3, 4], [4, 2]],
    ['ijk,jk->ik', [3, 4], [4, 2]],
  ].map(
    ([equation, input, shape]): FunctionCase => ({
      ...{ node: ['Einsum', 'x w'], input: input as number[], near: 0, attributes: { equation: equation as string } },
      initializers: [floats('w', ...(shape as number[]))],
    }),
  ),
  ...['ij->ji', 'ij->i', 'ij->j', 'ij->', 'ii->i', 'ii', 'ij', 'ba', '...i->...'].map(
    (equation): FunctionCase => ({
      node: ['Einsum', 'x'],
      input: [3, 3],
      initializers: none,
      near: 0,
      attributes: { equation },
    }),
  ),
  {
    ...{ node: ['Einsum', 'x w v'], input: [3, 4], near: 0, attributes: { equation: 'ij,jk,kl->li' } },
    initializers: [floats('w', 4, 2), floats('v', 2, 3)],
  },
];

const WINDOW = {
  auto_pad: ['SAME_UPPER', 'SAME_LOWER', 'VALID'],
  dilations: [
    [2, 1],
    [1, 2],
  ],
  kernel_shape: [
    [3, 2],
    [2, 3],
  ],
  pads: [[1, 0, 2, 1]],
  strides: [
    [2, 1],
    [1, 3],
  ],
};

const CONVOLUTIONS: readonly FunctionCase[] = [
  {
    ...{
      node: ['ConvTranspose', 'x w b'],
      input: [1, 4, 3, 4],
      initializers: [floats('w', 4, 2, 3, 2), floats('b', 2)],
      near: 0,
    },
    values: { ...WINDOW, group: [2, 0, 3], output_padding: [[1, 0]], output_shape: [[6, 5], [4, 4], [0, 4], [5]] },
  },
  {
    ...{ node: ['ConvTranspose', 'x w'], input: [1, 4, 3, 4], initializers: [floats('w', 4, 2, 3, 2)], near: 0 },
    attributes: { strides: [2, 3], group: 2, dilations: [1, 2] },
    values: {
      ...WINDOW,
      output_padding: [[1, 2], [0, 1], [-1, 0], [1]],
      output_shape: [
        [6, 12],
        [9, 13],
      ],
    },
  },
  {
    ...{ node: ['ConvTranspose', 'x w'], input: [2, 2, 5], initializers: [floats('w', 2, 3, 3)], near: 0 },
    attributes: { strides: [2] },
    values: {
      auto_pad: ['SAME_UPPER', 'SAME_LOWER'],
      pads: [
        [1, 2],
        [9, 9],
      ],
      output_shape: [[9], [10]],
    },
  },
  {
    ...{
      node: ['Conv', 'x w b'],
      input: [1, 2, 3, 4, 3],
      initializers: [floats('w', 2, 1, 2, 2, 2), floats('b', 2)],
      near: 0,
    },
    attributes: { group: 2, pads: [1, 0, 1, 0, 1, 0] },
    values: { strides: [[1, 2, 1]], dilations: [[2, 1, 1]], auto_pad: ['SAME_UPPER', 'SAME_LOWER', 'VALID'] },
  },
  {
    ...{ node: ['ConvInteger', 'q w z zw'], input: [1, 2, 5, 6], before: toBytes, gives: ['integers'] },
    initializers: [...BYTES, bytes('w', 'UINT8', 4, 1, 3, 2), scalar('zw', 'UINT8', 12)],
    attributes: { group: 2 },
    values: { ...WINDOW, auto_pad: ['VALID'], group: [1, 3] },
  },
  {
    ...{ node: ['MatMulInteger', 'q w z zw'], input: [2, 3, 4], before: toBytes, gives: ['integers'] },
    initializers: [...BYTES, bytes('w', 'INT8', 4, 2), tensor('zw', 'INT8', [2], [3, -7])],
  },
  {
    ...{ node: ['MatMulInteger', 'q w'], input: [2, 3, 4], before: toBytes, gives: ['integers'] },
    initializers: [...BYTES, bytes('w', 'UINT8', 2, 4, 2)],
  },
  { node: ['DynamicQuantizeLinear', 'x'], input: [3, 5], initializers: none, gives: ['integers', 'real', 'integers'] },
  {
    ...{
      node: ['DynamicQuantizeLinear', 'a'],
      input: [3, 5],
      initializers: none,
      gives: ['integers', 'real', 'integers'],
    },
    before: [op('Abs', 'x', 'a')],
  },
  {
    ...{ node: ['com.microsoft.DynamicQuantizeMatMul', 'x w sw zw b'], input: [3, 4], near: NEAR },
    initializers: [bytes('w', 'INT8', 4, 2), positives('sw', 2), tensor('zw', 'INT8', [2], [3, -7]), floats('b', 2)],
  },
  {
    ...{ node: ['com.microsoft.MatMulIntegerToFloat', 'q w sa sw z zw b'], input: [3, 4], before: toBytes, near: NEAR },
    initializers: [
      ...[...BYTES, bytes('w', 'INT8', 4, 2), scalar('sa', 'FLOAT', 0.5), positives('sw', 2)],
      ...[tensor('zw', 'INT8', [2], [3, -7]), floats('b', 2)],
    ],
  },
  ...[4, 8, 2].flatMap((bits): FunctionCase[] => [
    {
      ...{ node: ['com.microsoft.MatMulNBits', 'x w s z'], input: [2, 3, 20], near: NEAR },
      initializers: [
        bytes('w', 'UINT8', 3, 2, (16 * bits) / 8),
        floats('s', 6),
        bytes('z', 'UINT8', 3 * Math.ceil((2 * bits) / 8)),
      ],
      attributes: { K: 20, N: 3, bits, block_size: 16 },
      values: { K: [16], accuracy_level: [1], bits: [3] },
    },
    {
      ...{ node: ['com.microsoft.MatMulNBits', 'x w s _ _ b'], input: [2, 32], near: NEAR },
      initializers: [bytes('w', 'UINT8', 3, 2, (16 * bits) / 8), floats('s', 6), floats('b', 3)],
      attributes: { K: 32, N: 3, bits, block_size: 16 },
    },
  ]),
  {
    ...{
      node: ['com.microsoft.GatherBlockQuantized', 'w at s z'],
      input: [1],
      near: NEAR,
      after: [op('Mul', 'x y', 'out')],
    },
    initializers: [
      ...[bytes('w', 'UINT8', 3, 10), int64s('at', [2, 2], 0, -1, 1, 2), floats('s', 3, 2), bytes('z', 'UINT8', 3, 1)],
    ],
    attributes: { bits: 4, block_size: 16 },
    values: { gather_axis: [0, 1], quantize_axis: [1, -1, 0], bits: [8] },
  },
  {
    ...{
      node: ['com.microsoft.GatherBlockQuantized', 'w at s'],
      input: [1],
      near: NEAR,
      after: [op('Mul', 'x y', 'out')],
    },
    initializers: [bytes('w', 'UINT8', 3, 20), int64('at', 2, 0, -3), floats('s', 3, 2)],
    attributes: { bits: 8, block_size: 16 },
  },
];

export const PRODUCTS_CASES: readonly FunctionCase[] = [...MATRICES, ...CONVOLUTIONS];
