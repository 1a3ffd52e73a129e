import { float32Arithmetic } from '../../networks/arithmetic.js';
import { execute } from '../../networks/execute.js';
import type { MatmulJob, Network } from '../../networks/network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../networks/tensor.js';

/** Images that go through together: patches of a batch stay small. */
const BATCH = 50;

/** The rows a [m, k] that one product of a float network reads; `group` counts a layer's products. */
export interface ProductInput {
  job: MatmulJob;
  group: number;
  a: Float32Array;
}

/** Runs images through a float network and shows what every product reads, batch by batch. */
export function watchInputs(network: Network, images: FloatTensor, see: (input: ProductInput) => void): void {
  const size = sizeOf(images.shape.slice(1));
  for (let first = 0; first < images.shape[0]; first += BATCH) {
    const count = Math.min(BATCH, images.shape[0] - first);
    const data = images.data.subarray(first * size, (first + count) * size);
    const seen = new Map<string, number>();
    execute(network, floatTensor([count, ...images.shape.slice(1)], data), {
      ...float32Arithmetic,
      values(a, b, job) {
        const group = seen.get(job.layer) ?? 0;
        seen.set(job.layer, group + 1);
        see({ job, group, a });
        return float32Arithmetic.values(a, b, job);
      },
    });
  }
}

/** A number for each k of each product of each layer, gathered over all rows: by layer, [groups * k]. */
export function gatherInputs(
  network: Network,
  images: FloatTensor,
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
