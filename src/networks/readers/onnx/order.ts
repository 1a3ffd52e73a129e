import type { Proto } from './proto.js';

/** A node with the versions of the operators that it is written by: those of its model, or of the function around it. */
export interface GraphStep {
  node: Proto<'NodeProto'>;
  opsets: ReadonlyMap<string, number>;
}

type Graph = Proto<'GraphProto'>;

/** Graphs in a node's attributes. */
export function graphsOf(node: Proto<'NodeProto'>): Graph[] {
  return node.attribute.flatMap(({ g, graphs }) => [...(g === undefined ? [] : [g]), ...graphs]);
}

/** Names that the graphs of a node read from around it. */
export function freeNames(node: Proto<'NodeProto'>): string[] {
  return graphsOf(node).flatMap(({ input, initializer, node: nodes, output }) => {
    const own = new Set([...input, ...initializer].map(({ name }) => name));
    for (const each of nodes) for (const name of each.output) own.add(name);
    const read = [...nodes.flatMap((each) => [...each.input, ...freeNames(each)]), ...output.map(({ name }) => name)];
    return [...new Set(read)].filter((name) => name !== '' && !own.has(name));
  });
}

/**
 * Nodes such that each comes after those that write what it reads, and otherwise in the file's order.
 * @param given names that are there before
 * @throws Error naming a node that reads, by way of others, what it writes itself
 */
export function inOrder(steps: readonly GraphStep[], given: ReadonlySet<string> = new Set()): readonly GraphStep[] {
  const writers = new Map<string, number>();
  steps.forEach(({ node }, i) => {
    for (const name of node.output) if (name !== '' && !given.has(name) && !writers.has(name)) writers.set(name, i);
  });
  const before = steps.map(({ node }) =>
    [...node.input, ...freeNames(node)].flatMap((name) => writers.get(name) ?? []),
  );
  if (before.every((writersOf, i) => writersOf.every((writer) => writer < i))) return steps;
  const state = new Uint8Array(steps.length);
  const ordered: GraphStep[] = [];
  // By a stack of its own: a chain of nodes in reverse is longer than the engine's.
  const stack: number[] = [];
  for (let first = 0; first < steps.length; first++) {
    stack.push(first);
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      const waits = state[at] === DONE ? [] : before[at].filter((writer) => state[writer] !== DONE);
      if (waits.length > 0) {
        state[at] = OPEN;
        const circular = waits.find((writer) => state[writer] === OPEN);
        if (circular !== undefined) throw new Error(cycleAt(steps[circular].node));
        stack.push(...waits.toReversed());
      } else {
        if (state[at] !== DONE) ordered.push(steps[at]);
        state[at] = DONE;
        stack.pop();
      }
    }
  }
  return ordered;
}

const [OPEN, DONE] = [1, 2];

function cycleAt({ name, output, opType }: Proto<'NodeProto'>): string {
  return `node ${name || output[0]} (${opType}) reads, by way of others, what it writes itself: a network has no cycles`;
}
