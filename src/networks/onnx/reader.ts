import type { Format } from '../../formats/format.js';
import type { Blocks, ConvLayer, Layer } from '../network.js';
import { type CodeTensor, type Quantization, sizeOf } from '../tensor.js';
import type { Constant } from './constant.js';
import type { NodeReader } from './node.js';

export type { NodeReader } from './node.js';

/** What a name in the graph stands for while the file is read. */
export type Value = StoredValue | WeightsValue | Activation;

/** A tensor stored in the file, or computed from such; `format` where its codes are known to be of a narrower format. */
export interface StoredValue {
  kind: 'stored';
  constant: Constant;
  format?: Format;
}
/** Stored codes behind a DequantizeLinear or a quantizer function: real numbers whose codes are known. */
export interface WeightsValue {
  kind: 'weights';
  tensor: CodeTensor;
}
/**
 * What a layer of the network writes. `real`: real numbers. `codes`: codes of `quantization`. `carried`: codes too, which
 * the file holds as the real numbers that they stand for. `dequantized`: codes behind a DequantizeLinear whose output
 * `realName` becomes a layer only if somebody other than a MAC layer reads it.
 */
export interface Activation {
  kind: 'activation';
  name: string;
  shape: readonly number[];
  as: 'real' | 'codes' | 'carried' | 'dequantized';
  quantization?: Quantization;
  realName?: string;
  /** Features that the file has reshaped to features x 1 x 1. */
  column?: boolean;
  /** top, left, bottom, right: a Pad before it, which the Conv that must follow takes over. */
  pad?: ConvLayer['pad'];
  /** The product that reads it puts its operands in blocks (blockMarks.ts). */
  blocks?: Blocks;
  /** More than one node reads it, so the layer that writes it must stay as it is. */
  shared: boolean;
}

export interface Reader {
  values: Map<string, Value>;
  layers: Layer[];
  /** How many nodes and graph outputs read a name. */
  uses: Map<string, number>;
}

/** The value of an input. @throws Error where the node has none */
export function operand(reader: Reader, node: NodeReader, index: number): Value {
  const name = node.take(index);
  const value = reader.values.get(name);
  if (value === undefined)
    throw new Error(name === '' ? `lacks input ${index + 1}` : `reads ${name}, which nothing before it writes`);
  if (value.kind !== 'activation') return value;
  if (value.pad !== undefined && !node.opType.endsWith('Conv'))
    throw new Error(`reads the padded ${name}: Pad is supported before Conv only`);
  if ((reader.uses.get(name) ?? 0) < 2) return value;
  return { ...value, shared: true };
}

export function activation(reader: Reader, node: NodeReader, index = 0): Activation {
  const value = operand(reader, node, index);
  if (value.kind === 'activation') return value;
  throw new Error(`reads the constant ${node.inputs[index]} where an activation is expected`);
}

/** A stored tensor; undefined where the optional input is absent. */
export function optional(reader: Reader, node: NodeReader, index: number): Constant | undefined {
  return (node.inputs[index] ?? '') === '' ? undefined : stored(reader, node, index);
}

export function stored(reader: Reader, node: NodeReader, index: number): Constant {
  const value = operand(reader, node, index);
  if (value.kind === 'stored') return value.constant;
  throw new Error(`needs a constant as input ${index + 1}, found the computed ${node.inputs[index]}`);
}

/** Appends a layer and gives its output. */
export function push(
  reader: Reader,
  layer: Layer,
  shape: readonly number[],
  parts: Partial<Pick<Activation, 'as' | 'quantization' | 'column'>> = {},
): Activation {
  if (shape.some((length) => !(length >= 1)) || sizeOf(shape) > LARGEST)
    throw new Error(`gives shape ${shape.join('x')}: lengths of 1 and more, up to ${LARGEST} elements, are supported`);
  reader.layers.push(layer);
  return { kind: 'activation', name: layer.name, shape, as: 'real', shared: false, ...parts };
}

/** Elements of a tensor of one image, or of one stored in the graph: 1 GiB of float32. */
export const LARGEST = 2 ** 28;

/** The shape that the file gives an activation, without the batch. */
export function fileShape({ shape, column }: Activation): readonly number[] {
  return column ? [...shape, 1, 1] : shape;
}

/** An axis counted from the batch, negative ones from the end. @throws Error where there is none such */
export function axisAmong(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new Error(`has axis ${axis} over ${rank} axes`);
}

/** The layer that writes a value, when nothing else reads it: only such a layer may be changed or renamed. */
export function ownLayer(reader: Reader, value: Activation): Layer | undefined {
  return value.shared ? undefined : reader.layers.find((layer) => layer.name === value.name);
}

/** Puts a layer in place of the one that writes `value`. */
export function replaceLayer(reader: Reader, value: Activation, layer: Layer): Activation {
  reader.layers[reader.layers.findIndex((old) => old.name === value.name)] = layer;
  return { ...value, name: layer.name };
}

/** The same value under the name of the node's output, where the layer that writes it may be renamed. */
export function renamed(reader: Reader, node: NodeReader, value: Activation): Activation {
  const layer = ownLayer(reader, value);
  return layer === undefined ? value : replaceLayer(reader, value, { ...layer, name: node.output });
}

/** Name of the tensor with a value's real numbers; codes get a dequantize layer, once. */
export function realOf(reader: Reader, value: Activation): string {
  if (value.as === 'real') return value.name;
  if (value.as === 'codes')
    throw new Error(`reads the codes ${value.name} as numbers: DequantizeLinear is missing between`);
  const name = value.realName ?? `${value.name}/real`;
  if (!reader.layers.some((layer) => layer.name === name))
    reader.layers.push({ op: 'dequantize', name, input: value.name });
  return name;
}
