import { didYouMean } from '../../../text/nearest.js';
import { LARGEST, realOf } from '../../build/builder.js';
import type { Network, Op, NetworkInput } from '../../network.js';
import { sizeOf } from '../../tensor.js';
import { readBlocks } from './blockMarks.js';
import { type Constant, readConstant } from './constant.js';
import { elementType, elementTypeOf } from './element.js';
import { OWN_DOMAIN } from './functions.js';
import { decodeModel, type Proto } from './proto.js';
import { readCast } from './readCast.js';
import { readClip, readDequantizeLinear, readQuantizeLinear, readQuantizerCall, readRelu } from './readCodes.js';
import { readConv, readGemm, readMatMul, readQLinearConv, readQLinearMatMul } from './readMac.js';
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
  readConcat,
  readConstantOfShape,
  readFlatten,
  readGather,
  readGlobalAveragePool,
  readMaxPool,
  readPad,
  readReduceMean,
  readReshape,
  readShape,
  readSlice,
  readSqueeze,
  readUnsqueeze,
} from './readShape.js';
import { domainOf, type NodeReader, nodeReader } from './node.js';
import { operand, type Reader, type Value } from './reader.js';

type ReadNode = (reader: Reader, node: NodeReader) => Value;

/** By operator of networks, the nodes of the standard that become it, or a part of the one before it. */
const READERS: Readonly<Record<Op, Readonly<Record<string, ReadNode>>>> = {
  add: { Add: readAdd, Sum: readAdd },
  averagePool: { AveragePool: readAveragePool, GlobalAveragePool: readGlobalAveragePool, ReduceMean: readReduceMean },
  batchNorm: { BatchNormalization: readBatchNormalization, Mul: readMul, Sub: readSub },
  conv: { Conv: readConv, QLinearConv: readQLinearConv },
  dense: { Gemm: readGemm, MatMul: readMatMul, QLinearMatMul: readQLinearMatMul },
  dequantize: { DequantizeLinear: readDequantizeLinear },
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
  Concat: readConcat,
  Constant: readConstantNode,
  ConstantOfShape: readConstantOfShape,
  Dropout: readDropout,
  Gather: readGather,
  Identity: readIdentity,
  Pad: readPad,
  Shape: readShape,
  Slice: readSlice,
  Unsqueeze: readUnsqueeze,
};

const NODES: ReadonlyMap<string, ReadNode> = new Map(
  [...Object.values(READERS), WITHOUT_LAYER].flatMap((nodes) => Object.entries(nodes)),
);

/** The operators of the ONNX standard that `readOnnx` understands. */
export const SUPPORTED_OPERATORS: readonly string[] = [...NODES.keys()].sort();

/**
 * Reads an ONNX file of any IR version: float networks, QLinear operators, and QuantizeLinear/DequantizeLinear graphs,
 * whose Conv, Gemm and MatMul multiply codes where both operands are dequantized. Batch normalization is folded into
 * float layers. The batch may be fixed or symbolic; it is left out of the network's shapes.
 * @param name the network's name, usually the file's; errors begin with it
 * @throws Error with one line that names the file, the node or tensor, what was found and what is supported
 */
export function readOnnx(bytes: Uint8Array, name: string): Network {
  const model = decoded(bytes, name);
  try {
    return networkOf(model, name);
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

function networkOf(model: Proto<'ModelProto'>, name: string): Network {
  const { graph } = model;
  if (graph === undefined || model.opsetImport.length === 0)
    throw new Error(`not an ONNX model, or cut short: it has no ${graph === undefined ? 'graph' : 'opset'}`);
  const reader: Reader = { values: new Map(), layers: [], uses: usesOf(graph) };
  const opsets = opsetsOf(model);
  for (const tensor of graph.initializer) {
    if (reader.values.has(tensor.name)) throw new Error(`stores the tensor ${tensor.name} twice`);
    reader.values.set(tensor.name, { kind: 'stored', constant: readConstant(tensor) });
  }
  const input = inputOf(graph, reader);
  for (const node of graph.node) readNode(reader, node, opsets.get(domainOf(node)));
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const layers = reader.layers;
  return { name, inputs: [input], outputs: [outputOf(graph, reader)], batch: 'free', layers, metadata };
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

/** The one graph input that is not stored. Its first dimension is the batch. */
function inputOf(graph: Proto<'GraphProto'>, reader: Reader): NetworkInput {
  const inputs = graph.input.filter((input) => !reader.values.has(input.name));
  if (inputs.length !== 1)
    throw new Error(`has ${inputs.length} inputs (${inputs.map((i) => i.name).join(' ')}): one is supported`);
  const { name, type } = inputs[0];
  const element = type?.tensorType?.elemType ?? 0;
  if (element !== 1)
    throw new Error(`input ${name} has type ${elementTypeOf(element)?.name ?? element}: FLOAT is supported`);
  const dims = (type?.tensorType?.shape?.dim ?? []).map(({ dimValue, dimParam }) =>
    dimParam === '' ? Number(dimValue) : dimParam,
  );
  const shape = dims.slice(1).filter((length): length is number => typeof length === 'number' && length > 0);
  if ((dims.length !== 2 && dims.length !== 4) || shape.length !== dims.length - 1)
    throw new Error(
      `input ${name} has shape ${dims.join('x') || 'unknown'}: batch x channels x height x width or batch x features, fixed but for the batch, is supported`,
    );
  if (sizeOf(shape) > LARGEST)
    throw new Error(`input ${name} has shape ${dims.join('x')}: up to ${LARGEST} elements are supported`);
  const port = { name, shape: [1, ...shape] };
  reader.values.set(name, { kind: 'activation', ...port, as: 'real', shared: false });
  return port;
}

function outputOf(graph: Proto<'GraphProto'>, reader: Reader): string {
  if (graph.output.length !== 1)
    throw new Error(
      `has ${graph.output.length} outputs (${graph.output.map((o) => o.name).join(' ')}): one is supported`,
    );
  const value = reader.values.get(graph.output[0].name);
  if (value?.kind !== 'activation') throw new Error(`output ${graph.output[0].name} is computed by no layer`);
  if (value.pad !== undefined)
    throw new Error(`output ${graph.output[0].name} is padded: Pad is supported before Conv only`);
  return value.as === 'dequantized' ? realOf(reader, value) : value.name;
}

function readNode(reader: Reader, proto: Proto<'NodeProto'>, opset = 1): void {
  const [output = ''] = proto.output;
  const label = `node ${proto.name || output} (${proto.domain ? `${proto.domain}.` : ''}${proto.opType})`;
  try {
    if (output === '') throw new Error('writes nothing');
    const taken = proto.output.find((name) => reader.values.has(name));
    if (taken !== undefined) throw new Error(`writes ${taken}, which is there already`);
    const node = nodeReader(proto, opset);
    const value = readValue(reader, node);
    node.finish();
    reader.values.set(output, value);
  } catch (error) {
    throw new Error(`${label}: ${messageOf(error)}`, { cause: error });
  }
}

function readValue(reader: Reader, node: NodeReader): Value {
  const { domain, opType } = node;
  const operator = domain === '' ? NODES.get(opType) : undefined;
  if (operator !== undefined) return operator(reader, node);
  if (domain === OWN_DOMAIN && opType === 'Sign') return readOwnSign(reader, node);
  const quantized = domain === '' ? undefined : (readBlocks(reader, node) ?? readQuantizerCall(reader, node));
  if (quantized !== undefined) return quantized;
  const near = domain === '' ? didYouMean(opType, SUPPORTED_OPERATORS) : '';
  throw new Error(
    `operator ${opType} of domain ${domain || 'ai.onnx'} is not supported; there are ${SUPPORTED_OPERATORS.join(' ')} and QONNX's Quant, BipolarQuant${near}`,
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
