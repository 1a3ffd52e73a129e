import type { Layer } from '../../network.js';
import type { Quantization } from '../../tensor.js';
import { type Constant, writeConstant } from './constant.js';
import { type ElementType, elementType } from './element.js';
import { ATTRIBUTE_TYPES, type ProtoInit } from './proto.js';

/** How a tensor of the network lies in the file: under this name, with this element type. */
export interface Written {
  name: string;
  /** FLOAT also where codes are carried by the real numbers that they stand for (functions.ts). */
  type: ElementType;
  shape: readonly number[];
  /** The shape is certain only in a run, and so the file says none. */
  isOpen?: boolean;
  /** Present where the tensor of the network holds codes. */
  quantization?: Quantization;
}

/** The graph while it is written: nodes, stored tensors and functions so far, and the opset that they need. */
export interface Sheet {
  nodes: ProtoInit<'NodeProto'>[];
  initializers: ProtoInit<'TensorProto'>[];
  /** Model-local functions by domain and name; they are built when the opset is known. */
  functions: Map<string, (opset: number) => ProtoInit<'FunctionProto'>>;
  opset: number;
  /** Others than the standard's that nodes are of. */
  domains: Set<string>;
  /** By the name of the network's tensor. */
  tensors: Map<string, Written>;
  /** All layers of the network. */
  layers: readonly Layer[];
  /** Names given so far, so that nothing is written twice. */
  names: Set<string>;
}

export const FLOAT = elementType('FLOAT');
export const INT8 = elementType('INT8');
export const UINT8 = elementType('UINT8');
export const INT32 = elementType('INT32');
export const INT64 = elementType('INT64');

/** Integers, lists of integers, strings, a real as { f }, a tensor as { t }, lists of reals and of strings. */
export type AttributeValue =
  | number
  | readonly number[]
  | string
  | { f: number }
  | { t: Constant }
  | { floats: readonly number[] }
  | { strings: readonly string[] };

export function attribute(name: string, value: AttributeValue): ProtoInit<'AttributeProto'> {
  if (typeof value === 'number') return { name, i: BigInt(value), type: ATTRIBUTE_TYPES.i };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPES.s };
  if ('f' in value) return { name, f: value.f, type: ATTRIBUTE_TYPES.f };
  if ('t' in value) return { name, t: writeConstant(value.t), type: ATTRIBUTE_TYPES.t };
  if ('floats' in value) return { name, floats: [...value.floats], type: ATTRIBUTE_TYPES.floats };
  if ('strings' in value)
    return {
      name,
      strings: value.strings.map((word) => new TextEncoder().encode(word)),
      type: ATTRIBUTE_TYPES.strings,
    };
  return { name, ints: value.map(BigInt), type: ATTRIBUTE_TYPES.ints };
}

export function node(
  opType: string,
  input: string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
): ProtoInit<'NodeProto'> {
  const list = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return { opType, input, output: [output], name: output, attribute: list, domain };
}

/** Appends a node and gives the name of its output. */
export function emit(sheet: Sheet, ...args: Parameters<typeof node>): string {
  sheet.nodes.push(node(...args));
  sheet.names.add(args[2]);
  return args[2];
}

/** Appends a node of any number of outputs; an empty name is none. */
export function call(
  sheet: Sheet,
  opType: string,
  input: string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
  domain: string,
): void {
  sheet.nodes.push({ ...node(opType, input, outputs[0], attributes, domain), output: [...outputs] });
  for (const output of outputs) sheet.names.add(output);
}

/** Stores a tensor, once for each name, and gives its name. */
export function store(
  sheet: Sheet,
  name: string,
  type: ElementType,
  shape: readonly number[],
  data: Constant['data'],
): string {
  if (!sheet.names.has(name)) sheet.initializers.push(writeConstant({ name, type, shape, data }));
  sheet.names.add(name);
  return name;
}

export function need(sheet: Sheet, opset: number): void {
  sheet.opset = Math.max(sheet.opset, opset);
}
