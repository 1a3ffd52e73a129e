import type { Counts } from '../arrays/counts.js';
import type { MemoryCost } from '../arrays/memory.js';
import type { Datapath } from '../datapaths/datapath.js';
import { widthOf } from '../formats/format.js';
import { type GemmJob, lower } from '../networks/lower.js';
import { isMacLayer, type Network } from '../networks/network.js';
import { dequantize } from '../networks/quantization.js';
import { unitForJob } from '../targets/blockUnit.js';
import { layerCostOf, layerEnergyOf, type Target } from '../targets/target.js';

/**
 * What an array makes of zeros among the weights.
 * `dense`: nothing, it multiplies by them. `gated`: the same cycles, but a PE whose weight is zero neither multiplies nor
 * adds. `n-of-m`: n of every m weights along k are stored, each with an index of log2 m bits that selects its activation,
 * so k is n/m as long; activations are read as densely as before (NVIDIA's 2:4). `skipping`: each column holds its own
 * weights that are not zero, with a mask of a bit a weight; a tile of columns takes as long as its longest (output
 * stationary arrays; what selecting activations for each column costs is not counted, so it is a lower bound).
 */
export type SparseMachine =
  | { kind: 'dense' }
  | { kind: 'gated' }
  | { kind: 'n-of-m'; n: number; m: number }
  | { kind: 'skipping' };

export interface SparseCost {
  layers: { layer: string; density: number; cycles: number; energyPj: number }[];
  cycles: number;
  energyPj: number;
}

/**
 * Cycles and energy of one image of a quantized network.
 * @throws RangeError naming the layer whose zeros the machine cannot use
 */
export function judgeSparse(network: Network, target: Target, machine: SparseMachine): SparseCost {
  const weights = new Map(network.layers.filter(isMacLayer).map(({ name, weight }) => [name, dequantize(weight).data]));
  const layers = lower(network).map((job) => {
    const unit = unitForJob(target, job);
    const values = weights.get(job.layer) as Float32Array;
    const density = values.filter((w) => w !== 0).length / values.length;
    return { layer: job.layer, density, ...costOn(machine, { job, unit, values, density }, target) };
  });
  const sum = (of: (layer: SparseCost['layers'][number]) => number) => layers.reduce((a, layer) => a + of(layer), 0);
  return { layers, cycles: sum((layer) => layer.cycles), energyPj: sum((layer) => layer.energyPj) };
}

interface SparseLayer {
  job: GemmJob;
  unit: Datapath;
  /** Weights [filters, k]. */
  values: Float32Array;
  density: number;
}

interface Cost {
  cycles: number;
  energyPj: number;
}

function costOn(machine: SparseMachine, layer: SparseLayer, target: Target): Cost {
  const { job, unit, density } = layer;
  switch (machine.kind) {
    case 'dense':
      return costOfParts(layerCostOf(job, target, unit), target, unit, 1);
    case 'gated':
      return costOfParts(layerCostOf(job, target, unit), target, unit, density);
    case 'n-of-m':
      return chosenOfGroups(layer, machine.n, machine.m, target);
    case 'skipping':
      return skipping(layer, target);
  }
}

/** @param busy share of the PEs' work that is done */
function costOfParts(cost: MemoryCost, target: Target, unit: Datapath, busy: number): Cost {
  const { parts } = layerEnergyOf(cost, target, unit);
  const energyPj = parts.reduce(
    (total, { action, energyPj: pj }) => total + pj * (/^(mac|multiply|add):/.test(action) ? busy : 1),
    0,
  );
  return { cycles: cost.cycles.total, energyPj };
}

function withReads(cost: MemoryCost, factors: { a: number; b: number }): MemoryCost {
  const counts: Counts = {
    ...cost.counts,
    aReads: cost.counts.aReads * factors.a,
    bReads: cost.counts.bReads * factors.b,
  };
  return { ...cost, counts };
}

function chosenOfGroups({ job, unit, values }: SparseLayer, n: number, m: number, target: Target): Cost {
  for (let row = 0; row < values.length; row += job.k)
    for (let first = row; first < row + job.k; first += m) {
      const kept = values.subarray(first, Math.min(first + m, row + job.k)).filter((w) => w !== 0).length;
      if (kept > n)
        throw new RangeError(
          `layer ${job.layer} holds ${kept} weights that are not zero in a group of ${m}, and the array takes ${n}: prune it to ${n}:${m}`,
        );
    }
  const cost = layerCostOf({ ...job, k: Math.ceil(job.k / m) * n }, target, unit);
  const index = Math.ceil(Math.log2(m)) / widthOf(unit.b);
  return costOfParts(withReads(cost, { a: m / n, b: 1 + index }), target, unit, 1);
}

function skipping({ job, unit, values }: SparseLayer, target: Target): Cost {
  if (target.array.dataflow !== 'os')
    throw new RangeError(
      `skipping zeros is modelled for output stationary arrays, ${target.name} is ${target.array.dataflow}`,
    );
  const total: Cost = { cycles: 0, energyPj: 0 };
  for (let group = 0; group < job.groups; group++)
    for (let first = 0; first < job.n; first += target.array.cols) {
      const columns = Array.from({ length: Math.min(target.array.cols, job.n - first) }, (_, c) => {
        const row = (group * job.n + first + c) * job.k;
        return values.subarray(row, row + job.k).filter((w) => w !== 0).length;
      });
      const longest = Math.max(1, ...columns);
      const cost = layerCostOf({ ...job, groups: 1, n: columns.length, k: longest }, target, unit);
      const mask = job.k / longest / widthOf(unit.b);
      const busy = columns.reduce((a, b) => a + b, 0) / (longest * columns.length);
      const part = costOfParts(withReads(cost, { a: 1, b: 1 + mask }), target, unit, busy);
      total.cycles += part.cycles;
      total.energyPj += part.energyPj;
    }
  return total;
}
