import { type ClockEdge, edgesOf, type StateEdge } from './edges.js';
import type { CellLibrary, PlainCell, Power } from './liberty/cell.js';
import { evaluate } from './liberty/expression.js';
import { type Netlist, ONE, type PlacedCell, ZERO } from './netlist.js';
import { lookUp } from './nldm.js';
import type { NetlistTiming } from './timing.js';

/**
 * Joules of what a netlist does in a cycle, without wires: half C V^2 of each toggle, C the pins on the net, and the energy
 * inside the cells by the library's tables at that load and the nets' transitions. Where a table is of a state of other
 * pins, the mean is taken over the edges that they allow; what a register's clock costs depends on whether it takes
 * another value.
 */
export interface EnergyOfToggles {
  /**
   * Of one toggle of each net: of the gate, the register or the port that drives it, and of the pins on it. Of a register it
   * is what a cycle in which it toggles costs above one in which it does not.
   */
  perToggle: Float64Array;
  /** Of one cycle of the clock, all registers together, where they keep what they hold and their nets are 0. */
  clock: number;
  /** What a cycle costs more, or less, in which a register's net is 1. */
  perOne: Float64Array;
  /** Watts. */
  leakage: number;
}

type Cost = (entry: Power, rises: boolean) => number;
type Weight = (state: number) => number;

/** The mean over edges, each as often as its weight says; what no entry is of costs nothing. */
function meanOf(edges: readonly StateEdge[], weightOf: Weight, cost: Cost): { weight: number; mean: number } {
  let [weight, sum] = [0, 0];
  for (const { state, rises, entries } of edges) {
    const own = weightOf(state);
    if (own === 0) continue;
    weight += own;
    // Entries of one state are one and the same, said twice.
    for (const entry of entries) sum += (own * cost(entry, rises)) / entries.length;
  }
  return { weight, mean: weight === 0 ? 0 : sum / weight };
}

/** A table's energy at some transition and load, looked up once. */
function costAt(slew: number, load: number): Cost {
  const found = new Map<Power, [number, number]>();
  const sum = (tables: Power['rise']) => tables.reduce((total, table) => total + lookUp(table, slew, load), 0);
  return (entry, rises) => {
    let both = found.get(entry);
    if (both === undefined) found.set(entry, (both = [sum(entry.rise), sum(entry.fall)]));
    return both[rises ? 0 : 1];
  };
}

/** @param shareOfOnes of each net, the share of the cycles in which it is 1; without it states are as likely as others */
export function energyOfToggles(
  netlist: Netlist,
  library: CellLibrary,
  { slews, loads }: NetlistTiming,
  shareOfOnes?: ArrayLike<number>,
): EnergyOfToggles {
  const { gates, registers, ports } = netlist;
  const half = library.voltage ** 2 / 2;
  const perToggle = Float64Array.from(loads, (load) => half * load);
  const clockNet = netlist.clock === undefined ? -1 : (ports.get(netlist.clock)?.bits[0] as number);
  const share = (net: number) => (net === ZERO ? 0 : net === ONE ? 1 : (shareOfOnes?.[net] ?? 0.5));
  const isTied = (net: number) => net === ZERO || net === ONE;
  const perOne = new Float64Array(netlist.nets);
  let clock = 0;

  /** How likely a state of the inputs is, a pin apart whose edge ends it. */
  const weightBut =
    (inputs: readonly number[], but: number): Weight =>
    (state) =>
      inputs.reduce((product, net, pin) => {
        const ones = pin === but || net === clockNet ? 0.5 : share(net);
        return product * (((state >> pin) & 1) === 1 ? ones : 1 - ones);
      }, 1);

  /** Whether the pins that are tied to constants allow a state. */
  const allowedBy =
    (inputs: readonly number[]): Weight =>
    (state) =>
      inputs.every((net, pin) => !isTied(net) || (net === ONE) === (((state >> pin) & 1) === 1)) ? 1 : 0;

  const place = ({ cell, inputs, outputs }: PlacedCell) => {
    const edges = edgesOf(cell);
    edges.inputs.forEach((own, pin) => {
      const net = inputs[pin];
      if (!isTied(net) && own.length > 0)
        perToggle[net] += meanOf(own, weightBut(inputs, pin), costAt(slews[net], loads[net])).mean;
    });
    outputs.forEach((net, output) => {
      if (net === undefined) return;
      const causes = edges.outputs[output].map((own, pin) => {
        const told = isTied(inputs[pin]) ? [] : own.filter(({ entries }) => entries.length > 0);
        // A register takes a 1 as often as a 0, however long it keeps either.
        const weightOf = cell.register === undefined ? weightBut(inputs, pin) : allowedBy(inputs);
        return meanOf(told, weightOf, costAt(slews[inputs[pin]] ?? 0, loads[net]));
      });
      const weight = causes.reduce((sum, cause) => sum + cause.weight, 0);
      if (weight > 0) perToggle[net] += causes.reduce((sum, cause) => sum + cause.weight * cause.mean, 0) / weight;
    });
  };

  /**
   * A register's clock, both edges: in a cycle it keeps a 0 or a 1, or takes the other. It takes another in as many cycles as
   * its output toggles, one way as often as the other, and a falling edge finds the inputs that the next rising one will.
   */
  const placeClock = ({ cell, inputs, outputs }: PlacedCell) => {
    const all = edgesOf(cell).clock;
    const allowed = allowedBy(inputs);
    const cost = costAt(0, loads[clockNet]);
    const cycle = (held: boolean, next: boolean) => {
      const of = (rises: boolean) =>
        all.filter((edge: ClockEdge) => edge.held === held && edge.next === next && edge.rises === rises);
      return meanOf(of(true), allowed, cost).mean + meanOf(of(false), allowed, cost).mean;
    };
    const output = outputs.findIndex((net) => net !== undefined);
    const net = outputs[output];
    const upright = output < 0 || evaluate(cell.outputs[output].value, (name) => name === cell.register?.names[0]);
    const [zero, one] = [cycle(false, false), cycle(true, true)];
    clock += net === undefined ? (zero + one) / 2 : upright ? zero : one;
    if (net !== undefined) perOne[net] = upright ? one - zero : zero - one;
    if (net !== undefined) perToggle[net] += (cycle(false, true) + cycle(true, false) - zero - one) / 2;
  };

  gates.forEach(place);
  registers.forEach(place);
  registers.forEach(placeClock);
  if (clockNet >= 0) {
    clock += 2 * half * loads[clockNet];
    perToggle[clockNet] = 0;
  }
  const leakage = [...gates, ...registers].reduce((sum, { cell }) => sum + cell.leakage, 0);
  return { perToggle, clock, perOne, leakage };
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

/** What nets did in some cycles, in all cases together. */
export interface Activity {
  toggles: Float64Array;
  /** Of registers' nets, the cycles in which they were 1. */
  ones: Float64Array;
  cycles: number;
}

export function spent(
  netlist: Netlist<PlainCell>,
  energy: EnergyOfToggles,
  { toggles, ones, cycles }: Activity,
): Spent {
  const { logic, registers } = byDriver(netlist, energy);
  const sumOf = (counts: Float64Array, weights: Float64Array) =>
    counts.reduce((sum, count, net) => sum + count * weights[net], 0);
  return {
    logic: sumOf(toggles, logic),
    registers: sumOf(toggles, registers),
    clock: energy.clock * cycles + sumOf(ones, energy.perOne),
  };
}
