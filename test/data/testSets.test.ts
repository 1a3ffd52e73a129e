import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSamples } from '../../src/data/index.js';
import { readTensorFile } from '../../src/data/tensorFile.js';
import { folderWith } from '../cli/command.js';
import { tensorBytes } from './tensorBytes.js';

const [FLOAT, INT64] = [1, 7];
const a = { name: 'a', type: 'float32', shape: ['N', 2] };
const b = { name: 'b', type: 'int64', shape: ['N'] };
const out = { name: 'out', type: 'float32', shape: ['N', 1] };

describe('tensors', () => {
  it.each<[string, number, Uint8Array | Int16Array | Uint16Array | Float64Array, number[], string, number[]]>([
    ['INT8', 3, Uint8Array.of(0x80, 0x7f), [2], 'int8', [-128, 127]],
    ['UINT8', 2, Uint8Array.of(0x80), [1], 'uint8', [128]],
    ['INT16', 5, Int16Array.of(-32768), [], 'int16', [-32768]],
    ['INT32', 6, Uint8Array.of(0xfe, 0xff, 0xff, 0xff), [1], 'int32', [-2]],
    ['UINT32', 12, Uint8Array.of(0xfe, 0xff, 0xff, 0xff), [1], 'uint32', [4294967294]],
    ['BOOL', 9, Uint8Array.of(1, 0), [1, 2], 'bool', [1, 0]],
    ['DOUBLE', 11, Float64Array.of(0.1), [1], 'float64', [0.1]],
    ['FLOAT16', 10, Uint16Array.of(0x3c00, 0x8001), [2], 'float16', [1, -(2 ** -24)]],
    ['BFLOAT16', 16, Uint16Array.of(0x3f80, 0xff80), [2], 'bfloat16', [1, -Infinity]],
    ['INT4', 22, Uint8Array.of(0x78, 0x0f), [3], 'int4', [-8, 7, -1]],
    ['UINT4', 21, Uint8Array.of(0x78), [2], 'uint4', [8, 7]],
    ['INT2', 26, Uint8Array.of(0b11100100), [4], 'int2', [0, 1, -2, -1]],
    ['FLOAT8E4M3FN', 17, Uint8Array.of(0x7e), [1], 'float8e4m3fn', [0x7e]],
    ['FLOAT4E2M1', 23, Uint8Array.of(0xf2), [2], 'float4e2m1', [2, 15]],
  ])('%s', (_, number, raw, dims, type, values) => {
    const { name, array } = readTensorFile(tensorBytes(dims, number, raw, 'data'), 'x.pb');
    expect([name, array.type, array.shape, Array.from(array.data)]).toEqual(['data', type, dims, values]);
  });

  it('cut, of strings, or nothing: one line', () => {
    const bytes = tensorBytes([2], FLOAT, Float32Array.of(1, 2));
    for (let length = 0; length < bytes.length; length++)
      expect(() => readTensorFile(bytes.subarray(0, length), 'x.pb')).toThrow(
        /^x\.pb is read as one ONNX TensorProto: /,
      );
    expect(() => readTensorFile(tensorBytes([1], 8, Uint8Array.of(1)), 'x.pb')).toThrow('element type 8');
  });
});

describe('test data sets', () => {
  const set = (folder: string, files: Record<string, Uint8Array>) => {
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  };
  const floats = (dims: number[], values: number[], name?: string) =>
    tensorBytes(dims, FLOAT, Float32Array.from(values), name);
  const longs = (values: number[], name?: string) =>
    tensorBytes([values.length], INT64, BigInt64Array.from(values, BigInt), name);

  it('several, in the order of their numbers; a name in the file comes before its number', async () => {
    const folder = folderWith();
    for (const [n, first] of [
      [10, 5],
      [2, 1],
    ])
      set(join(folder, `test_data_set_${n}`), {
        'input_0.pb': longs([first + 2], 'b'),
        'input_1.pb': floats([1, 2], [first, first + 1], 'a'),
        'output_0.pb': floats([1, 1], [first / 2]),
      });
    const samples = await readSamples({ data: folder }, [a, b], [out]);
    expect(samples.count).toBe(2);
    expect(samples.inputs(1)).toEqual(
      new Map([
        ['a', { type: 'float32', shape: [1, 2], data: Float32Array.of(5, 6) }],
        ['b', { type: 'int64', shape: [1], data: Float64Array.of(7) }],
      ]),
    );
    expect(samples.expected?.(0).get('out')?.data).toEqual(Float32Array.of(0.5));
    expect(samples.place(0)).toBe(join(folder, 'test_data_set_2'));
  });

  it('one that holds a batch is as many samples', async () => {
    const folder = folderWith();
    set(folder, {
      'input_0.pb': floats([2, 2], [1, 2, 3, 4]),
      'input_1.pb': longs([8, 9]),
      'output_0.pb': floats([2, 1], [5, 6]),
    });
    const samples = await readSamples({ data: folder }, [a, b], [out]);
    expect([samples.count, samples.place(1)]).toEqual([2, `${folder}[1]`]);
    expect(samples.inputs(1).get('a')).toEqual({ type: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) });
    expect(samples.expected?.(1).get('out')?.data).toEqual(Float32Array.of(6));
  });

  it('one whose arrays have no common batch is one sample, as it lies', async () => {
    const folder = folderWith();
    set(folder, { 'input_0.pb': floats([2, 2], [1, 2, 3, 4]), 'input_1.pb': longs([8, 9, 10]) });
    const samples = await readSamples({ data: folder }, [a, b], [out]);
    expect([samples.count, samples.expected]).toEqual([1, undefined]);
    expect(samples.inputs(0).get('a')?.shape).toEqual([2, 2]);
  });

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      'an input less',
      { 'input_0.pb': floats([1, 2], [1, 2]) },
      / has no input_1\.pb for "b", and the network reads "a", "b"$/,
    ],
    [
      'an input more',
      { 'input_0.pb': floats([1, 2], [1, 2]), 'input_1.pb': longs([1]), 'input_2.pb': longs([1]) },
      /input_2\.pb is input 2 \(""\), and the network has "a", "b"$/,
    ],
    [
      'an input twice',
      { 'input_0.pb': longs([1], 'b'), 'input_1.pb': longs([1]) },
      /input_1\.pb is a second tensor for input "b"$/,
    ],
    [
      'a wrong shape',
      { 'input_0.pb': floats([1, 3], [1, 2, 3]), 'input_1.pb': longs([1]) },
      / holds 1x3, and input "a" reads Nx2 \(float32\)$/,
    ],
  ])('%s: one line', async (_, files, message) => {
    const folder = folderWith();
    set(folder, files);
    await expect(readSamples({ data: folder }, [a, b], [out])).rejects.toThrow(message);
  });

  it('are taken as they lie: no mean, no scale', async () => {
    const folder = folderWith();
    set(folder, { 'input_0.pb': floats([1, 2], [1, 2]) });
    await expect(readSamples({ data: folder, mean: [1] }, [a], [out])).rejects.toThrow(
      '--mean and --scale are for numbers of arrays and images: test data sets',
    );
  });
});
