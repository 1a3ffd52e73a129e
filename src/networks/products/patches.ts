import { type Code, FunctionBuilder, i32, type Local } from '../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../wasm/memory.js';
import { v128 } from '../../wasm/vector.js';
import { asPlanes, productOf } from './convolution.js';
import type { ConvLayer } from '../network.js';
import { turnedRows, turnsChannels } from './pointwise.js';

/**
 * im2col by a kernel that copies the elements of a patch's line, which lie side by side, in one piece, whatever they are.
 * Several times as fast as element by element in TypeScript.
 */

type Elements = Float32Array | Uint8Array | Uint16Array | Uint32Array;

/** Rows of a product: output pixels of all images, one after the other. */
export interface RowRange {
  first: number;
  count: number;
}

/**
 * The patches of one group as rows: [images * p * q, channels / groups * r * s] from [images, channels, h, w], or lines.
 * @param padding what lies outside of the image: 0, or the code of zero
 * @param range the rows that are wanted; all by default
 * @param spare an array to be filled when it has the right length
 */
export function patchesOf<T extends Elements>(
  x: T,
  given: readonly number[],
  layer: ConvLayer,
  group: number,
  padding: number,
  range?: RowRange,
  spare?: T,
): T {
  const shape = asPlanes(given);
  const { m, k, pixels } = productOf(layer, shape);
  const { first, count } = range ?? { first: 0, count: m };
  const make = x.constructor as new (length: number) => T;
  const patches = spare?.length === count * k ? spare : new make(count * k);
  const cut = isPointwise(x, layer)
    ? pointwiseCutter(x, layer, pixels)
    : cutterOf(x, shape, layer, padding, Math.min(count, pixels));
  const bytes = bytesOf(patches);
  const width = k * x.BYTES_PER_ELEMENT;
  for (let row = first, here = 0; row < first + count; row += here) {
    const pixel = row % pixels;
    here = Math.min(pixels - pixel, first + count - row);
    const image = (row - pixel) / pixels;
    bytes.set(cut(image * layer.groups + group, pixel, here), (row - first) * width);
  }
  return patches;
}

/** Windows of one byte that lie side by side. */
function isPointwise(x: Elements, { weight, stride, pad, groups }: ConvLayer): x is Elements & Uint8Array {
  const [, channels, r, s] = weight.shape;
  const plain = [r, s, groups, ...stride].every((length) => length === 1) && pad.every((length) => length === 0);
  return plain && x instanceof Uint8Array && turnsChannels(channels);
}

function pointwiseCutter(x: Uint8Array, { weight }: ConvLayer, pixels: number): Cutter {
  const [, channels] = weight.shape;
  const size = channels * pixels;
  return (image, first, count) =>
    turnedRows(x.subarray(image * size, (image + 1) * size), channels, pixels, { first, count });
}

function bytesOf({ buffer, byteOffset, byteLength }: Elements): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A group of an image with its padding around it, and where its patches lie; lengths and places in bytes. */
interface Frame {
  size: number;
  /** Lines of the image proper, channel after channel, and where each goes. */
  line: number;
  lines: Int32Array;
  /** Where each pixel's patch begins, and from there each run of elements side by side. */
  pixels: Int32Array;
  runs: Int32Array;
  run: number;
}

const frames = new WeakMap<ConvLayer, Map<string, Frame>>();

/** Made once for a layer, the size of what it reads, and the size of an element. */
function frameOf(layer: ConvLayer, shape: readonly number[], bytes: number): Frame {
  let known = frames.get(layer);
  if (known === undefined) frames.set(layer, (known = new Map()));
  const size = [...shape.slice(1), bytes].join('x');
  let frame = known.get(size);
  if (frame === undefined) known.set(size, (frame = buildFrame(layer, shape, bytes)));
  return frame;
}

function buildFrame(layer: ConvLayer, shape: readonly number[], bytes: number): Frame {
  const { pad, stride, dilation, weight, groups } = layer;
  const [top, left, bottom, right] = pad;
  const [, channels, rows, columns] = shape;
  const [height, width] = [rows + top + bottom, columns + left + right];
  const [, planes, r, s] = weight.shape;
  const [p, q] = productOf(layer, shape).output.slice(2);
  const side = dilation[1] === 1 ? s : 1;
  const at = (plane: number, row: number, column: number) => ((plane * height + row) * width + column) * bytes;
  return {
    size: at(channels / groups, 0, 0),
    line: columns * bytes,
    lines: grid([planes, rows], ([c, i]) => at(c, i + top, left)),
    pixels: grid([p, q], ([y, x]) => at(0, y * stride[0], x * stride[1])),
    runs: grid([planes, r, s / side], ([c, i, j]) => at(c, i * dilation[0], j * dilation[1])),
    run: side * bytes,
  };
}

/** f of every index of an array of this shape, the last one running fastest. */
function grid(shape: readonly number[], f: (index: readonly number[]) => number): Int32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  const index = shape.map(() => 0);
  return Int32Array.from({ length }, () => {
    const value = f(index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
    return value;
  });
}

/** Group of an image, first pixel and number of pixels -> bytes of their patches, in memory that is used again. */
type Cutter = (group: number, pixel: number, count: number) => Uint8Array;

function cutterOf(x: Elements, shape: readonly number[], layer: ConvLayer, padding: number, most: number): Cutter {
  const frame = frameOf(layer, shape, x.BYTES_PER_ELEMENT);
  const { size, line, lines, pixels, runs, run } = frame;
  const patch = runs.length * run;
  const arena = new Arena();
  const at = {
    frame: arena.take(size + SLACK),
    pixels: arena.take(pixels.byteLength),
    runs: arena.take(runs.byteLength),
    patches: arena.take(most * patch + SLACK),
  };
  const { buffer } = sharedMemory();
  new Int32Array(buffer, at.pixels, pixels.length).set(pixels);
  new Int32Array(buffer, at.runs, runs.length).set(runs);
  const elements = x.constructor as new (buffer: SharedArrayBuffer, at: number, length: number) => Elements;
  new elements(buffer, at.frame, size / x.BYTES_PER_ELEMENT).fill(padding);
  const image = bytesOf(x);
  const inside = line * lines.length;
  const to = new Uint8Array(buffer, at.frame, size);
  const { copy } = copierOf(run);
  return (group, pixel, count) => {
    const from = group * inside;
    if (inside === size) to.set(image.subarray(from, from + size));
    else
      for (let i = 0; i < lines.length; i++) to.set(image.subarray(from + i * line, from + (i + 1) * line), lines[i]);
    copy(at.frame, at.pixels + 4 * pixel, at.runs, at.patches, count, runs.length);
    return new Uint8Array(buffer, at.patches, count * patch);
  };
}

/** A run is moved in pieces of up to 16 bytes, the last of which may go beyond its end, where the next run comes. */
const SLACK = 16;

const copiers = new Map<number, Kernel>();

function copierOf(run: number): Kernel {
  let kernel = copiers.get(run);
  if (kernel === undefined) copiers.set(run, (kernel = kernelOf([copier(run)])));
  return kernel;
}

/** (frame, places of pixels, places of runs, out, number of pixels, number of runs) */
function copier(run: number): FunctionBuilder {
  const f = new FunctionBuilder('copy', 6);
  const [frame, pixels, runs, out, count, length] = f.parameters;
  const [corner, next, from] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const advance = (local: Local, by: number) => f.emit(local.set(i32.add(local.get, i32.const(by))));
  f.repeat(count.get, () => {
    f.emit(corner.set(i32.add(frame.get, i32.load(pixels.get))), next.set(runs.get));
    f.repeat(length.get, () => {
      f.emit(from.set(i32.add(corner.get, i32.load(next.get))), ...pieces(run, out, from));
      advance(next, 4);
      advance(out, run);
    });
    advance(pixels, 4);
  });
  return f;
}

function pieces(run: number, to: Local, from: Local): Code[] {
  const moves: Code[] = [];
  for (let at = 0; at < run; at += 16) {
    const left = run - at;
    if (left > 8) moves.push(v128.store(to.get, v128.load(from.get, at), at));
    else {
      const bytes = left > 4 ? 8 : left > 2 ? 4 : 2;
      moves.push(i32.copy(bytes, to.get, at, at === 0 ? from.get : i32.add(from.get, i32.const(at))));
    }
  }
  return moves;
}
