import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { classesOf, imagesOf } from '../../src/training/data/dataset.js';
import { generate } from '../../src/training/data/generator.js';
import { generatorFor } from '../../src/training/data/generators.js';
import { dequantize } from '../../src/networks/quantization.js';
import { floatTensor, type FloatTensor } from '../../src/networks/tensor.js';
import { Rows } from '../networks/readers/onnx/rows.js';

const folder = join(import.meta.dirname, '..', '..', 'models');
const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
const rows = new Rows('models');
afterAll(() => rows.keep());

/** What a network gives here and there, found once. */
const found = new Map<string, Promise<{ ours: FloatTensor; theirs: FloatTensor }>>();

function bothOutputs(file: string): Promise<{ ours: FloatTensor; theirs: FloatTensor }> {
  let outputs = found.get(file);
  if (outputs === undefined) found.set(file, (outputs = outputsOf(file)));
  return outputs;
}

async function outputsOf(file: string): Promise<{ ours: FloatTensor; theirs: FloatTensor }> {
  const bytes = new Uint8Array(readFileSync(join(folder, file)));
  const network = readOnnx(bytes, file);
  const quantized = network.layers.some((layer) => layer.op === 'quantize');
  const images = imagesOf(generate(generatorFor(network), 64));
  const ours = dequantize(execute(network, images, quantized ? exactArithmetic : float32Arithmetic));
  const theirs = await rows.of(file, bytes, images.data, images.shape);
  if (theirs === undefined) throw new Error(`ONNX Runtime has no kernel for ${file}`);
  return { ours, theirs: floatTensor(theirs.dims, Float32Array.from(theirs.data)) };
}

describe('the networks in models/, run by ONNX Runtime and read back by us', () => {
  // Of flags-int8.onnx the convolutions of channels, the sums of branches and the means of planes too.
  it.each(['digits-int8.onnx', 'flags-int8.onnx'])('%s: equal bit for bit on 64 images', async (file) => {
    const { ours, theirs } = await bothOutputs(file);
    expect(theirs.shape).toEqual([64, 10]);
    expect(ours.data).toEqual(theirs.data);
  });

  // Real sums are rounded to float32 there and exact here, so that now and then a code in the middle is the next one.
  it.each(files)('%s: the same classes on 64 images', async (file) => {
    const { ours, theirs } = await bothOutputs(file);
    expect(classesOf(ours)).toEqual(classesOf(theirs));
  });
});

it.each(files)('%s is what writing it again gives', (file) => {
  const bytes = readFileSync(join(folder, file));
  expect(bytes.equals(writeOnnx(readOnnx(bytes, file.replace(/\.onnx$/, ''))))).toBe(true);
});
