import { elementType } from './element.js';
import { readBranches } from './branches.js';
import { madeNode, type NodePlace } from './madeNode.js';
import { inlined, MOST_NODES, rewritten } from './inline.js';
import { readConstant, valuesOf } from './constant.js';
import { inOrder } from './order.js';
import type { Proto } from './proto.js';
import type { Reader, Value } from './reader.js';

/** If, Loop and Scan: what is known while the file is read is chosen and written out, each turn with names of its own. */

type NodeProto = Proto<'NodeProto'>;
type Graph = Proto<'GraphProto'>;

/** Undefined where the operator is none of these. @throws Error where what it does depends on what is computed */
export function readControl(place: NodePlace): true | undefined {
  const control = CONTROLS[place.step.node.opType];
  if (control === undefined || (place.step.node.domain || 'ai.onnx') !== 'ai.onnx') return undefined;
  control(place);
  return true;
}

const CONTROLS: Readonly<Record<string, (place: NodePlace) => void>> = { If: readIf, Loop: readLoop, Scan: readScan };

export const CONTROL_OPERATORS: readonly string[] = Object.keys(CONTROLS);

function attributeOf({ attribute }: NodeProto, name: string): Proto<'AttributeProto'> | undefined {
  return attribute.find((each) => each.name === name);
}

function bodyOf(node: NodeProto, name: string): Graph {
  const graph = attributeOf(node, name)?.g;
  if (graph === undefined) throw new Error(`has no ${name}`);
  return graph;
}

function prefixOf({ output }: NodeProto): string {
  return output.find((name) => name !== '') ?? '';
}

/** The one number of a stored tensor; undefined where the name is empty. @throws Error where it is computed */
function known({ values }: Reader, name: string, what: string): number | undefined {
  if (name === '') return undefined;
  const value = values.get(name);
  if (value === undefined) throw new Error(`reads ${name}, which nothing before it writes`);
  if (value.kind === 'stored' && value.constant.data.length === 1) return valuesOf(value.constant)[0];
  throw new Error(`computes ${what} ${name} while it runs: one known from the file is supported`);
}

export function storeIntegers(
  { values }: Reader,
  name: string,
  data: readonly number[],
  shape = [data.length],
): string {
  const type = elementType('INT64');
  values.set(name, { kind: 'stored', constant: { name, type, shape, data: Float64Array.from(data) } });
  return name;
}

function storeTrue({ values }: Reader, name: string): string {
  const type = elementType('BOOL');
  values.set(name, { kind: 'stored', constant: { name, type, shape: [], data: Uint8Array.of(1) } });
  return name;
}

/**
 * Reads a body once.
 * @param given what its inputs are called here
 * @returns what its outputs are called here
 */
function readBody(place: NodePlace, body: Graph, prefix: string, given: readonly string[]): string[] {
  const { reader, step } = place;
  const names = new Map(body.input.map(({ name }, i): [string, string] => [name, given[i] ?? '']));
  const own = (name: string) => names.set(name, `${prefix}${name}`);
  for (const node of body.node) for (const name of node.output) if (name !== '') own(name);
  for (const tensor of body.initializer) {
    own(tensor.name);
    reader.values.set(`${prefix}${tensor.name}`, { kind: 'stored', constant: readConstant(reader.load(tensor)) });
  }
  const nameOf = (name: string) => names.get(name) ?? name;
  const nodes = body.node.map((node) => rewritten(node, nameOf));
  const outputs = body.output.map(({ name }) => nameOf(name));
  reader.unrolled += nodes.length;
  if (reader.unrolled > MOST_NODES)
    throw new Error(`has more than ${MOST_NODES} nodes when its turns are written out: fewer are supported`);
  place.read(inOrder(inlined(nodes, reader.functions, step.opsets)), outputs);
  return outputs;
}

function give({ step, read }: NodePlace, from: readonly string[]): void {
  const { output } = step.node;
  read(
    output.flatMap((name, i) => (name === '' ? [] : [madeNode(step, 'Identity', [from[i]], [name])])),
    from,
  );
}

function readIf(place: NodePlace): void {
  const { node } = place.step;
  const [name = ''] = node.input;
  const prefix = prefixOf(node);
  if (place.reader.values.get(name)?.kind === 'activation') {
    const bodies = ['then_branch', 'else_branch'].map((branch) => bodyOf(node, branch));
    readBranches(place, name, bodies, (body, side) => readBody(place, body, `${prefix}/${side}/`, []));
    return;
  }
  const condition = known(place.reader, name, 'its condition');
  if (condition === undefined) throw new Error('lacks its condition');
  const branch = condition === 0 ? 'else_branch' : 'then_branch';
  give(place, readBody(place, bodyOf(node, branch), `${prefix}/`, []));
}

function readLoop(place: NodePlace): void {
  const { reader, step } = place;
  const { node } = step;
  const body = bodyOf(node, 'body');
  const prefix = prefixOf(node);
  const [trips = '', start = ''] = node.input;
  const most = known(reader, trips, 'its number of turns') ?? Infinity;
  let goesOn = known(reader, start, 'its condition') !== 0;
  let carried = node.input.slice(2);
  const turns: string[][] = [];
  for (let turn = 0; goesOn && turn < most; turn++) {
    const own = `${prefix}/${turn}/`;
    const iteration = storeIntegers(reader, `${own}iteration`, [turn], []);
    const [condition, ...rest] = readBody(place, body, own, [
      iteration,
      storeTrue(reader, `${own}condition`),
      ...carried,
    ]);
    carried = rest.slice(0, carried.length);
    turns.push(rest.slice(carried.length));
    goesOn = known(reader, condition, 'whether it goes on by') !== 0;
  }
  const gathered = body.output.slice(1 + carried.length).map((_, i) =>
    stacked(
      place,
      turns.map((turn) => turn[i]),
      `${prefix}/stacked${i}`,
      0,
    ),
  );
  give(place, [...carried, ...gathered]);
}

/** Tensors of the turns along an axis of their own. */
function stacked({ reader, step, read }: NodePlace, tensors: readonly string[], name: string, axis: number): string {
  if (tensors.length === 0) throw new Error('makes no turn, and gives what its turns give: one at least is wanted');
  const axes = storeIntegers(reader, `${name}/axes`, [axis]);
  const parts = tensors.map((_, i) => `${name}/${i}`);
  const steps = tensors.map((tensor, i) => madeNode(step, 'Unsqueeze', [tensor, axes], [parts[i]]));
  read([...steps, madeNode(step, 'Concat', parts, [name], { axis })], [name]);
  return name;
}

function readScan(place: NodePlace): void {
  const { reader, step } = place;
  const { node, opsets } = step;
  if ((opsets.get('') ?? 0) < 9) throw new Error('is of opset 8: Scan is supported from opset 9 on');
  const body = bodyOf(node, 'body');
  const prefix = prefixOf(node);
  const scans = Number(attributeOf(node, 'num_scan_inputs')?.i ?? 0);
  const states = node.input.length - scans;
  const listed = (name: string, i: number) => Number(attributeOf(node, name)?.ints[i] ?? 0);
  const shapes = node.input.slice(states).map((name) => shapeOf(reader, name));
  const axes = shapes.map((shape, i) => fromFront(listed('scan_input_axes', i), shape.length));
  const lengths = shapes.map((shape, i) => shape[axes[i]]);
  if (lengths.length === 0 || lengths.some((length) => length !== lengths[0]))
    throw new Error(`scans ${lengths.join(' and ') || 'no'} elements: as many of each are wanted`);
  let carried = node.input.slice(0, states);
  const turns: string[][] = [];
  for (let turn = 0; turn < lengths[0]; turn++) {
    const own = `${prefix}/${turn}/`;
    const parts = axes.map((axis, i) => {
      const at = listed('scan_input_directions', i) === 1 ? lengths[0] - 1 - turn : turn;
      const index = storeIntegers(reader, `${own}index${i}`, [at], []);
      place.read(
        [madeNode(step, 'Gather', [node.input[states + i], index], [`${own}part${i}`], { axis })],
        [`${own}part${i}`],
      );
      return `${own}part${i}`;
    });
    const given = readBody(place, body, own, [...carried, ...parts]);
    carried = given.slice(0, states);
    turns.push(given.slice(states));
  }
  const gathered = body.output.slice(states).map((_, i) => {
    const each = turns.map((turn) => turn[i]);
    if (listed('scan_output_directions', i) === 1) each.reverse();
    const rank = each.length === 0 ? 1 : shapeOf(reader, each[0]).length + 1;
    return stacked(place, each, `${prefix}/stacked${i}`, fromFront(listed('scan_output_axes', i), rank));
  });
  give(place, [...carried, ...gathered]);
}

function fromFront(axis: number, rank: number): number {
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new Error(`has axis ${axis} over ${rank} axes`);
}

function shapeOf({ values }: Reader, name: string): readonly number[] {
  const value: Value | undefined = values.get(name);
  if (value === undefined) throw new Error(`reads ${name}, which nothing before it writes`);
  if (value.kind === 'activation' && value.open !== undefined)
    throw new Error(
      `reads ${name}, which is as long as the data of ${value.open} say: a shape known before a run is wanted`,
    );
  if (value.kind === 'activation') return value.shape;
  return value.kind === 'weights' ? value.tensor.shape : value.constant.shape;
}
