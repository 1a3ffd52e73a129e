import type { Arc } from './liberty/cell.js';
import { lookUp } from './nldm.js';
import type { Netlist, PlacedCell } from './netlist.js';
import type { NetlistTiming } from './timing.js';

/** Seconds of a unit of delay, a tenth of a picosecond: whole numbers, so that every engine and every simulator adds alike. */
export const DELAY_UNIT = 1e-13;

/** Units that a delay may have, 1.6 microseconds; what schedules events has a place for each. */
const MOST_UNITS = 2 ** 24;

/** Delays of a netlist in units of 0.1 ps, at least 1 each, as plain numbers in the netlist's own order. */
export interface NetlistDelays {
  /**
   * Of each gate [outputs, inputs, 2]: from an edge of the input to the rise and to the fall of the output that it causes; 0
   * where there is no such way.
   */
  gates: readonly (readonly number[])[];
  /** Of each register [outputs, 2]: from the clock's edge to the rise and to the fall of the output; 0 where it is open. */
  registers: readonly (readonly number[])[];
  /** Of each bit of the input ports but the clock [2]: like a register of the netlist that launches it. */
  inputs: readonly (readonly number[])[];
}

/**
 * Looked up in the library's tables at the transition that static timing gave to the input's net, the mean of its edges, and
 * at the load of the output's net, without wires; the clock's edge takes no time. Where a pin has several arcs, by the state
 * of other pins or by its own edge, their mean is taken: a number of toggles is what is to be expected, as energies are means
 * over the states, and the slowest arc, which static timing wants, would draw apart what in most states arrives together.
 * @throws RangeError naming the cell where a delay is beyond 1.6 microseconds
 */
export function delaysOf(netlist: Netlist, { slews, loads }: NetlistTiming): NetlistDelays {
  const { gates, registers, ports, clock } = netlist;
  const pair = (cell: string, arcs: readonly Arc[], slew: number, load: number): [number, number] => {
    if (arcs.length === 0) return [0, 0];
    const meanOf = (edge: 'rise' | 'fall') => {
      const sum = arcs.reduce((total, { delay }) => total + lookUp(delay[edge], slew, load), 0);
      // A table that is followed beyond its points may fall below 0.
      const units = Math.max(1, Math.round(sum / arcs.length / DELAY_UNIT));
      if (!(units <= MOST_UNITS))
        throw new RangeError(
          `gates: a delay of ${cell} is ${units * DELAY_UNIT * 1e9} ns; at most ${MOST_UNITS * DELAY_UNIT * 1e9} are simulated`,
        );
      return units;
    };
    return [meanOf('rise'), meanOf('fall')];
  };
  const through = ({ cell, inputs, outputs }: PlacedCell) =>
    outputs.flatMap((net, output) =>
      cell.inputs.flatMap(({ name }, input) => {
        const arcs = net === undefined ? [] : cell.outputs[output].arcs.filter(({ from }) => from === name);
        return pair(cell.name, arcs, slews[inputs[input]], loads[net ?? 0]);
      }),
    );
  const launched = ({ cell }: PlacedCell, output: number, net: number) =>
    pair(
      cell.name,
      cell.outputs[output].arcs.filter(({ from }) => from === cell.register?.clock),
      0,
      loads[net],
    );
  const [like] = registers;
  const first = like?.outputs.findIndex((net) => net !== undefined) ?? -1;
  const bits = [...ports].flatMap(([name, port]) => (port.direction === 'input' && name !== clock ? port.bits : []));
  return {
    gates: gates.map(through),
    registers: registers.map((register) =>
      register.outputs.flatMap((net, output) => (net === undefined ? [0, 0] : launched(register, output, net))),
    ),
    // Without registers all inputs change together.
    inputs: bits.map((net) => (first < 0 ? [1, 1] : launched(like, first, net))),
  };
}
