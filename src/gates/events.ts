import type { PlainCell } from './liberty/cell.js';
import type { NetlistDelays } from './delays.js';
import type { Netlist } from './netlist.js';
import { nextStates, type NetlistTables, settleGates, tablesOf } from './tables.js';
import { Wheel } from './wheel.js';

/**
 * One case of a netlist at work with the delays of its cells, so that nets toggle as often in a cycle as their inputs arrive
 * apart. The rule is that of a Verilog continuous assignment (IEEE 1364-2005, 6.1.3): a change of a gate's function is
 * scheduled on its output; where the function changes back before that, both are gone (inertial delay: a pulse shorter than
 * the delay of its first edge does not come out, one as long does). The delay is that of the pin that changed; where several
 * changed at one time the smallest, as for module paths (clause 14 there). All changes of a time come before the gates look at
 * any of them, so that the order of a netlist's cells does not matter. Some 10 million events a CPU second (measured, int8).
 */
export interface EventSimulator {
  tables: NetlistTables;
  /**
   * Runs some cycles, each until nothing is pending: registers take their next states and inputs change after the edge.
   * @param start values of all nets, settled (`settled`, `stepped`)
   * @param inputs 0 or 1 for each bit of `tables.inputs`, cycle by cycle
   * @throws RangeError where there are not so many; Error where what settles is not what the gates' functions give
   */
  run(start: Uint8Array, inputs: ArrayLike<number>, cycles: number): EventCounts;
}

export interface EventCounts {
  /** Toggles of each net with glitches; of the clock none. */
  toggles: Float64Array;
  /** The same without delays: 0 or 1 in each cycle. */
  settledToggles: Float64Array;
  /** Values of all nets at the end. */
  end: Uint8Array;
  /** Changes that were scheduled, those among them that never came included. */
  events: number;
}

export function eventSimulatorOf(netlist: Netlist<PlainCell>, delays: NetlistDelays): EventSimulator {
  const tables = tablesOf(netlist);
  const wheel = new Wheel(tables, delays);
  const { nets, inputs: bits } = tables;
  const launches = tables.registers.map(({ outputs }, r) =>
    outputs.map((each) => ({ ...each, delays: delays.registers[r].slice(2 * each.output, 2 * each.output + 2) })),
  );
  return {
    tables,
    run(start, inputs, cycles) {
      const width = bits.length;
      if (inputs.length !== cycles * width || start.length !== nets)
        throw new RangeError(
          `events: ${inputs.length} bits and ${start.length} nets for ${cycles} cycles of ${width} bits and ${nets} nets`,
        );
      wheel.begin(start);
      const { values } = wheel;
      const settledToggles = new Float64Array(nets);
      const before = new Uint8Array(nets);
      for (let cycle = 0; cycle < cycles; cycle++) {
        before.set(values);
        const states = nextStates(tables, values);
        launches.forEach((outputs, r) => {
          for (const {
            net,
            values: own,
            delays: [rise, fall],
          } of outputs)
            wheel.launch(net, own[states[r]], rise, fall);
        });
        bits.forEach(({ net }, bit) => {
          const [rise, fall] = delays.inputs[bit];
          wheel.launch(net, inputs[cycle * width + bit], rise, fall);
        });
        wheel.settle();
        for (let net = 0; net < nets; net++) settledToggles[net] += values[net] ^ before[net];
      }
      const end = values.slice();
      settleGates(tables, end);
      const wrong = end.findIndex((value, net) => value !== values[net]);
      if (wrong >= 0) throw new Error(`events: net ${wrong} of ${netlist.name} settles at what no gate gives`);
      return { toggles: Float64Array.from(wheel.toggles), settledToggles, end, events: wheel.events };
    },
  };
}
