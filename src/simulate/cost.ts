import { type Cycles, noCycles } from '../arrays/schedule.js';
import { withGates } from '../energy/gates.js';
import type { EnergyPart } from '../energy/table.js';
import type { GlitchFactor } from '../gates/glitches.js';
import { heaviest } from '../networks/lower.js';
import type { Network } from '../networks/network.js';
import type { Target } from '../targets/target.js';
import type { GateActivity } from './gateActivity.js';
import { addCycles, type Movement, sparseCostOf, sparseLayersOf } from './sparsity.js';

/** One layer's cost for one inference. */
export interface LayerCost {
  layer: string;
  op: string;
  unit: string;
  m: number;
  n: number;
  k: number;
  groups: number;
  macs: number;
  cycles: Cycles;
  /** Products over cycles x PEs x lanes, 0..1. */
  utilization: number;
  energyPj: number;
  energy: readonly EnergyPart[];
  /** Codes read at the edge of the array and moved in it, sums; bits to and from DRAM; cycles that memories add. */
  movement?: Movement;
  /** Where the energy is that of gates. */
  glitches?: GlitchFactor;
}

/**
 * Cost of what a target's array does of one inference of a network, batch 1: cycles by formula, energy by action counts. Of two
 * branches `layers` has both, and the rest the one of more cycles.
 */
export interface NetworkCost {
  layers: LayerCost[];
  macs: number;
  cycles: Cycles;
  utilization: number;
  energyPj: number;
  /** The sources of the energies used, each once; `extrapolated` when any of them is. */
  sources: readonly string[];
  extrapolated: boolean;
  milliseconds: number;
}

/** @param gates what the PEs took, in place of what the target's table says of them */
export function judgeCost(network: Network, target: Target, gates?: GateActivity): NetworkCost {
  const sources = new Set<string>();
  const pes = target.array.rows * target.array.cols;
  let extrapolated = false;
  const layers = sparseLayersOf(network, target).map((sparse) => {
    const { job, unit } = sparse;
    const { cycles, utilization, energy: byTable, movement } = sparseCostOf(sparse, target);
    const own = gates?.layers.get(job.layer);
    const work = movement && {
      firings: movement.counts.firings,
      cycles: cycles.total * pes,
      clockMhz: target.clockMhz,
    };
    const energy = own === undefined || work === undefined ? byTable : withGates(byTable, own, work);
    for (const source of energy.sources) sources.add(source);
    extrapolated ||= energy.extrapolated;
    const { layer, op, m, n, k, groups } = job;
    const macs = m * n * k * groups;
    return {
      layer,
      op,
      unit: unit.name,
      m,
      n,
      k,
      groups,
      macs,
      cycles,
      utilization,
      energyPj: energy.totalPj,
      energy: energy.parts,
      ...(movement && { movement }),
      ...(own && { glitches: own.glitches }),
    };
  });
  // An image takes one of two branches; what it costs at most is told.
  const counted = heaviest(network, layers, (layer) => layer.cycles.total);
  const cycles = counted.reduce((total, layer) => addCycles(total, layer.cycles), noCycles());
  const sum = (of: (layer: LayerCost) => number) => counted.reduce((total, layer) => total + of(layer), 0);
  return {
    layers,
    macs: sum((layer) => layer.macs),
    cycles,
    // Weighted by cycles: what share of all the lanes' cycles did a product.
    utilization: cycles.total === 0 ? 0 : sum((layer) => layer.utilization * layer.cycles.total) / cycles.total,
    energyPj: sum((layer) => layer.energyPj),
    sources: [...sources],
    extrapolated,
    milliseconds: cycles.total / (target.clockMhz * 1000),
  };
}
