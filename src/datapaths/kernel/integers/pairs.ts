import type { CodeArray } from '../contract/codes.js';
import type { IntegerPlanes, WindowJob } from '../contract/windows.js';
import { pairBlocksOf, pairSums, type PairWork } from '../nests/pairDots.js';
import { directionOf, pairFactors } from '../nests/pairFactors.js';
import { extensionOf } from '../panels/packLanes.js';
import { windowFrame } from '../panels/windowFrame.js';
import { holds, type IntSite } from './site.js';

/** Squares of what a window covers are added up in 32 bits, and magnitudes times weights. */
const LARGEST = 2 ** 31 - 1;

/** Whole sums of a convolution of one group, where none of its length can leave the register and codes are widened quickly. */
export function pairPlanes(site: IntSite, job: WindowJob, known: number): Iterable<IntegerPlanes> | undefined {
  const { groups, channels, kernel, stride, a, b } = job;
  const k = channels * kernel[0] * kernel[1];
  const [{ max }] = site.codes;
  if (groups !== 1 || !(a instanceof Uint8Array) || b.BYTES_PER_ELEMENT > 2 || stride[1] > 2) return undefined;
  // The magnitude of -2^15 does not fit.
  if (!holds(site, k) || k * max * max > LARGEST || site.codes[1].max > 2 ** 15 - 1) return undefined;
  const own = workFor(site, job);
  return own && pairSums({ ...own, job, padding: site.tables[0][job.padding] }, known);
}

type Kept = Omit<PairWork, 'job' | 'padding'>;
const kept = new WeakMap<CodeArray, { key: string; site: IntSite; work: Kept | undefined }>();

/** Made once for the weights of a layer and the planes that they meet. */
function workFor(site: IntSite, job: WindowJob): Kept | undefined {
  const { images, channels, plane, kernel, output, stride, dilation, before } = job;
  const key = [images, channels, plane, kernel, output, stride, dilation, before].join();
  let own = kept.get(job.b);
  if (own?.key !== key || own.site !== site) kept.set(job.b, (own = { key, site, work: workOf(site, job) }));
  return own.work;
}

function workOf({ tables }: IntSite, job: WindowJob): Kept | undefined {
  const extension = extensionOf(tables[0], { operand: Int16Array });
  const frame = windowFrame(job);
  if (extension === undefined || frame === undefined) return undefined;
  const blocks = pairBlocksOf(job, frame);
  const factors = pairFactors(job, blocks.filters, tables[1], directionOf(job, tables[0], LARGEST));
  return { frame, blocks, reading: { extension, stride: job.stride[1] as 1 | 2 }, factors };
}
