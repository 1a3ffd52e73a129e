import { exactArithmetic, float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { expect } from 'vitest';
import { execute } from '../../../../src/networks/execute.js';
import type { AttributeValue } from '../../../../src/networks/readers/onnx/sheet.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../../../src/networks/tensor.js';
import { type Case, eighths } from './cases.js';
import { bytesOf, op } from './graphs.js';
import type { Result } from './rows.js';
import { random } from './samples.js';

/** The graph with these attributes of the node in question. */
export function graphOf(test: Case, attributes: Record<string, AttributeValue>, more = ''): Uint8Array {
  const [type, inputs] = test.node;
  const nodes = [...(test.before ?? []), op(type, `${inputs}${more}`.trim(), 'y', attributes), ...(test.after ?? [])];
  return bytesOf({ ...test, nodes, initializers: test.initializers ?? [] });
}

export const imagesFor = ({ input }: Case, batch: number) => {
  const shape = [batch, ...input.slice(1).map(Number)];
  const images = floatTensor(shape, eighths(random(9), sizeOf(shape)));
  images.data[1] = 0;
  images.data[2] = -0;
  return images;
};

/** What it gives, or the message of the refusal. */
export function outcomeOf(bytes: Uint8Array, images: FloatTensor): Float32Array | string {
  try {
    const network = readOnnx(bytes, 'net.onnx');
    const exact = network.layers.some(({ op: kind }) => kind === 'quantize') ? exactArithmetic : float32Arithmetic;
    return dequantize(execute(network, images, exact)).data;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Refusals say which node, operator and attribute, or what was found in place of it; of a network that takes another batch
 * than its file's for something else, what it reads.
 */
export const REFUSAL =
  /^(net\.onnx: (node \S+ \(\w+\)|tensor \w+|output y|input x)|network net\.onnx reads 1x[\dx]+, the images are 2x)[^\n]*$/;

/** Operators that divide or take exponentials: of them float32 numbers differ by their last bits. */
const ROUNDED = ['AveragePool', 'BatchNormalization', 'GlobalAveragePool', 'ReduceMean', 'Softmax'];

/** A sum of products that are all zeros has the sign that its first term or its register had: the standard says neither. */
const SUMMED = ['Conv', 'Gemm', 'MatMul'];

/** All else is exact here and there. */
export function expectSame(test: Case, ours: Float32Array, theirs: Result | undefined, which: string): void {
  if (theirs === undefined) return;
  const { data } = theirs;
  const kinds = [...(test.before ?? []), ...(test.after ?? [])].map(({ opType }) => opType ?? '');
  const summed = [test.node[0], ...kinds].some((kind) => SUMMED.includes(kind));
  if (!ROUNDED.includes(test.node[0])) {
    const numbers = (values: ArrayLike<number>) => Array.from(values, (value) => (summed ? value + 0 : value));
    expect(numbers(ours), which).toEqual(numbers(data));
    return;
  }
  expect(data.length, which).toBe(ours.length);
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [i, found] of ours.entries())
    expect(Math.abs(found - data[i]), `${which}, element ${i}`).toBeLessThanOrEqual(2 ** -20 * largest);
}
