import { sizeOf } from '../networks/tensor.js';
import { shapeText } from './numbers.js';
import type { PortShape } from './samples.js';

/** Axes of a port, or of an array. */
export type Axes = readonly (number | string)[];

export const isFree = (axis: number | string | undefined): boolean => typeof axis === 'string' || axis === 0;

/** Rows of a sample: the length of the first axis where the file fixes it, else 1. */
export const batchOf = ({ shape }: Pick<PortShape, 'shape'>): number =>
  shape.length === 0 || isFree(shape[0]) ? 1 : (shape[0] as number);

/** Whether lengths are those of the axes, which may be free. */
export const fits = (lengths: readonly number[], axes: Axes): boolean =>
  lengths.length === axes.length && axes.every((axis, i) => isFree(axis) || axis === lengths[i]);

/** Numbers behind the first axis; undefined where an axis there is free. */
export function sizeBehind(axes: Axes): number | undefined {
  const tail = axes.slice(1);
  return tail.some(isFree) ? undefined : sizeOf(tail as number[]);
}

/** `input "data" reads Nx3x224x224 (float32)`. */
export const portText = ({ name, type, shape }: PortShape): string =>
  `input "${name}" reads ${shapeText(shape)} (${type})`;

/** The names of ports, as one reads them: `"a", "b"`. */
export const namesOf = (ports: readonly PortShape[]): string => ports.map(({ name }) => `"${name}"`).join(', ');
