import type { NetlistDelays } from './delays.js';
import type { PlainCell } from './liberty/cell.js';
import type { Netlist } from './netlist.js';
import type { EnergyOfToggles } from './power.js';

/** The cells that a netlist is made of, and what maps onto them. */
export interface LibraryFacts {
  name: string;
  volts: number;
  celsius?: number;
  /** Where it is from, its corner, licence and what mapped onto it; of what comes with the package. */
  source?: string;
}

/** A PE as gates: what its energy is found with, and what is said of it. */
export interface GateUnit {
  /** The datapath's name. */
  unit: string;
  technology: LibraryFacts;
  /** SHA-256 of the RTL that it was made of: `rtlDigest`. */
  rtl: string;
  netlist: Netlist<PlainCell>;
  energy: EnergyOfToggles;
  delays: NetlistDelays;
  cells: number;
  registers: number;
  /** In the library's unit, square micrometres by custom. */
  area: number;
  /** Seconds of the longest path from edge to edge. */
  period: number;
}
