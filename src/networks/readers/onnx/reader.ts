import type { ReadOptions } from '../options.js';
import type { Format } from '../../../formats/format.js';
import { type Activation, type Builder, perImage } from '../../build/builder.js';
import type { RuntimeRules } from '../../conventions/rules.js';
import type { Layer } from '../../network.js';
import type { CodeTensor } from '../../tensor.js';
import type { Constant } from './constant.js';
import type { Load } from './external.js';
import type { LocalFunctions } from './inline.js';
import type { NodeReader } from './node.js';

export type { NodeReader } from './node.js';

/** What a name in the graph stands for while the file is read. */
export type Value = StoredValue | WeightsValue | Activation;

/** A tensor stored in the file, or computed from such; `format` where its codes are known to be of a narrower format. */
export interface StoredValue {
  kind: 'stored';
  constant: Constant;
  format?: Format;
  /** The int32 codes that it was dequantized from, and their scales: a bias. */
  codes?: { whole: Constant; scale: Float32Array };
}
/** Stored codes behind a DequantizeLinear or a quantizer function: real numbers whose codes are known. */
export interface WeightsValue {
  kind: 'weights';
  tensor: CodeTensor;
}
export interface Reader extends Builder {
  values: Map<string, Value>;
  /** Hears of nodes that cannot be read; what they write, and what is made of it, is left out. */
  refused?: ReadOptions['refused'];
  unknown: Set<string>;
  /** lastbit wrote the file: nodes are named as layers are. */
  isOwn: boolean;
  /** Layers that have their node's name. */
  named: WeakSet<Layer>;
  /** How many nodes and graph outputs read a name. */
  uses: Map<string, number>;
  /** Whose arithmetic quantized operators have. */
  rules: RuntimeRules;
  /** The nodes read so far by their first output, and the layers that each brought. */
  written: Map<string, { node: NodeReader; layers: readonly Layer[] }>;
  /** Operators of the nodes that read a name; `output` where the graph gives it. */
  readers: Map<string, string[]>;
  /** Names whose numbers go into a QuantizeLinear alone (rounded.ts). */
  beforeCodes: Set<string>;
  /** Codes of int8 that the runtime makes uint8 (rounded.ts). */
  turned: Set<string>;
  /** Names of the tensors in each sequence. */
  sequences: Map<string, readonly string[]>;
  /** Functions that the model brings along. */
  functions: LocalFunctions;
  /** Nodes of branches and turns that are written out so far. */
  unrolled: number;
  load: Load;
}

/** The value of an input. @throws Error where the node has none */
export function operand(reader: Reader, node: NodeReader, index: number): Value {
  const name = node.take(index);
  const value = reader.values.get(name);
  if (value === undefined)
    throw new Error(name === '' ? `lacks input ${index + 1}` : `reads ${name}, which nothing before it writes`);
  if (value.kind !== 'activation') return value;
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

/** The shape that the file gives an activation, without the batch. */
export function fileShape(x: Activation): readonly number[] {
  return x.column ? [...perImage(x), 1, 1] : perImage(x);
}

/** Real numbers, or codes: what nodes compute with that have an operator of their own; undefined where a function does it. */
export function computing(reader: Reader, node: NodeReader, index = 0): Activation | undefined {
  const value = operand(reader, node, index);
  return value.kind === 'activation' && value.as !== 'integers' && value.type === undefined ? value : undefined;
}

/** Whether an operand is there and no stored tensor. */
export function isComputed(reader: Reader, node: NodeReader, index: number): boolean {
  return (node.inputs[index] ?? '') !== '' && operand(reader, node, index).kind === 'activation';
}

/** An axis counted from the batch, negative ones from the end. @throws Error where there is none such */
export function axisAmong(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new Error(`has axis ${axis} over ${rank} axes`);
}

/** Layers that a node has brought are known by its name, and by the rules of the file; in our own files the one that it writes. */
export function nameLayers({ layers, named, rules, isOwn }: Reader, node: string, output: string): void {
  const last = layers[layers.length - 1];
  if (isOwn) {
    if (last?.name === output && node !== '' && node !== output) layers[layers.length - 1] = { ...last, node };
    return;
  }
  for (let i = layers.length - 1; i >= 0 && !named.has(layers[i]); i--) {
    const own = layers[i];
    const rule = own.rule ?? (rules.name === 'onnx' ? undefined : rules.name);
    const known = own.node ?? (node !== '' && node !== own.name ? node : undefined);
    layers[i] = { ...own, ...(known !== undefined && { node: known }), ...(rule !== undefined && { rule }) };
    named.add(layers[i]);
  }
}
