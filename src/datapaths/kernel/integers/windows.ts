import { addTally, type Tally } from '../contract/engine.js';
import { type CodeArray, type Gemm, type GemmJob, outputFormatOf, type SumArray } from '../contract/gemm.js';
import { inOneRun, planOf } from '../contract/plan.js';
import {
  type IntegerPlanes,
  windowAt,
  type WindowJob,
  type WindowProducts,
  type WindowStatistics,
} from '../contract/windows.js';
import { sumValues } from '../float64/values.js';
import { sharedMemory } from '../../../wasm/memory.js';
import { windowBlocks } from '../nests/windowDots.js';
import { pairPlanes } from './pairs.js';
import type { IntSite } from './site.js';

/** With more filters a group, products of patches are about as quick (measured at 16 to 64). */
const FEW = 16;
/** Sums of magnitudes are counted in 32 bits. */
const LARGEST = 2 ** 31 - 1;

/**
 * Integer lanes over windows: dot products, which are exact where the magnitudes of an output's products come to no more
 * than the register holds, whatever the unit does at its ends. Groups with an output that comes to more go by `products`.
 * @returns undefined where sums are not what leaves the unit, or operands may be no numbers
 */
export function intWindows(site: IntSite, products: Pick<Gemm, 'sums' | 'stats'>): WindowProducts | undefined {
  const { datapath, codes } = site;
  if (datapath.result !== undefined || datapath.requantize !== undefined) return undefined;
  if (codes.some(({ nans, infinities }) => nans || infinities)) return undefined;
  return {
    sums: (job) => run(site, products, job)?.sums,
    stats: (job) => run(site, products, job, { swamped: 0, overflowed: 0 }),
    planes: (job, known = 0) => planesOf(site, job, known),
  };
}

function run(
  site: IntSite,
  products: Pick<Gemm, 'sums' | 'stats'>,
  job: WindowJob,
  tally?: Tally,
): WindowStatistics | undefined {
  const { datapath, order, tables, register } = site;
  const k = tapsOf(job);
  const weights = weightsFor(site, job, LARGEST);
  if (weights === undefined) return undefined;
  const length = job.images * job.output[0] * job.output[1] * job.filters;
  const sums = new Float64Array(job.groups * length);
  const peaks = new Int32Array(job.groups);
  for (const block of windowBlocks(job, tables[0], weights, 'values')) {
    const { first, groups } = block;
    sums.set(new Float64Array(sharedMemory().buffer, block.out, groups * length), first * length);
    peaks.set(block.peaks, first);
  }
  const most = limitOf(site);
  const unit = 2 ** register.exponent;
  if (unit !== 1) for (let i = 0; i < sums.length; i++) sums[i] *= unit;
  const values = (codes: SumArray) => sumValues(outputFormatOf(datapath, order), codes);
  let exact = sums;
  for (const [g, peak] of peaks.entries()) {
    if (peak <= most) continue;
    const own = groupJob(job, g, k);
    const found = tally === undefined ? { sums: products.sums(own) } : products.stats(own);
    if ('exact' in found) {
      if (exact === sums) exact = sums.slice();
      exact.set(found.exact, g * length);
      addTally(tally as Tally, found);
    }
    sums.set(values(found.sums), g * length);
  }
  return { sums, exact, swamped: 0, overflowed: 0, ...tally, peak: peaks.reduce((x, y) => Math.max(x, y), 0) * unit };
}

/** Whole sums where the weights say that none can leave the register. */
function planesOf(site: IntSite, job: WindowJob, known: number): Iterable<IntegerPlanes> | undefined {
  const { order, datapath } = site;
  if (inOneRun(planOf(order, tapsOf(job), datapath.lanes), tapsOf(job)).sequence !== undefined) return undefined;
  if (site.register.exponent !== 0) return undefined;
  const quick = pairPlanes(site, job, known);
  if (quick !== undefined) return quick;
  const weights = weightsFor(site, job, limitOf(site));
  return weights && blocksOfPlanes(site, job, weights);
}

function* blocksOfPlanes({ tables }: IntSite, job: WindowJob, weights: Int16Array): Generator<IntegerPlanes> {
  const length = job.images * job.output[0] * job.output[1] * job.filters;
  for (const { first, groups, out, free, ...own } of windowBlocks(job, tables[0], weights, 'planes')) {
    const sums = new Int32Array(sharedMemory().buffer, out, groups * length);
    const [largest, peak] = [own.largest, own.peaks].map((each) => each.reduce((x, y) => Math.max(x, y)));
    const { images, filters } = job;
    yield { sums, first: first * filters, groups, filters, firstImage: 0, images, largest, peak, free };
  }
}

/** The largest sum of magnitudes that keeps every partial sum in the register; below zero where none does. */
function limitOf({ register, codes }: IntSite): number {
  if (register.signed) return Math.min(2 ** (register.bits - 1) - 1, LARGEST);
  return codes.some(({ negative }) => negative) ? -1 : Math.min(2 ** register.bits - 1, LARGEST);
}

function tapsOf({ channels, kernel }: WindowJob): number {
  return channels * kernel[0] * kernel[1];
}

/** Weights in pairs, where windows are a way for the job and no sum of magnitudes can be more than `most`. */
function weightsFor(site: IntSite, job: WindowJob, most: number): Int16Array | undefined {
  const { order, datapath } = site;
  const k = tapsOf(job);
  if (limitOf(site) < 0 || job.filters > FEW) return undefined;
  if (Math.max(job.a.BYTES_PER_ELEMENT, job.b.BYTES_PER_ELEMENT) > 2) return undefined;
  if (inOneRun(planOf(order, k, datapath.lanes), k).sequence !== undefined) return undefined;
  return weightPairs(site, job, k, most);
}

/** As windowBlocks reads them; undefined where a sum of magnitudes might be more than `most`. */
function weightPairs(
  { tables, codes }: IntSite,
  { groups, filters, b }: WindowJob,
  k: number,
  most: number,
): Int16Array | undefined {
  const pairs = Math.ceil(k / 2);
  const weights = new Int16Array(groups * filters * pairs * 4);
  for (let filter = 0; filter < groups * filters; filter++) {
    let magnitudes = 0;
    for (let i = 0; i < k; i++) {
      const weight = tables[1][b[filter * k + i]];
      const at = (filter * pairs + (i >> 1)) * 4 + (i & 1);
      weights[at] = weight;
      weights[at + 2] = -Math.abs(weight);
      magnitudes += Math.abs(weight);
    }
    if (magnitudes * codes[0].max > most) return undefined;
  }
  return weights;
}

/** The product of one group, its patches written out. */
function groupJob(job: WindowJob, group: number, k: number): GemmJob {
  const [m, n] = [job.images * job.output[0] * job.output[1], job.filters];
  const a = new (job.a.constructor as new (length: number) => CodeArray)(m * k);
  for (let row = 0; row < m; row++) a.set(windowAt(job, group, row), row * k);
  const rows = job.b.subarray(group * n * k, (group + 1) * n * k);
  const b = rows.slice();
  for (let j = 0; j < n; j++) for (let i = 0; i < k; i++) b[i * n + j] = rows[j * k + i];
  return { m, n, k, a, b };
}
