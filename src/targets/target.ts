import type { MacArray } from '../arrays/dataflow.js';
import { type MemoryCost, memoryCostOf, type Memories } from '../arrays/memory.js';
import type { ArrayJob } from '../arrays/tiling.js';
import type { Datapath } from '../datapaths/datapath.js';
import type { Format } from '../formats/format.js';
import { type Action, isOfUnit } from '../energy/action.js';
import { actionsOf, type Performance, possibleActions } from '../energy/actions.js';
import { type Energy, type EnergyTable, energyOf, entryOf } from '../energy/table.js';

/**
 * What an array makes of zeros among the weights.
 * `dense`: nothing, it multiplies by them. `gated`: the same cycles, but a PE whose weight is zero neither multiplies nor
 * adds. `n-of-m`: n of every m weights along k are stored, each with an index of log2 m bits that selects its activation,
 * so k is n/m as long; activations are read as densely as before (NVIDIA's 2:4). `skipping`: each column holds its own
 * weights that are not zero, with a mask of a bit a weight; a tile of columns takes as long as its longest (output
 * stationary arrays; what selecting activations for each column costs is not counted, so it is a lower bound).
 * Sums are those of the dense array, to which zeros add nothing.
 */
export type SparseMachine =
  | { kind: 'dense' }
  | { kind: 'gated' }
  | { kind: 'n-of-m'; n: number; m: number }
  | { kind: 'skipping' };

/** An accelerator: what it computes, how it is laid out, what its actions cost, and where each of that is from. */
export interface Target {
  name: string;
  array: MacArray;
  datapath: Datapath;
  /** Units beside it in every PE, for layers with other operands (a binary network's first and last layer are int8). */
  others: readonly Datapath[];
  memories: Memories;
  clockMhz: number;
  energy: EnergyTable;
  /** Whose gates say what the PEs take, in place of the table: a library of the package or liberty files, with commas. */
  gates?: string;
  /** What the array makes of zeros among the weights; nothing by default. Inference only. */
  sparsity?: SparseMachine;
  source: Readonly<Record<SourcedField, string>>;
}

export const SOURCED_FIELDS = ['array', 'datapath', 'memories', 'clockMhz', 'energy'] as const;
export type SourcedField = (typeof SOURCED_FIELDS)[number];

/**
 * Gives the target back when every action that it can perform has an energy, by its table or by its gates.
 * @throws Error naming the target, the action, the table, and what the table has
 */
export function withEveryEnergy(target: Target): Target {
  const units = [target.datapath, ...target.others];
  const actions = units.flatMap((datapath) => possibleActions({ ...target, datapath }, target.energy));
  for (const action of actions.filter((each) => isOfTable(target, each))) {
    try {
      entryOf(target.energy, action);
    } catch (error) {
      if (error instanceof RangeError) throw new Error(`target ${target.name}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return target;
}

/** Cycles, counts and memory traffic of a layer, when it runs on that unit of the target. */
export function layerCostOf(job: ArrayJob, target: Target, datapath = target.datapath): MemoryCost {
  return memoryCostOf(job, target.array, datapath, target.memories);
}

/** What a layer's actions cost on the target, when it runs on that unit of it. */
export function layerEnergyOf(performance: Performance, target: Target, datapath = target.datapath): Energy {
  const actions = actionsOf(performance, { ...target, datapath }, target.energy);
  return energyOf(
    actions.filter(({ action }) => isOfTable(target, action)),
    target.energy,
  );
}

/** What PEs do is in no table where their gates say what it costs. */
const isOfTable = ({ gates }: Target, action: Action) => gates === undefined || !isOfUnit(action);

/**
 * The target's unit for a layer's operands. Products commute, so a unit for b x a serves a x b.
 * @throws RangeError naming the layer, its operands and what the target has
 */
export function unitFor(target: Target, layer: string, a: Format, b: Format): Datapath {
  const found = findUnit(target, a, b);
  if (found !== undefined) return found;
  const units = [target.datapath, ...target.others];
  const there = units.map((unit) => `${unit.a.name} x ${unit.b.name}`).join(', ');
  throw new RangeError(
    `layer ${layer} multiplies ${a.name} x ${b.name}, and target ${target.name} has units for ${there}: take another target, or a network quantized for this one`,
  );
}

/** The same, or undefined where the target has no such unit; one that reads scales of blocks is none. */
export function findUnit(target: Target, a: Format, b: Format): Datapath | undefined {
  for (const unit of [target.datapath, ...target.others]) {
    if (unit.blockScale !== undefined) continue;
    if (unit.a.name === a.name && unit.b.name === b.name) return unit;
    if (unit.a.name === b.name && unit.b.name === a.name) return { ...unit, a: unit.b, b: unit.a };
  }
  return undefined;
}
