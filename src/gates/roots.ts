import type { PlainCell } from './liberty/cell.js';
import type { Netlist } from './netlist.js';

/** The net that another is the same as, through buffers and inverters alone, and whether it is its inverse. */
export interface Root {
  net: number;
  inverted: boolean;
}

/** Of each net. Nets of one root toggle together, and one value says them all. */
export function rootsOf({ nets, gates }: Netlist<PlainCell>): Root[] {
  const roots: Root[] = Array.from({ length: nets }, (_, net) => ({ net, inverted: false }));
  for (const { cell, inputs, outputs } of gates)
    outputs.forEach((net, pin) => {
      const { value } = cell.outputs[pin];
      const of = value.kind === 'not' ? value.of : value;
      if (net === undefined || of.kind !== 'name') return;
      const root = roots[inputs[cell.inputs.findIndex(({ name }) => name === of.name)]];
      roots[net] = { net: root.net, inverted: root.inverted !== (value.kind === 'not') };
    });
  return roots;
}
