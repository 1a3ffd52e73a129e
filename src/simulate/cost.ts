import { type Cycles, noCycles } from '../arrays/schedule.js';
import type { EnergyPart } from '../energy/table.js';
import type { Network } from '../networks/network.js';
import type { Target } from '../targets/target.js';
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
}

/** Cost of what a target's array does of one inference of a network, batch 1: cycles by formula, energy by action counts. */
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

export function judgeCost(network: Network, target: Target): NetworkCost {
  const sources = new Set<string>();
  let extrapolated = false;
  const layers = sparseLayersOf(network, target).map((sparse) => {
    const { job, unit } = sparse;
    const { cycles, utilization, energy, movement } = sparseCostOf(sparse, target);
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
    };
  });
  const cycles = layers.reduce((total, layer) => addCycles(total, layer.cycles), noCycles());
  const sum = (of: (layer: LayerCost) => number) => layers.reduce((total, layer) => total + of(layer), 0);
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
