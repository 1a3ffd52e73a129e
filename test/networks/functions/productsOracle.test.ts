import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import { executeAll } from '../../../src/networks/execute.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from '../readers/onnx/graphs.js';
import { runOnnx, withoutRuntime } from '../readers/onnx/runtime.js';

let state = 3;
const draws = (count: number, scale: number) =>
  Float32Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.fround((state / 2 ** 30 - 1) * scale);
  });
const int8s = (count: number) => draws(count, 127).map(Math.round);

const SCALES = [
  ...[tensor('s', 'FLOAT', [], [0.037]), tensor('z', 'INT8', [], [5])],
  ...[tensor('t', 'FLOAT', [], [0.91]), tensor('u', 'INT8', [], [-3])],
];
const input = [op('QuantizeLinear', 'x s z', 'q')];
const output = [op('DequantizeLinear', 'c t u', 'y')];

describe.skipIf(withoutRuntime)('ONNX Runtime', () => {
  it.each([
    {
      name: 'QLinearConv over lines',
      shape: [2, 4, 19],
      nodes: [
        ...input,
        op('QLinearConv', 'q s z w ws wz t u b', 'c', { group: 2, strides: [2], pads: [2, 1], dilations: [2] }),
        ...output,
      ],
      stored: [
        ...[tensor('w', 'INT8', [6, 2, 3], int8s(36)), tensor('ws', 'FLOAT', [6], draws(6, 0.02).map(Math.abs))],
        ...[tensor('wz', 'INT8', [6], new Array<number>(6).fill(0)), tensor('b', 'INT32', [6], int8s(6))],
      ],
    },
    {
      name: 'MaxPool over lines of codes',
      shape: [2, 3, 19],
      nodes: [
        ...input,
        op('MaxPool', 'q', 'm', { kernel_shape: [3], strides: [2], pads: [1, 1], dilations: [2], ceil_mode: 1 }),
        op('DequantizeLinear', 'm s z', 'y'),
      ],
      stored: [],
    },
  ])(
    '$name',
    async ({ shape, nodes, stored }) => {
      const bytes = bytesOf({ nodes, initializers: [...SCALES, ...stored], input: shape });
      const x = floatTensor(shape, draws(sizeOf(shape), 5));
      const [found] = executeAll(readOnnx(bytes, 'net.onnx'), new Map([['x', x]]), exactArithmetic).values();
      expect(new Set(found.data).size).toBeGreaterThan(20);
      expect(Array.from(found.data)).toEqual(Array.from((await runOnnx(bytes, x.data, shape)).data));
    },
    30_000,
  );
});
