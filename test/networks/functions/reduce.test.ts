import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/networks/tensor.js';
import { at, call, factsOf, indicesOf, integers, integersOf, isNearest, reals, realsOf } from './calls.js';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const DEFINITIONS: readonly [string, (values: readonly number[]) => number, number?][] = [
  ['ReduceSum', sum],
  ['ReduceMean', (values) => sum(values) / values.length],
  ['ReduceProd', (values) => values.reduce((a, b) => a * b, 1)],
  ['ReduceMax', (values) => Math.max(...values)],
  ['ReduceMin', (values) => Math.min(...values)],
  ['ReduceL1', (values) => sum(values.map(Math.abs))],
  ['ReduceL2', (values) => Math.hypot(...values)],
  ['ReduceSumSquare', (values) => sum(values.map((x) => x * x))],
  ['ReduceLogSum', (values) => Math.log(sum(values)), 0.1],
  ['ReduceLogSumExp', (values) => Math.log(sum(values.map(Math.exp)))],
];

const AXES: readonly (readonly number[])[] = [[0], [1], [-1], [0, 2], [2, 1], [-4, 3], [0, 1, 2, 3]];

/** The numbers of a tensor by what their index is without some axes, in order. */
function groups(x: Tensor, axes: readonly number[]): number[][] {
  const places = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const found = new Map<string, number[]>();
  for (const index of indicesOf(x.shape)) {
    const key = index.filter((_, axis) => !places.includes(axis)).join();
    found.set(key, [...(found.get(key) ?? []), at(x, index)]);
  }
  return [...found.values()];
}

describe('reductions', () => {
  it.each(DEFINITIONS)('%s over any axes is nearest to its definition', (name, definition, from = -2) => {
    const x = reals([2, 3, 4, 5], 1, from, 2);
    for (const axes of AXES)
      for (const keepdims of [0, 1]) {
        const operands = [x, integersOf([axes.length], 'int64', axes)];
        const [y] = call(name, operands, { keepdims });
        const gone = new Set(axes.map((axis) => (axis + 4) % 4));
        const shape = x.shape.flatMap((length, axis) => (gone.has(axis) ? (keepdims === 1 ? [1] : []) : [length]));
        expect(y.shape).toEqual(shape);
        expect(factsOf(name, operands, { keepdims }, { stored: [1] })).toEqual([{ shape }]);
        const exact = groups(x, axes).map(definition);
        expect(exact.filter((value, i) => !isNearest(y.data[i], value))).toEqual([]);
      }
  });

  it('without axes is over all, or none', () => {
    const x = reals([2, 3], 1);
    expect(call('ReduceMax', [x])[0]).toEqual(realsOf([1, 1], [Math.max(...x.data)]));
    expect(call('ReduceMax', [x], { noop_with_empty_axes: 1 })[0]).toEqual(x);
    const none = integersOf([0], 'int64', []);
    expect(call('ReduceMin', [x, none], { keepdims: 0 })[0]).toEqual(realsOf([], [Math.min(...x.data)]));
    expect(call('ReduceSumSquare', [x], { noop_with_empty_axes: 1 })[0].data).toEqual(x.data.map((v) => v * v));
  });

  it('of integers wraps, and means are cut', () => {
    const x = integersOf([2, 3], 'int32', [2 ** 31 - 1, 1, 1, -5, -4, 2]);
    const axes = integersOf([1], 'int64', [1]);
    expect(call('ReduceSum', [x, axes], { keepdims: 0 })[0]).toEqual(integersOf([2], 'int32', [-(2 ** 31) + 1, -7]));
    expect(call('ReduceMean', [x, axes], { keepdims: 0 })[0].data[1]).toBe(-2);
    expect(call('ReduceMax', [x, axes])[0]).toEqual(integersOf([2, 1], 'int32', [2 ** 31 - 1, 2]));
  });

  it('of no numbers is what changes nothing', () => {
    const [x, axes] = [reals([2, 0, 3], 1), integersOf([1], 'int64', [1])];
    const wanted: [string, number][] = [
      ['ReduceSum', 0],
      ['ReduceProd', 1],
      ['ReduceMax', -Infinity],
      ['ReduceMin', Infinity],
      ['ReduceLogSum', -Infinity],
      ['ReduceLogSumExp', -Infinity],
    ];
    for (const [name, value] of wanted)
      expect(call(name, [x, axes])[0], name).toEqual(
        realsOf(
          [2, 1, 3],
          Array.from({ length: 6 }, () => value),
        ),
      );
    expect(call('ReduceMax', [integersOf([0], 'int8', [])])[0].data).toEqual(Float64Array.of(-128));
  });

  it('refuses axes twice or outside; with computed ones its shape is open', () => {
    const x = reals([2, 3], 1);
    const over = (axes: readonly number[]) => () => call('ReduceSum', [x, integersOf([axes.length], 'int64', axes)]);
    expect(over([1, -1])).toThrow('has axes = 1 -1: each once is wanted');
    expect(over([2])).toThrow('has axis 2 over 2 axes');
    expect(factsOf('ReduceSum', [x, integersOf([1], 'int64', [1])])).toEqual([
      { shape: [Infinity], open: 'y (ReduceSum)' },
    ]);
  });
});

describe('along an axis', () => {
  it('Softmax and LogSoftmax are nearest over every axis', () => {
    const x = reals([3, 4, 5], 2);
    for (const axis of [0, 1, 2, -1]) {
      const [shares, logs] = [call('Softmax', [x], { axis })[0], call('LogSoftmax', [x], { axis })[0]];
      for (const index of indicesOf(x.shape)) {
        const place = (axis + 3) % 3;
        const line = Array.from({ length: x.shape[place] }, (_, i) => at(x, index.with(place, i)));
        const total = sum(line.map(Math.exp));
        expect(isNearest(at(shares, index), Math.exp(at(x, index)) / total)).toBe(true);
        expect(Math.abs(at(logs, index) - (at(x, index) - Math.log(total)))).toBeLessThan(3e-7);
      }
    }
  });

  it('Softmax of large numbers does not overflow, and of scalars is 1', () => {
    expect(call('Softmax', [realsOf([2], [1000, 1000])])[0].data).toEqual(Float32Array.of(0.5, 0.5));
    expect(call('Softmax', [realsOf([], [3])])[0].data).toEqual(Float32Array.of(1));
    expect(() => factsOf('Softmax', [reals([2], 1)], { axis: 1 })).toThrow('has axis 1 over 1 axes');
  });

  it('Hardmax is 1 at the first of the largest', () => {
    const x = realsOf([2, 3], [1, 5, 5, 7, 0, 7]);
    expect(call('Hardmax', [x])[0].data).toEqual(Float32Array.of(0, 1, 0, 1, 0, 0));
    expect(call('Hardmax', [x], { axis: 0 })[0].data).toEqual(Float32Array.of(0, 1, 0, 1, 0, 1));
  });

  it('CumSum and CumProd run from either end, with themselves or without', () => {
    const x = realsOf([2, 3], [1, 2, 3, 4, 5, 6]);
    const axis = integersOf([], 'int64', [1]);
    const run = (name: string, exclusive: number, reverse: number) =>
      Array.from(call(name, [x, axis], { exclusive, reverse })[0].data);
    expect(run('CumSum', 0, 0)).toEqual([1, 3, 6, 4, 9, 15]);
    expect(run('CumSum', 1, 0)).toEqual([0, 1, 3, 0, 4, 9]);
    expect(run('CumSum', 0, 1)).toEqual([6, 5, 3, 15, 11, 6]);
    expect(run('CumSum', 1, 1)).toEqual([5, 3, 0, 11, 6, 0]);
    expect(run('CumProd', 0, 0)).toEqual([1, 2, 6, 4, 20, 120]);
    expect(run('CumProd', 1, 1)).toEqual([6, 3, 1, 30, 6, 1]);
    expect(call('CumSum', [integersOf([3], 'int8', [100, 100, 1]), integersOf([], 'int32', [0])])[0].data).toEqual(
      Float64Array.of(100, -56, -55),
    );
    const y = reals([500], 3);
    let total = 0;
    const steps = y.data.map((value) => (total = Math.fround(total + value)));
    expect(call('CumSum', [y, integersOf([], 'int64', [0])])[0].data).toEqual(steps);
  });
});

describe('searches', () => {
  it.each(['ArgMax', 'ArgMin'])('%s names the first or the last', (name) => {
    const x = integers([4, 30, 3], 'int32', 1, 0, 4);
    for (const axis of [0, 1, 2, -2])
      for (const last of [0, 1]) {
        const [y] = call(name, [x], { axis, keepdims: 0, select_last_index: last });
        const wanted = groups(x, [axis]).map((line) => {
          const end = name === 'ArgMax' ? Math.max(...line) : Math.min(...line);
          return last === 1 ? line.lastIndexOf(end) : line.indexOf(end);
        });
        expect(y).toMatchObject({ type: 'int64' });
        expect(Array.from(y.data)).toEqual(wanted);
      }
    expect(call(name, [x], { axis: 1 })[0].shape).toEqual([4, 1, 3]);
  });

  it('TopK sorts, and of equal numbers names the first ones', () => {
    const x = integers([5, 40, 3], 'int64', 2, 0, 6);
    for (const largest of [0, 1]) {
      const k = integersOf([1], 'int64', [6]);
      const [values, places] = call('TopK', [x, k], { axis: 1, largest }, 2);
      expect(factsOf('TopK', [x, k], { axis: 1, largest }, { outputs: 2, stored: [1] })).toEqual([
        { shape: [5, 6, 3], type: 'int64' },
        { shape: [5, 6, 3], type: 'int64' },
      ]);
      const wanted = groups(x, [1]).map((line) =>
        [...line.keys()].sort((i, j) => (largest === 1 ? line[j] - line[i] : line[i] - line[j]) || i - j).slice(0, 6),
      );
      expect(groups(places, [1])).toEqual(wanted);
      expect(groups(values, [1])).toEqual(groups(x, [1]).map((line, i) => wanted[i].map((place) => line[place])));
    }
    expect(() => call('TopK', [x, integersOf([1], 'int64', [41])], { axis: 1 })).toThrow(
      'has k = 41 over an axis of 40: 0 to that is wanted',
    );
  });

  it('OneHot puts a depth at any axis; indices count from the end, and none outside is on', () => {
    const indices = integersOf([2, 2], 'int64', [0, -1, 3, 1]);
    const operands = [indices, integersOf([], 'int64', [3]), realsOf([2], [2, 5])];
    expect(call('OneHot', operands)[0]).toEqual(realsOf([2, 2, 3], [5, 2, 2, 2, 2, 5, 2, 2, 2, 2, 5, 2]));
    expect(call('OneHot', operands, { axis: 0 })[0]).toEqual(realsOf([3, 2, 2], [5, 2, 2, 2, 2, 2, 2, 5, 2, 5, 2, 2]));
    const real = [indices, realsOf([], [3]), integersOf([2], 'int32', [0, 1])];
    expect(factsOf('OneHot', real, { axis: 1 }, { stored: [1] })).toEqual([{ shape: [2, 3, 2], type: 'int32' }]);
  });

  it('NonZero and Unique', () => {
    const x = integersOf([2, 3], 'int64', [3, 0, 1, 0, 3, 3]);
    expect(call('NonZero', [x])[0]).toEqual(integersOf([2, 4], 'int64', [0, 0, 1, 1, 0, 2, 1, 2]));
    expect(factsOf('NonZero', [x], {}, { stored: [0] })).toEqual([{ shape: [2, 4], type: 'int64' }]);
    expect(factsOf('NonZero', [x])).toEqual([{ shape: [2, NaN], type: 'int64', open: 'y (NonZero)' }]);
    expect(call('Unique', [x], { axis: undefined }, 4).map(({ data }) => [...data])).toEqual([
      [0, 1, 3],
      [1, 2, 0],
      [2, 0, 1, 0, 2, 2],
      [2, 1, 3],
    ]);
    expect(call('Unique', [x], { sorted: 0 }, 4).map(({ data }) => [...data])).toEqual([
      [3, 0, 1],
      [0, 1, 2],
      [0, 1, 2, 1, 0, 0],
      [3, 2, 1],
    ]);
    const rows = realsOf([3, 2], [2, 1, 0, 9, 2, 1]);
    expect(call('Unique', [rows], { axis: 0 }, 4).map(({ data }) => [...data])).toEqual([
      [0, 9, 2, 1],
      [1, 0],
      [1, 0, 1],
      [1, 2],
    ]);
  });
});
