import type { GemmJob } from '../datapaths/kernel/index.js';
import { blocksOf, realRows } from '../networks/products/blocks.js';
import { transpose } from '../networks/products/gemm.js';
import type { MatmulJob } from '../networks/network.js';

/** Codes [m, k] and [k, n], with scales where they are in blocks. */
export type BlockOperands = Pick<GemmJob, 'a' | 'b' | 'aScales' | 'bScales'>;

/**
 * Real operands as the array's own quantizers put them in blocks: codes and scales as the unit reads them, and the values
 * that these stand for, without the scales of the operands as a whole.
 * @throws RangeError where the job has no blocks: a target multiplies codes
 */
export function operandsInBlocks(
  x: Float32Array,
  y: Float32Array,
  job: MatmulJob,
): { codes: BlockOperands; values: { a: Float32Array; b: Float32Array } } {
  const { layer, n, k } = job;
  if (job.blocks === undefined)
    throw new RangeError(`layer ${layer} is not quantized: a target multiplies codes; quantize the network first`);
  const { a, b } = blocksOf(x, y, job);
  const perColumn = b.scales.length / n;
  const real = realRows({ ...b, tensorScale: 1 }, k);
  return {
    codes: {
      a: a.codes,
      aScales: a.scales,
      b: transpose(b.codes, n, k, b.codes.slice()),
      bScales: transpose(b.scales, n, perColumn, b.scales.slice()),
    },
    values: { a: realRows({ ...a, tensorScale: 1 }, k), b: transpose(real, n, k, real.slice()) },
  };
}

/** Sums times the scales of the operands as a whole. */
export function scaledSums(sums: Float64Array, { blocks }: MatmulJob): Float32Array {
  const factor = (blocks?.aScale ?? 1) * (blocks?.bScale ?? 1);
  return Float32Array.from(sums, (sum) => sum * factor);
}
