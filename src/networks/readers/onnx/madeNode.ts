import type { GraphStep } from './order.js';
import { changed, madeAttribute } from './proto.js';
import type { Reader } from './reader.js';

/** Nodes that stand in the place of another. */

/** Reads nodes in the place of the one that stands for them. */
export interface NodePlace {
  reader: Reader;
  step: GraphStep;
  read(steps: readonly GraphStep[], outputs: readonly string[]): void;
}

/** A node of the standard's opset 21, which is written for others. */
export function madeNode(
  { node: like }: GraphStep,
  opType: string,
  input: readonly string[],
  output: readonly string[],
  integers: Readonly<Record<string, number>> = {},
): GraphStep {
  const attribute = Object.entries(integers).map(([name, i]) => madeAttribute(name, i));
  const fields = { name: output[0], domain: '', overload: '', opType, attribute };
  const node = changed(like, { ...fields, input: [...input], output: [...output] });
  return { node, opsets: new Map([['', 21]]) };
}
