import type { CodeArray } from './codes.js';
import type { Tally } from './engine.js';

/**
 * A convolution of planes in groups. What it multiplies are the products of its patches, one a group, but nobody writes
 * patches: a group's k products of an output are the elements of its planes that a window lies on, [channels][r][s].
 */
export interface WindowJob {
  images: number;
  groups: number;
  /** Planes that a group reads, and filters that it has. */
  channels: number;
  filters: number;
  /** Height and width of a plane, of a window, and of what windows give. */
  plane: readonly [number, number];
  kernel: readonly [number, number];
  output: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  /** Rows above and columns to the left of a plane. */
  before: readonly [number, number];
  /** The code that stands around planes. */
  padding: number;
  /** [images][groups][channels][height][width] */
  a: CodeArray;
  /** [groups][filters][channels][r][s] */
  b: CodeArray;
}

/** Sums beside what no rounding at all would have given. */
export interface WindowStatistics extends Tally {
  /** Values [groups][images][outputs][filters]. */
  sums: Float64Array;
  /** The same array where no sum differs. */
  exact: Float64Array;
  /** Largest sum of the magnitudes of one output's products. */
  peak: number;
}

/**
 * Exact sums of some filters and images, [groups][images][filters][outputs], in the kernels' memory until the next ones are
 * asked for.
 */
export interface IntegerPlanes {
  sums: Int32Array;
  /** The first of all filters, and how many there are of each group. */
  first: number;
  groups: number;
  filters: number;
  firstImage: number;
  images: number;
  /** Largest magnitude of a sum. */
  largest: number;
  /** Largest sum of the magnitudes of one output's products, of all that may reach a power of two that none has reached before. */
  peak: number;
  /** Address in that memory behind all that the convolution has there. */
  free: number;
}

/** All groups of a convolution at once; undefined where that is no gain, or not known to be exact for its weights. */
export interface WindowProducts {
  /** Values [groups][images][outputs][filters]. */
  sums(job: WindowJob): Float64Array | undefined;
  stats(job: WindowJob): WindowStatistics | undefined;
  /**
   * Without a way out of the kernels' memory; undefined also where a sum might not be a whole number of the register.
   * @param known a power of two that sums of magnitudes before have not reached; 0 for none
   */
  planes(job: WindowJob, known?: number): Iterable<IntegerPlanes> | undefined;
}

/** The codes that row `row` of a group's product is made of: outputs of all images, one after the other. */
export function windowAt(job: WindowJob, group: number, row: number): CodeArray {
  const { channels, kernel, plane, stride, dilation, before, output, a } = job;
  const [height, width] = plane;
  const pixels = output[0] * output[1];
  const pixel = row % pixels;
  const image = (row - pixel) / pixels;
  const top = Math.floor(pixel / output[1]) * stride[0] - before[0];
  const left = (pixel % output[1]) * stride[1] - before[1];
  const first = (image * job.groups + group) * channels * height * width;
  const make = a.constructor as new (length: number) => CodeArray;
  const codes = new make(channels * kernel[0] * kernel[1]).fill(job.padding);
  let at = 0;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < kernel[0]; i++)
      for (let j = 0; j < kernel[1]; j++, at++) {
        const [y, x] = [top + i * dilation[0], left + j * dilation[1]];
        if (y >= 0 && y < height && x >= 0 && x < width) codes[at] = a[first + (c * height + y) * width + x];
      }
  return codes;
}
