import type { DataflowName, MacArray } from '../../arrays/dataflow.js';
import type { Datapath } from '../../datapaths/datapath.js';
import type { RtlFile } from '../../datapaths/rtl/index.js';
import { type EventSimulator, eventSimulatorOf } from '../../gates/events.js';
import type { PeFeed } from '../../gates/feed.js';
import { type GlitchFactor, glitchFactor } from '../../gates/glitches.js';
import type { CellLibrary } from '../../gates/liberty/cell.js';
import { peActivity } from '../../gates/pe.js';
import { peWindows } from '../../gates/peWindows.js';
import { type EnergyOfToggles, spent } from '../../gates/power.js';
import { CASES } from '../../gates/simulator.js';
import type { GateUnit } from '../../gates/unit.js';
import { mapUnit } from './mapUnit.js';
import { drawnFeeds, layerFeed } from './peFeeds.js';
import type { TileOperands } from '../vectors/tileVectors.js';

/** What the gates of one PE are, take and spend. */
export interface Characterisation {
  datapath: string;
  dataflow: DataflowName;
  /** Registers between multiplier and adder. */
  multiplyStages: number;
  library: { name: string; volts: number; celsius: number | undefined };
  cells: number;
  registers: number;
  /** In the library's unit, square micrometres by custom. */
  area: number;
  periodNs: number;
  maxMhz: number;
  /** Cells of the longest path, from where it begins. */
  path: string[];
  leakageNw: number;
  operands: OperandEnergy[];
}

/** Femtojoules of a MAC while the PE works in every cycle but those that load an operand, these included, without glitches. */
export interface OperandEnergy {
  operands: string;
  fjPerMac: number;
  logicFj: number;
  registersFj: number;
  clockFj: number;
  /** What glitches multiply the energy of logic and registers by, of a sample of cycles. */
  glitches: GlitchFactor;
  /** Sums of the netlist that are the reference's, of those looked at. */
  sums: { right: number; all: number };
}

export interface Characterised {
  report: Characterisation;
  rtl: RtlFile[];
  /** As yosys wrote it. */
  netlist: string;
}

/**
 * Synthesises the PE of an array onto a library and simulates its gates, 128 PEs at once, without delays
 * and wires, and a sample of their cycles one PE at a time, with delays, for what glitches add. Interconnect is left out.
 * @param layer a product whose operands are one kind more
 * @throws RangeError naming what of the datapath cannot be built; Error where yosys is missing or refuses
 */
export async function characterise(
  datapath: Datapath,
  array: MacArray,
  library: CellLibrary,
  seed: number,
  layer?: TileOperands,
): Promise<Characterised> {
  const { gates, path, rtl, netlist } = await mapUnit(datapath, array, library);
  const events = eventSimulatorOf(gates.netlist, gates.delays);
  const drawn = drawnFeeds(datapath, array, seed);
  const all = layer === undefined ? drawn : [layerFeed(layer, array, seed), ...drawn];
  const report: Characterisation = {
    datapath: datapath.name,
    dataflow: array.dataflow,
    multiplyStages: array.multiplyStages,
    library: { name: library.name, volts: library.voltage, celsius: library.temperature },
    cells: gates.cells,
    registers: gates.registers,
    area: gates.area,
    periodNs: gates.period * 1e9,
    maxMhz: 1e-6 / gates.period,
    path,
    leakageNw: gates.energy.leakage * 1e9,
    operands: all.map(({ name, feed }) => ({
      ...energyRow(name, gates, feed, datapath.lanes),
      glitches: glitchesOf(events, feed, gates.energy, seed),
    })),
  };
  if (!report.operands.every(({ fjPerMac }) => Number.isFinite(fjPerMac)))
    throw new RangeError(`library ${library.name}: its energies are too large to make sums of`);
  return { report, rtl, netlist };
}

function energyRow(
  operands: string,
  { netlist, energy }: GateUnit,
  feed: PeFeed,
  lanes: number,
): Omit<OperandEnergy, 'glitches'> {
  const { sums, ...activity } = peActivity(netlist, feed);
  if (sums.right !== sums.all)
    throw new Error(
      `the netlist of ${feed.unit} is not the datapath: ${sums.right} of ${sums.all} sums are right (${operands}); report it with the version of yosys`,
    );
  const { logic, registers, clock } = spent(netlist, energy, activity);
  const [logicFj, registersFj, clockFj] = [logic, registers, clock].map(
    (joules) => (joules * 1e15) / (feed.firings * CASES * lanes),
  );
  return { operands, fjPerMac: logicFj + registersFj + clockFj, logicFj, registersFj, clockFj, sums };
}

function glitchesOf(events: EventSimulator, feed: PeFeed, { perToggle }: EnergyOfToggles, seed: number): GlitchFactor {
  const { windows, shares } = peWindows(events.tables, feed, seed);
  return glitchFactor(events, perToggle, windows, shares);
}
