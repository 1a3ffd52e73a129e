import type { Arc, Transitions } from './liberty/cell.js';
import { namesIn } from './liberty/expression.js';
import { lookUp } from './nldm.js';
import type { PlacedCell, Netlist } from './netlist.js';

/**
 * Static timing of a netlist by its library's tables (non-linear delay model), without wires, the clock ideal. Inputs come
 * from registers like its own, so that a path may begin in the neighbour; outputs go into such registers.
 */
export interface NetlistTiming {
  /** Seconds of the longest path from edge to edge, the register's set-up time included. */
  period: number;
  /** The cells on it, from the register or input that it begins at to what it ends at. */
  path: string[];
  /** Of each net the seconds that an edge takes, the mean of rising and falling. */
  slews: Float64Array;
  /** Farads that each net drives: input pins alone. */
  loads: Float64Array;
}

interface Edge {
  at: number;
  slew: number;
  /** Where it comes from. */
  from?: Edge;
  cell: string;
}

type Edges = Record<keyof Transitions, Edge>;
const EDGES = ['rise', 'fall'] as const;
const START: Edge = { at: 0, slew: 0, cell: 'clock' };

/** Farads of the pins on each net. */
export function loadsOf({ nets, gates, registers }: Netlist): Float64Array {
  const loads = new Float64Array(nets);
  for (const { cell, inputs } of [...gates, ...registers])
    inputs.forEach((net, pin) => {
      loads[net] += cell.inputs[pin].capacitance;
    });
  return loads;
}

/** The edges of an input that can make an output's edge. */
const causes = ({ sense }: Arc, edge: 'rise' | 'fall') =>
  sense === 'either' ? EDGES : EDGES.filter((each) => (each === edge) === (sense === 'positive'));

/** An output's edges from those of a cell's inputs: the last to come, and the slowest. */
function through(
  arcs: readonly Arc[],
  edgesOf: (pin: string) => Edges | undefined,
  load: number,
  cell: string,
): Edges | undefined {
  const made = EDGES.map((edge) => {
    let last: Edge | undefined;
    let slew = 0;
    for (const arc of arcs) {
      const given = edgesOf(arc.from);
      if (given === undefined) continue;
      for (const cause of causes(arc, edge)) {
        const from = given[cause];
        const at = from.at + lookUp(arc.delay[edge], from.slew, load);
        slew = Math.max(slew, lookUp(arc.transition[edge], from.slew, load));
        if (last === undefined || at > last.at) last = { at, slew, from, cell };
      }
    }
    return last && { ...last, slew };
  });
  const [rise, fall] = made;
  return rise === undefined || fall === undefined ? undefined : { rise, fall };
}

const fromClock = (name: string): Edges => ({ rise: { ...START, cell: name }, fall: { ...START, cell: name } });

export function timingOf(netlist: Netlist): NetlistTiming {
  const { nets, gates, registers, ports, clock } = netlist;
  const loads = loadsOf(netlist);
  const edges: (Edges | undefined)[] = new Array(nets);
  const launch = ({ cell, outputs }: PlacedCell, name: string, netOf: (pin: number) => number | undefined) =>
    outputs.forEach((_, pin) => {
      const net = netOf(pin);
      if (net === undefined) return;
      const own = fromClock(name);
      edges[net] =
        through(
          cell.outputs[pin].arcs,
          (from) => (from === cell.register?.clock ? own : undefined),
          loads[net],
          cell.name,
        ) ?? own;
    });
  const [like] = registers;
  for (const [name, { direction, bits }] of ports) {
    if (direction !== 'input' || name === clock) continue;
    for (const net of bits)
      if (like === undefined) edges[net] = fromClock(`input ${name}`);
      else
        launch(like, `input ${name}`, (pin) =>
          pin === like.outputs.findIndex((each) => each !== undefined) ? net : undefined,
        );
  }
  for (const register of registers) launch(register, `register ${register.name}`, (pin) => register.outputs[pin]);
  for (const { cell, inputs, outputs } of gates) {
    const places = new Map(cell.inputs.map(({ name }, pin) => [name, inputs[pin]]));
    outputs.forEach((net, pin) => {
      if (net !== undefined)
        edges[net] = through(cell.outputs[pin].arcs, (from) => edges[places.get(from) ?? -1], loads[net], cell.name);
    });
  }
  let period = 0;
  let last: Edge | undefined;
  const end = (net: number, { cell }: PlacedCell, pin: number) => {
    for (const edge of EDGES) {
      const arrival = edges[net]?.[edge];
      if (arrival === undefined) continue;
      const setup = Math.max(
        0,
        ...cell.inputs[pin].setup.map((table) => lookUp(table[edge], arrival.slew, START.slew)),
      );
      if (arrival.at + setup > period) [period, last] = [arrival.at + setup, arrival];
    }
  };
  /** The pins that its next state depends on. */
  const dataPins = ({ cell: { inputs, register } }: PlacedCell) => {
    const names = register === undefined ? [] : namesIn(register.next);
    return names.map((name) => inputs.findIndex((pin) => pin.name === name));
  };
  for (const register of registers) for (const pin of dataPins(register)) end(register.inputs[pin], register, pin);
  for (const { direction, bits } of ports.values())
    if (direction === 'output' && like !== undefined)
      for (const net of bits) for (const pin of dataPins(like)) end(net, like, pin);
  const path: string[] = [];
  for (let edge = last; edge !== undefined; edge = edge.from) path.unshift(edge.cell);
  const slews = Float64Array.from(edges, (both) => (both === undefined ? 0 : (both.rise.slew + both.fall.slew) / 2));
  return { period, path, slews, loads };
}
