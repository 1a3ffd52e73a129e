import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeAll } from '../../../src/networks/execute.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import type { Tensor } from '../../../src/networks/tensor.js';
import { bytesOf, type Graph, op, tensor } from '../readers/onnx/graphs.js';
import { call, integersOf, reals, realsOf } from './calls.js';

/** Nodes of older and newer opsets that become functions of numbers. */

function networkOf(graph: Partial<Graph> & Pick<Graph, 'nodes' | 'input'>) {
  return readOnnx(bytesOf({ initializers: [], ...graph }), 'net');
}

function outputs(graph: Parameters<typeof networkOf>[0], x: Tensor): Tensor[] {
  return [...executeAll(networkOf(graph), new Map([['x', x]]), float32Arithmetic).values()];
}

describe('opsets', () => {
  const x = reals([2, 3, 4], 1);

  it('Softmax was over all from its axis on before 13, axis 1 where none was given', () => {
    const [old] = outputs({ nodes: [op('Softmax', 'x', 'y')], input: [2, 3, 4], opset: 11 }, x);
    expect(old.data).toEqual(call('Softmax', [realsOf([2, 12], Array.from(x.data))], { axis: 1 })[0].data);
    expect(old.shape).toEqual([2, 3, 4]);
    const [now] = outputs({ nodes: [op('Softmax', 'x', 'y')], input: [2, 3, 4], opset: 13 }, x);
    expect(now).toEqual(call('Softmax', [x], { axis: 2 })[0]);
  });

  it('bounds of Clip were attributes before 11', () => {
    const nodes = [op('Clip', 'x', 'y', { min: { f: -1 }, max: { f: 2 } })];
    const wanted = x.data.map((value) => Math.min(Math.max(value, -1), 2));
    expect(outputs({ nodes, input: [2, 3, 4], opset: 7 }, x)[0].data).toEqual(wanted);
    const initializers = [tensor('low', 'FLOAT', [], [-1]), tensor('high', 'FLOAT', [], [2])];
    const newer = [op('Clip', 'x low high', 'y')];
    expect(outputs({ nodes: newer, initializers, input: [2, 3, 4], opset: 13 }, x)[0].data).toEqual(wanted);
  });

  it('axes of reductions were attributes before 13 and 18', () => {
    const axes = integersOf([1], 'int64', [1]);
    const initializers = [tensor('axes', 'INT64', [1], [1])];
    for (const [type, since] of [
      ['ReduceSum', 13],
      ['ReduceMax', 18],
      ['ReduceL2', 18],
    ] as const) {
      const [wanted] = call(type, [x, axes], { keepdims: 0 });
      const old = [op(type, 'x', 'y', { axes: [1], keepdims: 0 })];
      expect(outputs({ nodes: old, input: [2, 3, 4], opset: since - 1 }, x)).toEqual([wanted]);
      const now = [op(type, 'x axes', 'y', { keepdims: 0 })];
      expect(outputs({ nodes: now, initializers, input: [2, 3, 4], opset: since }, x)).toEqual([wanted]);
      expect(() => networkOf({ nodes: old, input: [2, 3, 4], opset: since })).toThrow(
        `net: node y (${type}): has axes = [1], an attribute that is not supported`,
      );
    }
  });

  it('k of TopK was an attribute before 10', () => {
    const node = (inputs: string, attributes: Record<string, number>) => ({
      ...op('TopK', inputs, 'y', { axis: 1, ...attributes }),
      output: ['y', 'places'],
    });
    const graph = { input: [2, 3, 4], outputs: ['y', 'places'] };
    const wanted = call('TopK', [x, integersOf([1], 'int64', [2])], { axis: 1 }, 2);
    expect(outputs({ ...graph, nodes: [node('x', { k: 2 })], opset: 9 }, x)).toEqual(wanted);
    const initializers = [tensor('k', 'INT64', [1], [2])];
    expect(outputs({ ...graph, nodes: [node('x k', {})], initializers, opset: 11 }, x)).toEqual(wanted);
  });
});

describe('batches', () => {
  it.each([
    ['Softmax', { axis: 0 }, 'fixed'],
    ['Softmax', { axis: 1 }, 'free'],
    ['Hardmax', { axis: -3 }, 'fixed'],
    ['LogSoftmax', { axis: 2 }, 'free'],
    ['LpNormalization', { axis: 0 }, 'fixed'],
    ['LpNormalization', { axis: -1 }, 'free'],
    ['MeanVarianceNormalization', { axes: [0, 1] }, 'fixed'],
    ['MeanVarianceNormalization', { axes: [1, 2] }, 'free'],
    ['Erf', {}, 'free'],
  ] as const)('%s with %o has a %3$s batch', (type, attributes, batch) => {
    const nodes = [op(type, 'x', 'y', attributes)];
    expect(networkOf({ nodes, input: ['N', 3, 4] }).batch).toBe(batch);
  });

  it('of running sums is free but along the first axis', () => {
    const of = (axis: number) =>
      networkOf({
        nodes: [op('CumSum', 'x axis', 'y')],
        initializers: [tensor('axis', 'INT64', [], [axis])],
        input: ['N', 3],
      }).batch;
    expect([of(0), of(1), of(-2)]).toEqual(['fixed', 'free', 'fixed']);
  });
});

describe('what is stored', () => {
  it('is computed while the file is read: masks, places and shapes', () => {
    const initializers = [tensor('table', 'FLOAT', [1, 4], [0, 3, 0, 1]), tensor('zero', 'FLOAT', [], [0])];
    const nodes = [
      op('NonZero', 'table', 'places'),
      op('Cast', 'places', 'reals', { to: 1 }),
      op('ReduceMax', 'reals', 'last', { keepdims: 0 }),
      op('Mul', 'x last', 'y'),
    ];
    const x = reals([2, 4], 2);
    const [y] = outputs({ nodes, initializers, input: [2, 4] }, x);
    expect(y.data).toEqual(x.data.map((value) => value * 3));
  });

  it('sums of a tensor and a scalar that is computed', () => {
    const nodes = [op('ReduceMax', 'x', 'most', { keepdims: 0 }), op('Add', 'x most', 'y')];
    const x = reals([3], 4);
    const most = Math.max(...x.data);
    expect(outputs({ nodes, input: [3] }, x)[0].data).toEqual(x.data.map((value) => value + most));
  });
});

describe('operands', () => {
  it.each([
    ['Erf', 'x more', 2],
    ['Add', 'x x more', 3],
    ['Where', 'x x x more', 4],
    ['Clip', 'x _ _ more', 4],
    ['Transpose', 'x more', 2],
  ] as const)('more than %s takes are named', (type, inputs, place) => {
    const initializers = [tensor('more', 'FLOAT', [], [1])];
    expect(() => networkOf({ nodes: [op(type, inputs, 'y')], initializers, input: [2, 4] })).toThrow(
      `net: node y (${type}): has more as input ${place}, which is not supported`,
    );
  });
});
