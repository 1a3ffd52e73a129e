import type { Expression } from '../../src/gates/liberty/expression.js';
import type { PlacedCell } from '../../src/gates/netlist.js';

/** An expression as Verilog. */
export function verilog(expression: Expression, nameOf: (name: string) => string): string {
  switch (expression.kind) {
    case 'name':
      return nameOf(expression.name);
    case 'constant':
      return expression.value ? "1'b1" : "1'b0";
    case 'not':
      return `(~${verilog(expression.of, nameOf)})`;
    default: {
      const sign = { and: '&', or: '|', xor: '^' }[expression.kind];
      return `(${verilog(expression.left, nameOf)} ${sign} ${verilog(expression.right, nameOf)})`;
    }
  }
}

/** The wires that a cell's inputs are on: net 7 is n7. */
export const readerOf =
  ({ cell, inputs }: PlacedCell) =>
  (name: string) =>
    `n${inputs[cell.inputs.findIndex((pin) => pin.name === name)]}`;
