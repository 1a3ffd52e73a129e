import { didYouMean } from '../../../text/nearest.js';
import { realOf } from '../../build/builder.js';
import { factsOf, inputsOf as tensorsRead, ofBatch } from '../../facts.js';
import { FUNCTIONS, functionNamed } from '../../functions/index.js';
import type { Layer, Network, Op } from '../../network.js';
import { operandFacts } from '../../operators/general.js';
import type { Tensor, TensorFacts } from '../../tensor.js';
import { readBlocks } from './blockMarks.js';
import { readConstant } from './constant.js';
import { readControl } from './control.js';
import { loaderFrom, withLoaded } from './external.js';
import { OWN_DOMAIN } from './functions.js';
import { decodeModel, type Proto } from './proto.js';
import { readCast } from './readCast.js';
import { readConstantNode } from './readConstantNode.js';
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
import { readGeneral, tensorOf } from './general.js';
import { inlined, localFunctions } from './inline.js';
import { inputsOf } from './inputs.js';
import { domainOf, type NodeReader, nodeReader } from './node.js';
import { freeNames, inOrder, type GraphStep } from './order.js';
import { readSequence } from './sequences.js';
import type { ReadOptions } from '../options.js';
import { operand, type Reader, type Value } from './reader.js';

/** Undefined where the node is no case of the operator, and a function of tensors (functions/) has to do it. */
type ReadNode = (reader: Reader, node: NodeReader) => Value | undefined;

/** By operator of networks, the nodes of the standard that become it, or a part of the one before it. */
const READERS: Readonly<Record<Op, Readonly<Record<string, ReadNode>>>> = {
  add: { Add: readAdd, Sum: readAdd },
  averagePool: { AveragePool: readAveragePool, GlobalAveragePool: readGlobalAveragePool, ReduceMean: readReduceMean },
  batchNorm: { BatchNormalization: readBatchNormalization, Mul: readMul, Sub: readSub },
  conv: { Conv: readConv, QLinearConv: readQLinearConv },
  dense: { Gemm: readGemm, MatMul: readMatMul, QLinearMatMul: readQLinearMatMul },
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
 * Nodes may come in any order; functions of the model, and branches and loops that the file decides, are written out.
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
  const opsets = opsetsOf(model);
  const load = loaderFrom(options.folder);
  const functions = localFunctions(model);
  const reader: Reader = {
    ...{ values: new Map(), layers: [], uses: new Map(), readers: new Map(), sequences: new Map() },
    ...{ functions, written: 0, load },
  };
  const there = new Set([...graph.input, ...graph.initializer].map((each) => each.name));
  const steps = inOrder(inlined(graph.node, functions, opsets), there);
  const given = graph.output.map((output) => output.name);
  count(reader, steps, given);
  const stored = new Set<string>();
  for (const tensor of graph.initializer) {
    if (stored.has(tensor.name)) throw new Error(`stores the tensor ${tensor.name} twice`);
    stored.add(tensor.name);
    if (reader.uses.has(tensor.name))
      reader.values.set(tensor.name, { kind: 'stored', constant: readConstant(load(tensor)) });
  }
  const inputs = inputsOf(graph, reader, options);
  for (const step of steps) readNode(reader, step);
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

/** Who reads each name: nodes by their operators, graphs in them, which may read it often, and `output` what is given on. */
function count({ uses, readers }: Reader, steps: readonly GraphStep[], outputs: readonly string[]): void {
  const add = (name: string, by: string, times = 1) => {
    uses.set(name, (uses.get(name) ?? 0) + times);
    const list = readers.get(name);
    if (list === undefined) readers.set(name, [by]);
    else list.push(by);
  };
  for (const name of outputs) add(name, 'output');
  for (const { node } of steps) {
    for (const name of node.input) add(name, node.opType);
    for (const name of freeNames(node)) add(name, 'graph', 2);
  }
}

/** The batch is free where every tensor grows with it and no layer looks across it; then shapes say 1. */
function withBatch(network: Network): Network {
  if (network.inputs.some(({ shape }) => shape.length === 0)) return network;
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
    if (value !== undefined && value.kind !== 'activation') return storedOutput(reader, name, tensorOf(value));
    if (value === undefined) throw new Error(`output ${name} is computed by no layer`);
    if (value.pad !== undefined) throw new Error(`output ${name} is padded: Pad is supported before Conv only`);
    return value.as === 'dequantized' ? realOf(reader, value) : value.name;
  });
}

/** A stored tensor that a network gives: a layer passes it on. */
function storedOutput(reader: Reader, name: string, tensor: Tensor): string {
  const layer = { op: 'general', name, inputs: [], outputs: [name], function: 'Identity' } as const;
  reader.layers.push({ ...layer, operands: [tensor], attributes: {} });
  return name;
}

function readNode(reader: Reader, step: GraphStep): void {
  const { node: proto, opsets } = step;
  const [output = ''] = proto.output;
  const label = `node ${proto.name || output} (${proto.domain ? `${proto.domain}.` : ''}${proto.opType})`;
  try {
    if (!proto.output.some((name) => name !== '')) throw new Error('writes nothing');
    const taken = proto.output.find((name) => reader.values.has(name));
    if (taken !== undefined) throw new Error(`writes ${taken}, which is there already`);
    const read = (steps: readonly GraphStep[], outputs: readonly string[]) => {
      count(reader, steps, outputs);
      for (const each of steps) readNode(reader, each);
    };
    const place = { reader, step, read };
    if (readControl(place) ?? readSequence(place)) return;
    const node = nodeReader(withLoaded(proto, reader.load), opsets.get(domainOf(proto)) ?? 1);
    const values = readValues(reader, node);
    node.finish();
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
  return readBlocks(reader, node) ?? readQuantizerCall(reader, node);
}

/** Codes that were carried as real numbers are dequantized by it; anything else is passed on. */
function readIdentity(reader: Reader, node: NodeReader): Value {
  const value = operand(reader, node, 0);
  if (value.kind !== 'activation' || value.as !== 'carried') return value;
  return { ...value, as: 'dequantized', realName: node.output };
}
