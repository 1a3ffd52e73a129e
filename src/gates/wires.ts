import type { PlainCell } from './liberty/cell.js';
import type { Netlist } from './netlist.js';
import type { GateUnit } from './unit.js';

/** Farads of a micrometre of wire, in every technology about the same (Weste and Harris, CMOS VLSI Design, 4th ed., 6.2). */
const FARADS = 0.2e-15;
/** Of the area what cells fill, and pitches of cells from a pin to the next: assumed, as there is no layout. */
const FILLED = 0.7;
const PITCHES = 2;

/**
 * Joules of a toggle of each net in its wire: an estimate, as the netlist has no layout. Each pin on a net adds two pitches of
 * a mean cell at 0.2 fF a micrometre.
 */
export function wiresOf({ netlist, area, cells, technology }: GateUnit): Float64Array {
  const pitch = Math.sqrt(area / cells / FILLED);
  const each = (technology.volts ** 2 / 2) * FARADS * PITCHES * pitch;
  return pinsOf(netlist).map((pins) => pins * each);
}

/** Input pins on each net. */
function pinsOf({ nets, gates, registers }: Netlist<PlainCell>): Float64Array {
  const pins = new Float64Array(nets);
  for (const { inputs } of [...gates, ...registers]) for (const net of inputs) pins[net]++;
  return pins;
}
