import type { Attributes, AttributeSpec } from './attributes.js';
import { int, ints, word } from './attributes.js';

/** WindowGrid that slide over planes of any number of axes. */
export interface WindowGrid {
  /** Lengths of what they slide over, and of what comes out. */
  lengths: readonly number[];
  output: readonly number[];
  kernel: readonly number[];
  stride: readonly number[];
  dilation: readonly number[];
  /** Padding before each axis; a negative one cuts. */
  before: readonly number[];
  after: readonly number[];
  /** Places from one element to the next, with padding between, where it is not 1. */
  spread?: readonly number[];
}

export const AUTO_PAD = word('NOTSET', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);

/** Attributes of whatever slides. */
export const SLIDING: Readonly<Record<string, AttributeSpec>> = {
  auto_pad: AUTO_PAD,
  dilations: ints(),
  kernel_shape: ints(),
  pads: ints(),
  strides: ints(),
};

export const ROUNDING_UP = { ceil_mode: int(0) };

/** One length for each axis. @throws Error where there are others, or one below `least` */
export function lengthsOf(attributes: Attributes, name: string, axes: number, absent: number, least = 1) {
  const given = attributes[name] as readonly number[] | undefined;
  if (given === undefined) return new Array<number>(axes).fill(absent);
  if (given.length === axes && given.every((length) => Number.isInteger(length) && length >= least)) return given;
  throw new Error(`has ${name} = ${given.join(' ')}: ${axes} lengths of ${least} and more are wanted`);
}

/** @param lengths of the axes that windows slide along */
export function windowsOver(lengths: readonly number[], kernel: readonly number[], attributes: Attributes): WindowGrid {
  const axes = lengths.length;
  if (kernel.length !== axes)
    throw new Error(`has kernel ${kernel.join('x')} over ${axes} axes (${lengths.join('x')}): a length each is wanted`);
  const stride = lengthsOf(attributes, 'strides', axes, 1);
  const dilation = lengthsOf(attributes, 'dilations', axes, 1);
  const spans = kernel.map((length, axis) => dilation[axis] * (length - 1) + 1);
  const [before, after] = padsOf(attributes, lengths, stride, spans);
  const output = lengths.map((length, axis) => {
    const free = length + before[axis] + after[axis] - spans[axis];
    if (free < 0)
      throw new Error(`has a window of ${spans.join('x')} over ${lengths.join('x')}, padding included: it must fit`);
    if (attributes.ceil_mode !== 1) return Math.floor(free / stride[axis]) + 1;
    // A window must not start in the padding behind.
    const most = Math.ceil(free / stride[axis]) + 1;
    return (most - 1) * stride[axis] >= length + before[axis] ? most - 1 : most;
  });
  return { lengths, output, kernel, stride, dilation, before, after };
}

/** Padding before and after each axis. */
function padsOf(
  attributes: Attributes,
  lengths: readonly number[],
  stride: readonly number[],
  spans: readonly number[],
): [readonly number[], readonly number[]] {
  const axes = lengths.length;
  const auto = attributes.auto_pad as string;
  if (auto === 'NOTSET') {
    const pads = lengthsOf(attributes, 'pads', 2 * axes, 0, 0);
    return [pads.slice(0, axes), pads.slice(axes)];
  }
  if (auto === 'VALID') return [lengths.map(() => 0), lengths.map(() => 0)];
  const totals = lengths.map((length, axis) =>
    Math.max(0, (Math.ceil(length / stride[axis]) - 1) * stride[axis] + spans[axis] - length),
  );
  const [small, large] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))];
  return auto === 'SAME_LOWER' ? [large, small] : [small, large];
}

const kept = new Map<string, Int32Array>();

/** Tables that are kept have at most so many places. */
const SMALL = 1 << 20;

/** What lies under each window: places in a plane [outputs, taps], -1 in the padding. */
export function placesUnder(windows: WindowGrid): Int32Array {
  const key = JSON.stringify(windows);
  let places = kept.get(key);
  if (places !== undefined) return places;
  places = tabled(windows);
  if (places.length <= SMALL) {
    if (kept.size >= 64) kept.clear();
    kept.set(key, places);
  }
  return places;
}

function tabled(windows: WindowGrid): Int32Array {
  const { lengths, output, kernel } = windows;
  let table = new Int32Array(1);
  let [rows, cols] = [1, 1];
  // Axis by axis, from the first: each place becomes those of the next axis under it.
  for (let axis = 0; axis < lengths.length; axis++) {
    const along = alongAxis(windows, axis);
    const [p, r] = [output[axis], kernel[axis]];
    const next = new Int32Array(rows * p * cols * r);
    for (let row = 0, at = 0; row < rows; row++)
      for (let o = 0; o < p; o++)
        for (let col = 0; col < cols; col++)
          for (let t = 0; t < r; t++) {
            const [outer, inner] = [table[row * cols + col], along[o * r + t]];
            next[at++] = outer < 0 || inner < 0 ? -1 : outer * lengths[axis] + inner;
          }
    [table, rows, cols] = [next, rows * p, cols * r];
  }
  return table;
}

/** For each output along an axis and each tap, the index there, or -1. */
function alongAxis(
  { lengths, output, kernel, stride, dilation, before, spread }: WindowGrid,
  axis: number,
): Int32Array {
  const indices = new Int32Array(output[axis] * kernel[axis]);
  const step = spread?.[axis] ?? 1;
  for (let o = 0, at = 0; o < output[axis]; o++)
    for (let t = 0; t < kernel[axis]; t++) {
      const place = o * stride[axis] + t * dilation[axis] - before[axis];
      const inside = place >= 0 && place % step === 0 && place / step < lengths[axis];
      indices[at++] = inside ? place / step : -1;
    }
  return indices;
}
