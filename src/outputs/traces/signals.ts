import type { MacArray } from '../../arrays/dataflow.js';
import type { Registers } from '../../arrays/mesh.js';
import type { Datapath } from '../../datapaths/datapath.js';
import type { Format } from '../../formats/format.js';

/** A register of a PE that holds a code. */
export interface Signal {
  name: string;
  format: Format;
  /** The lane of an operand; undefined for the sum. */
  lane?: number;
  codeAt(registers: Registers, pe: number): number;
}

/** Operands a and b, lane by lane, and the sum. With one lane the operands have no number. */
export function signalsOf({ a, b, sum, lanes }: Datapath): Signal[] {
  const operand = (name: 'a' | 'b', format: Format): Signal[] =>
    Array.from({ length: lanes }, (_, lane) => ({
      name: lanes === 1 ? name : `${name}_${lane}`,
      format,
      lane,
      codeAt: (registers, pe) => registers[name][pe * lanes + lane],
    }));
  return [
    ...operand('a', a),
    ...operand('b', b),
    { name: 'sum', format: sum.format, codeAt: (registers, pe) => registers.sum[pe] },
  ];
}

/** Which cycles and PEs a trace shows; all bounds are included. */
export interface TraceWindow {
  cycles: readonly [number, number];
  rows: readonly [number, number];
  cols: readonly [number, number];
}

export interface PlacedPe {
  row: number;
  col: number;
  /** Place in the arrays of registers. */
  pe: number;
}

/** The PEs of a window, row by row. */
export function pesIn({ rows, cols }: TraceWindow, array: Pick<MacArray, 'cols'>): PlacedPe[] {
  const pes: PlacedPe[] = [];
  for (let row = rows[0]; row <= rows[1]; row++)
    for (let col = cols[0]; col <= cols[1]; col++) pes.push({ row, col, pe: row * array.cols + col });
  return pes;
}

export function isIn({ cycles: [from, to] }: TraceWindow, cycle: number): boolean {
  return cycle >= from && cycle <= to;
}
