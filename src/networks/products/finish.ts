import type { IntegerPlanes, IntegerRows } from '../../datapaths/kernel/index.js';
import { type Code, FunctionBuilder, i32, type Local } from '../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../wasm/memory.js';
import { f32x4, i32x4, v128 } from '../../wasm/vector.js';
import { type ByteForm, bytesOf, joined, keyOf, type LaneStep, putConstants, throughSteps } from '../lanes.js';

/**
 * What becomes of integer sums, in 128-bit vectors where the sums lie: an offset for each filter is added in 32 bits that
 * wrap, float32 of that is multiplied by the filter's multiplier, its bias is added, and steps follow over the elements. They
 * end in codes of up to 8 bits, a byte each, or in real numbers.
 */
export interface Finishing {
  /** A filter each. */
  offsets: Int32Array;
  multipliers: Float32Array;
  biases?: Float32Array;
  steps: readonly LaneStep[];
}

/** Results of each filter, `stride` apart, of which as many count as there are rows; until the kernels' memory is used again. */
export interface Columns {
  data: Uint8Array | Float32Array;
  stride: number;
}

const TILE = 16;
/** Filters that are taken together. */
const LANES = 4;

/** From sums [rows, filters] to [filters, rows], sixteen rows at a time. */
export function finishedColumns({ sums, stride, rows, free }: IntegerRows, finish: Finishing): Columns {
  const { offsets } = finish;
  const tiles = Math.ceil(rows / TILE);
  const filters = Math.ceil(offsets.length / LANES) * LANES;
  const arena = new Arena(free);
  const places = putFilters(arena, finish, filters, (values, to) => to.set(values));
  const { kernel, constants, view } = kernelFor(arena, finish);
  const { data, address } = view(filters * tiles * TILE);
  const filterBytes = tiles * TILE * data.BYTES_PER_ELEMENT;
  kernel.columns(sums.byteOffset, 4 * stride, ...places, constants, address, filterBytes, tiles, filters / LANES);
  return { data, stride: tiles * TILE };
}

/** Results [groups][images][filters][pixels] of sums that lie so, until the kernels' memory is used again. */
export function finishedPlanes(
  { sums, first, groups, images, filters, free }: IntegerPlanes,
  pixels: number,
  finish: Finishing,
): Columns['data'] {
  const planes = groups * images * filters;
  const arena = new Arena(free);
  const places = putFilters(arena, finish, planes, (values, to) => {
    for (let group = 0, plane = 0; group < groups; group++)
      for (let image = 0; image < images; image++)
        for (let f = first + group * filters; f < first + (group + 1) * filters; f++, plane++) to[plane] = values[f];
  });
  const { kernel, constants, view } = kernelFor(arena, finish);
  const { data, address } = view(planes * pixels + TILE);
  kernel.planes(sums.byteOffset, ...places, constants, address, planes, pixels, Math.ceil(pixels / TILE));
  return data.subarray(0, planes * pixels);
}

/** Addresses of offsets, multipliers and biases, put there for so many filters; whoever has no biases reads none. */
function putFilters(arena: Arena, finish: Finishing, count: number, put: (words: Int32Array, to: Int32Array) => void) {
  const { offsets, multipliers, biases = multipliers } = finish;
  return [offsets, multipliers, biases].map((values) => {
    const place = arena.take(4 * count);
    const words = new Int32Array(values.buffer, values.byteOffset, values.length);
    put(words, new Int32Array(sharedMemory().buffer, place, count));
    return place;
  });
}

const compiled = new Map<string, Kernel>();

/** The kernel for steps of these names, where their constants are, and a place for its results. */
function kernelFor(arena: Arena, { biases, steps }: Finishing) {
  const form = bytesOf(steps);
  const key = JSON.stringify([biases !== undefined, keyOf(steps)]);
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    const shape = { biased: biases !== undefined, steps, form };
    compiled.set(key, (kernel = kernelOf([columns(shape), planes(shape)])));
  }
  const constants = putConstants(arena, steps);
  const view = (length: number): { data: Columns['data']; address: number } => {
    const address = arena.take(form === undefined ? 4 * length : length);
    const { buffer } = sharedMemory();
    const data =
      form === undefined ? new Float32Array(buffer, address, length) : new Uint8Array(buffer, address, length);
    return { data, address };
  };
  return { kernel, constants, view };
}

interface Shape {
  biased: boolean;
  steps: readonly LaneStep[];
  /** Of the codes; undefined for real numbers. */
  form: ByteForm | undefined;
}

type Become = (sums: Code, offset: Code, multiplier: Code, bias: Code) => Code;

/** Four sums as far as the last step; constants are in locals from here on. */
function becomeWith(f: FunctionBuilder, constants: Local, { biased, steps }: Shape): Become {
  const through = throughSteps(f, steps, constants);
  return (sums, offset, multiplier, bias) => {
    const scaled = f32x4.mul(f32x4.convert(i32x4.add(sums, offset)), multiplier);
    return f.keep('v128', through(biased ? f32x4.add(scaled, bias) : scaled));
  };
}

/** (sums, bytes of a row, offsets, multipliers, biases, constants, out, bytes of a filter, tiles of rows, vectors of filters) */
function columns(shape: Shape): FunctionBuilder {
  const f = new FunctionBuilder('columns', 10);
  const [sums, rowBytes, offsets, multipliers, biases, constants, out, filterBytes, tiles, vectors] = f.parameters;
  const [column, row, filter, to] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const advance = (local: Local, by: Code) => f.emit(local.set(i32.add(local.get, by)));
  const become = becomeWith(f, constants, shape);
  const { form, biased } = shape;
  f.repeat(tiles.get, () => {
    f.emit(column.set(sums.get), filter.set(i32.const(0)), to.set(out.get));
    f.repeat(vectors.get, () => {
      f.emit(row.set(column.get));
      const [offset, multiplier, bias] = [offsets, multipliers, biases]
        .slice(0, biased ? 3 : 2)
        .map((place) => f.keep('v128', v128.load(i32.add(place.get, filter.get))));
      const quads = over(LANES).map(() => {
        const lanes = over(LANES).map(() => {
          const result = become(v128.load(row.get), offset, multiplier, bias);
          advance(row, rowBytes.get);
          return result;
        });
        return form === undefined ? turnedReals(f, lanes) : [f.keep('v128', joined(lanes, form))];
      });
      const results = form === undefined ? over(LANES).map((own) => quads.map((quad) => quad[own])) : [];
      if (form !== undefined) results.push(...turned(f, quads.flat()).map((codes) => [codes]));
      for (const parts of results) {
        parts.forEach((part, i) => f.emit(v128.store(to.get, part, 16 * i)));
        advance(to, filterBytes.get);
      }
      advance(column, i32.const(4 * LANES));
      advance(filter, i32.const(4 * LANES));
    });
    advance(sums, i32.mul(rowBytes.get, i32.const(TILE)));
    advance(out, i32.const(form === undefined ? 4 * TILE : TILE));
  });
  return f;
}

/** (sums, offsets, multipliers, biases, constants, out, planes, pixels, tiles of pixels): what a last tile has too much is the next plane's. */
function planes(shape: Shape): FunctionBuilder {
  const f = new FunctionBuilder('planes', 9);
  const [sums, offsets, multipliers, biases, constants, out, count, pixels, tiles] = f.parameters;
  const [from, to] = [f.local('i32'), f.local('i32')];
  const advance = (local: Local, by: Code) => f.emit(local.set(i32.add(local.get, by)));
  const become = becomeWith(f, constants, shape);
  const { form, biased } = shape;
  const own = [offsets, multipliers, biases].slice(0, biased ? 3 : 2);
  f.repeat(count.get, () => {
    const [offset, multiplier, bias] = own.map((place) => f.keep('v128', v128.load32Splat(place.get)));
    f.emit(from.set(sums.get), to.set(out.get));
    f.repeat(tiles.get, () => {
      const lanes = [0, 16, 32, 48].map((at) => become(v128.load(from.get, at), offset, multiplier, bias));
      const results = form === undefined ? lanes : [joined(lanes, form)];
      results.forEach((result, i) => f.emit(v128.store(to.get, result, 16 * i)));
      advance(from, i32.const(4 * TILE));
      advance(to, i32.const(16 * results.length));
    });
    advance(sums, i32.shl(pixels.get, i32.const(2)));
    advance(out, form === undefined ? i32.shl(pixels.get, i32.const(2)) : pixels.get);
    own.forEach((place) => advance(place, i32.const(4)));
  });
  return f;
}

const over = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** From [rows, filters] in four vectors of four rows to [filters, rows] in one vector a filter. */
function turned(f: FunctionBuilder, quads: readonly Code[]): Code[] {
  const pairs = [0, 2].map((first) =>
    [0, 2].map((filter) => {
      const lanes = [filter, filter + 1].flatMap((own) => over(8).map((row) => 4 * row + own));
      return f.keep('v128', v128.shuffle(quads[first], quads[first + 1], lanes));
    }),
  );
  const half = (from: number) => [from, from + TILE].flatMap((at) => over(8).map((i) => at + i));
  return over(4).map((filter) => {
    const [above, below] = pairs.map((pair) => pair[filter >> 1]);
    return v128.shuffle(above, below, half(8 * (filter % 2)));
  });
}

/** The transpose of four vectors of four real numbers. */
function turnedReals(f: FunctionBuilder, [p, q, r, s]: readonly Code[]): Code[] {
  const mixed = (x: Code, y: Code, lanes: readonly number[]) =>
    f.keep(
      'v128',
      v128.shuffle(
        x,
        y,
        lanes.flatMap((lane) => over(4).map((byte) => 4 * lane + byte)),
      ),
    );
  return [0, 2].flatMap((first) => {
    const [above, below] = [
      [p, q],
      [r, s],
    ].map(([x, y]) => mixed(x, y, [first, first + 4, first + 1, first + 5]));
    return [mixed(above, below, [0, 1, 4, 5]), mixed(above, below, [2, 3, 6, 7])];
  });
}
