import { type MacArray, orderOf } from '../../arrays/dataflow.js';
import type { Datapath } from '../../datapaths/datapath.js';
import { emitHeldPe, emitPe, rtlDigest, type RtlFile } from '../../datapaths/rtl/index.js';
import { widthOf } from '../../formats/format.js';
import { delaysOf } from '../../gates/delays.js';
import { type CellLibrary, driverOf } from '../../gates/liberty/cell.js';
import { readNetlist } from '../../gates/netlist.js';
import { energyOfToggles } from '../../gates/power.js';
import { timingOf } from '../../gates/timing.js';
import type { GateUnit } from '../../gates/unit.js';
import { mapped } from './synthesis.js';

/** A unit's PE on the cells of a library, and what it was made of. */
export interface MappedUnit {
  gates: GateUnit;
  /** Cells of the longest path, from where it begins. */
  path: string[];
  rtl: RtlFile[];
  /** As yosys wrote it. */
  netlist: string;
}

/** Bits of an operand's code that the simulation can take. */
const MOST_BITS = 32;

/**
 * Synthesises the PE of an array onto a library.
 * @throws RangeError naming what of the datapath cannot be built; Error where yosys is missing or refuses
 */
export async function mapUnit(datapath: Datapath, array: MacArray, library: CellLibrary): Promise<MappedUnit> {
  const wide = [datapath.a, datapath.b].map(widthOf).find((bits) => bits > MOST_BITS);
  if (wide !== undefined)
    throw new RangeError(
      `gates: datapath ${datapath.name} multiplies operands of ${wide} bits; those of at most ${MOST_BITS} are simulated`,
    );
  const rtl = peRtl(datapath, array);
  const driver = driverOf(library);
  const mapping = { liberty: library.forSynthesis(), driver: driver.name, load: 4e15 * driver.inputs[0].capacitance };
  const text = await mapped(rtl, 'pe', mapping);
  return { ...unitFrom(text, datapath.name, rtl, library), rtl, netlist: text };
}

/** SystemVerilog of the PE of an array. @throws RangeError naming what of the datapath cannot be built */
function peRtl(datapath: Datapath, array: MacArray): RtlFile[] {
  const { dataflow, doubleBuffer, multiplyStages } = array;
  if (dataflow === 'os') return emitPe(datapath, orderOf(array, datapath), multiplyStages);
  return emitHeldPe(datapath, { holds: dataflow === 'is' ? 'a' : 'b', doubleBuffer });
}

/** A unit's gates from the netlist that its RTL was mapped to. */
export function unitFrom(
  text: string,
  unit: string,
  rtl: readonly RtlFile[],
  library: CellLibrary,
): Pick<MappedUnit, 'gates' | 'path'> {
  const netlist = readNetlist(text, `the netlist of ${unit}`, library);
  const timing = timingOf(netlist);
  const energy = energyOfToggles(netlist, library, timing);
  const instances = [...netlist.gates, ...netlist.registers];
  const area = instances.reduce((sum, { cell }) => sum + cell.area, 0);
  if (![area, timing.period, energy.leakage].every(Number.isFinite) || timing.period <= 0)
    throw new RangeError(`library ${library.name}: its figures are too large, or too small, to make sums of`);
  const gates: GateUnit = {
    unit,
    technology: {
      name: library.name,
      volts: library.voltage,
      ...(library.temperature !== undefined && { celsius: library.temperature }),
    },
    rtl: rtlDigest(rtl),
    netlist,
    energy,
    delays: delaysOf(netlist, timing),
    cells: instances.length,
    registers: netlist.registers.length,
    area,
    period: timing.period,
  };
  return { gates, path: timing.path };
}
