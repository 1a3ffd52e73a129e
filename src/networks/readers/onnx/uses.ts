import { freeNames, type GraphStep } from './order.js';
import type { Reader } from './reader.js';
import { namesBeforeCodes, turnedCodes } from './rounded.js';

/** Who reads each name: nodes by their operators, graphs in them, which may read it often, and `output` what is given on. */
export function countUses(
  { uses, readers, beforeCodes, turned }: Reader,
  steps: readonly GraphStep[],
  outputs: readonly string[],
): void {
  const add = (name: string, by: string, times = 1) => {
    uses.set(name, (uses.get(name) ?? 0) + times);
    const list = readers.get(name);
    if (list === undefined) readers.set(name, [by]);
    else list.push(by);
  };
  for (const name of outputs) add(name, 'output');
  for (const name of namesBeforeCodes(steps)) beforeCodes.add(name);
  for (const name of turnedCodes(steps, outputs)) turned.add(name);
  for (const { node } of steps) {
    for (const name of node.input) add(name, node.opType);
    for (const name of freeNames(node)) add(name, 'graph', 2);
  }
}
