import type { Counts } from '../arrays/counts.js';
import type { MemoryCost } from '../arrays/memory.js';
import { type Cycles, noCycles } from '../arrays/schedule.js';
import type { Datapath } from '../datapaths/datapath.js';
import { isOfUnit, textOf } from '../energy/action.js';
import type { Energy, EnergyPart } from '../energy/table.js';
import { widthOf } from '../formats/format.js';
import { type LoweredJob, lower } from '../networks/lower.js';
import { isMacLayer, type Network } from '../networks/network.js';
import { dequantize } from '../networks/quantization.js';
import { unitForJob } from '../targets/blockUnit.js';
import { whyBeside } from './placement.js';
import { layerCostOf, layerEnergyOf, type SparseMachine, type Target } from '../targets/target.js';

export type { SparseMachine } from '../targets/target.js';

/** A layer's product and its weights [filters, k] on a unit. */
export interface SparseLayer {
  job: LoweredJob;
  unit: Datapath;
  /** None where it multiplies two activations; as large as the network in float32, and made only for who asks. */
  readonly values?: Float32Array | undefined;
}

/** What a layer costs on an array that sees zeros. */
export interface SparsePerformance {
  cycles: Cycles;
  /** Products that are made over cycles x PEs x lanes. */
  utilization: number;
  energy: Energy;
  /** What was read, moved and waited for, where the array works through the layer as one product. */
  movement?: Movement;
}

export type Movement = Pick<MemoryCost, 'counts' | 'traffic' | 'hindrance'>;

export interface SparseCost {
  layers: { layer: string; density: number; cycles: number; energyPj: number }[];
  cycles: number;
  energyPj: number;
}

/** The products of a network that the target has a unit for, with their weights. */
export function sparseLayersOf(network: Network, target: Target): SparseLayer[] {
  const weights = new Map(network.layers.filter(isMacLayer).map(({ name, weight }) => [name, weight]));
  return lower(network)
    .filter((job) => whyBeside(target, job) === undefined)
    .map((job) => ({
      job,
      unit: unitForJob(target, job),
      get values() {
        const weight = weights.get(job.layer);
        return weight && dequantize(weight).data;
      },
    }));
}

/**
 * Cycles and energy of one image of a quantized network.
 * @param machine in place of the target's own
 * @throws RangeError naming the layer whose zeros the machine cannot use
 */
export function judgeSparse(network: Network, target: Target, machine: SparseMachine): SparseCost {
  const layers = sparseLayersOf(network, target).map((layer) => {
    const { cycles, energy } = sparseCostOf(layer, { ...target, sparsity: machine });
    return { layer: layer.job.layer, density: densityOf(layer), cycles: cycles.total, energyPj: energy.totalPj };
  });
  const sum = (of: (layer: SparseCost['layers'][number]) => number) => layers.reduce((a, layer) => a + of(layer), 0);
  return { layers, cycles: sum((layer) => layer.cycles), energyPj: sum((layer) => layer.energyPj) };
}

const nonzeroIn = (values: Float32Array) => values.reduce((count, w) => (w === 0 ? count : count + 1), 0);
const densityOf = ({ values }: SparseLayer) => (values === undefined ? 1 : nonzeroIn(values) / values.length);

function weightsOf({ job, values }: SparseLayer): Float32Array {
  if (values !== undefined) return values;
  throw new RangeError(`layer ${job.layer} multiplies two activations, and the array skips zeros of stored weights`);
}

/** @throws RangeError naming the layer whose zeros the machine cannot use */
export function sparseCostOf(layer: SparseLayer, target: Target): SparsePerformance {
  const { job, unit } = layer;
  const { sparsity = { kind: 'dense' } } = target;
  switch (sparsity.kind) {
    case 'dense':
      return performanceOf(layerCostOf(job, target, unit), target, unit, 1);
    case 'gated':
      return performanceOf(layerCostOf(job, target, unit), target, unit, densityOf(layer));
    case 'n-of-m':
      return chosenOfGroups(layer, sparsity, target);
    case 'skipping':
      return skipping(layer, target);
  }
}

/** Whether the machine can use the network's zeros at all. @throws RangeError naming the layer where it cannot */
export function checkSparse(network: Network, target: Target): void {
  if (target.sparsity !== undefined) for (const layer of sparseLayersOf(network, target)) sparseCostOf(layer, target);
}

/** @param busy share of the PEs' work that is done */
function performanceOf(cost: MemoryCost, target: Target, unit: Datapath, busy: number): SparsePerformance {
  const { cycles, utilization, counts, traffic, hindrance } = cost;
  const energy = layerEnergyOf(cost, target, unit);
  return {
    cycles,
    utilization,
    movement: { counts, traffic, hindrance },
    energy: withParts(
      energy,
      energy.parts.map((part) => idled(part, busy)),
    ),
  };
}

function idled(part: EnergyPart, busy: number): EnergyPart {
  if (!isOfUnit(part.action)) return part;
  return { ...part, count: part.count * busy, energyPj: part.energyPj * busy };
}

const withParts = (energy: Energy, parts: readonly EnergyPart[]): Energy => ({
  ...energy,
  parts,
  totalPj: parts.reduce((total, { energyPj }) => total + energyPj, 0),
});

function withReads(cost: MemoryCost, factors: { a: number; b: number }): MemoryCost {
  const counts: Counts = {
    ...cost.counts,
    aReads: cost.counts.aReads * factors.a,
    bReads: cost.counts.bReads * factors.b,
  };
  return { ...cost, counts };
}

function chosenOfGroups(layer: SparseLayer, { n, m }: { n: number; m: number }, target: Target) {
  const { job, unit } = layer;
  const values = weightsOf(layer);
  for (let row = 0; row < values.length; row += job.k)
    for (let first = row; first < row + job.k; first += m) {
      const kept = nonzeroIn(values.subarray(first, Math.min(first + m, row + job.k)));
      if (kept > n)
        throw new RangeError(
          `layer ${job.layer} holds ${kept} weights that are not zero in a group of ${m}, and the array takes ${n}: prune it to ${n}:${m}`,
        );
    }
  const cost = layerCostOf({ ...job, k: Math.ceil(job.k / m) * n }, target, unit);
  const index = Math.ceil(Math.log2(m)) / widthOf(unit.b);
  return performanceOf(withReads(cost, { a: m / n, b: 1 + index }), target, unit, 1);
}

function skipping(layer: SparseLayer, target: Target): SparsePerformance {
  const { job, unit } = layer;
  const values = weightsOf(layer);
  if (target.array.dataflow !== 'os')
    throw new RangeError(
      `skipping zeros is modelled for output stationary arrays, ${target.name} is ${target.array.dataflow}`,
    );
  const tiles: SparsePerformance[] = [];
  for (let group = 0; group < job.groups; group++)
    for (let first = 0; first < job.n; first += target.array.cols) {
      const columns = Array.from({ length: Math.min(target.array.cols, job.n - first) }, (_, c) => {
        const row = (group * job.n + first + c) * job.k;
        return nonzeroIn(values.subarray(row, row + job.k));
      });
      const longest = Math.max(1, ...columns);
      const cost = layerCostOf({ ...job, groups: 1, n: columns.length, k: longest }, target, unit);
      const mask = job.k / longest / widthOf(unit.b);
      const busy = columns.reduce((a, b) => a + b, 0) / (longest * columns.length);
      tiles.push(performanceOf(withReads(cost, { a: 1, b: 1 + mask }), target, unit, busy));
    }
  return together(tiles);
}

/** Performances one after another. */
function together(tiles: readonly SparsePerformance[]): SparsePerformance {
  const parts = new Map<string, EnergyPart>();
  for (const part of tiles.flatMap(({ energy }) => energy.parts)) {
    const text = textOf(part.action);
    const known = parts.get(text);
    const more = known && { ...part, count: known.count + part.count, energyPj: known.energyPj + part.energyPj };
    parts.set(text, more ?? part);
  }
  const cycles = tiles.reduce((total, tile) => addCycles(total, tile.cycles), noCycles());
  const busy = tiles.reduce((total, tile) => total + tile.utilization * tile.cycles.total, 0);
  return { cycles, utilization: busy / cycles.total, energy: withParts(tiles[0].energy, [...parts.values()]) };
}

export function addCycles(x: Cycles, y: Cycles): Cycles {
  return {
    load: x.load + y.load,
    stream: x.stream + y.stream,
    fill: x.fill + y.fill,
    drain: x.drain + y.drain,
    stall: x.stall + y.stall,
    total: x.total + y.total,
  };
}
