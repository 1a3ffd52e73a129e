import { sizeOf } from '../networks/tensor.js';
import { type NumberArray, partOfArray, shapeText } from './numbers.js';
import { type Axes, fits, isFree, portText, sizeBehind } from './ports.js';
import { movedAxis, reordered } from './reorder.js';
import type { DataLayout, PortShape } from './samples.js';

/** An array as samples of a port: `part(i)` has the port's rank and order of axes. */
export interface DividedArray {
  count: number;
  /** Rows of the array in a sample: the batch that the port fixes, where the array's first axis is the batch's. */
  rows: number;
  part(i: number): NumberArray;
}

/** A shape that the file may have, and how its parts become the port's. */
interface Candidate {
  axes: Axes;
  order?: readonly number[];
}

/** Axes of an image input. */
const IMAGE_RANK = 4;

/**
 * Divides an array into samples along its first axis. With the port's rank that axis is the batch's; with one axis less
 * the array is one sample; with one more it holds samples of the port's whole shape. Where no axis behind the batch is
 * free, axes of length 1 may be missing and rows may lie flat, row-major in the file's layout.
 * @param layout of the file, for ports of rank 4: where it is not the port's, channels are moved
 * @throws Error with one line naming the path, what was found and what the port reads
 */
export function divide(
  array: NumberArray,
  port: PortShape,
  layout: DataLayout | undefined,
  path: string,
): DividedArray {
  for (const candidate of candidatesOf(port.shape, layout)) {
    const divided = dividedAs(array.shape, candidate.axes, path);
    if (divided === undefined) continue;
    const { count, rows, shape } = divided;
    const each = sizeOf(shape);
    const part = (i: number) => partOfArray(array, i * each, shape);
    const { order } = candidate;
    return { count, rows, part: order === undefined ? part : (i) => reordered(part(i), order) };
  }
  throw new Error(`${path} holds ${shapeText(array.shape)}, and ${portText(port)}${layoutHint(array, port, layout)}`);
}

function candidatesOf(axes: Axes, layout: DataLayout | undefined): Candidate[] {
  const plain = { axes };
  if (axes.length !== IMAGE_RANK || layout === undefined) return [plain];
  const [n, a, b, c] = axes;
  // The port is taken for nchw, as ONNX has it, unless only the other order fits.
  return layout === 'nhwc'
    ? [{ axes: [n, b, c, a], order: movedAxis(IMAGE_RANK, IMAGE_RANK - 1, 1) }, plain]
    : [plain, { axes: [n, c, a, b], order: movedAxis(IMAGE_RANK, 1, IMAGE_RANK - 1) }];
}

function layoutHint(array: NumberArray, port: PortShape, layout: DataLayout | undefined): string {
  const others = (['nhwc', 'nchw'] as const).filter((other) => other !== layout);
  const other = others.find((name) =>
    candidatesOf(port.shape, name).some(({ axes }) => isDivisible(array.shape, axes)),
  );
  return other === undefined ? '' : `: --layout ${other} would fit`;
}

function isDivisible(shape: readonly number[], axes: Axes): boolean {
  try {
    return dividedAs(shape, axes, '') !== undefined;
  } catch {
    return false;
  }
}

/** How many samples an array holds, and the shape of one; undefined where it does not fit. */
function dividedAs(
  shape: readonly number[],
  axes: Axes,
  path: string,
): { count: number; rows: number; shape: readonly number[] } | undefined {
  const [first, ...rest] = shape;
  const [batch, ...tail] = axes;
  const fixed = axes.length === 0 || isFree(batch) ? 1 : (batch as number);
  if (shape.length === axes.length && fits(rest, tail))
    return axes.length === 0 ? { count: 1, rows: 1, shape: [] } : grouped(first, fixed, rest, path);
  if (axes.length > 0 && fixed === 1 && fits(shape, tail)) return { count: 1, rows: 1, shape: [1, ...shape] };
  if (shape.length === axes.length + 1 && fits(rest, axes.length === 0 ? [] : [fixed, ...tail]))
    return grouped(first, 1, rest, path, rest);
  return looselyDivided(shape, axes, fixed, path);
}

/** Where all lengths are known: without axes of length 1, and flat. */
function looselyDivided(shape: readonly number[], axes: Axes, fixed: number, path: string) {
  const size = sizeBehind(axes);
  if (size === undefined || axes.length === 0) return undefined;
  const tail = axes.slice(1) as number[];
  const [first, ...rest] = shape;
  const isRow = (lengths: readonly number[]) => sizeOf(lengths) === size && isAlike(lengths, tail);
  if (shape.length > 0 && isRow(rest)) return grouped(first, fixed, tail, path);
  return fixed === 1 && isRow(shape) ? { count: 1, rows: 1, shape: [1, ...tail] } : undefined;
}

/** Whether two shapes of one size differ in axes of length 1 alone, or one of them is flat. */
function isAlike(a: readonly number[], b: readonly number[]): boolean {
  const [short, other] = [a, b].map((lengths) => lengths.filter((length) => length !== 1));
  return short.length <= 1 || other.length <= 1 || short.join() === other.join();
}

/** Rows as samples of `batch` rows each. @throws Error naming the path where none, or not as many, are there */
function grouped(rows: number, batch: number, tail: readonly number[], path: string, shape = [batch, ...tail]) {
  if (rows === 0) throw new Error(`${path} holds no sample: its first axis has length 0`);
  if (rows % batch !== 0)
    throw new Error(
      `${path} holds ${rows} rows, and the network reads ${batch} at a time: a multiple of ${batch} is wanted`,
    );
  return { count: rows / batch, rows: batch, shape };
}
