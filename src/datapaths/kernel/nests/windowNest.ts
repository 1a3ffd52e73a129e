import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { f64x2, i16x8, i32x4, splat16, splat32, v128 } from '../../../wasm/vector.js';
import { interleaved } from '../panels/packLanes.js';
import { moveRow, type RowReading } from '../panels/planes.js';

/**
 * Windows over planes (panels/planes.ts): lanes are neighbouring outputs, and two taps are one dot product. Beside every sum
 * goes the sum of the products' magnitudes, of which each group leaves the largest: while that lies in the register's range,
 * so does every partial sum, in whatever order.
 */
export interface WindowShape extends RowReading {
  /**
   * Where sums go: float64 [groups][images][outputs][filters], of one filter or of several, or 32 bits as they are,
   * [groups][images][filters][outputs].
   */
  form: 'value' | 'values' | 'planes';
}

/** Addresses, bytes and counts, each an i32. */
export const WINDOW_PARAMETERS = [
  ...(['groups', 'images', 'filters', 'lines', 'pairs', 'tiles', 'outputRows', 'vectors'] as const),
  /** Codes [images][groups][lines], a table of lane values, and the frame with where its rows go. */
  ...(['codes', 'imageBytes', 'lineBytes', 'table', 'frame', 'rows', 'rests'] as const),
  /** Places of two taps for each pair; for each filter, their weights and these negative whatever they were. */
  ...(['taps', 'weights'] as const),
  /** Sums of one filter and, behind them, of magnitudes, as they come; bytes from a row to the next; lanes of a last vector. */
  ...(['scratch', 'scratchBytes', 'pitch', 'rest', 'mask'] as const),
  /** Sums, and bytes from one output, row, filter and image to the next. */
  ...(['out', 'outBytes', 'outRowBytes', 'filterBytes', 'imageOutBytes'] as const),
  /** Each group's largest sums of magnitudes and largest magnitudes of sums, four each. */
  ...(['peaks', 'padding'] as const),
] as const;
export type WindowParameters = Record<(typeof WINDOW_PARAMETERS)[number], number>;
type Parameters = Record<(typeof WINDOW_PARAMETERS)[number], Local>;

/** Bytes of a group's peaks. */
export const PEAK_BYTES = 32;
/** Outputs of a tile, two vectors of operands. */
export const TILE = 16;
const VECTORS = 2;

const advance = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));

export function windowFunction(shape: WindowShape): FunctionBuilder {
  const f = new FunctionBuilder('windows', WINDOW_PARAMETERS.length);
  const p = Object.fromEntries(WINDOW_PARAMETERS.map((name, i) => [name, f.parameters[i]])) as Parameters;
  const [image, out, weights] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const peaks = [f.local('v128'), f.local('v128')] as const;
  const line = i32.mul(p.lines.get, p.lineBytes.get);
  const padding = f.keep('v128', v128.load16Splat(p.padding.get));
  f.repeat(p.groups.get, () => {
    f.emit(...peaks.map((peak) => peak.set(splat32(0))), image.set(p.codes.get));
    f.repeat(p.images.get, () => {
      fillFrame(f, p, shape, image.get, padding);
      f.emit(out.set(p.out.get), weights.set(p.weights.get));
      f.repeat(p.filters.get, () => {
        sumTiles(f, p, weights);
        giveRows(f, p, shape, out.get, peaks);
        f.emit(advance(out, p.filterBytes.get), advance(weights, i32.shl(p.pairs.get, i32.const(3))));
      });
      f.emit(advance(image, p.imageBytes.get), advance(p.out, p.imageOutBytes.get));
    });
    f.emit(advance(p.codes, line), p.weights.set(weights.get));
    peaks.forEach((peak, i) => f.emit(v128.store(p.peaks.get, peak.get, i * 16)));
    f.emit(advance(p.peaks, i32.const(PEAK_BYTES)));
  });
  return f;
}

function fillFrame(f: FunctionBuilder, p: Parameters, shape: WindowShape, codes: Code, padding: Code): void {
  const [from, row] = [f.local('i32'), f.local('i32')];
  f.emit(from.set(codes), row.set(p.rows.get));
  f.repeat(p.lines.get, () => {
    const to = f.keep('i32', i32.add(p.frame.get, i32.load(row.get)));
    moveRow({ f, from, to, rests: p.rests, length: p.lineBytes, table: p.table, padding }, shape);
    f.emit(advance(from, p.lineBytes.get), advance(row, i32.const(4)));
  });
}

/** Sums of all outputs for one filter, and of magnitudes, to the scratch. */
function sumTiles(f: FunctionBuilder, p: Parameters, weights: Local): void {
  const [a, to, tap, weight] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const sums = Array.from({ length: 2 * VECTORS }, () => f.local('v128'));
  const peaks = sums.map(() => f.local('v128'));
  f.emit(a.set(p.frame.get), to.set(p.scratch.get));
  f.repeat(p.tiles.get, () => {
    f.emit(tap.set(p.taps.get), weight.set(weights.get), ...[...sums, ...peaks].map((acc) => acc.set(splat32(0))));
    f.repeat(p.pairs.get, () => {
      meetPair(f, a, { tap, weight }, sums, peaks);
      f.emit(advance(tap, i32.const(8)), advance(weight, i32.const(8)));
    });
    sums.forEach((acc, i) => f.emit(v128.store(to.get, acc.get, i * 16)));
    const beside = f.keep('i32', i32.add(to.get, p.scratchBytes.get));
    peaks.forEach((acc, i) => f.emit(v128.store(beside, acc.get, i * 16)));
    f.emit(advance(a, i32.const(TILE * 2)), advance(to, i32.const(TILE * 4)));
  });
}

/** The elements under two taps meet their weights. */
function meetPair(
  f: FunctionBuilder,
  a: Local,
  { tap, weight }: { tap: Local; weight: Local },
  sums: readonly Local[],
  peaks: readonly Local[],
): void {
  const [x, y] = [0, 4].map((offset) => f.keep('i32', i32.add(a.get, i32.load(tap.get, offset))));
  const [w, negative] = [0, 4].map((offset) => f.keep('v128', v128.load32Splat(weight.get, offset)));
  sums.forEach((acc, i) => {
    const offset = (i >> 1) * 16;
    const both = f.keep('v128', interleaved(v128.load(x, offset), v128.load(y, offset), 2, i % 2 === 0 ? 0 : 1));
    f.emit(acc.set(i32x4.add(acc.get, i32x4.dot(both, w))));
    // Magnitudes are taken below zero, where -32768 has one too: the product of two is the same.
    const below = i16x8.minS(both, i16x8.sub(splat16(0), both));
    f.emit(peaks[i].set(i32x4.add(peaks[i].get, i32x4.dot(below, negative))));
  });
}

/** The outputs of each row out of the scratch, and the largest of their sums of magnitudes and of themselves. */
function giveRows(
  f: FunctionBuilder,
  p: Parameters,
  { form }: WindowShape,
  out: Code,
  [peak, largest]: readonly [Local, Local],
): void {
  const [row, from, to, next] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const give = (mask?: Code) => {
    const valid = (lanes: Code) => (mask === undefined ? lanes : v128.and(lanes, mask));
    const sums = f.keep('v128', v128.load(from.get));
    f.emit(peak.set(i32x4.maxS(peak.get, valid(v128.load(i32.add(from.get, p.scratchBytes.get))))));
    f.emit(largest.set(i32x4.maxS(largest.get, valid(i32x4.abs(sums)))));
    if (form === 'planes') f.emit(v128.store(to.get, sums), advance(to, i32.const(16)));
    else storeValues(f, p, form, to, sums);
  };
  f.emit(row.set(p.scratch.get), next.set(out));
  f.repeat(p.outputRows.get, () => {
    f.emit(from.set(row.get), to.set(next.get));
    f.when(p.vectors.get, () =>
      f.repeat(p.vectors.get, () => {
        give();
        f.emit(advance(from, i32.const(16)));
      }),
    );
    // What it writes beyond the row comes before what belongs there.
    f.when(p.rest.get, () => give(v128.load(p.mask.get)));
    f.emit(advance(row, p.pitch.get), advance(next, p.outRowBytes.get));
  });
}

/** The upper half of a vector in place of the lower. */
const UPPER = Array.from({ length: 16 }, (_, i) => 8 + (i % 8));

/** Four outputs as float64, side by side or with other filters' between them. */
function storeValues(f: FunctionBuilder, p: Parameters, form: 'value' | 'values', to: Local, sums: Code): void {
  for (const lanes of [sums, v128.shuffle(sums, sums, UPPER)]) {
    const half = f.keep('v128', f64x2.convertLowS(lanes));
    if (form === 'value') f.emit(v128.store(to.get, half), advance(to, i32.const(16)));
    else for (const lane of [0, 1]) f.emit(v128.store64Lane(to.get, half, lane), advance(to, p.outBytes.get));
  }
}
