import { type LoweredJob, lower } from '../networks/lower.js';
import { type Layer, type Network, opNameOf } from '../networks/network.js';
import { unitForJob, type UnitJob } from '../targets/blockUnit.js';
import type { Target } from '../targets/target.js';

/** Where a layer runs: on the array, or beside it, where nothing of it is counted. */
export interface Placement {
  layer: string;
  /** The name of its node in the file, which people know it by. */
  node: string;
  op: string;
  place: 'array' | 'beside';
  /** Whose arithmetic makes codes of its result; undefined where it gives none. */
  rule?: string;
  /** Its products, on the array or not. */
  job?: LoweredJob;
  /** Why its products do not run on the array. */
  reason?: string;
}

/** Every layer of a network on a target, in order. */
export function placementsOf(network: Network, target: Target): Placement[] {
  const jobs = new Map(lower(network).map((job) => [job.layer, job]));
  return network.layers.map((layer) => {
    const job = jobs.get(layer.name);
    const reason = job && whyBeside(target, job);
    const rule = ruleOf(layer);
    return {
      layer: layer.name,
      node: layer.node ?? layer.name,
      op: opNameOf(layer),
      place: job === undefined || reason !== undefined ? 'beside' : 'array',
      ...(rule !== undefined && { rule }),
      ...(job && { job }),
      ...(reason !== undefined && { reason }),
    };
  });
}

/** Why the target cannot run a product; undefined where it has a unit for it. */
export function whyBeside(target: Target, job: UnitJob): string | undefined {
  try {
    unitForJob(target, job);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function ruleOf(layer: Layer): string | undefined {
  if (layer.rule !== undefined) return layer.rule;
  if (layer.op === 'conv' || layer.op === 'dense')
    return layer.result.kind === 'requantize' ? layer.result.convention : undefined;
  return undefined;
}
