import type { Datapath } from '../datapaths/datapath.js';
import { type Order, SEQUENTIAL } from '../datapaths/order.js';

/**
 * A Dataflow says which index of the matrix product sum[m, n] = sum over k of a[m, k] * b[k, n] is laid along the rows
 * of the array, which along its columns, and which passes in time. All else follows: the operand that does not have the
 * time index stays in the PEs, the one without the column index moves right, the one without the row index moves down.
 */
export type Index = 'm' | 'n' | 'k';
export type DataflowName = 'os' | 'ws' | 'is';
export interface Dataflow {
  row: Index;
  col: Index;
  time: Index;
}

/** Output, weight (b) and input (a) stationary. */
export const DATAFLOWS: Readonly<Record<DataflowName, Dataflow>> = {
  os: { row: 'm', col: 'n', time: 'k' },
  ws: { row: 'k', col: 'n', time: 'm' },
  is: { row: 'k', col: 'm', time: 'n' },
};

/** The three registers of a PE. */
export type PeRegister = 'a' | 'b' | 'sum';

/** Which register stays, which moves right and which moves down. */
export function movesOf({ row, col, time }: Dataflow): { stays: PeRegister; right: PeRegister; down: PeRegister } {
  return { stays: portWithout(time), right: portWithout(col), down: portWithout(row) };
}

function portWithout(index: Index): PeRegister {
  return index === 'n' ? 'a' : index === 'm' ? 'b' : 'sum';
}

/** An array of MAC units: plain data. */
export interface MacArray {
  rows: number;
  cols: number;
  dataflow: DataflowName;
  /**
   * Where the sum of a ws or is column meets that of the next rows of k: added to an accumulator memory below the column
   * (`memory`: chunks of rows x lanes products), or put back in at the top (`reinject`: one sequential sum).
   */
  accumulation: 'memory' | 'reinject';
  /** A tile at the edge of the matrix takes its own rows and columns only, or as long as the `whole` array. */
  edge: 'partial' | 'whole';
  /** A second stationary register: weights load, and os sums drain, while the array computes. */
  doubleBuffer: boolean;
  /** Operands pass from PE to PE, a cycle for each, or reach a whole row or column at once (adder-tree engines). */
  operands: 'systolic' | 'broadcast';
  /** Registers between multiplier and adder: 0 for a combinational MAC. */
  multiplyStages: number;
  /** Registers of the adder, the sum register included: at least 1. */
  addStages: number;
}

/** An array from its parts: memory accumulation, whole edge tiles, one buffer, systolic, unpipelined. */
export function macArray(
  parts: Pick<MacArray, 'rows' | 'cols' | 'dataflow'> & Partial<Omit<MacArray, 'rows' | 'cols' | 'dataflow'>>,
): MacArray {
  return {
    accumulation: 'memory',
    edge: 'whole',
    doubleBuffer: false,
    operands: 'systolic',
    multiplyStages: 0,
    addStages: 1,
    ...parts,
  };
}

/**
 * The order of additions that the array gives a unit. In os every sum grows inside one PE, in the unit's own order. In ws
 * and is a sum passes the rows of a column, which is one chunk of rows x lanes products, and the accumulator memory adds
 * the chunks; a re-injected sum goes on where it stopped, which is sequential.
 */
export function orderOf(
  array: Pick<MacArray, 'rows' | 'dataflow' | 'accumulation'>,
  datapath: Pick<Datapath, 'lanes' | 'order'>,
): Order {
  if (array.dataflow === 'os') return datapath.order;
  if (array.accumulation === 'reinject') return SEQUENTIAL;
  const outer = datapath.order.kind === 'chunked' ? datapath.order.outer : undefined;
  return { kind: 'chunked', length: array.rows * datapath.lanes, ...(outer && { outer }) };
}
