import { widthOf } from '../formats/format.js';
import { factsOf } from './facts.js';
import type { LaneStep } from './lanes.js';
import type { Layer, Network } from './network.js';
import { operatorOf } from './operators/index.js';
import { numbersIn, sameNumbers } from './quantization.js';
import type { TensorFacts } from './tensor.js';

/**
 * Layers that run together. Where there are several, each is a step over elements whose result nobody but the next ones reads,
 * so that the tensors between them are never made (elements.ts); a product may come first.
 */
export interface Chain {
  /** In the network's order. */
  layers: readonly Layer[];
  inputs: readonly string[];
  outputs: readonly string[];
  /** Every layer is a step over elements. */
  isSteps: boolean;
  /** The steps in registers, where all have code for them and only the first may read two tensors. */
  lanes?: readonly LaneStep[];
  /** The steps behind the product that comes first. */
  rest?: Chain;
}

/** Tensors that steps read at most: of two that hold codes of a byte there is a table of all pairs. */
const MOST = 2;
/** Layers of a chain at most: more gain nothing, and kernels and plans grow with them. */
const LONGEST = 64;

interface Planned {
  chains: readonly Chain[];
  numbers: readonly number[];
}

const planned = new WeakMap<Network, Planned>();

/** A network's layers in chains, as long as their facts allow; others once a number that they are made from has changed. */
export function chainsOf(network: Network): readonly Chain[] {
  const numbers = network.layers.flatMap(numbersOf);
  let known = planned.get(network);
  if (known === undefined || !sameNumbers(known.numbers, numbers))
    planned.set(network, (known = { chains: planOf(network), numbers }));
  return known.chains;
}

/** What registers and tables of a layer are made from, which whoever holds the network may write to between two runs. */
function numbersOf(layer: Layer): readonly number[] {
  if (layer.op === 'quantize') return numbersIn(layer.quantization);
  if (layer.op !== 'general') return [];
  const stored = layer.operands.filter((each) => typeof each === 'object').filter(({ data }) => data.length === 1);
  const attributes = Object.values(layer.attributes).filter((value) => typeof value === 'number');
  return [
    ...attributes,
    ...stored.flatMap((each) => [each.data[0], ...(each.kind === 'codes' ? numbersIn(each.quantization) : [])]),
    ...(layer.output === undefined ? [] : numbersIn(layer.output)),
  ];
}

/** Every layer by itself: each of its tensors is made. */
export function singly({ layers }: Network): readonly Chain[] {
  return layers.map((layer) => alone(layer));
}

function alone(layer: Layer, isSteps = false): Chain {
  return { layers: [layer], inputs: [...new Set(layer.inputs)], outputs: layer.outputs, isSteps };
}

interface Plan {
  network: Network;
  facts: ReadonlyMap<string, TensorFacts>;
  /** Who reads a tensor; undefined is whoever runs the network. */
  readers: ReadonlyMap<string, ReadonlySet<Layer | undefined>>;
  /** Each chain at the layer in whose place it runs. */
  places: Map<Layer, Chain>;
}

function planOf(network: Network): readonly Chain[] {
  let facts: ReadonlyMap<string, TensorFacts>;
  try {
    facts = factsOf(network);
  } catch {
    // A layer that cannot run says so itself, once it is its turn.
    return singly(network);
  }
  const places = new Map(network.layers.map((layer) => [layer, alone(layer)]));
  const plan: Plan = { network, facts, readers: readersIn(network), places };
  gatherSteps(plan);
  findLanes(plan);
  return withoutUnread(plan);
}

/** A chain that all its readers have a copy of does not run. */
function withoutUnread({ network, facts, places }: Plan): readonly Chain[] {
  const read = new Set(network.outputs);
  const chains: Chain[] = [];
  for (const chain of [...places.values()].reverse()) {
    if (isCopied(chain, facts) && !read.has(chain.outputs[0])) continue;
    for (const name of chain.inputs) read.add(name);
    chains.push(chain);
  }
  return chains.reverse();
}

function readersIn({ layers, outputs }: Network): Map<string, Set<Layer | undefined>> {
  const readers = new Map<string, Set<Layer | undefined>>(outputs.map((name) => [name, new Set([undefined])]));
  for (const layer of layers)
    for (const name of layer.inputs) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, new Set([layer]));
      else known.add(layer);
    }
  return readers;
}

/** Steps over one tensor of codes of a byte go into the chain of each of their readers: their results are looked up. */
function isCopied({ isSteps, inputs }: Chain, facts: Plan['facts']): boolean {
  const codes = facts.get(inputs[0])?.quantization;
  return isSteps && inputs.length === 1 && codes !== undefined && widthOf(codes.fit.format) <= 8;
}

/** Puts every step behind the chains that it alone reads. */
function gatherSteps({ network, facts, readers, places }: Plan): void {
  const endings = new Map<string, Chain>();
  const order = new Map(network.layers.map((layer, i) => [layer, i]));
  for (const layer of network.layers) {
    if (!isStep(layer, facts)) continue;
    let chain = alone(layer, true);
    const isRead = (name: string) => readers.get(name)?.size === 1;
    // Codes that several read as real numbers stay codes.
    const names = layer.op === 'dequantize' && !isRead(layer.outputs[0]) ? [] : chain.inputs;
    for (const name of names) {
      const before = endings.get(name);
      if (before === undefined || endsInCodes(before, facts)) continue;
      if (!isRead(name) && !isCopied(before, facts)) continue;
      const inputs = [...new Set(chain.inputs.flatMap((own) => (own === name ? before.inputs : [own])))];
      if (inputs.length > MOST) continue;
      const layers = [...new Set([...before.layers, ...chain.layers])];
      if (layers.length > LONGEST) continue;
      chain = { ...chain, inputs, layers: layers.sort((x, y) => (order.get(x) ?? 0) - (order.get(y) ?? 0)) };
      if (isRead(name)) places.delete(before.layers[before.layers.length - 1]);
    }
    places.set(layer, chain);
    endings.set(layer.outputs[0], chain);
  }
}

/** A chain of real numbers stops where it gives codes: they are small, and whoever reads codes alone can look them up. */
function endsInCodes({ inputs, outputs }: Chain, facts: Plan['facts']): boolean {
  const isCodes = (name: string) => facts.get(name)?.quantization !== undefined;
  return isCodes(outputs[0]) && !inputs.every(isCodes);
}

/** Over elements of one shape, real numbers or codes of one scale. */
function isStep(layer: Layer, facts: Plan['facts']): boolean {
  if (layer.inputs.length === 0 || layer.outputs.length !== 1 || layer.when !== undefined) return false;
  if (operatorOf(layer).elementwise?.(layer) !== true) return false;
  const all = [...layer.inputs, ...layer.outputs].map((name) => facts.get(name) as TensorFacts);
  return all.every(({ shape, quantization: q, type = 'float', open }) => {
    if (open !== undefined) return false;
    if (q !== undefined && (q.scale.length > 1 || typeof q.zeroPoint !== 'number')) return false;
    return type.includes('float') && shape.join() === all[0].shape.join();
  });
}

/** All steps in registers: the first reads what the chain reads, and each of the others what the one before it gives. */
function lanesOf({ layers, inputs }: Chain): readonly LaneStep[] | undefined {
  const lanes = layers.flatMap((layer) => operatorOf(layer).lanes?.(layer) ?? []);
  const fits = ({ operands }: LaneStep, i: number) => (operands ?? 1) === (i === 0 ? inputs.length : 1);
  return lanes.length === layers.length && lanes.every(fits) ? lanes : undefined;
}

/** Finds steps that have code for registers; over what a product alone gives them, they come behind it. */
function findLanes({ network, facts, readers, places }: Plan): void {
  const writers = new Map(network.layers.flatMap((layer) => layer.outputs.map((name) => [name, layer])));
  for (const [last, steps] of places) {
    const lanes = steps.isSteps ? lanesOf(steps) : undefined;
    if (lanes === undefined) continue;
    const rest = { ...steps, lanes };
    places.set(last, rest);
    const [name, other] = rest.inputs;
    if (other !== undefined) continue;
    const layer = writers.get(name);
    if (layer === undefined || places.get(layer)?.isSteps !== false) continue;
    if (operatorOf(layer).through === undefined || facts.get(name)?.quantization !== undefined) continue;
    if ([...(readers.get(name) ?? [])].some((reader) => reader === undefined || !rest.layers.includes(reader)))
      continue;
    places.delete(last);
    places.set(layer, { ...alone(layer), layers: [layer, ...rest.layers], outputs: rest.outputs, rest });
  }
}
