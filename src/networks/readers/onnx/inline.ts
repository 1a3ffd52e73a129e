import { standardSteps } from './contrib.js';
import { graphsOf, type GraphStep } from './order.js';
import { isQuantizer, OWN_DOMAIN } from './functions.js';
import { domainOf } from './node.js';
import { changed, type Proto } from './proto.js';

/** Calls of functions that a model brings along, replaced by the nodes of their bodies. */

type NodeProto = Proto<'NodeProto'>;
type FunctionProto = Proto<'FunctionProto'>;

/** A model's functions by domain, name and overload. */
export type LocalFunctions = ReadonlyMap<string, FunctionProto>;

/** Nodes that a file may have when its functions and loops are written out. */
export const MOST_NODES = 2 ** 16;

const keyOf = (domain: string, name: string, overload: string) => JSON.stringify([domain, name, overload]);

/** Those of our own domain, and QONNX's quantizers, are read by what they stand for (functions.ts). */
export function localFunctions({ functions }: Proto<'ModelProto'>): LocalFunctions {
  const own = functions.filter((each) => {
    const domain = domainOf(each);
    return domain !== OWN_DOMAIN && !isQuantizer(domain, each.name);
  });
  return new Map(own.map((each) => [keyOf(domainOf(each), each.name, each.overload), each]));
}

/** @throws Error where a function calls itself, or the nodes get too many */
export function inlined(
  nodes: readonly NodeProto[],
  functions: LocalFunctions,
  opsets: ReadonlyMap<string, number>,
): GraphStep[] {
  const steps: GraphStep[] = [];
  const add = (list: readonly NodeProto[], versions: ReadonlyMap<string, number>, around: readonly string[]) => {
    for (const node of list) {
      const key = keyOf(domainOf(node), node.opType, node.overload);
      const called = functions.get(key);
      if (called === undefined) steps.push(...standardSteps({ node, opsets: versions }));
      else if (around.includes(key)) throw new Error(`function ${called.name} calls itself`);
      else add(bodyOf(called, node), withVersions(versions, called), [...around, key]);
      if (steps.length > MOST_NODES)
        throw new Error(`has more than ${MOST_NODES} nodes with those of its functions: fewer are supported`);
    }
  };
  add(nodes, opsets, []);
  return steps;
}

function withVersions(outer: ReadonlyMap<string, number>, { opsetImport }: FunctionProto): ReadonlyMap<string, number> {
  return new Map([...outer, ...opsetImport.map((each): [string, number] => [domainOf(each), Number(each.version)])]);
}

/** The nodes of a function with the names and attributes of a call; names of its own begin with that of the first output. */
function bodyOf(called: FunctionProto, call: NodeProto): NodeProto[] {
  const prefix = `${call.output.find((name) => name !== '') ?? called.name}/`;
  const names = new Map(called.input.map((name, i): [string, string] => [name, call.input[i] ?? '']));
  const written = new Set(called.node.flatMap((node) => node.output));
  const passed: NodeProto[] = [];
  called.output.forEach((name, i) => {
    const actual = call.output[i] ?? '';
    if (actual === '') return;
    if (written.has(name) && !names.has(name)) names.set(name, actual);
    else passed.push(identity(called, names.get(name) ?? `${prefix}${name}`, actual));
  });
  const attributes = new Map([...called.attributeProto, ...call.attribute].map((each) => [each.name, each]));
  const nameOf = (name: string) => (name === '' ? '' : (names.get(name) ?? `${prefix}${name}`));
  return [...called.node.map((node) => rewritten(node, nameOf, attributes)), ...passed];
}

function identity({ node: [like] }: FunctionProto, from: string, to: string): NodeProto {
  return changed(like, {
    name: to,
    opType: 'Identity',
    domain: '',
    overload: '',
    input: [from],
    output: [to],
    attribute: [],
  });
}

/** A node, and the graphs in it, under other names; `attributes`: those of the call around it, which its own may refer to. */
export function rewritten(
  node: NodeProto,
  nameOf: (name: string) => string,
  attributes?: ReadonlyMap<string, Proto<'AttributeProto'>>,
): NodeProto {
  const renamed = <M extends { name: string }>(each: M) =>
    changed<{ name: string }>(each, { name: nameOf(each.name) }) as M;
  const graphOf = (graph: Proto<'GraphProto'>): Proto<'GraphProto'> =>
    changed(graph, {
      node: graph.node.map((each) => rewritten(each, nameOf, attributes)),
      input: graph.input.map(renamed),
      output: graph.output.map(renamed),
      initializer: graph.initializer.map(renamed),
    });
  const attribute = node.attribute.flatMap((own) => {
    const given = own.refAttrName === '' || attributes === undefined ? own : attributes.get(own.refAttrName);
    return given === undefined ? [] : [given === own ? own : changed(given, { name: own.name })];
  });
  return changed(node, {
    input: node.input.map(nameOf),
    output: node.output.map(nameOf),
    attribute:
      graphsOf(node).length === 0
        ? attribute
        : attribute.map((each) => changed(each, { g: each.g && graphOf(each.g), graphs: each.graphs.map(graphOf) })),
  });
}
