import type { PlainCell, CellLibrary, Power } from './liberty/cell.js';
import { canHold } from './liberty/expression.js';
import { lookUp } from './nldm.js';
import { type PlacedCell, type Netlist, ONE, ZERO } from './netlist.js';
import type { NetlistTiming } from './timing.js';

/**
 * Joules of what a netlist does in a cycle, without wires: half C V^2 of each toggle, C the pins on the net, and the energy
 * inside the cells by the library's tables at that load and the nets' transitions. Where a table depends on the state of
 * other pins, the mean over the states is taken that pins tied to constants allow.
 */
export interface EnergyOfToggles {
  /** Of one toggle of each net: of the gate, the register or the port that drives it, and of the pins on it. */
  perToggle: Float64Array;
  /** Of one cycle of the clock, all registers together. */
  clock: number;
  /** Watts. */
  leakage: number;
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of a rising and a falling edge. */
function energyOf({ rise, fall }: Power, slew: number, load: number): [number, number] {
  const sum = (tables: Power['rise']) => tables.reduce((total, table) => total + lookUp(table, slew, load), 0);
  return [sum(rise), sum(fall)];
}

export function energyOfToggles(
  netlist: Netlist,
  library: CellLibrary,
  { slews, loads }: NetlistTiming,
): EnergyOfToggles {
  const { gates, registers, ports } = netlist;
  const half = library.voltage ** 2 / 2;
  const perToggle = Float64Array.from(loads, (load) => half * load);
  const clockNet = netlist.clock === undefined ? -1 : (ports.get(netlist.clock)?.bits[0] as number);
  let clock = 0;
  const place = ({ cell, inputs, outputs }: PlacedCell) => {
    const netOf = new Map(cell.inputs.map(({ name }, pin) => [name, inputs[pin]]));
    /** A pin that is tied to a constant makes no edge, and leaves out the states in which it is the other. */
    const tied = (name: string) => {
      const net = netOf.get(name);
      return net === ZERO || net === ONE ? net === ONE : undefined;
    };
    const happens = ({ related, when }: Power) =>
      (related === undefined || tied(related) === undefined) && (when === undefined || canHold(when, tied));
    // What a pin's own edge costs inside the cell, whatever the output does.
    cell.inputs.forEach(({ power }, pin) => {
      const net = inputs[pin];
      const edges = power.filter(happens).map((each) => energyOf(each, slews[net], loads[net]));
      if (net === clockNet) clock += mean(edges.map(([rise]) => rise)) + mean(edges.map(([, fall]) => fall));
      else if (net >= 2) perToggle[net] += mean(edges.map(([rise, fall]) => (rise + fall) / 2));
    });
    outputs.forEach((net, pin) => {
      if (net === undefined) return;
      const edges = cell.outputs[pin].power
        .filter(happens)
        .map((each) => energyOf(each, slews[netOf.get(each.related ?? '') ?? -1] ?? 0, loads[net]));
      perToggle[net] += mean(edges.map(([rise, fall]) => (rise + fall) / 2));
    });
  };
  [...gates, ...registers].forEach(place);
  if (clockNet >= 0) {
    clock += 2 * half * loads[clockNet];
    perToggle[clockNet] = 0;
  }
  const leakage = [...gates, ...registers].reduce((sum, { cell }) => sum + cell.leakage, 0);
  return { perToggle, clock, leakage };
}

/** Joules in all cases of a run, by what drives the nets that toggled. */
export interface Spent {
  logic: number;
  registers: number;
  clock: number;
}

/** Joules of a toggle of each net, of gates and of registers apart. */
export function byDriver(
  { nets, registers }: Netlist<PlainCell>,
  { perToggle }: EnergyOfToggles,
): { logic: Float64Array; registers: Float64Array } {
  const stored = new Float64Array(nets);
  for (const { outputs } of registers) for (const net of outputs) if (net !== undefined) stored[net] = perToggle[net];
  return { logic: perToggle.map((joules, net) => joules - stored[net]), registers: stored };
}

/** @param cycles of all cases together */
export function spent(
  netlist: Netlist<PlainCell>,
  energy: EnergyOfToggles,
  toggles: Float64Array,
  cycles: number,
): Spent {
  const { logic, registers } = byDriver(netlist, energy);
  const sumOf = (weights: Float64Array) => toggles.reduce((sum, count, net) => sum + count * weights[net], 0);
  return { logic: sumOf(logic), registers: sumOf(registers), clock: energy.clock * cycles };
}
