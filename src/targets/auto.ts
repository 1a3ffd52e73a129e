import type { Datapath } from '../datapaths/datapath.js';
import { type UnitJob, unitForJob } from './blockUnit.js';
import { loadTarget, TARGETS } from './catalog.js';
import type { Target } from './target.js';

/** The name that asks for it. */
export const AUTO = 'auto';

/**
 * An array of 16 x 16, output stationary, with the unit of the catalogue for each pair of operands that a network
 * multiplies, the first that has one. Products of others run beside it.
 */
export function autoTarget(jobs: readonly UnitJob[]): Target {
  const units = new Map<string, Datapath>();
  const from: Target[] = [];
  for (const job of jobs) {
    const found = TARGETS.find((target) => target.sparsity === undefined && unitIn(target, job) !== undefined);
    const unit = found && unitIn(found, job);
    if (found === undefined || unit === undefined) continue;
    units.set(unit.name, unit);
    if (!from.includes(found)) from.push(found);
  }
  const base = from[0] ?? loadTarget('int8');
  const [datapath = base.datapath, ...others] = units.values();
  const entries = from.length === 0 ? base.energy.entries : from.flatMap(({ energy }) => energy.entries);
  const tables = from.map(({ name }) => name).join(', ') || base.name;
  return {
    ...base,
    name: AUTO,
    datapath,
    others,
    energy: { name: `that of ${tables}`, entries },
    source: { ...base.source, datapath: `the units of ${tables} that the network needs` },
  };
}

function unitIn(target: Target, job: UnitJob): Datapath | undefined {
  try {
    return unitForJob(target, job);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
