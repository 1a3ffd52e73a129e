import { ELEMENTS, tensorOf, valueOf } from './storedTensor.js';
import { type Activation, called, realOf } from '../../build/builder.js';
import { executeLayer } from '../../execute.js';
import { float32Arithmetic } from '../../arithmetic.js';
import { factsAfter } from '../../facts.js';
import type { Attributes, AttributeSpec } from '../../functions/attributes.js';
import { movesAlong, type TensorFunction } from '../../functions/function.js';
import { findFunction } from '../../functions/index.js';
import type { GeneralLayer } from '../../network.js';
import { LARGEST, floatTensor, integerTensor, sizeOf, type Tensor, type TensorFacts } from '../../tensor.js';
import { asCodes } from './moved.js';
import type { NodeReader } from './node.js';
import { operand, type Reader, type StoredValue, type Value, type WeightsValue } from './reader.js';

/** A node of the standard as the function of its name; over stored tensors alone it is computed here. */

/** What a node writes, in its order; undefined where there is no function of its name. */
export function readGeneral(reader: Reader, node: NodeReader): readonly Value[] | undefined {
  const name = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  const record = findFunction(name);
  if (record === undefined) return undefined;
  const more = node.inputs.findIndex((input, i) => input !== '' && i >= (record.operands ?? Infinity));
  if (more >= 0) throw new Error(`has ${node.inputs[more]} as input ${more + 1}, which is not supported`);
  const given = node.inputs.map((input, i) => (input === '' ? undefined : operand(reader, node, i)));
  if (record.oneType) checkOneType(given);
  const { attributes: asked, added } = attributesOf(record, node);
  const target = name === 'Reshape' ? keepingBatch(given[0], given[1]) : given[1];
  const attributes = target === given[1] ? asked : { ...asked, allowzero: 0 };
  if (target !== given[1]) given[1] = target;
  const weights = plainly(name, () => movedWeights(record, given, attributes, name));
  if (weights !== undefined) return [weights];
  const layer: GeneralLayer = {
    op: 'general',
    name: node.outputs.find((output) => output !== '') ?? node.output,
    // What is refused behind it names it so.
    ...(!reader.isOwn && !['', node.output].includes(node.name) && { node: node.name }),
    inputs: [],
    outputs: [...node.outputs],
    function: name,
    operands: [],
    attributes,
  };
  return plainly(name, () => placed(reader, record, layer, withAdded(given, added)));
}

/** Errors of a layer that is only made, without its name: the node's is said already. */
function plainly<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (!(reason instanceof TypeError)) throw reason;
    throw new Error(`lacks an operand of ${name}, or has one of another kind`, { cause: error });
  }
}

/** @throws Error naming two types, where operands are of several */
function checkOneType(given: readonly Given[]): void {
  const types = given.flatMap((value) => (value && typeNameOf(value)) ?? []);
  const other = types.find((type) => type !== types[0]);
  if (other !== undefined) throw new Error(`has operands of ${types[0]} and ${other}: they must be of one type`);
}

/** Undefined of codes, whose format may be narrower than what the file holds them in, and where it is certain only in a run. */
function typeNameOf(value: Value): string | undefined {
  if (value.kind === 'weights') return 'FLOAT';
  if (value.kind === 'stored') return value.constant.type.name;
  if (value.as === 'codes' || value.open !== undefined) return undefined;
  const type = value.type ?? 'float32';
  return ELEMENTS[type] ?? type.toUpperCase();
}

/** A shape that begins with a batch of 1, as the input's does: with what stands for "as it was", it takes any batch. */
function keepingBatch(x: Given, target: Given): Given {
  if (x?.kind !== 'activation' || target?.kind !== 'stored' || x.shape[0] !== 1) return target;
  const [first, ...rest] = target.constant.data;
  if (first !== 1 || rest.includes(0)) return target;
  return { ...target, constant: { ...target.constant, data: Float64Array.from([0, ...rest]) } };
}

type Given = Value | undefined;

function withAdded(given: readonly Given[], added: ReadonlyMap<number, Tensor>): (Given | Tensor)[] {
  const all: (Given | Tensor)[] = [...given];
  for (const [place, tensor] of added) all[place] ??= tensor;
  return Array.from(all);
}

/** The layer with its operands found, or what it computes of stored ones. */
function placed(
  reader: Reader,
  record: TensorFunction,
  layer: GeneralLayer,
  given: readonly (Given | Tensor)[],
): readonly Value[] {
  const reads: (TensorFacts & { name: string; lazy: boolean })[] = [];
  const moved = asCodes(record, layer.attributes, given, tensorOf);
  const factors = record.factors?.every((place) => hasCodes(given[place])) ? record.factors : [];
  const operands = (moved ?? given).map((value, place) => {
    if (value === undefined) return undefined;
    const factor = factors.includes(place);
    if (value.kind !== 'activation') return factor && value.kind === 'weights' ? value.tensor : tensorOf(value);
    const read = readOf(reader, withAxes(reader, value), factor || moved !== undefined || areFloats(record, value));
    const at = reads.findIndex(({ name }) => name === read.name);
    return at >= 0 ? at : reads.push(read) - 1;
  });
  const own = { ...layer, operands, inputs: reads.map(({ name }) => name) };
  if (reads.length === 0) return computed(own);
  const facts = factsAfter(own, reads);
  checkSizes(facts);
  // What is moved as codes is read as the real numbers that they stand for, where it was so before.
  const lazy = moved !== undefined && reads.some((read) => read.lazy);
  const written = own.outputs.map((output, i) => output || `${own.name}/unused${i}`);
  const names = written.map((output, i) => (lazy && facts[i]?.quantization !== undefined ? `${output}/codes` : output));
  reader.layers.push({ ...own, ...called(names[0]), outputs: names });
  return facts.map((fact, i) => activationOf(names[i], fact, lazy ? written[i] : undefined));
}

/** Features that the file has as features x 1 x 1, with these axes. */
export function withAxes(reader: Reader, value: Activation): Activation {
  if (value.column !== true) return value;
  const name = `${value.name}/column`;
  const layer: GeneralLayer = {
    ...{ op: 'general', ...called(name), inputs: [value.name], function: 'Unsqueeze', attributes: {} },
    operands: [0, integerTensor([2], 'int64', Float64Array.of(2, 3))],
  };
  if (!reader.layers.some((each) => each.name === name)) reader.layers.push(layer);
  return { ...value, name, shape: [...value.shape, 1, 1], column: false, realName: undefined };
}

/** Codes of small floats are no integers: a Cast takes them as they are. */
function areFloats({ takesCodes }: TensorFunction, { as, quantization }: Activation): boolean {
  return takesCodes === true && as === 'codes' && quantization?.fit.format.kind !== 'int';
}

/** Codes that the file has as real numbers, which products take instead. */
function hasCodes(value: Given | Tensor): boolean {
  if (value?.kind === 'weights') return true;
  return value?.kind === 'activation' && (value.as === 'dequantized' || value.as === 'carried');
}

function readOf(reader: Reader, value: Activation, keeps: boolean): TensorFacts & { name: string; lazy: boolean } {
  const { shape, as, quantization, type, open: from } = value;
  const open = from === undefined ? {} : { open: from };
  if (value.pad !== undefined) return readOf(reader, padded(reader, value), keeps);
  const codes = as !== 'real' && as !== 'integers';
  if (codes && keeps) return { name: value.name, shape, quantization, lazy: as !== 'codes', ...open };
  if (as === 'codes') return { ...integersOf(reader, value), lazy: false };
  return { name: codes ? realOf(reader, value) : value.name, shape, ...(type && { type }), lazy: false, ...open };
}

/** Padding that no convolution of stored weights takes over, as a layer of its own, once. */
function padded(reader: Reader, { pad, ...value }: Activation): Activation {
  const name = `${value.name}/padded/part`;
  const [top, left, bottom, right] = pad ?? [0, 0, 0, 0];
  const pads = integerTensor([8], 'int64', Float64Array.of(0, 0, top, left, 0, 0, bottom, right));
  const layer: GeneralLayer = {
    ...{ op: 'general', ...called(name), inputs: [realOf(reader, value)], function: 'Pad' },
    ...{ operands: [0, pads], attributes: { mode: 'constant' } },
  };
  if (!reader.layers.some((each) => each.name === name)) reader.layers.push(layer);
  const { shape } = value;
  const lengths = [shape[0], shape[1], shape[2] + top + bottom, shape[3] + left + right];
  return { kind: 'activation', name, shape: lengths, as: 'real', shared: false };
}

/** Codes as the integers that the file has there: a layer of its own, once. */
function integersOf(
  reader: Reader,
  { name: codes, shape, quantization, open }: Activation,
): TensorFacts & { name: string } {
  const name = `${codes}/integers`;
  const layer: GeneralLayer = {
    ...{ op: 'general', ...called(name), inputs: [codes], function: 'lastbit.Integers' },
    ...{ operands: [0], attributes: {} },
  };
  if (!reader.layers.some((each) => each.name === name)) reader.layers.push(layer);
  const [facts] = factsAfter(layer, [{ shape, quantization, ...(open !== undefined && { open }) }]);
  return { ...facts, name };
}

function checkSizes(facts: readonly TensorFacts[]): void {
  const large = facts.find(({ shape, open }) => open === undefined && isLarge(shape));
  if (large !== undefined)
    throw new Error(`gives shape ${large.shape.join('x')}: up to ${LARGEST} elements are supported`);
}

function isLarge(shape: readonly number[]): boolean {
  return shape.some((length) => !(length >= 0)) || sizeOf(shape) > LARGEST;
}

export function activationOf(
  name: string,
  { shape, quantization, type, open }: TensorFacts,
  realName?: string,
): Activation {
  const base = { kind: 'activation', name, shape, shared: false, ...(open !== undefined && { open }) } as const;
  if (quantization !== undefined)
    return realName === undefined
      ? { ...base, as: 'codes', quantization }
      : { ...base, as: 'dequantized', quantization, realName };
  const integers = type !== undefined && !type.includes('float');
  return { ...base, as: integers ? 'integers' : 'real', ...(type && { type }) };
}

function computed(layer: GeneralLayer): readonly Value[] {
  const results = executeLayer(layer, [], float32Arithmetic);
  checkSizes(results);
  return results.map((tensor, i) => valueOf(tensor, layer.outputs[i]));
}

/** Attributes of the newest opset; those that are operands since come as tensors, by their place. */
export function attributesOf(
  { attributes = {}, since = [], before = [] }: TensorFunction,
  node: NodeReader,
): { attributes: Attributes; added: ReadonlyMap<number, Tensor> } {
  const added = new Map<number, Tensor>();
  for (const { opset, attribute, kind, operand: place } of since) {
    if (node.opset >= opset || !node.has(attribute)) continue;
    const value = read(node, attribute, { kind, absent: undefined });
    if (value !== undefined) added.set(place, tensorOfAttribute(value as number | readonly number[], kind));
  }
  const old = before.filter(({ opset }) => node.opset < opset).map((each) => each.attributes);
  const values = Object.entries(attributes).map(([name, spec]): [string, Attributes[string]] => {
    const absent = old.find((each) => name in each)?.[name] ?? spec.absent;
    return [name, read(node, name, { ...spec, absent })];
  });
  return { attributes: Object.fromEntries(values.filter(([, value]) => value !== undefined)), added };
}

function read(node: NodeReader, name: string, { kind, absent, among, orOutputs }: AttributeSpec): Attributes[string] {
  if (!node.has(name)) return orOutputs === true ? node.outputs.length : absent;
  if (kind === 'int') return node.int(name, 0);
  if (kind === 'float') return node.float(name, 0);
  if (kind === 'ints') return node.ints(name, []);
  if (kind === 'floats') return node.floats(name);
  if (kind === 'strings') return node.strings(name).join(' ');
  if (kind === 'tensor') return tensorOf({ kind: 'stored', constant: node.tensor(name) });
  const text = node.string(name, '');
  if (among === undefined || among.includes(text)) return text;
  throw new Error(`has ${name} = ${text}: it is one of ${among.join(' ')}`);
}

function tensorOfAttribute(value: number | readonly number[], kind: string): Tensor {
  const list = typeof value === 'number' ? [value] : value;
  const shape = typeof value === 'number' ? [] : [list.length];
  if (kind.startsWith('float')) return floatTensor(shape, Float32Array.from(list));
  return integerTensor(shape, 'int64', Float64Array.from(list));
}

/** Stored codes stay codes while they are only moved: those of one scale anyhow, those of many where axes are exchanged. */
function movedWeights(
  record: TensorFunction,
  given: readonly Given[],
  attributes: Attributes,
  name: string,
): WeightsValue | undefined {
  const [x, ...rest] = given;
  if (!movesAlong(record, attributes) || record.along !== undefined || x?.kind !== 'weights') return undefined;
  if (rest.some((value) => value !== undefined && value.kind !== 'stored')) return undefined;
  const { quantization: q } = x.tensor;
  if (q.scale.length > 1 && name !== 'Transpose') return undefined;
  const operands = [x.tensor, ...rest.map((value) => value && tensorOf(value as StoredValue))];
  const layer: GeneralLayer = {
    ...{ op: 'general', name, inputs: [], outputs: [name], function: name },
    ...{ operands, attributes },
  };
  const [tensor] = executeLayer(layer, [], float32Arithmetic);
  if (tensor.kind !== 'codes') return undefined;
  const rank = tensor.shape.length;
  const perm = (attributes.perm as readonly number[] | undefined) ?? tensor.shape.map((_, i) => rank - 1 - i);
  const axis = q.scale.length === 1 ? 0 : perm.indexOf(q.axis);
  return { kind: 'weights', tensor: { ...tensor, quantization: { ...q, axis } } };
}
