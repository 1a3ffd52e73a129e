import { called, realOf, sameMeaning } from '../../build/builder.js';
import { factsAfter } from '../../facts.js';
import type { Condition, Layer } from '../../network.js';
import { activationOf, withAxes } from './general.js';
import { madeNode, type NodePlace } from './madeNode.js';
import type { Proto } from './proto.js';
import type { Reader, Value } from './reader.js';
import { tensorOf } from './storedTensor.js';

/**
 * If by a condition that is computed. Small branches of one shape are both computed, and of each result the wanted one is taken
 * element by element; of others the layers wait for their condition.
 */

type Graph = Proto<'GraphProto'>;

/** Nodes of a branch that is computed though it may not be wanted, and what costs too much for that. */
const MOST_IN_VAIN = 32;
const COSTLY = /Conv|Gemm|MatMul|Attention|Einsum|LSTM|GRU|RNN|If|Loop|Scan/;

/** @param readBody reads a branch, and gives what its outputs are called */
export function readBranches(
  place: NodePlace,
  condition: string,
  bodies: readonly Graph[],
  readBody: (body: Graph, side: 'then' | 'else') => string[],
): void {
  const { reader, step, read } = place;
  const tensor = (reader.values.get(condition) as { name: string }).name;
  const sides = ['then', 'else'] as const;
  const before = new Set(reader.layers.map(({ name }) => name));
  const [yes, no] = bodies.map((body, i) => {
    const is = { tensor, is: i === 0 };
    return waiting(reader, is, () => readBody(body, sides[i]).map((name) => ({ name, value: known(reader, name) })));
  });
  const wanted = step.node.output.flatMap((output, i) => (output === '' ? [] : [{ output, i }]));
  const isSmall = bodies.every(
    ({ node }) => node.length <= MOST_IN_VAIN && !node.some(({ opType }) => COSTLY.test(opType)),
  );
  if (isSmall && wanted.every(({ i }) => isOneShape(yes[i].value, no[i].value))) {
    reader.layers = reader.layers.map((layer) => (before.has(layer.name) ? layer : unwaiting(reader, layer)));
    read(
      wanted.map(({ output, i }) => madeNode(step, 'Where', [condition, yes[i].name, no[i].name], [output])),
      [],
    );
    return;
  }
  for (const { output, i } of wanted) chooseLater(reader, step.node.name, tensor, output, [yes[i].value, no[i].value]);
}

function known({ values }: Reader, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`gives ${name} in a branch, which nothing before it writes`);
  return value;
}

function isOneShape(one: Value, other: Value): boolean {
  const [x, y] = [one, other].map((value) => {
    if (value.kind === 'activation') return value.open === undefined ? value.shape.join('x') : value;
    return (value.kind === 'weights' ? value.tensor.shape : value.constant.shape).join('x');
  });
  return x === y && typeof x === 'string';
}

/** What is read meanwhile runs only under the condition. */
function waiting<T>(reader: Reader, is: Condition, run: () => T): T {
  const before = new Set(reader.layers.map(({ name }) => name));
  const result = run();
  reader.layers = reader.layers.map((layer) => {
    if (before.has(layer.name)) return layer;
    return sameNamed(reader, layer, { ...layer, when: [is, ...(layer.when ?? [])] });
  });
  return result;
}

/** The same without the condition around it. */
function unwaiting(reader: Reader, layer: Layer): Layer {
  if (layer.when === undefined) return layer;
  const {
    when: [, ...rest],
    ...always
  } = layer;
  return sameNamed(reader, layer, rest.length === 0 ? always : { ...layer, when: rest });
}

/** Layers that have their node's name keep it. */
function sameNamed({ named }: Reader, before: Layer, after: Layer): Layer {
  if (named.has(before)) named.add(after);
  return after;
}

/** The layer that gives one of two tensors, whichever there is. */
function chooseLater(
  reader: Reader,
  node: string,
  tensor: string,
  output: string,
  [yes, no]: readonly [Value, Value],
): void {
  const codes = [yes, no].map((value) =>
    value.kind === 'activation' && value.as === 'codes' ? value.quantization : undefined,
  );
  if (codes[0] !== undefined && (codes[1] === undefined || !sameMeaning(codes[0], codes[1])))
    throw new Error('gives codes of two scales, zero points or types: those of one are wanted');
  const [one, other] = [yes, no].map((value, i) =>
    waiting(reader, { tensor, is: i === 0 }, () =>
      givenOf(reader, value, `${output}/${i === 0 ? 'then' : 'else'}/part`),
    ),
  );
  const layer: Layer = {
    ...{ op: 'choose', ...called(output), inputs: [tensor, one.name, other.name] },
    ...(!['', output].includes(node) && { node }),
  };
  const [facts] = factsAfter(layer, [{ shape: [] }, one, other]);
  reader.layers.push(layer);
  reader.values.set(output, activationOf(output, facts));
}

/** A tensor of a branch as what it is in the file: real numbers, integers or codes. */
function givenOf(reader: Reader, value: Value, name: string) {
  if (value.kind !== 'activation') {
    const layer: Layer = {
      ...{ op: 'general', ...called(name), inputs: [], function: 'Identity', attributes: {} },
      operands: [tensorOf(value)],
    };
    reader.layers.push(layer);
    return { ...factsAfter(layer, [])[0], name };
  }
  const whole = withAxes(reader, value);
  const { shape, quantization, type, open } = whole;
  const rest = { shape, ...(open !== undefined && { open }) };
  if (whole.as === 'codes') return { ...rest, name: whole.name, quantization };
  if (whole.as === 'integers' || type !== undefined) return { ...rest, name: whole.name, ...(type && { type }) };
  return { ...rest, name: realOf(reader, whole) };
}

/**
 * Layers that wait for no more than those that read them: one that both branches read, or what comes after them, always runs.
 * @param outputs of the network
 */
export function waitingForReaders(layers: readonly Layer[], outputs: readonly string[]): Layer[] {
  const wanted = new Map<string, readonly Condition[]>(outputs.map((name) => [name, []]));
  const want = (name: string, when: readonly Condition[]) => {
    const before = wanted.get(name);
    wanted.set(name, before === undefined ? when : common(before, when));
  };
  const result = layers.toReversed().map((layer): Layer => {
    const own = layer.when ?? [];
    const asked = layer.outputs.flatMap((name) => (wanted.has(name) ? [wanted.get(name) as readonly Condition[]] : []));
    const when = asked.reduce(common, own);
    if (layer.op === 'choose') {
      const [tensor, yes, no] = layer.inputs;
      want(tensor, when);
      want(yes, [...when, { tensor, is: true }]);
      want(no, [...when, { tensor, is: false }]);
    } else for (const name of layer.inputs) want(name, when);
    when.forEach(({ tensor }, i) => want(tensor, when.slice(0, i)));
    if (when.length === own.length) return layer;
    const { when: _, ...always } = layer;
    return when.length === 0 ? always : { ...layer, when };
  });
  return result.reverse();
}

/** Conditions that begin both lists. */
function common(one: readonly Condition[], other: readonly Condition[]): readonly Condition[] {
  const end = one.findIndex(({ tensor, is }, i) => other.at(i)?.tensor !== tensor || other[i].is !== is);
  return end < 0 ? one : one.slice(0, end);
}
