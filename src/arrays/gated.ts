import type { GlitchWindow } from '../gates/glitches.js';
import { byDriver } from '../gates/power.js';
import { CASES, type Simulator, simulatorOf } from '../gates/simulator.js';
import type { GateUnit } from '../gates/unit.js';
import { wiresOf } from '../gates/wires.js';
import type { MacArray } from './dataflow.js';
import { GatedFeed, type GatedProduct, turnOf, underwayIn } from './gatedFeed.js';
import { PortWords } from './portWords.js';

/** Why the PEs of an array cannot be looked at as gates; undefined where they can. */
export function whyNotGated({ dataflow, multiplyStages, addStages, operands, edge }: MacArray): string | undefined {
  if (dataflow !== 'os') return `is an array of dataflow ${dataflow}; its PE is read where it is os`;
  if (multiplyStages > 0 || addStages > 1)
    return `has pipelined PEs (${multiplyStages} multiplier and ${addStages} adder stages); its PE is read where they are 0 and 1`;
  if (operands !== 'systolic') return 'broadcasts operands; its PE is read where they are systolic';
  if (edge !== 'whole') return 'takes edge tiles at their own size; the mesh takes whole ones';
  return undefined;
}

/** Joules that the nets of all PEs took during a tile. */
export interface TileEnergy {
  logic: number;
  registers: number;
  /** In their wires, by an estimate (gates/wires.ts). */
  wires: number;
  /** What the clock took more for registers that hold ones. */
  clock: number;
}

/** Some cycles of one PE that somebody wants to see, in the tile of that place among those that are run. */
export interface WantedWindow {
  tile: number;
  row: number;
  col: number;
  /** From the tile's first word on, in the PE's own time. */
  cycle: number;
  cycles: number;
}

/** What the PE was before them, every net, and what it got: as `EventSimulator.run` takes them. */
export type SeenWindow = Pick<GlitchWindow, 'start' | 'inputs'>;

/** Cycles whose words are made at once. */
export const CHUNK = 64;

/**
 * Runs tiles of a product on the array, gate for gate: every PE gets the words that it gets in the emitted mesh, those
 * without work zeros or what passes them, and finished sums go down through the PEs below. Each PE is looked at in its own
 * time, r + c cycles after the first one's, which changes no toggle. Tiles follow upon each other as in the schedule; those
 * that are left out between them are as if they were not there.
 * @param tiles their places in the array's order, rising
 * @param swapped whether the unit's ports a and b take the product's b and a
 * @param wanted hears of each window that lies whole within 64 cycles of its tile, in any order
 * @throws Error naming the layer where a sum that leaves the netlist is not the product's
 */
export function tileEnergies(
  gates: GateUnit,
  array: MacArray,
  product: GatedProduct,
  tiles: readonly number[],
  swapped = false,
  wanted?: { windows: readonly WantedWindow[]; seen(window: WantedWindow, what: SeenWindow): void },
): TileEnergy[] {
  const turns = tiles.map((index) => turnOf(array, product, index));
  const simulator = simulatorFor(gates);
  const { logic, registers } = byDriver(gates.netlist, gates.energy);
  const [ofLogic, ofRegisters, ofWires] = [logic, registers, wiresOf(gates)].map((toggles) =>
    simulator.weightsOf({ toggles }),
  );
  const ofClock = simulator.weightsOf({ ones: gates.energy.perOne });
  const energies = turns.map(() => ({ logic: 0, registers: 0, wires: 0, clock: 0 }));
  const planes = new Map<string, Uint32Array>();
  for (let first = 0; first < array.rows * array.cols; first += CASES) {
    simulator.restart();
    const words = new PortWords(simulator, array, first, CHUNK);
    const feed = new GatedFeed(words, array, product, swapped, planes);
    // The state before: an array at rest.
    simulator.run(words.bytes(1), 1);
    turns.forEach((turn, i) => {
      feed.begin(turn);
      for (let from = 0; from < turn.period; from += CHUNK) {
        const count = Math.min(CHUNK, turn.period - from);
        const underway = underwayIn(turns, i, from);
        words.clear();
        feed.stream(turn, from, count);
        for (const { turn: each, since } of underway) feed.drain(each, since, count);
        const looked = wanted?.windows.filter((each) => each.tile === i) ?? [];
        const leaving = runLooking(simulator, words, count, within(looked, from, count), (window, what) =>
          wanted?.seen(window, what),
        );
        for (const { turn: each, since } of underway) feed.check(each, since, count, leaving);
      }
      energies[i].logic += simulator.weighed(ofLogic);
      energies[i].registers += simulator.weighed(ofRegisters);
      energies[i].wires += simulator.weighed(ofWires);
      energies[i].clock += simulator.weighed(ofClock);
      simulator.forget();
    });
  }
  return energies;
}

/** The windows that lie whole within some cycles, counted from the first of these. */
function within(windows: readonly WantedWindow[], from: number, count: number): { window: WantedWindow; at: number }[] {
  return windows
    .map((window) => ({ window, at: window.cycle - from }))
    .filter(({ window, at }) => at >= 0 && at + window.cycles <= count)
    .sort((x, y) => x.at - y.at);
}

/** Runs cycles, and stops before each window. @returns the outputs' words after each cycle */
function runLooking(
  simulator: Simulator,
  words: PortWords,
  count: number,
  windows: readonly { window: WantedWindow; at: number }[],
  seen: (window: WantedWindow, what: SeenWindow) => void,
): Uint8Array {
  if (windows.length === 0) return simulator.run(words.bytes(count), count);
  const parts: Uint8Array[] = [];
  let done = 0;
  const runTo = (cycle: number) => {
    if (cycle > done) parts.push(simulator.run(words.bytes(cycle - done, done), cycle - done));
    done = cycle;
  };
  for (const { window, at } of windows) {
    runTo(at);
    const { row, col, cycles } = window;
    const own = words.caseOf(row, col);
    if (own !== undefined) seen(window, { start: simulator.valuesOf(own), inputs: words.bitsOf(row, col, at, cycles) });
  }
  runTo(count);
  return new Uint8Array(Buffer.concat(parts));
}

/** A netlist is compiled once. */
const compiled = new WeakMap<GateUnit['netlist'], Simulator>();

function simulatorFor({ netlist }: GateUnit): Simulator {
  const known = compiled.get(netlist);
  const simulator = known ?? simulatorOf(netlist, ['leaving']);
  if (known === undefined) compiled.set(netlist, simulator);
  return simulator;
}
