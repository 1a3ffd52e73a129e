import { exactArithmetic, float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeAll } from '../../../src/networks/execute.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { encodeModel, type ProtoInit } from '../../../src/networks/readers/onnx/proto.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { attribute, type AttributeValue } from '../../../src/networks/readers/onnx/sheet.js';
import { floatTensor, type FloatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { eighths } from '../readers/onnx/cases.js';
import { type Graph, modelOf, op, tensor } from '../readers/onnx/graphs.js';
import { random } from '../readers/onnx/samples.js';

type CaseValue = AttributeValue | { words: readonly string[] } | { floats: readonly number[] };

/** A function of tensors in a graph that is read; it reads `x`, or what nodes before it make of that, and gives `y`. */
export interface FunctionCase extends Omit<Graph, 'nodes' | 'outputs'> {
  /** Name of the function, and of its operands. */
  node: [name: string, inputs: string];
  before?: Graph['nodes'];
  after?: Graph['nodes'];
  attributes?: Record<string, CaseValue>;
  /** Attributes of the standard with values on and beside what it allows. */
  values?: Record<string, readonly CaseValue[]>;
  /** The kind of each output; one of real numbers where it is left out. */
  gives?: readonly ('real' | 'integers')[];
  /** Stored tensors are left as they are: its rows are near with these alone. */
  unchanged?: true;
  /** How far from ONNX Runtime's float32 steps, as a share of the largest number; where it is left out every bit is theirs. */
  near?: number;
}

/** The file that gives the one of a node's outputs as real numbers. */
export function fileOf(test: FunctionCase, attributes: Record<string, CaseValue>, output: number): Uint8Array {
  const { node: called, before = [], after = [], gives = ['real'], opset = 24 } = test;
  const at = called[0].lastIndexOf('.');
  const [domain, type] = [at < 0 ? '' : called[0].slice(0, at), called[0].slice(at + 1)];
  const names = gives.map((_, i) => (i === 0 ? 'y' : `y${i}`));
  const node = { ...op(type, called[1], 'y', {}, domain), output: names, attribute: attributesOf(attributes) };
  const casts = gives[output] === 'integers' ? [op('Cast', names[output], 'real', { to: 1 })] : [];
  const nodes = [...before, node, ...casts, ...after];
  const last = after.length > 0 || casts.length > 0 ? {} : { outputs: [names[output]] };
  const opsetImport = [{ version: BigInt(opset) }, ...(at < 0 ? [] : [{ domain, version: 1n }])];
  return encodeModel({ ...modelOf({ ...test, nodes, ...last }), opsetImport });
}

/** Lists of words and of reals are for recurrent layers alone, which the writer does not write. */
function attributesOf(attributes: FunctionCase['attributes'] = {}): ProtoInit<'AttributeProto'>[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'object' && 'floats' in value) return { name, type: 6, floats: [...value.floats] };
    if (typeof value !== 'object' || !('words' in value)) return attribute(name, value);
    return { name, type: 8, strings: value.words.map((word) => new TextEncoder().encode(word)) };
  });
}

export function imagesOf({ input }: FunctionCase): FloatTensor {
  const shape = input.map(Number);
  const images = floatTensor(shape, eighths(random(9), sizeOf(shape)));
  if (images.data.length > 4) images.data.set([0, -0], 1);
  return images;
}

/** What it gives, or the message of the refusal. */
export function outcomeOf(bytes: Uint8Array, images: FloatTensor): FloatTensor | string {
  try {
    const network = readOnnx(bytes, 'net.onnx');
    const exact = network.layers.some(({ op: kind }) => kind === 'quantize') ? exactArithmetic : float32Arithmetic;
    const [found] = executeAll(network, new Map([['x', images]]), exact).values();
    return dequantize(found);
  } catch (error) {
    return (error as Error).message;
  }
}

const draw = random(29);
export const f = (value: number) => ({ f: value });
export const int64 = (name: string, ...values: number[]) => tensor(name, 'INT64', [values.length], values);
export const int64s = (name: string, shape: readonly number[], ...values: number[]) =>
  tensor(name, 'INT64', shape, values);
export const scalar = (name: string, type: string, value: number) => tensor(name, type, [], [value]);
export const floats = (name: string, ...shape: number[]) => tensor(name, 'FLOAT', shape, eighths(draw, sizeOf(shape)));
/** Positive ones, some of them below 1. */
export const positives = (name: string, ...shape: number[]) =>
  tensor(
    name,
    'FLOAT',
    shape,
    eighths(draw, sizeOf(shape)).map((x) => Math.abs(x) + 0.125),
  );
export const bytes = (name: string, type: 'INT8' | 'UINT8', ...shape: number[]) =>
  tensor(
    name,
    type,
    shape,
    Array.from({ length: sizeOf(shape) }, () => Math.floor(draw() * 256) - (type === 'INT8' ? 128 : 0)),
  );
