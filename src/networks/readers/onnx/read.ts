import { opsetsOf } from './opsets.js';
import { didYouMean } from '../../../text/nearest.js';
import { type Activation, realOf } from '../../build/builder.js';
import { withBatch } from '../../batch.js';
import { FUNCTIONS } from '../../functions/index.js';
import { type RuleName, rulesNamed } from '../../conventions/rules.js';
import type { Network, Op } from '../../network.js';
import type { Tensor } from '../../tensor.js';
import { waitingForReaders } from './branches.js';
import { readBlocks } from './blockMarks.js';
import { readConstant } from './constant.js';
import { CONTRIB_OPERATORS } from './contrib.js';
import { CONTROL_OPERATORS, readControl } from './control.js';
import { loaderFrom, withLoaded } from './external.js';
import { OWN_DOMAIN } from './functions.js';
import { decodeModel, type Proto } from './proto.js';
import { readCast } from './readCast.js';
import { readConstantNode } from './readConstantNode.js';
import { readClip, readDequantizeLinear, readQuantizeLinear, readRelu } from './readCodes.js';
import { readQuantizerCall } from './readQuantizers.js';
import { QLINEAR_OPERATORS, readAnyQLinearMatMul, readQGemm, readQLinear } from './readQLinear.js';
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
import { readGeneral, withAxes } from './general.js';
import { tensorOf } from './storedTensor.js';
import { inlined, localFunctions } from './inline.js';
import { inputsOf } from './inputs.js';
import { messageOf, oneLine } from './line.js';
import { domainOf, type NodeReader, nodeReader } from './node.js';
import { openProduct } from '../../operators/general.js';
import { inOrder, type GraphStep } from './order.js';
import { withoutPairs } from './pairs.js';
import { overIntegers } from './rounded.js';
import { readSequence, SEQUENCE_OPERATORS } from './sequences.js';
import type { ReadOptions } from '../options.js';
import { countUses } from './uses.js';
import { PRODUCER } from './write.js';
import { nameLayers, operand, type Reader, type Value } from './reader.js';

/** Undefined where the node is no case of the operator, and a function of tensors (functions/) has to do it. */
type ReadNode = (reader: Reader, node: NodeReader) => Value | undefined;

/** By operator of networks, the nodes of the standard that become it, or a part of the one before it. */
const READERS: Readonly<Record<Op, Readonly<Record<string, ReadNode>>>> = {
  add: { Add: readAdd, Sum: readAdd },
  averagePool: { AveragePool: readAveragePool, GlobalAveragePool: readGlobalAveragePool, ReduceMean: readReduceMean },
  batchNorm: { BatchNormalization: readBatchNormalization, Mul: readMul, Sub: readSub },
  choose: {},
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

/** Every operator that is read, with its domain and whether its products run on the array. */
export function readableOperators(): { name: string; domain: string; array: boolean }[] {
  const own = [...NODES.keys()].filter((name) => !Object.hasOwn(FUNCTIONS, name));
  const products = new Set(['conv', 'dense'].flatMap((op) => Object.keys(READERS[op as Op])));
  const functions = Object.entries(FUNCTIONS).filter(([name]) => !name.startsWith(`${OWN_DOMAIN}.`));
  const all = [
    ...own.map((name) => ({ name, domain: 'ai.onnx', array: products.has(name) })),
    ...[...CONTROL_OPERATORS, ...SEQUENCE_OPERATORS].map((name) => ({ name, domain: 'ai.onnx', array: false })),
    ...CONTRIB_OPERATORS.map((name) => ({ name, domain: 'com.microsoft', array: CONTRIB_PRODUCTS.includes(name) })),
    ...QLINEAR_OPERATORS.map((name) => ({ name, domain: 'com.microsoft', array: name === 'QGemm' })),
    ...QUANTIZERS.map((name) => ({ name, domain: 'qonnx', array: false })),
    ...functions.map(([key, { products: array }]) => {
      const at = key.lastIndexOf('.');
      const name = key.slice(at + 1);
      return { name, domain: at < 0 ? 'ai.onnx' : key.slice(0, at), array: array !== undefined || products.has(name) };
    }),
  ];
  return all.sort((x, y) => (x.domain + x.name < y.domain + y.name ? -1 : 1));
}

const QUANTIZERS = ['Quant', 'BipolarQuant'];
const CONTRIB_PRODUCTS = ['Attention', 'FusedConv', 'FusedGemm', 'QAttention'];

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

function decoded(bytes: Uint8Array, name: string): Proto<'ModelProto'> {
  try {
    return decodeModel(bytes);
  } catch (error) {
    const reason = `not an ONNX file, or cut short (${messageOf(error)} in ${bytes.length} bytes)`;
    throw new Error(`${name}: ${reason}`, { cause: error });
  }
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
    ...{ beforeCodes: new Set(), turned: new Set() },
    ...{
      functions,
      unrolled: 0,
      load,
      unknown: new Set(),
      named: new WeakSet(),
      refused: options.refused,
      ...writingBy(model, options),
    },
  };
  const there = new Set([...graph.input, ...graph.initializer].map((each) => each.name));
  const all = inOrder(inlined(graph.node, functions, opsets), there);
  const { steps, constants } = reader.rules.merges ? withoutPairs(all, graph) : { steps: all, constants: [] };
  const given = graph.output.map((output) => output.name);
  countUses(reader, steps, given);
  const stored = new Set<string>();
  for (const tensor of graph.initializer) {
    if (stored.has(tensor.name)) throw new Error(`stores the tensor ${tensor.name} twice`);
    stored.add(tensor.name);
    if (reader.uses.has(tensor.name))
      reader.values.set(tensor.name, { kind: 'stored', constant: readConstant(load(tensor)) });
  }
  for (const constant of constants) reader.values.set(constant.name, { kind: 'stored', constant });
  const inputs = inputsOf(graph, reader, options);
  for (const step of steps) readNode(reader, step);
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const outputs = outputsOf(graph, reader);
  const layers = waitingForReaders(reader.layers, outputs);
  return withBatch({ name, inputs, outputs, batch: 'fixed', layers, metadata });
}

/**
 * Files of other people are for ONNX Runtime. What lastbit wrote keeps the arithmetic that its figures were measured with:
 * the standard's steps, one after another.
 */
function writingBy(
  { producerName }: Proto<'ModelProto'>,
  { rules }: ReadOptions,
): Pick<Reader, 'rules' | 'written' | 'isOwn'> {
  const isOwn = producerName === PRODUCER;
  const own: RuleName = isOwn ? 'onnx' : 'ort';
  return { rules: rulesNamed(rules ?? own), written: new Map(), isOwn };
}

function outputsOf(graph: Proto<'GraphProto'>, reader: Reader): string[] {
  if (graph.output.length === 0) throw new Error('gives nothing: a network has an output');
  const known = graph.output.filter(({ name }) => !reader.unknown.has(name));
  return known.map(({ name }) => {
    const value = reader.values.get(name);
    if (value === undefined) throw new Error(`output ${name} is computed by no layer`);
    if (value.kind !== 'activation') return passedOn(reader, name, [], tensorOf(value));
    const whole = reader.isOwn ? value : withAxes(reader, value);
    const own = whole.as === 'dequantized' ? realOf(reader, whole) : whole.name;
    return own === name || reader.isOwn ? own : passedOn(reader, name, [own], 0);
  });
}

/** What a network gives under a name that no layer writes, a stored tensor or one of another name: a layer passes it on. */
function passedOn(reader: Reader, name: string, inputs: readonly string[], operand: Tensor | 0): string {
  const layer = { op: 'general', name, inputs, outputs: [name], function: 'Identity' } as const;
  reader.layers.push({ ...layer, operands: [operand], attributes: {} });
  return name;
}

function readNode(reader: Reader, step: GraphStep): void {
  const { node: proto, opsets } = step;
  const [output = ''] = proto.output;
  const op = `${proto.domain ? `${proto.domain}.` : ''}${proto.opType}`;
  const label = `node ${proto.name || output} (${op})`;
  const leaveOut = () => proto.output.forEach((name) => reader.unknown.add(name));
  if (proto.input.some((name) => reader.unknown.has(name))) return leaveOut();
  try {
    if (!proto.output.some((name) => name !== '')) throw new Error('writes nothing');
    const taken = proto.output.find((name) => reader.values.has(name));
    if (taken !== undefined) throw new Error(`writes ${taken}, which is there already`);
    const read = (steps: readonly GraphStep[], outputs: readonly string[]) => {
      countUses(reader, steps, outputs);
      for (const each of steps) readNode(reader, each);
    };
    const place = { reader, step, read };
    if (readControl(place) ?? readSequence(place)) return;
    const node = nodeReader(withLoaded(overIntegers(reader, proto), reader.load), opsets.get(domainOf(proto)) ?? 1);
    const before = reader.layers.length;
    const values = readValues(reader, node);
    node.finish();
    nameLayers(reader, proto.name, output);
    reader.written.set(node.output, { node, layers: reader.layers.slice(before) });
    node.outputs.forEach((name, i) => name !== '' && values[i] !== undefined && reader.values.set(name, values[i]));
  } catch (error) {
    const reason = messageOf(error);
    if (reader.refused === undefined) throw new Error(`${label}: ${reason}`, { cause: error });
    reader.refused({ name: proto.name || output, op, reason: oneLine(reason) });
    leaveOut();
  }
}

function readValues(reader: Reader, node: NodeReader): readonly Value[] {
  const { domain, opType } = node;
  const open = node.inputs.map((name) => reader.values.get(name)).find(isOpen)?.open;
  if (open !== undefined && PRODUCTS.has(`${domain}.${opType}`)) throw new Error(openProduct(open));
  const reads = open === undefined || WHATEVER_LENGTH.includes(opType) ? NODES.get(opType) : undefined;
  const own = domain === '' ? reads?.(reader, node) : ofOtherDomain(reader, node);
  if (own !== undefined) return [own];
  const values = readGeneral(reader, node);
  if (values !== undefined) return values;
  const near = domain === '' ? didYouMean(opType, SUPPORTED_OPERATORS) : '';
  throw new Error(
    `operator ${opType} of domain ${domain || 'ai.onnx'} is not supported${near}; "lastbit list operators" names those that are`,
  );
}

function isOpen(value: Value | undefined): value is Activation {
  return value?.kind === 'activation' && value.open !== undefined;
}

/** What has a reader of its own that asks for no shape; others are functions where shapes are certain only in a run. */
const WHATEVER_LENGTH = ['DequantizeLinear', 'Dropout', 'Identity', 'QuantizeLinear'];

/** Operators with products on the array, as `domain.Name`. */
const PRODUCTS = new Set(
  readableOperators().flatMap(({ name, domain, array }) =>
    array ? [`${domain === 'ai.onnx' ? '' : domain}.${name}`] : [],
  ),
);

function ofOtherDomain(reader: Reader, node: NodeReader): Value | undefined {
  if (node.domain === OWN_DOMAIN && node.opType === 'Sign') return readOwnSign(reader, node);
  return (
    readBlocks(reader, node) ?? readQuantizerCall(reader, node) ?? readQLinear(reader, node) ?? readQGemm(reader, node)
  );
}

/** Codes that were carried as real numbers are dequantized by it; anything else is passed on. */
function readIdentity(reader: Reader, node: NodeReader): Value {
  const value = operand(reader, node, 0);
  if (value.kind !== 'activation' || value.as !== 'carried') return value;
  return { ...value, as: 'dequantized', realName: node.output };
}
