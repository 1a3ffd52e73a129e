import type { Datapath } from '../../datapaths/datapath.js';
import type { Order } from '../../datapaths/order.js';
import type { RtlFile } from '../../datapaths/rtl/index.js';
import { decode } from '../../formats/codec.js';
import { type Format, hasZero, widthOf } from '../../formats/format.js';
import { type EventSimulator, eventSimulatorOf } from '../../gates/events.js';
import { type GlitchFactor, glitchFactor } from '../../gates/glitches.js';
import type { CellLibrary } from '../../gates/liberty/cell.js';
import { peActivity, type PeOperands } from '../../gates/pe.js';
import { peWindows } from '../../gates/peWindows.js';
import { type EnergyOfToggles, spent } from '../../gates/power.js';
import { CASES } from '../../gates/simulator.js';
import type { GateUnit } from '../../gates/unit.js';
import { type Random, randomFrom } from '../../random/random.js';
import { mapUnit } from './mapUnit.js';
import type { TileOperands } from '../vectors/tileVectors.js';

/** What the gates of one PE are, take and spend. */
export interface Characterisation {
  datapath: string;
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

/** Femtojoules of a MAC while the PE works in every cycle, without glitches. */
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

const TILES = 8;
const STEPS = 32;

/**
 * Synthesises the PE of an output-stationary array onto a library and simulates its gates, 128 PEs at once, without delays
 * and wires, and a sample of their cycles one PE at a time, with delays, for what glitches add. Interconnect is left out.
 * @param layer a product whose operands are one kind more
 * @throws RangeError naming what of the datapath cannot be built; Error where yosys is missing or refuses
 */
export async function characterise(
  datapath: Datapath,
  order: Order,
  library: CellLibrary,
  seed: number,
  layer?: TileOperands,
): Promise<Characterised> {
  const { gates, path, rtl, netlist } = await mapUnit(datapath, order, library);
  const events = eventSimulatorOf(gates.netlist, gates.delays);
  const drawn = drawnOperands(datapath, seed);
  const all = layer === undefined ? drawn : [{ name: layer.job.layer, operands: layerOperands(layer, seed) }, ...drawn];
  const report: Characterisation = {
    datapath: datapath.name,
    library: { name: library.name, volts: library.voltage, celsius: library.temperature },
    cells: gates.cells,
    registers: gates.registers,
    area: gates.area,
    periodNs: gates.period * 1e9,
    maxMhz: 1e-6 / gates.period,
    path,
    leakageNw: gates.energy.leakage * 1e9,
    operands: all.map(({ name, operands }) => ({
      ...energyRow(name, gates, datapath, order, operands),
      glitches: glitchesOf(events, datapath, order, operands, gates.energy, seed),
    })),
  };
  if (!report.operands.every(({ fjPerMac }) => Number.isFinite(fjPerMac)))
    throw new RangeError(`library ${library.name}: its energies are too large to make sums of`);
  return { report, rtl, netlist };
}

function energyRow(
  operands: string,
  { netlist, energy }: GateUnit,
  datapath: Datapath,
  order: Order,
  codes: PeOperands,
): Omit<OperandEnergy, 'glitches'> {
  const { sums, ...activity } = peActivity(netlist, datapath, order, codes);
  if (sums.right !== sums.all)
    throw new Error(
      `the netlist of ${datapath.name} is not the datapath: ${sums.right} of ${sums.all} sums are right (${operands}); report it with the version of yosys`,
    );
  const { logic, registers, clock } = spent(netlist, energy, activity);
  const [logicFj, registersFj, clockFj] = [logic, registers, clock].map(
    (joules) => (joules * 1e15) / (activity.cycles * datapath.lanes),
  );
  return { operands, fjPerMac: logicFj + registersFj + clockFj, logicFj, registersFj, clockFj, sums };
}

function glitchesOf(
  events: EventSimulator,
  datapath: Datapath,
  order: Order,
  codes: PeOperands,
  { perToggle }: EnergyOfToggles,
  seed: number,
): GlitchFactor {
  const { windows, shares } = peWindows(events.tables, datapath, order, codes, seed);
  return glitchFactor(events, perToggle, windows, shares);
}

/** Kinds of drawn operands, each from a stream of its own; zeros only where a has one. */
function drawnOperands(datapath: Datapath, seed: number): { name: string; operands: PeOperands }[] {
  const { a, b, lanes } = datapath;
  const k = STEPS * lanes;
  const length = TILES * k * CASES;
  const random = randomFrom(seed, 0x6a7e);
  const [drawA, drawB] = [a, b].map((format) => finiteCodes(format, random));
  const fill = (draw: (at: number) => number) => Float64Array.from({ length }, (_, at) => draw(at));
  const [first, second] = [fill(drawA), fill(drawB)];
  const held = (codes: Float64Array) => fill((at) => codes[at % CASES]);
  return [
    { name: 'uniform codes', operands: { tiles: TILES, k, a: first, b: second } },
    ...(hasZero(a) ? [{ name: 'a is zero', operands: { tiles: TILES, k, a: fill(() => 0), b: second } }] : []),
    { name: 'constant', operands: { tiles: TILES, k, a: held(first), b: held(second) } },
  ];
}

/** Draws codes of finite values, all alike. */
function finiteCodes(format: Format, random: Random): () => number {
  const count = 2 ** widthOf(format);
  return () => {
    for (;;) {
      const code = random.below(count);
      if (decode(format, code).kind === 'finite') return code;
    }
  };
}

/** Most steps of a layer's tiles that are simulated. */
const MOST_STEPS = 4096;

/**
 * Tiles of a layer, drawn from all of it: 16 rows of a meet 8 columns of b in each, as in a part of the array, and all k
 * pass. Where the layer has fewer rows or columns they come again.
 */
function layerOperands({ job, unit, a, b }: TileOperands, seed: number): PeOperands {
  const { m, n, k, groups } = job;
  const { lanes } = unit;
  const steps = Math.ceil(k / lanes);
  const tiles = Math.max(1, Math.min(TILES * 4, Math.floor(MOST_STEPS / steps)));
  const random = randomFrom(seed, 0x7115);
  const [rows, cols] = [16, CASES / 16];
  const codes = [a, b].map(() => new Float64Array(tiles * steps * lanes * CASES));
  for (let tile = 0; tile < tiles; tile++) {
    const group = random.below(groups);
    const [top, left] = [random.below(Math.ceil(m / rows)) * rows, random.below(Math.ceil(n / cols)) * cols];
    for (let at = 0; at < k; at++)
      for (let c = 0; c < CASES; c++) {
        const [row, col] = [(top + Math.floor(c / cols)) % m, (left + (c % cols)) % n];
        const place = (tile * steps * lanes + at) * CASES + c;
        codes[0][place] = a[(group * m + row) * k + at];
        codes[1][place] = b[(group * k + at) * n + col];
      }
  }
  return { tiles, k, a: codes[0], b: codes[1] };
}
