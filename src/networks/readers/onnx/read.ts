import { didYouMean } from '../../../text/nearest.js';
import { LARGEST, realOf } from '../../build/builder.js';
import { factsOf, inputsOf as tensorsRead, ofBatch } from '../../facts.js';
import { FUNCTIONS, functionNamed } from '../../functions/index.js';
import type { Layer, Network, NetworkInput, Op } from '../../network.js';
import { operandFacts } from '../../operators/general.js';
import { sizeOf, type TensorFacts } from '../../tensor.js';
import type { ReadOptions } from '../options.js';
import { readBlocks } from './blockMarks.js';
import { type Constant, readConstant } from './constant.js';
import { elementType, elementTypeOf } from './element.js';
import { OWN_DOMAIN } from './functions.js';
import { decodeModel, type Proto } from './proto.js';
import { readCast } from './readCast.js';
import { readClip, readDequantizeLinear, readQuantizeLinear, readQuantizerCall, readRelu } from './readCodes.js';
import { readAnyQLinearMatMul, readQGemm, readQLinear } from './readQLinear.js';
import { readConv, readGemm, readMatMul, readQLinearConv } from './readMac.js';
import {
  readAdd,
  readBatchNormalization,
  readDropout,
  readMax,
  readMul,
  readOwnSign,
  readSign,
  readSoftmax,
  readSub,
} from './readReal.js';
import {
  readAveragePool,
  readFlatten,
  readGlobalAveragePool,
  readMaxPool,
  readPad,
  readReduceMean,
  readReshape,
  readShape,
  readSize,
  readSqueeze,
} from './readShape.js';
import { readGeneral, typeOf } from './general.js';
import { domainOf, type NodeReader, nodeReader } from './node.js';
import { operand, type Reader, type Value, writingBy } from './reader.js';

/** Undefined where the node is no case of the operator, and a function of tensors (functions/) has to do it. */
type ReadNode = (reader: Reader, node: NodeReader) => Value | undefined;

/** By operator of networks, the nodes of the standard that become it, or a part of the one before it. */
const READERS: Readonly<Record<Op, Readonly<Record<string, ReadNode>>>> = {
  add: { Add: readAdd, Sum: readAdd },
  averagePool: { AveragePool: readAveragePool, GlobalAveragePool: readGlobalAveragePool, ReduceMean: readReduceMean },
  batchNorm: { BatchNormalization: readBatchNormalization, Mul: readMul, Sub: readSub },
  conv: { Conv: readConv, QLinearConv: readQLinearConv },
  dense: { Gemm: readGemm, MatMul: readMatMul, QLinearMatMul: readAnyQLinearMatMul },
  dequantize: { DequantizeLinear: readDequantizeLinear },
  general: {},
  flatten: { Flatten: readFlatten, Reshape: readReshape, Squeeze: readSqueeze },
  maxPool: { MaxPool: readMaxPool },
  quantize: { QuantizeLinear: readQuantizeLinear },
  relu: { Clip: readClip, Max: readMax, Relu: readRelu },
  sign: { Sign: readSign },
  softmax: { Softmax: readSoftmax },
};

/** Nodes that become no layer: those over stored tensors and shapes, and those that change nothing or the layer after them. */
const WITHOUT_LAYER: Readonly<Record<string, ReadNode>> = {
  Cast: readCast,
  Constant: readConstantNode,
  Dropout: readDropout,
  Identity: readIdentity,
  Pad: readPad,
  Shape: readShape,
  Size: readSize,
};

const NODES: ReadonlyMap<string, ReadNode> = new Map(
  [...Object.values(READERS), WITHOUT_LAYER].flatMap((nodes) => Object.entries(nodes)),
);

/** The operators of the ONNX standard that `readOnnx` understands. */
export const SUPPORTED_OPERATORS: readonly string[] = [
  ...new Set([...NODES.keys(), ...Object.keys(FUNCTIONS).filter((name) => !name.includes('.'))]),
].sort();

/**
 * Reads an ONNX file of any IR version: float networks, QLinear operators, and QuantizeLinear/DequantizeLinear graphs,
 * whose Conv, Gemm and MatMul multiply codes where both operands are dequantized. Batch normalization is folded into
 * float layers. The batch may be fixed or symbolic; it is left out of the network's shapes.
 * @param name the network's name, usually the file's; errors begin with it
 * @throws Error with one line that names the file, the node or tensor, what was found and what is supported
 */
export function readOnnx(bytes: Uint8Array, name: string, options: ReadOptions = {}): Network {
  const model = decoded(bytes, name);
  try {
    return networkOf(model, name, options);
  } catch (error) {
    throw new Error(`${name}: ${oneLine(messageOf(error))}`, { cause: error });
  }
}

/** Names in a damaged file may be anything: what is not for a line is escaped, and what is too long cut. */
function oneLine(text: string): string {
  const shown = text.replace(
    /[\p{Cc}\u2028\u2029\ufffd]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}...` : shown;
}

const LONGEST = 600;

function decoded(bytes: Uint8Array, name: string): Proto<'ModelProto'> {
  try {
    return decodeModel(bytes);
  } catch (error) {
    const reason = `not an ONNX file, or cut short (${messageOf(error)} in ${bytes.length} bytes)`;
    throw new Error(`${name}: ${reason}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function networkOf(model: Proto<'ModelProto'>, name: string, options: ReadOptions): Network {
  const { graph } = model;
  if (graph === undefined || model.opsetImport.length === 0)
    throw new Error(`not an ONNX model, or cut short: it has no ${graph === undefined ? 'graph' : 'opset'}`);
  const reader: Reader = {
    values: new Map(),
    layers: [],
    uses: usesOf(graph),
    readers: readersOf(graph),
    ...writingBy(model.producerName, options),
  };
  const opsets = opsetsOf(model);
  for (const tensor of graph.initializer) {
    if (reader.values.has(tensor.name)) throw new Error(`stores the tensor ${tensor.name} twice`);
    reader.values.set(tensor.name, { kind: 'stored', constant: readConstant(tensor) });
  }
  const inputs = inputsOf(graph, reader);
  for (const node of graph.node) readNode(reader, node, opsets.get(domainOf(node)));
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const outputs = outputsOf(graph, reader);
  return withBatch({ name, inputs, outputs, batch: 'fixed', layers: reader.layers, metadata });
}

/**
 * Opsets whose operators are read as they are defined there. Before 7, Add and Gemm broadcast by attributes, and Dropout
 * and BatchNormalization trained unless told otherwise.
 */
const OPSETS = { oldest: 7, newest: 26 };

/** Versions by domain. @throws Error where the standard's is missing, or none that is known here */
function opsetsOf({ opsetImport }: Proto<'ModelProto'>): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const entry of opsetImport) {
    const domain = domainOf(entry);
    if (opsets.has(domain)) throw new Error(`imports two opsets of the domain ${domain || 'ai.onnx'}`);
    opsets.set(domain, Number(entry.version));
  }
  const opset = opsets.get('');
  if (opset === undefined) throw new Error('imports no opset of the domain ai.onnx');
  if (opset < OPSETS.oldest || opset > OPSETS.newest)
    throw new Error(`asks for opset ${opset}: ${OPSETS.oldest} to ${OPSETS.newest} are supported`);
  return opsets;
}

function usesOf(graph: Proto<'GraphProto'>): Map<string, number> {
  const uses = new Map<string, number>();
  const names = [...graph.node.flatMap((node) => node.input), ...graph.output.map((output) => output.name)];
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/** Operators of the nodes that read each name. */
function readersOf(graph: Proto<'GraphProto'>): Map<string, string[]> {
  const readers = new Map<string, string[]>(graph.output.map(({ name }) => [name, ['output']]));
  for (const { input, opType } of graph.node)
    for (const name of input) readers.set(name, [...(readers.get(name) ?? []), opType]);
  return readers;
}

/** Graph inputs that are not stored. */
function inputsOf(graph: Proto<'GraphProto'>, reader: Reader): NetworkInput[] {
  const inputs = graph.input.filter((input) => !reader.values.has(input.name));
  if (inputs.length === 0) throw new Error('reads nothing: a network has an input that is not stored');
  return inputs.map((input) => {
    const port = inputOf(input);
    const as = port.type === undefined || port.type.includes('float') ? 'real' : 'integers';
    reader.values.set(port.name, { kind: 'activation', ...port, as, shared: false });
    return port;
  });
}

/** A first axis without a length is the batch, of 1 here. */
function inputOf({ name, type }: Proto<'ValueInfoProto'>): NetworkInput {
  const element = elementTypeOf(type?.tensorType?.elemType ?? 0);
  const real = element && typeOf(element);
  if (real === undefined)
    throw new Error(
      `input ${name} has type ${element?.name ?? type?.tensorType?.elemType ?? 'none'}: real numbers of 16 to 64 bits and integers are supported`,
    );
  const dims = (type?.tensorType?.shape?.dim ?? []).map(({ dimValue, dimParam }) =>
    dimParam === '' ? Number(dimValue) : dimParam,
  );
  const shape = dims.map((length, axis) => (axis === 0 && !(Number(length) > 0) ? 1 : length));
  const free = shape.find((length) => !(Number(length) > 0));
  if (type?.tensorType?.shape === undefined || free !== undefined)
    throw new Error(
      `input ${name} has shape ${dims.join('x') || 'unknown'}: lengths are wanted but for the batch; give them with --shape ${name}=1x3x224x224`,
    );
  if (sizeOf(shape as number[]) > LARGEST)
    throw new Error(`input ${name} has shape ${dims.join('x')}: up to ${LARGEST} elements are supported`);
  return { name, shape: shape as number[], ...(real !== 'float32' && { type: real }) };
}

/** The batch is free where every tensor grows with it and no layer looks across it; then shapes say 1. */
function withBatch(network: Network): Network {
  const free: Network = { ...network, batch: 'free' };
  try {
    const [one, three] = [1, 3].map((batch) => factsOf(ofBatch(free, batch)));
    const grows = [...one].every(([name, { shape }]) => {
      const other = three.get(name)?.shape ?? [];
      return shape[0] === 1 && other[0] === 3 && shape.slice(1).join() === other.slice(1).join();
    });
    return grows && !network.layers.some((layer) => looksAcross(layer, one)) ? ofBatch(free, 1) : network;
  } catch {
    // A layer that cannot take another batch says so: it has set its own.
    return network;
  }
}

function looksAcross(layer: Layer, facts: ReadonlyMap<string, TensorFacts>): boolean {
  if (layer.op !== 'general') return false;
  const operands = operandFacts(layer, tensorsRead(layer, facts));
  return functionNamed(layer.function).acrossBatch?.(operands, layer.attributes) === true;
}

function outputsOf(graph: Proto<'GraphProto'>, reader: Reader): string[] {
  if (graph.output.length === 0) throw new Error('gives nothing: a network has an output');
  return graph.output.map(({ name }) => {
    const value = reader.values.get(name);
    if (value?.kind !== 'activation') throw new Error(`output ${name} is computed by no layer`);
    if (value.pad !== undefined) throw new Error(`output ${name} is padded: Pad is supported before Conv only`);
    return value.as === 'dequantized' ? realOf(reader, value) : value.name;
  });
}

function readNode(reader: Reader, proto: Proto<'NodeProto'>, opset = 1): void {
  const [output = ''] = proto.output;
  const label = `node ${proto.name || output} (${proto.domain ? `${proto.domain}.` : ''}${proto.opType})`;
  try {
    if (!proto.output.some((name) => name !== '')) throw new Error('writes nothing');
    const taken = proto.output.find((name) => reader.values.has(name));
    if (taken !== undefined) throw new Error(`writes ${taken}, which is there already`);
    const node = nodeReader(proto, opset);
    const before = reader.layers.length;
    const values = readValues(reader, node);
    node.finish();
    reader.written.set(node.output, { node, layers: reader.layers.slice(before) });
    node.outputs.forEach((name, i) => name !== '' && values[i] !== undefined && reader.values.set(name, values[i]));
  } catch (error) {
    throw new Error(`${label}: ${messageOf(error)}`, { cause: error });
  }
}

function readValues(reader: Reader, node: NodeReader): readonly Value[] {
  const { domain, opType } = node;
  const own = domain === '' ? NODES.get(opType)?.(reader, node) : ofOtherDomain(reader, node);
  if (own !== undefined) return [own];
  const values = readGeneral(reader, node);
  if (values !== undefined) return values;
  const near = domain === '' ? didYouMean(opType, SUPPORTED_OPERATORS) : '';
  throw new Error(
    `operator ${opType} of domain ${domain || 'ai.onnx'} is not supported; there are ${SUPPORTED_OPERATORS.join(' ')} and QONNX's Quant, BipolarQuant${near}`,
  );
}

function ofOtherDomain(reader: Reader, node: NodeReader): Value | undefined {
  if (node.domain === OWN_DOMAIN && node.opType === 'Sign') return readOwnSign(reader, node);
  return (
    readBlocks(reader, node) ?? readQuantizerCall(reader, node) ?? readQLinear(reader, node) ?? readQGemm(reader, node)
  );
}

function readConstantNode(_: Reader, node: NodeReader): Value {
  return { kind: 'stored', constant: node.constant() ?? listed(node) };
}

/** The forms of a constant besides `value`; what is left of them is refused as an attribute that nobody looked at. */
function listed(node: NodeReader): Constant {
  const name = node.output;
  if (node.has('value_float'))
    return { name, type: elementType('FLOAT'), shape: [], data: Float32Array.of(node.float('value_float', 0)) };
  if (node.has('value_floats')) {
    const data = Float32Array.from(node.floats('value_floats'));
    return { name, type: elementType('FLOAT'), shape: [data.length], data };
  }
  const one = node.has('value_int');
  if (!one && !node.has('value_ints')) {
    node.finish();
    throw new Error('has no value');
  }
  const data = Float64Array.from(one ? [node.int('value_int', 0)] : node.ints('value_ints', []));
  return { name, type: elementType('INT64'), shape: one ? [] : [data.length], data };
}

/** Codes that were carried as real numbers are dequantized by it; anything else is passed on. */
function readIdentity(reader: Reader, node: NodeReader): Value {
  const value = operand(reader, node, 0);
  if (value.kind !== 'activation' || value.as !== 'carried') return value;
  return { ...value, as: 'dequantized', realName: node.output };
}
