import { type Random, randomFrom } from '../../random/random.js';
import { sizeOf } from '../../networks/tensor.js';
import type { Dataset } from './dataset.js';

/** Draws labelled images, so that a network with real errors can be trained with nothing to fetch. */
export interface Generator {
  /** What it draws, in the plural: messages call its images "generated digits". */
  name: string;
  /** Of one image: planes, rows, columns. */
  shape: readonly [number, number, number];
  classes: number;
  /** An image of a class; what lies outside [0, 1] is clipped. */
  draw(label: number, random: Random): Float64Array;
}

/** Seeds of the two parts that the project's networks are made and judged with. */
export const TRAIN_SEED = 1;
export const TEST_SEED = 2;

/** More images than that take gigabytes. */
const MOST = 2 ** 20;

/**
 * Image i depends on the seed and i alone, so a shorter set is the head of a longer one. Labels are drawn evenly; pixels
 * are bytes over 255.
 * @throws RangeError when there would be too many to keep
 */
export function generate({ name, shape, classes, draw }: Generator, count: number, seed = TEST_SEED): Dataset {
  if (count > MOST) throw new RangeError(`at most ${MOST} ${name} are generated, and ${count} images were asked for`);
  const size = sizeOf(shape);
  const images = new Float32Array(count * size);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const random = randomFrom(seed, i);
    labels[i] = random.below(classes);
    const light = draw(labels[i], random);
    const first = i * size;
    for (let p = 0; p < size; p++) images[first + p] = Math.round(Math.min(Math.max(light[p], 0), 1) * 255) / 255;
  }
  return { images, labels, count, shape };
}
