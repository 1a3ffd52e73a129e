import type { GlitchFactor } from '../gates/glitches.js';
import type { GateUnit } from '../gates/unit.js';
import { isOfUnit, type PeAction } from './action.js';
import type { Energy, EnergyPart } from './table.js';

/** Joules that the nets of all PEs took. */
export interface NetEnergy {
  logic: number;
  registers: number;
  wires: number;
  /** What the clock took more for registers that hold ones. */
  clock: number;
}

/** Of what toggles. */
export const togglesOf = ({ logic, registers, wires }: NetEnergy): number => logic + registers + wires;

/** What the PEs took in a layer, for one inference. */
export interface GateEnergy {
  gates: GateUnit;
  nets: NetEnergy;
  /** What glitches multiply the energy of the nets by, the clock's apart. */
  glitches: GlitchFactor;
}

/** What PEs did meanwhile. */
export interface PeWork {
  firings: number;
  /** Of all PEs together, whether they work or not. */
  cycles: number;
  clockMhz: number;
}

/**
 * The energy of a layer with what its PEs take by their gates in place of what a table says of products and additions.
 * Idle cycles cost the clock alone, as the words that pass an idle PE toggle nets that are counted.
 */
export function withGates(
  energy: Energy,
  { gates, nets, glitches }: GateEnergy,
  { firings, cycles, clockMhz }: PeWork,
): Energy {
  const { technology } = gates;
  const { name: node, volts: voltage } = technology;
  const source = `gates of ${gates.unit} in ${technology.source ?? technology.name}`;
  const part = (what: PeAction['part'], count: number, joules: number, extrapolated = false): EnergyPart => {
    const action: PeAction = { kind: 'pe', part: what };
    const energyPj = joules * 1e12;
    const entry = { action: `pe:${what}`, pj: count === 0 ? 0 : energyPj / count, source, node, voltage, extrapolated };
    return { action, count, energyPj, entry };
  };
  const { leakage } = gates.energy;
  const clock = gates.energy.clock + nets.clock / cycles;
  const parts = [
    part('logic', firings, nets.logic),
    part('registers', firings, nets.registers),
    part('clock', firings, firings * clock),
    part('idle', cycles - firings, (cycles - firings) * clock),
    part('wires', firings, nets.wires, true),
    part('glitches', firings, (glitches.factor - 1) * togglesOf(nets)),
    part('leakage', cycles, (cycles * leakage) / (clockMhz * 1e6)),
    ...energy.parts.filter(({ action }) => !isOfUnit(action)),
  ];
  return {
    parts,
    totalPj: parts.reduce((sum, { energyPj }) => sum + energyPj, 0),
    sources: [...new Set(parts.map(({ entry }) => entry.source))],
    extrapolated: parts.some(({ entry }) => entry.extrapolated),
  };
}
