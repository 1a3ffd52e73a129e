import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FORMATS, formatNamed } from '../../../src/formats/catalog.js';
import { decode, fitTo } from '../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../src/formats/format.js';
import { toNumber } from '../../../src/formats/raw.js';
import { codeArray } from '../../../src/datapaths/kernel/index.js';
import { type CodeTensor, floatTensor, integerTensor, type Tensor } from '../../../src/networks/tensor.js';
import { writeTensors } from '../../../src/outputs/tensors/tensorFiles.js';
import { folderWith } from '../../cli/command.js';

/** A .npy file of version 1.0 by its description: magic, length of the header, header, numbers. */
function numbersOf(path: string): { descr: string; shape: string; values: number[] } {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const [, descr] = /'descr': '(.*?)'/.exec(header) ?? [];
  const [, shape] = /'shape': \((.*?)\)/.exec(header) ?? [];
  const data = Uint8Array.from(bytes.subarray(start)).buffer;
  const arrays: Record<string, (buffer: ArrayBuffer) => ArrayLike<number | bigint>> = {
    '|i1': (buffer) => new Int8Array(buffer),
    '|u1': (buffer) => new Uint8Array(buffer),
    '<i2': (buffer) => new Int16Array(buffer),
    '<u2': (buffer) => new Uint16Array(buffer),
    '<i4': (buffer) => new Int32Array(buffer),
    '<u4': (buffer) => new Uint32Array(buffer),
    '<i8': (buffer) => new BigInt64Array(buffer),
    '<f4': (buffer) => new Float32Array(buffer),
  };
  return { descr, shape, values: Array.from(arrays[descr](data), Number) };
}

async function written(tensors: readonly (readonly [string, Tensor])[]) {
  const folder = folderWith();
  const listed = await writeTensors(folder, new Map(tensors));
  expect(JSON.parse(readFileSync(join(folder, 'tensors.json'), 'utf8'))).toEqual(listed);
  return listed.map((each) => ({ ...each, ...numbersOf(join(folder, each.file)), dimensions: each.shape }));
}

/** Up to 300 codes of a format, the first and the last among them. */
function codesOf(format: Format): CodeTensor {
  const last = 2 ** widthOf(format) - 1;
  const codes = Array.from({ length: Math.min(last + 1, 300) }, (_, i) => (i < 200 ? i : last - (i - 200)));
  const used = codes.filter((code) => format.kind !== 'table' || format.values[code] !== null);
  const data = codeArray(format, used.length);
  data.set(used);
  const quantization = { fit: fitTo(format), scale: Float32Array.of(1), axis: 0, zeroPoint: 0 };
  return { kind: 'codes', shape: [1, used.length], data, quantization };
}

it('codes of every format are the numbers of a type that numpy has: integers as they are, others as their bits', async () => {
  const formats = FORMATS.filter((format) => widthOf(format) <= 32);
  const files = await written(formats.map((format) => [format.name, codesOf(format)] as const));
  files.forEach(({ dimensions, descr, values }, i) => {
    const format = formats[i];
    const { data } = codesOf(format);
    const bytes = widthOf(format) <= 8 ? 1 : widthOf(format) <= 16 ? 2 : 4;
    const kind = format.kind === 'int' && format.signed ? 'i' : 'u';
    expect([format.name, descr]).toEqual([format.name, `${bytes === 1 ? '|' : '<'}${kind}${bytes}`]);
    expect(dimensions).toEqual([1, data.length]);
    const isWhole = format.kind === 'int';
    expect(values).toEqual(Array.from(data, (code) => (isWhole ? toNumber(decode(format, BigInt(code))) : code)));
  });
});

it('reals are float32 with the type that they are of, integers have their own', async () => {
  const [plain, half, whole, flag] = await written([
    ['plain', floatTensor([2, 1], Float32Array.of(1.5, -0.25))],
    ['half', { ...floatTensor([1], Float32Array.of(65504)), type: 'float16' }],
    ['whole', integerTensor([3], 'int64', Float64Array.of(-(2 ** 40), 0, 7))],
    ['flag', integerTensor([2], 'bool', Float64Array.of(1, 0))],
  ]);
  expect([plain, half, whole, flag].map(({ type, descr, values }) => [type, descr, values])).toEqual([
    ['float32', '<f4', [1.5, -0.25]],
    ['float16', '<f4', [65504]],
    ['int64', '<i8', [-(2 ** 40), 0, 7]],
    ['bool', '|u1', [1, 0]],
  ]);
  expect(plain.dimensions).toEqual([2, 1]);
});

it('every tensor has a file of its own, under its name where a file system takes that', async () => {
  const int8 = formatNamed('int8');
  const names = ['a/b', 'a b', 'A_B', 'plain-1.0', '', 'x'.repeat(200), 'y'.repeat(201), 'tensor_8', '', 'tensor_1'];
  const unique = names.map((name, i) => [i === 8 ? '/'.repeat(201) : name, codesOf(int8)] as const);
  const files = (await written(unique)).map(({ file }) => file);
  expect(files.slice(0, 8)).toEqual(
    ['a_b', 'tensor_1', 'tensor_2', 'plain-1.0', 'tensor_4', 'x'.repeat(200), 'tensor_6', 'tensor_8'].map(
      (name) => `tensors/${name}.npy`,
    ),
  );
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
});
