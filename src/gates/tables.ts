import type { PlainCell } from './liberty/cell.js';
import { evaluate, type Expression, namesIn } from './liberty/expression.js';
import { type Netlist, ONE, type PlacedCell } from './netlist.js';

/** Inputs of a function that has a table; cells have fewer. */
const MOST_INPUTS = 16;

/** A function of nets: bit i of a row's number is the value of net i of `from`. */
export interface NetFunction {
  from: readonly number[];
  /** 0 or 1 by row. */
  table: Uint8Array;
}

/** What a register gives to a net: its state, the state's inverse, or a constant. */
export interface StateOutput {
  net: number;
  /** Its place among the cell's outputs. */
  output: number;
  /** Its values where the state is 0 and where it is 1. */
  values: readonly [number, number];
}

/** A net that a gate drives. */
export interface DrivenNet extends NetFunction {
  net: number;
  gate: number;
  /** Places in the gate's delays [outputs, inputs, 2] of what each of `from` goes through: rise, and fall behind it. */
  ways: readonly number[];
}

/** A netlist for one case: a byte of 0 or 1 for each net, functions as truth tables. */
export interface NetlistTables {
  netlist: Netlist<PlainCell>;
  nets: number;
  /** Bits of the input ports but the clock, in the order of the ports, as those of a `Simulator`. */
  inputs: readonly { name: string; net: number }[];
  /** Nets that gates drive, each after those that it is a function of. */
  driven: readonly DrivenNet[];
  registers: readonly { next: NetFunction; outputs: readonly StateOutput[] }[];
}

/** @throws RangeError naming a cell of more than 16 inputs */
export function tablesOf(netlist: Netlist<PlainCell>): NetlistTables {
  const tables = new Map<Expression, Uint8Array>();
  const pinsOf = ({ cell }: PlacedCell<PlainCell>, value: Expression) =>
    namesIn(value).map((name) => cell.inputs.findIndex((pin) => pin.name === name));
  const functionOf = (placed: PlacedCell<PlainCell>, value: Expression): NetFunction => {
    const names = namesIn(value);
    if (names.length > MOST_INPUTS)
      throw new RangeError(
        `gates: cell ${placed.cell.name} has ${names.length} inputs; at most ${MOST_INPUTS} are simulated`,
      );
    let table = tables.get(value);
    if (table === undefined) {
      const valueAt = (row: number) => evaluate(value, (name) => ((row >> names.indexOf(name)) & 1) === 1);
      table = Uint8Array.from({ length: 2 ** names.length }, (_, row) => Number(valueAt(row)));
      tables.set(value, table);
    }
    return { from: pinsOf(placed, value).map((pin) => placed.inputs[pin]), table };
  };
  const { nets, ports, clock, gates, registers } = netlist;
  return {
    netlist,
    nets,
    inputs: [...ports].flatMap(([name, port]) =>
      port.direction === 'input' && name !== clock
        ? port.bits.map((net, bit) => ({ name: `${name}[${bit}]`, net }))
        : [],
    ),
    driven: gates.flatMap((placed, gate) =>
      placed.outputs.flatMap((net, output) => {
        if (net === undefined) return [];
        const { value } = placed.cell.outputs[output];
        const ways = pinsOf(placed, value).map((pin) => 2 * (output * placed.inputs.length + pin));
        return [{ net, gate, ways, ...functionOf(placed, value) }];
      }),
    ),
    registers: registers.map((placed) => {
      const { next, names } = placed.cell.register as NonNullable<PlainCell['register']>;
      const valueAt = (value: Expression, state: boolean) =>
        Number(evaluate(value, (name) => (name === names[0] ? state : name === names[1] && !state)));
      return {
        next: functionOf(placed, next),
        outputs: placed.outputs.flatMap((net, output) => {
          const { value } = placed.cell.outputs[output];
          return net === undefined
            ? []
            : [{ net, output, values: [valueAt(value, false), valueAt(value, true)] as const }];
        }),
      };
    }),
  };
}

/** The row of a function's table where its nets have these values. */
export function rowOf({ from }: NetFunction, values: Uint8Array): number {
  let row = 0;
  for (let i = 0; i < from.length; i++) row |= values[from[i]] << i;
  return row;
}

const valueOf = (each: NetFunction, values: Uint8Array): number => each.table[rowOf(each, values)];

/** Gives every net that a gate drives its value, without delays, by those of inputs and registers. */
export function settleGates({ driven }: NetlistTables, values: Uint8Array): void {
  for (const each of driven) values[each.net] = valueOf(each, values);
}

/**
 * All nets as they are where the input bits and the states of the registers are these.
 * @param states of each register; all 0, as after a `Simulator`'s start, where they are not given
 */
export function settled(tables: NetlistTables, inputs: ArrayLike<number>, states?: ArrayLike<number>): Uint8Array {
  const values = new Uint8Array(tables.nets);
  values[ONE] = 1;
  tables.inputs.forEach(({ net }, bit) => (values[net] = inputs[bit]));
  tables.registers.forEach(({ outputs }, r) => {
    for (const { net, values: own } of outputs) values[net] = own[states?.[r] ?? 0];
  });
  settleGates(tables, values);
  return values;
}

/** The states that registers take at an edge of the clock. */
export const nextStates = ({ registers }: NetlistTables, values: Uint8Array): number[] =>
  registers.map(({ next }) => valueOf(next, values));

/** All nets a cycle later, settled, where the inputs are these from its edge on. */
export const stepped = (tables: NetlistTables, values: Uint8Array, inputs: ArrayLike<number>): Uint8Array =>
  settled(tables, inputs, nextStates(tables, values));
