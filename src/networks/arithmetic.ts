import { type Datapath, datapath, sumFit } from '../datapaths/datapath.js';
import { type CodeArray, exactSums, valuesOf } from '../datapaths/kernel/index.js';
import type { Format } from '../formats/format.js';
import { inBlocks } from './products/blocks.js';
import { gemm } from './products/gemm.js';
import { realPlanes } from './products/realPlanes.js';
import type { Arithmetic, MatmulJob } from './network.js';

/** The two arithmetics that belong to no hardware. */

/** Products and sums rounded to float32, in the order of k. */
export const float32Arithmetic: Arithmetic = {
  name: 'float32',
  values(x, y, job) {
    const { a, b } = inBlocks(x, y, job);
    return gemm(a, b, job.m, job.n, job.k);
  },
  codes: (a, b, job) => Float64Array.from(gemm(float32Of(a, job, 'a'), float32Of(b, job, 'b'), job.m, job.n, job.k)),
};

/** The same, bit for bit, for whom no product need pass by one at a time: convolutions go from planes to planes. */
export const wholeFloat32Arithmetic: Arithmetic = { ...float32Arithmetic, realPlanes };

/**
 * Sums without any rounding on the way, each rounded once to float64 (codes) or float32 (values: the products are exact
 * in float64, the sums rounded there).
 */
export const exactArithmetic: Arithmetic = {
  name: 'exact',
  values(x, y, job) {
    const { a, b } = inBlocks(x, y, job);
    return Float32Array.from(gemm(Float64Array.from(a), Float64Array.from(b), job.m, job.n, job.k));
  },
  codes: (a, b, job) => exactSums(unitFor(formatOf(job, 'a'), formatOf(job, 'b')), { ...job, a, b }),
};

/** Only the operands of a unit whose sums are exact matter. */
function unitFor(a: Format, b: Format): Datapath {
  return datapath({ name: 'exact', a, b, sum: sumFit('fp64') });
}

function formatOf(job: MatmulJob, side: 'a' | 'b'): Format {
  const quantization = job[side];
  if (quantization === undefined)
    throw new Error(`layer ${job.layer}: a product of codes needs the quantization of operand ${side}`);
  return quantization.fit.format;
}

function float32Of(codes: CodeArray, job: MatmulJob, side: 'a' | 'b'): Float32Array {
  const table = valuesOf(formatOf(job, side));
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]];
  return values;
}
