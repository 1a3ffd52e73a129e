import { expect, it } from 'vitest';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { floatTensor, type Tensor } from '../../src/networks/tensor.js';
import { bytesOf, op } from './readers/onnx/graphs.js';
import { runOnnx, withoutRuntime } from './readers/onnx/runtime.js';

const images = floatTensor([1, 7], Float32Array.of(0, -0, 3, -2, 1e-45, -1e-45, Number.NaN));
const run = (bytes: Uint8Array): Tensor => execute(readOnnx(bytes, 'sign.onnx'), images, float32Arithmetic);
const theirs = op('Sign', 'x', 'y');
const own = op('Sign', 'x', 'y', {}, 'lastbit');
const bytes = (node: typeof own) => bytesOf({ input: ['N', 7], nodes: [node], initializers: [] });

it('ONNX defines Sign of either zero to be 0 and of NaN to be NaN; those of binary networks are 1 and -1', () => {
  expect(run(bytes(theirs)).data).toEqual(Float32Array.of(0, 0, 1, -1, 1, -1, Number.NaN));
  expect(run(bytes(own)).data).toEqual(Float32Array.of(1, 1, 1, -1, 1, -1, -1));
});

it.each([theirs, own])('$domain Sign keeps its meaning when it is written again', async (node) => {
  const again = writeOnnx(readOnnx(bytes(node), 'sign.onnx'));
  expect(run(again)).toEqual(run(bytes(node)));
  expect(writeOnnx(readOnnx(again, 'sign.onnx'))).toEqual(again);
  if (!withoutRuntime)
    expect(Array.from((await runOnnx(again, images.data, [1, 7])).data, (value) => value + 0)).toEqual([
      ...run(again).data,
    ]);
});
