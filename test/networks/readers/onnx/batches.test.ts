import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
import { bytesOf, type Graph, op, tensor } from './graphs.js';

/** What a file says of its first axis, and codes that a node of several outputs moves. */

const numbers = (...shape: number[]) =>
  floatTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 2),
  );

function outputOf(graph: Graph, shape: readonly number[], rules?: 'ort-unfused') {
  const network = readOnnx(bytesOf(graph), 'net.onnx', rules && { rules });
  const exact = network.layers.some(({ op: kind }) => kind === 'quantize') ? exactArithmetic : float32Arithmetic;
  const [found] = executeAll(network, new Map([['x', numbers(...shape)]]), exact).values();
  return { shape: found.shape, data: [...dequantize(found).data], batch: network.batch };
}

describe('a batch of several that a file sets', () => {
  it('stays one, whatever the layers', () => {
    const { shape, batch, data } = outputOf({ nodes: [op('Neg', 'x', 'y')], initializers: [], input: [2, 3] }, [2, 3]);
    expect([batch, shape, data]).toEqual(['fixed', [2, 3], [-0, -0.5, -1, -1.5, -2, -2.5]]);
  });

  it('is reshaped to, kept and taken apart', () => {
    const target = tensor('to', 'INT64', [4], [2, 3, 2, 2]);
    const nodes = [op('Reshape', 'x to', 'a'), op('Transpose', 'a', 'y', { perm: [2, 0, 1, 3] })];
    const { shape, data } = outputOf({ nodes, initializers: [target], input: [2, 3, 4] }, [2, 3, 4]);
    expect(shape).toEqual([2, 2, 3, 2]);
    expect(data.slice(0, 6)).toEqual([0, 0.5, 2, 2.5, 4, 4.5]);
  });

  it('may become one, and one a batch of several', () => {
    const [one, two] = [tensor('to', 'INT64', [3], [1, 6, 4]), tensor('to', 'INT64', [3], [2, 3, 4])];
    const reshape = (to: typeof one, input: number[]) =>
      outputOf({ nodes: [op('Reshape', 'x to', 'y')], initializers: [to], input }, input).shape;
    expect(reshape(one, [2, 3, 4])).toEqual([1, 6, 4]);
    expect(reshape(two, [1, 6, 4])).toEqual([2, 3, 4]);
  });
});

it.each([undefined, 'ort-unfused'] as const)('codes that Split takes apart keep their names (rules %s)', (rules) => {
  const initializers = [tensor('s', 'FLOAT', [], [0.5]), tensor('z', 'UINT8', [], [3])];
  const both = (from: string) => [
    op('QuantizeLinear', `${from} s z`, `${from}q`),
    op('DequantizeLinear', `${from}q s z`, `${from}r`),
  ];
  const split = { ...op('Split', 'xr', 'a', { axis: 1, num_outputs: 2 }), output: ['a', 'b'] };
  const nodes = [...both('x'), split, ...both('a'), ...both('b'), op('Concat', 'br ar', 'y', { axis: 1 })];
  const { data } = outputOf({ nodes, initializers, input: [1, 4], opset: 18 }, [1, 4], rules);
  expect(data).toEqual([1, 1.5, 0, 0.5]);
});

it('what was dequantized may be quantized again', () => {
  const initializers = [
    ...[tensor('c', 'INT8', [2], [10, -4]), tensor('s', 'FLOAT', [], [0.25]), tensor('t', 'FLOAT', [], [0.5])],
    ...[tensor('z', 'INT8', [], [0]), tensor('w', 'UINT8', [], [100])],
  ];
  const nodes = [
    ...[op('DequantizeLinear', 'c s z', 'b'), op('QuantizeLinear', 'b t w', 'd'), op('DequantizeLinear', 'd t w', 'e')],
    op('Add', 'x e', 'y'),
  ];
  expect(outputOf({ nodes, initializers, input: [1, 2] }, [1, 2]).data).toEqual([2.5, -0.5]);
});
