import { sizeOf } from '../networks/tensor.js';
import { counted } from '../text/plural.js';
import type { PortShape } from './samples.js';

/** x -> (x - mean) / scale, one pair for all numbers or one for each index of an axis. */
export interface Affine {
  mean: readonly number[];
  scale: readonly number[];
  /** Numbers between two of one channel, row-major; 0 where all are alike. */
  stride: number;
}

/** Bytes of images as 0 to 1. */
export const BYTES_TO_ONE: Affine = { mean: [0], scale: [255], stride: 0 };

/** @throws Error naming the option where a number is no number, or a scale 0 */
export function checkAffine(mean: readonly number[] | undefined, scale: readonly number[] | undefined): void {
  for (const [name, numbers] of Object.entries({ mean, scale })) {
    if (numbers === undefined) continue;
    if (numbers.length === 0) throw new Error(`--${name} has no number: one, or one for each channel, is wanted`);
    const wrong = numbers.find((value) => !Number.isFinite(value) || (name === 'scale' && value === 0));
    if (wrong !== undefined)
      throw new Error(`--${name} has ${wrong}: finite numbers are wanted${name === 'scale' ? ', none of them 0' : ''}`);
  }
  const [a, b] = [mean?.length ?? 1, scale?.length ?? 1];
  if (a > 1 && b > 1 && a !== b)
    throw new Error(
      `--mean has ${counted(a, 'number')} and --scale ${b}: one number, or as many as the input has channels`,
    );
}

/**
 * What --mean and --scale make of a port's numbers; an absent mean is 0, an absent scale 1.
 * @param shape of a sample as the port reads it
 * @throws Error naming the input where no axis has as many channels
 */
export function affineOf(
  { name, shape: axes }: PortShape,
  shape: readonly number[],
  { mean = [0], scale = [1] }: { mean?: readonly number[]; scale?: readonly number[] },
): Affine {
  const channels = Math.max(mean.length, scale.length);
  if (channels === 1) return { mean, scale, stride: 0 };
  // Behind the batch, as the last, or as the first of an image without a batch.
  const axis = [1, shape.length - 1, 0].find((place) => shape[place] === channels) ?? -1;
  if (axis < 0)
    throw new Error(
      `--mean and --scale have ${channels} numbers, and input "${name}" reads ${axes.join('x')}: no axis of channels has as many`,
    );
  return { mean, scale, stride: sizeOf(shape.slice(axis + 1)) };
}

/** The numbers after it, in float64: whoever stores them rounds once. */
export function affineValues(data: ArrayLike<number>, { mean, scale, stride }: Affine): Float64Array {
  const channels = Math.max(mean.length, scale.length);
  const values = new Float64Array(data.length);
  const run = stride === 0 ? data.length : stride;
  for (let first = 0, c = 0; first < data.length; first += run, c = (c + 1) % channels) {
    const [m, s] = [mean[c % mean.length], scale[c % scale.length]];
    for (let i = first; i < first + run; i++) values[i] = (data[i] - m) / s;
  }
  return values;
}
