import type { ArrayCost } from '../arrays/cost.js';
import type { MacArray } from '../arrays/dataflow.js';
import type { Datapath } from '../datapaths/datapath.js';
import { actionsOf, type Memories, possibleActions } from '../energy/actions.js';
import { type Energy, type EnergyTable, energyOf, entryOf } from '../energy/table.js';

/** An accelerator: what it computes, how it is laid out, what its actions cost, and where each of that is from. */
export interface Target {
  name: string;
  array: MacArray;
  datapath: Datapath;
  memories: Memories;
  clockMhz: number;
  energy: EnergyTable;
  source: Readonly<Record<SourcedField, string>>;
}

export const SOURCED_FIELDS = ['array', 'datapath', 'memories', 'clockMhz', 'energy'] as const;
export type SourcedField = (typeof SOURCED_FIELDS)[number];

/**
 * Gives the target back when every action that it can perform has an energy.
 * @throws RangeError naming the target, the action, the table, and what the table has
 */
export function withEveryEnergy(target: Target): Target {
  for (const action of possibleActions(target, target.energy)) {
    try {
      entryOf(target.energy, action);
    } catch (error) {
      if (error instanceof RangeError)
        throw new RangeError(`target ${target.name}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return target;
}

/** What a layer's actions cost on the target. */
export function layerEnergyOf({ counts }: Pick<ArrayCost, 'counts'>, target: Target): Energy {
  return energyOf(actionsOf(counts, target, target.energy), target.energy);
}
