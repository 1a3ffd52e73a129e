import type { IntegerPlanes, IntegerRows } from '../../datapaths/kernel/index.js';
import { type Code, FunctionBuilder, i32, type Local } from '../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../wasm/memory.js';
import { f32x4, i16x8, i32x4, i8x16, splat32, v128 } from '../../wasm/vector.js';

/**
 * From integer sums to codes of up to 8 bits in 128-bit vectors, where the sums lie: an offset for each filter is added in 32
 * bits that wrap, float32 of that times the filter's multiplier is rounded half to even, moved by the zero point and
 * saturated. Sums come as [rows, filters] and codes go as [filters, rows], sixteen rows at a time.
 */
export interface Narrowing {
  /** A filter each. */
  offsets: Int32Array;
  multipliers: Float32Array;
  /** Of the codes. */
  bits: number;
  signed: boolean;
  zeroPoint: number;
}

/** Codes of each filter, `stride` apart, of which as many count as there are rows; until the kernels' memory is used again. */
export interface ByteColumns {
  codes: Uint8Array;
  stride: number;
}

const TILE = 16;
/** Filters that are taken together. */
const LANES = 4;

export function narrowed(from: IntegerRows, narrowing: Narrowing): ByteColumns {
  const { sums, stride, rows, free } = from;
  const { offsets, multipliers, bits, signed, zeroPoint } = narrowing;
  const tiles = Math.ceil(rows / TILE);
  const filters = Math.ceil(offsets.length / LANES) * LANES;
  const arena = new Arena(free);
  const [offsetsAt, multipliersAt] = [arena.take(4 * filters), arena.take(4 * filters)];
  const out = arena.take(filters * tiles * TILE);
  const { buffer } = sharedMemory();
  new Int32Array(buffer, offsetsAt, offsets.length).set(offsets);
  new Float32Array(buffer, multipliersAt, offsets.length).set(multipliers);
  const low = (signed ? -(2 ** (bits - 1)) : 0) - zeroPoint;
  const run = kernelFor(bits, signed, low, zeroPoint).narrow;
  run(sums.byteOffset, 4 * stride, offsetsAt, multipliersAt, out, tiles * TILE, tiles, filters / LANES);
  return { codes: new Uint8Array(buffer, out, filters * tiles * TILE), stride: tiles * TILE };
}

/** Codes [groups][images][filters][pixels] of sums that lie so, until the kernels' memory is used again. */
export function narrowedPlanes(
  { sums, first, groups, images, filters, free }: IntegerPlanes,
  pixels: number,
  { offsets, multipliers, bits, signed, zeroPoint }: Narrowing,
): Uint8Array {
  const planes = groups * images * filters;
  const arena = new Arena(free);
  const [offsetsAt, multipliersAt] = [arena.take(4 * planes), arena.take(4 * planes)];
  const out = arena.take(planes * pixels + TILE);
  const { buffer } = sharedMemory();
  const own = [new Int32Array(buffer, offsetsAt, planes), new Float32Array(buffer, multipliersAt, planes)] as const;
  for (let group = 0, plane = 0; group < groups; group++)
    for (let image = 0; image < images; image++)
      for (let f = first + group * filters; f < first + (group + 1) * filters; f++, plane++) {
        own[0][plane] = offsets[f];
        own[1][plane] = multipliers[f];
      }
  const low = (signed ? -(2 ** (bits - 1)) : 0) - zeroPoint;
  const { narrowPlanes } = kernelFor(bits, signed, low, zeroPoint);
  narrowPlanes(sums.byteOffset, offsetsAt, multipliersAt, out, planes, pixels, Math.ceil(pixels / TILE));
  return new Uint8Array(buffer, out, planes * pixels);
}

const compiled = new Map<string, Kernel>();

function kernelFor(bits: number, signed: boolean, low: number, zeroPoint: number): Kernel {
  const key = [bits, signed, zeroPoint].join();
  let kernel = compiled.get(key);
  if (kernel === undefined)
    compiled.set(
      key,
      (kernel = kernelOf([narrow, narrowPlanes].map((make) => make({ bits, signed, low, zeroPoint })))),
    );
  return kernel;
}

interface Range {
  bits: number;
  signed: boolean;
  /** The lowest code's number without the zero point. */
  low: number;
  zeroPoint: number;
}

/** (sums, bytes of a row, offsets, multipliers, out, bytes of a filter, tiles of rows, vectors of filters) */
function narrow(range: Range): FunctionBuilder {
  const f = new FunctionBuilder('narrow', 8);
  const [sums, rowBytes, offsets, multipliers, out, filterBytes, tiles, vectors] = f.parameters;
  const [column, row, filter, to] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const advance = (local: Local, by: Code) => f.emit(local.set(i32.add(local.get, by)));
  f.repeat(tiles.get, () => {
    f.emit(column.set(sums.get), filter.set(i32.const(0)), to.set(out.get));
    f.repeat(vectors.get, () => {
      f.emit(row.set(column.get));
      const offset = f.keep('v128', v128.load(i32.add(offsets.get, filter.get)));
      const multiplier = f.keep('v128', v128.load(i32.add(multipliers.get, filter.get)));
      const quads = Array.from({ length: 4 }, () => {
        const lanes = Array.from({ length: 4 }, () => {
          const sum = i32x4.add(v128.load(row.get), offset);
          const number = f.keep('v128', rounded(f32x4.mul(f32x4.convert(sum), multiplier), range));
          advance(row, rowBytes.get);
          return number;
        });
        return f.keep('v128', joined(lanes, range));
      });
      for (const codes of turned(f, quads)) {
        f.emit(v128.store(to.get, codes));
        advance(to, filterBytes.get);
      }
      advance(column, i32.const(4 * LANES));
      advance(filter, i32.const(4 * LANES));
    });
    advance(sums, i32.mul(rowBytes.get, i32.const(TILE)));
    advance(out, i32.const(TILE));
  });
  return f;
}

/** (sums, offsets, multipliers, out, planes, pixels, tiles of pixels): what a last tile has too much is the next plane's. */
function narrowPlanes(range: Range): FunctionBuilder {
  const f = new FunctionBuilder('narrowPlanes', 7);
  const [sums, offsets, multipliers, out, planes, pixels, tiles] = f.parameters;
  const [from, to] = [f.local('i32'), f.local('i32')];
  const advance = (local: Local, by: Code) => f.emit(local.set(i32.add(local.get, by)));
  f.repeat(planes.get, () => {
    const offset = f.keep('v128', v128.load32Splat(offsets.get));
    const multiplier = f.keep('v128', v128.load32Splat(multipliers.get));
    f.emit(from.set(sums.get), to.set(out.get));
    f.repeat(tiles.get, () => {
      const lanes = [0, 16, 32, 48].map((at) => {
        const sum = i32x4.add(v128.load(from.get, at), offset);
        return f.keep('v128', rounded(f32x4.mul(f32x4.convert(sum), multiplier), range));
      });
      f.emit(v128.store(to.get, joined(lanes, range)));
      advance(from, i32.const(4 * TILE));
      advance(to, i32.const(TILE));
    });
    advance(sums, i32.shl(pixels.get, i32.const(2)));
    advance(out, pixels.get);
    advance(offsets, i32.const(4));
    advance(multipliers, i32.const(4));
  });
  return f;
}

const floatBits = (value: number) => new Int32Array(Float32Array.of(value).buffer)[0];

/** Integers within the code's range; 0 and the zero point for NaN, as the codec has it. */
function rounded(value: Code, { bits, low, zeroPoint }: Range): Code {
  const [least, most] = [low, low + 2 ** bits - 1].map((end) => splat32(floatBits(end)));
  const kept = f32x4.min(f32x4.max(value, least), most);
  return i32x4.add(i32x4.truncate(f32x4.nearest(kept)), splat32(zeroPoint));
}

/** Four vectors of four as bytes, one after the other. */
function joined([p, q, r, s]: readonly Code[], { bits, signed }: Range): Code {
  const halves = [i16x8.narrowS(p, q), i16x8.narrowS(r, s)] as const;
  const bytes = signed ? i8x16.narrowS(...halves) : i8x16.narrowU(...halves);
  return bits === 8 ? bytes : v128.and(bytes, splat32((2 ** bits - 1) * 0x01010101));
}

/** From [rows, filters] in four vectors of four rows to [filters, rows] in one vector a filter. */
function turned(f: FunctionBuilder, quads: readonly Code[]): Code[] {
  const over = (count: number) => Array.from({ length: count }, (_, i) => i);
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
