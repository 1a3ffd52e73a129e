import type { LibraryCell, Power } from './liberty/cell.js';
import { type Expression, evaluate } from './liberty/expression.js';

/**
 * The edges of a cell's pins, state by state, with the entries of internal power that are of each (Liberty User Guide,
 * "internal_power"): of an output those of the pin that makes it move, of an input those whose condition holds before and
 * after. An entry without a condition stands for the states that no other is of.
 */
export interface CellEdges {
  /** Of each input but a register's clock; a register's clock is high, as nets move when it has risen. */
  inputs: readonly (readonly StateEdge[])[];
  /** Of each output, by the input that makes it move. */
  outputs: readonly (readonly (readonly StateEdge[])[])[];
  /** Of a register's clock. */
  clock: readonly ClockEdge[];
}

export interface StateEdge {
  /** The inputs before it: a bit of each, in the cell's order. */
  state: number;
  rises: boolean;
  entries: readonly Power[];
}

/** With what the register holds before it, and what its inputs tell it to take. */
export interface ClockEdge extends StateEdge {
  held: boolean;
  next: boolean;
}

/** The states of so many inputs are gone through; those of a cell that has more, which libraries do not, stay 0. */
const MOST_INPUTS = 12;

const known = new WeakMap<LibraryCell, CellEdges>();

export function edgesOf(cell: LibraryCell): CellEdges {
  const edges = known.get(cell) ?? (cell.register === undefined ? gateEdges(cell) : registerEdges(cell));
  known.set(cell, edges);
  return edges;
}

type Value = (name: string) => boolean;

/** What a pin, an output or a register is in a state; supplies, which no state has, are on. */
function valuesIn(cell: LibraryCell, state: number, held = false): Value {
  const [own, inverse] = cell.register?.names ?? [];
  const valueOf: Value = (name) => {
    if (name === own || name === inverse) return (name === own) === held;
    const pin = cell.inputs.findIndex((each) => each.name === name);
    if (pin >= 0) return ((state >> pin) & 1) === 1;
    const output = cell.outputs.find((each) => each.name === name);
    return output === undefined || evaluate(output.value, valueOf);
  };
  return valueOf;
}

const statesOf = ({ inputs }: LibraryCell): number[] =>
  Array.from({ length: 2 ** Math.min(inputs.length, MOST_INPUTS) }, (_, state) => state);

const holding = (power: readonly Power[], value: Value) =>
  power.filter(({ when }) => when !== undefined && evaluate(when, value));
const without = (power: readonly Power[]) => power.filter(({ when }) => when === undefined);

/** Of an output's edge, which may end the state that a condition names. */
function causing(power: readonly Power[], related: string, before: Value): readonly Power[] {
  const own = power.filter((entry) => entry.related === undefined || entry.related === related);
  const conditional = holding(own, before);
  return conditional.length > 0 ? conditional : without(own);
}

/** Of an input's edge. */
function hidden(power: readonly Power[], before: Value, after: Value): readonly Power[] {
  const conditional = holding(power, before);
  return conditional.length > 0 ? holding(conditional, after) : without(power);
}

function gateEdges(cell: LibraryCell): CellEdges {
  const inputs: StateEdge[][] = cell.inputs.map(() => []);
  const outputs: StateEdge[][][] = cell.outputs.map(() => cell.inputs.map(() => []));
  const values = statesOf(cell).map((state) => ({ state, before: valuesIn(cell, state) }));
  for (const { state, before } of values)
    cell.inputs.forEach(({ name, power }, pin) => {
      const rises = !before(name);
      const after = valuesIn(cell, state ^ (1 << pin));
      if (power.length > 0) inputs[pin].push({ state, rises, entries: hidden(power, before, after) });
      cell.outputs.forEach(({ value, power: own }, output) => {
        const now = evaluate(value, after);
        if (now !== evaluate(value, before))
          outputs[output][pin].push({ state, rises: now, entries: causing(own, name, before) });
      });
    });
  return { inputs, outputs, clock: [] };
}

function registerEdges(cell: LibraryCell): CellEdges {
  const inputs: StateEdge[][] = cell.inputs.map(() => []);
  const outputs: StateEdge[][][] = cell.outputs.map(() => cell.inputs.map(() => []));
  const clock: ClockEdge[] = [];
  const register = cell.register as { clock: string; next: Expression };
  const clockPin = cell.inputs.findIndex(({ name }) => name === register.clock);
  for (const state of statesOf(cell))
    for (const held of [false, true]) {
      const before = valuesIn(cell, state, held);
      const after = (pin: number) => valuesIn(cell, state ^ (1 << pin), held);
      const rises = !before(register.clock);
      const next = evaluate(register.next, before);
      clock.push({ state, rises, held, next, entries: causing(cell.inputs[clockPin].power, register.clock, before) });
      if (rises && next !== held)
        cell.outputs.forEach(({ value, power }, output) =>
          outputs[output][clockPin].push({
            state,
            rises: evaluate(value, valuesIn(cell, state, next)),
            entries: causing(power, register.clock, before),
          }),
        );
      if (rises) continue;
      cell.inputs.forEach(({ name, power }, pin) => {
        if (pin !== clockPin && power.length > 0)
          inputs[pin].push({ state, rises: !before(name), entries: hidden(power, before, after(pin)) });
      });
    }
  return { inputs, outputs, clock };
}
