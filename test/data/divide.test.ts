import { describe, expect, it } from 'vitest';
import { divide } from '../../src/data/divide.js';
import type { DataLayout } from '../../src/data/samples.js';

const array = (shape: readonly number[]) => ({
  type: 'int32' as const,
  shape,
  data: Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});
const divided = (shape: number[], port: (number | string)[], layout?: DataLayout) => {
  const { count, part } = divide(array(shape), { name: 'data', type: 'int32', shape: port }, layout, 'x.npy');
  return { count, last: part(count - 1) };
};

describe('arrays as samples', () => {
  it.each<[number[], (number | string)[], number, number[], number]>([
    // array, port, samples, shape of one, first number of the last
    [[5, 3, 2, 2], ['N', 3, 2, 2], 5, [1, 3, 2, 2], 48],
    [[5, 3, 2, 2], [0, 3, 2, 2], 5, [1, 3, 2, 2], 48],
    [[5, 3, 2, 2], [1, 3, 2, 2], 5, [1, 3, 2, 2], 48],
    [[3, 2, 2], [1, 3, 2, 2], 1, [1, 3, 2, 2], 0],
    [[6, 3], [2, 3], 3, [2, 3], 12],
    [[2, 3], [2, 3], 1, [2, 3], 0],
    [[4, 2, 3], [2, 3], 4, [2, 3], 18],
    [[4, 1, 3, 2, 2], ['N', 3, 2, 2], 4, [1, 3, 2, 2], 36],
    [[5], ['N', 'T'], 1, [1, 5], 0],
    [[2, 5], ['N', 'T'], 2, [1, 5], 5],
    [[7], ['N'], 7, [1], 6],
    [[], ['N'], 1, [1], 0],
    [[], [], 1, [], 0],
    [[3], [], 3, [], 2],
    // Axes of length 1 left out, and rows that lie flat.
    [[5, 4, 4], ['N', 1, 4, 4], 5, [1, 1, 4, 4], 64],
    [[4, 4], ['N', 1, 4, 4], 1, [1, 1, 4, 4], 0],
    [[5, 4, 4], [1, 16], 5, [1, 16], 64],
    [[5, 12], [1, 3, 2, 2], 5, [1, 3, 2, 2], 48],
    [[12], [1, 3, 2, 2], 1, [1, 3, 2, 2], 0],
    [[6, 4], [2, 1, 2, 2], 3, [2, 1, 2, 2], 16],
  ])('%j for %j: %i of %j', (shape, port, count, one, first) => {
    const found = divided(shape, port);
    expect([found.count, found.last.shape, found.last.data[0]]).toEqual([count, one, first]);
    expect(found.last.data.length).toBe(one.reduce((a, b) => a * b, 1));
  });

  it.each<[number[], (number | string)[], DataLayout, number[], number[]]>([
    // [2, 1, 2, 3] as rows, columns, channels: the channels of pixel (0, 0) are 6, 7, 8.
    [[2, 1, 2, 3], ['N', 3, 1, 2], 'nhwc', [1, 3, 1, 2], [6, 9, 7, 10, 8, 11]],
    [[1, 2, 3], ['N', 3, 1, 2], 'nhwc', [1, 3, 1, 2], [0, 3, 1, 4, 2, 5]],
    [[2, 6], ['N', 3, 1, 2], 'nhwc', [1, 3, 1, 2], [6, 9, 7, 10, 8, 11]],
    [[2, 3, 1, 2], ['N', 3, 1, 2], 'nchw', [1, 3, 1, 2], [6, 7, 8, 9, 10, 11]],
    [[2, 3, 1, 2], ['N', 1, 2, 3], 'nchw', [1, 1, 2, 3], [6, 8, 10, 7, 9, 11]],
    [[2, 1, 2, 3], ['N', 1, 2, 3], 'nhwc', [1, 1, 2, 3], [6, 7, 8, 9, 10, 11]],
    // Where both orders fit, a port is nchw, as ONNX has it.
    [[1, 2, 2, 2], ['N', 2, 2, 2], 'nhwc', [1, 2, 2, 2], [0, 2, 4, 6, 1, 3, 5, 7]],
  ])('%j for %j in %s', (shape, port, layout, one, numbers) => {
    const { last } = divided(shape, port, layout);
    expect([last.shape, Array.from(last.data)]).toEqual([one, numbers]);
  });

  it.each<[number[], (number | string)[], string]>([
    [[5, 3, 2, 3], ['N', 3, 2, 2], 'x.npy holds 5x3x2x3, and input "data" reads Nx3x2x2 (int32)'],
    [
      [5, 2, 4, 3],
      ['N', 3, 2, 4],
      'x.npy holds 5x2x4x3, and input "data" reads Nx3x2x4 (int32): --layout nhwc would fit',
    ],
    [[7, 3], [2, 3], 'x.npy holds 7 rows, and the network reads 2 at a time: a multiple of 2 is wanted'],
    [[0, 3], ['N', 3], 'x.npy holds no sample: its first axis has length 0'],
    [[], ['N', 3], 'x.npy holds a single number, and input "data" reads Nx3 (int32)'],
    [[3], [2, 3], 'x.npy holds 3, and input "data" reads 2x3 (int32)'],
    [[3, 8], ['N', 2, 12], 'x.npy holds 3x8, and input "data" reads Nx2x12 (int32)'],
    [[4, 2, 8], ['N', 4, 4], 'x.npy holds 4x2x8, and input "data" reads Nx4x4 (int32)'],
  ])('%j for %j is refused', (shape, port, message) => expect(() => divided(shape, port)).toThrow(new Error(message)));
});
