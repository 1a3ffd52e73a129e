import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { executeAll } from '../../../src/networks/execute.js';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { bytesOf, op } from '../readers/onnx/graphs.js';
import { call, factsOf, integersOf, reals, realsOf } from './calls.js';

/** Numbers of TensorProto.DataType. */
const TYPES = { FLOAT: 1, UINT8: 2, INT8: 3, UINT16: 4, INT16: 5, INT32: 6, INT64: 7, BOOL: 9, FLOAT16: 10 } as const;

const X = [0.5, 1.5, -0.5, -1.5, -2.7, 127.9, 128, 255.5, 256, 300, -129, 65536.7, 3e9, -3e9, Number.NaN, Infinity, -0];

/** onnxruntime-node 1.30.0, x86-64, one Cast of X. */
const ROWS = {
  INT8: [0, 1, 0, -1, -2, 127, -128, -1, 0, 44, 127, 0, 0, 0, 0, 0, 0],
  UINT8: [0, 1, 0, 255, 254, 127, 128, 255, 0, 44, 127, 0, 0, 0, 0, 0, 0],
  INT16: [0, 1, 0, -1, -2, 127, 128, 255, 256, 300, -129, 0, 0, 0, 0, 0, 0],
  UINT16: [0, 1, 0, 65535, 65534, 127, 128, 255, 256, 300, 65407, 0, 0, 0, 0, 0, 0],
  INT32: [0, 1, 0, -1, -2, 127, 128, 255, 256, 300, -129, 65536, -(2 ** 31), -(2 ** 31), -(2 ** 31), -(2 ** 31), 0],
  INT64: [0, 1, 0, -1, -2, 127, 128, 255, 256, 300, -129, 65536, 3e9, -3e9, -(2 ** 63), -(2 ** 63), 0],
  BOOL: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
} as const;

describe('Cast', () => {
  it.each(Object.entries(ROWS))('of reals to %s is ONNX Runtime’s', (name, row) => {
    const to = TYPES[name as keyof typeof ROWS];
    const [y] = call('Cast', [realsOf([17], X)], { to });
    expect(y).toEqual(integersOf([17], name.toLowerCase() as 'int8', row));
    expect(factsOf('Cast', [realsOf([17], X)], { to })).toEqual([{ shape: [17], type: name.toLowerCase() }]);
  });

  it('of integers drops higher bits, and keeps what fits', () => {
    const x = integersOf([8], 'int32', [0, 1, -1, 200, 256, -129, 2147483647, -2147483648]);
    expect(Array.from(call('Cast', [x], { to: TYPES.INT8 })[0].data)).toEqual([0, 1, -1, -56, 0, 127, -1, 0]);
    expect(Array.from(call('Cast', [x], { to: TYPES.UINT16 })[0].data)).toEqual([
      0, 1, 65535, 200, 256, 65407, 65535, 0,
    ]);
    expect(Array.from(call('Cast', [x], { to: TYPES.BOOL })[0].data)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
    expect(call('Cast', [x], { to: TYPES.INT64 })[0]).toEqual({ ...x, type: 'int64' });
    expect(call('Cast', [x], { to: TYPES.FLOAT })[0].data).toEqual(Float32Array.from(x.data));
  });

  it('to narrower reals rounds once, and back keeps them', () => {
    const x = reals([50], 1);
    const [half] = call('Cast', [x], { to: TYPES.FLOAT16 });
    expect(half).toMatchObject({ kind: 'float', type: 'float16' });
    // 11 bits: within half of the last one, and a multiple of it.
    half.data.forEach((value, i) => {
      const last = 2 ** Math.max(Math.floor(Math.log2(Math.abs(x.data[i]))) - 10, -24);
      expect(Math.abs(value - x.data[i])).toBeLessThanOrEqual(last / 2);
      expect(Number.isInteger((value / last) * 2)).toBe(true);
    });
    const [back] = call('Cast', [half], { to: TYPES.FLOAT });
    expect(back).toEqual(realsOf([50], Array.from(half.data)));
    expect(factsOf('Cast', [half], { to: TYPES.FLOAT })).toEqual([{ shape: [50] }]);
  });

  it('CastLike takes the type of the other tensor', () => {
    const x = realsOf([2], [1.5, -7]);
    expect(call('CastLike', [x, integersOf([1], 'int8', [0])])[0]).toEqual(integersOf([2], 'int8', [1, -7]));
    expect(call('CastLike', [integersOf([2], 'int8', [1, -7]), x])[0]).toEqual(realsOf([2], [1, -7]));
    expect(factsOf('CastLike', [x, integersOf([1], 'bool', [0])])).toEqual([{ shape: [2], type: 'bool' }]);
  });

  /** onnxruntime-node 1.30.0, x86-64: Cast to the type and back, opset 23 (int2: 25). */
  const SMALL = [0.5, 1.5, 2.5, -0.5, -2.5, 7.5, 8, 9, -8.5, -9, 16, 300, Number.NaN, Infinity, -Infinity, 1e6];
  const THERE_AND_BACK: readonly [string, number, number | undefined, readonly number[]][] = [
    ['int4', 22, undefined, [1, 2, 3, -1, -3, -8, -8, -7, 7, 7, 0, -4, 0, 0, 0, 0]],
    ['uint4', 21, undefined, [1, 2, 3, 15, 13, 8, 8, 9, 7, 7, 0, 12, 0, 0, 0, 0]],
    ['int2', 26, undefined, [1, -2, -1, -1, 1, 0, 0, 1, -1, -1, 0, 0, 0, 0, 0, 0]],
    [
      'e4m3fn',
      17,
      0,
      [0.5, 1.5, 2.5, -0.5, -2.5, 7.5, 8, 9, -8, -9, 16, 288, Number.NaN, Number.NaN, Number.NaN, Number.NaN],
    ],
    ['e4m3fn', 17, 1, [0.5, 1.5, 2.5, -0.5, -2.5, 7.5, 8, 9, -8, -9, 16, 288, Number.NaN, 448, -448, 448]],
    ['e5m2', 19, 0, [0.5, 1.5, 2.5, -0.5, -2.5, 8, 8, 8, -8, -8, 16, 320, Number.NaN, Infinity, -Infinity, Infinity]],
    ['e5m2', 19, 1, [0.5, 1.5, 2.5, -0.5, -2.5, 8, 8, 8, -8, -8, 16, 320, Number.NaN, 57344, -57344, 57344]],
  ];

  it.each(THERE_AND_BACK)('to %s (%i, saturate %s) and back is ONNX Runtime’s', (_, to, saturate, row) => {
    const nodes = [
      op('Cast', 'x', 'a', { to, ...(saturate !== undefined && { saturate }) }),
      op('Cast', 'a', 'y', { to: TYPES.FLOAT }),
    ];
    const network = readOnnx(bytesOf({ nodes, initializers: [], input: [16], opset: 25 }), 'casts');
    const [y] = executeAll(network, new Map([['x', realsOf([16], SMALL)]]), float32Arithmetic).values();
    expect(Array.from(y.data)).toEqual(row);
  });
});
