import { type Format, isSigned, widthOf } from '../../../formats/format.js';
import { type Constant, readConstant, valuesOf } from './constant.js';
import { type ElementType, elementType, formatOf } from './element.js';
import { freeNames, type GraphStep } from './order.js';
import type { Proto } from './proto.js';

/**
 * Codes that are dequantized and quantized again at once, with another scale or zero point, are quantized once where the rules
 * have it so: to the range that both hold. Measured with onnxruntime-node 1.30.0 (its DoubleQDQPairsRemover), bit for bit.
 */

type Node = Proto<'NodeProto'>;

interface Meaning {
  type: ElementType;
  scale: number;
  zero: number;
}

/** Nodes by their place, undefined where they are gone, and who writes and reads each name; the graph reads at -1. */
interface Links {
  nodes: (Node | undefined)[];
  writers: ReadonlyMap<string, number>;
  readers: Map<string, readonly number[]>;
}

type Graph = Pick<Proto<'GraphProto'>, 'initializer' | 'output'>;

/** The steps that are left, and the scales and zero points that they read beside the file's. */
export function withoutPairs(
  steps: readonly GraphStep[],
  graph: Graph,
): { steps: readonly GraphStep[]; constants: readonly Constant[] } {
  const links = linksOf(steps, graph);
  const { nodes, readers } = links;
  const made = new Map<string, Constant>();
  const meaningOf = meaningsOf(steps, graph, made);
  for (let at = 0; at < nodes.length; at++) {
    const { first = -1, back = -1, ends = [] } = pairAt(links, at) ?? {};
    const node = nodes[first];
    const meaning = node && meaningOnce([first, back].map(nodeAt), [at, ...ends].map(nodeAt), meaningOf);
    if (node === undefined || meaning === undefined) continue;
    const [name] = node.output;
    const [scale, zero] = [`${name}/scale`, `${name}/zero`];
    made.set(scale, { name: scale, type: elementType('FLOAT'), shape: [], data: Float32Array.of(meaning.scale) });
    made.set(zero, { name: zero, type: meaning.type, shape: [], data: codeOf(meaning) });
    nodes[first] = { ...node, input: [node.input[0], scale, zero] };
    for (const end of ends) nodes[end] = { ...nodeAt(end), input: [name, scale, zero] };
    [nodes[back], nodes[at]] = [undefined, undefined];
    readers.set(name, ends);
  }
  const left = steps.flatMap((step, i) => (nodes[i] === undefined ? [] : [{ ...step, node: nodeAt(i) }]));
  return { steps: left, constants: [...made.values()] };

  function nodeAt(place: number): Node {
    return nodes[place] as Node;
  }
}

function linksOf(steps: readonly GraphStep[], { output }: Graph): Links {
  const readers = new Map<string, number[]>();
  const add = (name: string, by: number) => {
    const list = readers.get(name);
    if (list === undefined) readers.set(name, [by]);
    else list.push(by);
  };
  steps.forEach(({ node }, i) => {
    for (const name of [...node.input, ...freeNames(node)]) add(name, i);
  });
  for (const { name } of output) add(name, -1);
  const nodes = steps.map(({ node }) => node);
  return { nodes, writers: new Map(nodes.map(({ output: [name = ''] }, i) => [name, i])), readers };
}

/** The pair before a QuantizeLinear and the DequantizeLinear behind it, where nobody else reads what lies between them. */
function pairAt({ nodes, writers, readers }: Links, at: number) {
  const second = nodes[at];
  if (!isQuantizer(second, 'QuantizeLinear')) return undefined;
  const back = writers.get(second.input[0]) ?? -1;
  const between = nodes[back];
  if (!isQuantizer(between, 'DequantizeLinear')) return undefined;
  const first = writers.get(between.input[0]) ?? -1;
  const ends = readers.get(second.output[0]) ?? [];
  const alone = [between.input[0], second.input[0]].every((name) => readers.get(name)?.length === 1);
  if (!alone || !isQuantizer(nodes[first], 'QuantizeLinear')) return undefined;
  return ends.every((end) => isQuantizer(nodes[end], 'DequantizeLinear')) ? { first, back, ends } : undefined;
}

function isQuantizer(node: Node | undefined, opType: string): node is Node {
  return node?.opType === opType && node.domain === '';
}

/** What a quantizer's stored scale and zero point say of integers of 8 and 16 bits. */
function meaningsOf(
  steps: readonly GraphStep[],
  { initializer }: Graph,
  made: ReadonlyMap<string, Constant>,
): (node: Node) => Meaning | undefined {
  const files = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  for (const { node } of steps) {
    const tensor = node.opType === 'Constant' ? node.attribute[0]?.t : undefined;
    if (tensor !== undefined) files.set(node.output[0], tensor);
  }
  const constantOf = (name: string) => {
    const file = files.get(name);
    return made.get(name) ?? (file === undefined || file.dataLocation === 1 ? undefined : readConstant(file, name));
  };
  return ({ input }) => {
    const [scale, zero] = [constantOf(input[1]), constantOf(input[2] ?? '')];
    if (scale?.data.length !== 1 || zero?.data.length !== 1 || scale.type.name !== 'FLOAT') return undefined;
    if (formatOf(zero.type).kind !== 'int' || (zero.type.bits !== 8 && zero.type.bits !== 16)) return undefined;
    return { type: zero.type, scale: scale.data[0], zero: valuesOf(zero)[0] };
  };
}

/** What codes mean that are quantized once, in place of a first and a second time; undefined where they stay as they are. */
function meaningOnce(
  before: readonly Node[],
  after: readonly Node[],
  meaningOf: (node: Node) => Meaning | undefined,
): Meaning | undefined {
  const [[first, back], [second, ...ends]] = [before, after].map((nodes) => nodes.map(meaningOf));
  if (first === undefined || second === undefined || !isSame(first, back)) return undefined;
  if (first.type !== second.type || isSame(first, second) || !ends.every((end) => isSame(second, end)))
    return undefined;
  return sharedBy(first, second);
}

function isSame(a: Meaning, b: Meaning | undefined): boolean {
  return a.type === b?.type && a.scale === b.scale && a.zero === b.zero;
}

function endsOf(format: Format): readonly [number, number] {
  const count = 2 ** widthOf(format);
  return isSigned(format) ? [-count / 2, count / 2 - 1] : [0, count - 1];
}

/** The codes of what both hold, in steps of float32; undefined where that is nothing. */
function sharedBy(a: Meaning, b: Meaning): Meaning | undefined {
  const [least, most] = endsOf(formatOf(a.type));
  const [low, high] = [least, most].map((code) => [a, b].map(({ scale, zero }) => Math.fround((code - zero) * scale)));
  const [from, to] = [Math.max(...low), Math.min(...high)];
  if (!(from < to)) return undefined;
  const scale = Math.fround(Math.fround(to - from) / (most - least));
  const zero = Math.fround(least - Math.fround(from / scale));
  return { type: a.type, scale, zero: Math.sign(zero) * Math.round(Math.abs(zero)) };
}

function codeOf({ type, zero }: Meaning): Uint8Array | Uint16Array {
  return type.bits === 8 ? Uint8Array.of(zero & 0xff) : Uint16Array.of(zero & 0xffff);
}
