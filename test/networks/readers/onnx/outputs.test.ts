import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
import { bytesOf, type Graph, op, tensor } from './graphs.js';

const X = floatTensor([1, 2, 1, 1], Float32Array.of(-3, 5));

function given(graph: Partial<Graph>) {
  const network = readOnnx(bytesOf({ nodes: [], initializers: [], input: ['N', 2, 1, 1], ...graph }), 'net.onnx');
  return executeAll(network, new Map([['x', X]]), float32Arithmetic);
}

/** A network gives what its file says, under the file's names, in the file's shapes, also where no layer writes that. */
describe('outputs', () => {
  const nodes = [op('Relu', 'x', 'r'), op('Dropout', 'r', 'd'), op('Neg', 'x', 'n')];

  it('are several, in the order of the file', () => {
    const found = given({ nodes, outputs: ['n', 'r'] });
    expect([...found].map(([name, { data }]) => [name, ...data])).toEqual([
      ['n', 3, -5],
      ['r', 0, 5],
    ]);
  });

  it('have their own name where a node passes another on, and the input or a stored tensor is one', () => {
    const initializers = [tensor('k', 'FLOAT', [2], [7, 8])];
    const found = given({ nodes: [...nodes, op('Identity', 'x', 'i')], initializers, outputs: ['d', 'i', 'k'] });
    expect([...found].map(([name, { data }]) => [name, ...data])).toEqual([
      ['d', 0, 5],
      ['i', -3, 5],
      ['k', 7, 8],
    ]);
  });

  it('pass a Dropout whose ratio is stored, and no mode beside it', () => {
    const initializers = [tensor('ratio', 'FLOAT', [], [0.5])];
    const found = given({ nodes: [op('Dropout', 'x ratio', 'd')], initializers, outputs: ['d'], opset: 13 });
    expect([...(found.get('d')?.data ?? [])]).toEqual([-3, 5]);
    expect(() =>
      given({ nodes: [op('Relu', 'x', 'r'), op('Dropout', 'x r', 'd')], outputs: ['d'], opset: 13 }),
    ).toThrow(/Dropout/);
  });

  it('are masks of a Dropout too, which keeps everything outside of training', () => {
    const dropout = { ...op('Dropout', 'r', 'd'), output: ['d', 'mask'] };
    const masked = [op('Relu', 'x', 'r'), dropout, op('Cast', 'mask', 'y', { to: 1 })];
    const found = given({ nodes: masked, outputs: ['d', 'y', 'mask'] });
    expect([...found].map(([name, { shape, data }]) => [name, shape, ...data])).toEqual([
      ['d', [1, 2, 1, 1], 0, 5],
      ['y', [1, 2, 1, 1], 1, 1],
      ['mask', [1, 2, 1, 1], 1, 1],
    ]);
    // An operand that is left out has no name either, as the mask that nobody wants.
    const unnamed = [op('Dropout', 'x', 'd'), op('Clip', 'd _ high', 'y')];
    const initializers = [tensor('high', 'FLOAT', [], [1])];
    expect([...(given({ nodes: unnamed, initializers, outputs: ['y'], opset: 11 }).get('y')?.data ?? [])]).toEqual([
      -3, 1,
    ]);
    expect(() => given({ nodes: masked, outputs: ['y'], opset: 11 })).toThrow(/mask.*fills in training only/);
  });

  it('keep axes of length 1 that features were given', () => {
    const flat = [op('Flatten', 'x', 'f'), op('Reshape', 'f shape', 'c'), op('Identity', 'c', 'y')];
    const found = given({
      nodes: flat,
      initializers: [tensor('shape', 'INT64', [4], [0, 2, 1, 1])],
      outputs: ['y', 'f'],
    });
    expect([...found].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['y', 1, 2, 1, 1],
      ['f', 1, 2],
    ]);
  });
});

it('a padding that the Conv behind it cannot take along is a layer of its own, never passed over', () => {
  const nodes = [op('Pad', 'x pads', 'p'), op('Reshape', 'x shape', 'w'), op('Conv', 'p w', 'y')];
  const initializers = [
    tensor('pads', 'INT64', [8], [0, 0, 1, 1, 0, 0, 1, 1]),
    tensor('shape', 'INT64', [4], [1, 2, 1, 1]),
  ];
  const found = given({ nodes, initializers, input: [1, 2, 1, 1] });
  expect([...(found.get('y')?.data ?? [])]).toEqual([0, 0, 0, 0, 9 + 25, 0, 0, 0, 0]);
});
