import { float32Arithmetic } from '../../networks/arithmetic.js';
import { executeAll } from '../../networks/execute.js';
import { lower } from '../../networks/lower.js';
import { isMacLayer, type MatmulJob, type Network } from '../../networks/network.js';
import { batchesOf, type Images } from './images.js';

/** Images that go through together: patches of a batch stay small. */
const BATCH = 50;

/** Rows a [m, k] that one product of a conv or dense layer reads, all of them or some; `group` counts a layer's products. */
export interface ProductInput {
  job: MatmulJob;
  group: number;
  a: Float32Array;
}

/** Runs images through a float network and shows what every conv and dense layer reads, batch by batch. */
export function watchInputs(network: Network, images: Images, see: (input: ProductInput) => void): void {
  const macs = new Set(network.layers.filter(isMacLayer).map(({ name }) => name));
  const rows = new Map<number, ReadonlyMap<string, number>>();
  for (const batch of batchesOf(network, images, BATCH)) {
    const count = [...batch.values()][0].shape[0];
    let each = rows.get(count);
    if (each === undefined) rows.set(count, (each = rowsOf(network, count)));
    const seen = new Map<string, number>();
    executeAll(network, batch, {
      ...float32Arithmetic,
      values(a, b, job) {
        if (macs.has(job.layer)) {
          // Rows of a large product come in chunks.
          const before = seen.get(job.layer) ?? 0;
          seen.set(job.layer, before + job.m);
          see({ job, group: Math.floor(before / (each.get(job.layer) as number)), a });
        }
        return float32Arithmetic.values(a, b, job);
      },
    });
  }
}

/** Rows of one product of each layer, for so many images. */
function rowsOf(network: Network, count: number): Map<string, number> {
  const jobs = network.batch === 'free' ? lower(network, count) : lower(network);
  return new Map(jobs.map(({ layer, m }) => [layer, m]));
}

/** A number for each k of each product of each layer, gathered over all rows: by layer, [groups * k]. */
export function gatherInputs(
  network: Network,
  images: Images,
  gather: (kept: number, value: number) => number,
): { gathered: Map<string, Float64Array>; rows: Map<string, number> } {
  const parts = new Map<string, Float64Array[]>();
  const rows = new Map<string, number>();
  watchInputs(network, images, ({ job: { layer, m, k }, group, a }) => {
    const groups = parts.get(layer) ?? [];
    parts.set(layer, groups);
    groups[group] ??= new Float64Array(k);
    if (group === 0) rows.set(layer, (rows.get(layer) ?? 0) + m);
    for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) groups[group][j] = gather(groups[group][j], a[i * k + j]);
  });
  const joined = [...parts].map(([layer, groups]) => [layer, joinedOf(groups)] as const);
  return { gathered: new Map(joined), rows };
}

function joinedOf(groups: readonly Float64Array[]): Float64Array {
  return Float64Array.from(groups.flatMap((group) => [...group]));
}
