import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { f32x4, i16x8, i32x4, splat32, v128 } from '../../../wasm/vector.js';
import { ROWS } from '../panels/frame.js';
import { widened } from '../panels/packLanes.js';

/**
 * Convolutions of all channels over frames of pairs (panels/pairs.ts): a tile is four filters times two vectors of outputs,
 * and a step is both channels of a pair under one tap. What lies under the windows of a tile's outputs is put side by side
 * once for all filters. Weights are [tiles][steps][ROWS][2].
 *
 * Where the lengths of windows and filters (Cauchy and Schwarz, for the part along a direction and the part across it) say
 * that a tile's sums of magnitudes may reach the limit, the tile is done again with magnitudes. The limit is the power of two
 * above the largest of these.
 */
export const PAIR_PARAMETERS = [
  ...(['panels', 'tiles', 'pairs', 'taps', 'steps', 'pairBytes'] as const),
  /** Places of vectors in the frame, among windows and among a filter's sums; of taps, and of filters among sums. */
  ...(['vectors', 'windows', 'outs', 'offsets', 'filters'] as const),
  ...(['frame', 'panel', 'weights', 'sums'] as const),
  /** Lengths of both parts, of windows and of tiles' filters. */
  ...(['along', 'across', 'filterAlong', 'filterAcross'] as const),
  /** Vectors: largest magnitudes of sums, largest sums of magnitudes, and the limit, a float32. */
  'largest',
] as const;
export type PairParameters = Record<(typeof PAIR_PARAMETERS)[number], number>;
type Parameters = Record<(typeof PAIR_PARAMETERS)[number], Local>;

const VECTORS = 2;

const advance = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));
const over = <T>(count: number, each: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => each(i));

export function pairFunction(): FunctionBuilder {
  const f = new FunctionBuilder('pairs', PAIR_PARAMETERS.length);
  const p = Object.fromEntries(PAIR_PARAMETERS.map((name, i) => [name, f.parameters[i]])) as Parameters;
  const [weights, tile] = [f.local('i32'), f.local('i32')];
  const sums = over(ROWS * VECTORS, () => f.local('v128'));
  const [largest, peak, limit] = [0, 16, 32].map((at) => {
    const local = f.local('v128');
    f.emit(local.set(v128.load(p.largest.get, at)));
    return local;
  });
  f.repeat(p.panels.get, () => {
    gather(f, p);
    const outs = over(VECTORS, (i) => f.keep('i32', i32.load(p.outs.get, 4 * i)));
    const windows = over(VECTORS, (i) => f.keep('i32', i32.load(p.windows.get, 4 * i)));
    // The largest of both vectors' windows, for each lane.
    const lengths = [p.along, p.across].map((base) =>
      f.keep('v128', windows.map((place) => v128.load(i32.add(base.get, place))).reduce(f32x4.max)),
    );
    f.emit(weights.set(p.weights.get), tile.set(i32.const(0)));
    f.repeat(p.tiles.get, () => {
      multiply(f, p, sums, weights.get, (x) => x);
      for (let r = 0; r < ROWS; r++) {
        const row = f.keep('i32', i32.add(p.sums.get, i32.load(i32.add(p.filters.get, tile.get), 4 * r)));
        outs.forEach((out, i) => {
          const sum = sums[r * VECTORS + i].get;
          f.emit(v128.store(i32.add(row, out), sum), largest.set(i32x4.maxS(largest.get, i32x4.abs(sum))));
        });
      }
      const parts = [p.filterAlong, p.filterAcross].map((base, i) =>
        f32x4.mul(v128.load32Splat(i32.add(base.get, i32.shrU(tile.get, i32.const(2)))), lengths[i]),
      );
      f.when(v128.anyTrue(f32x4.ge(parts.reduce(f32x4.add), limit.get)), () => {
        multiply(f, p, sums, weights.get, i16x8.abs);
        f.emit(...sums.map((sum) => peak.set(i32x4.maxS(peak.get, sum.get))), limit.set(powerAbove(f, peak.get)));
      });
      f.emit(advance(weights, i32.shl(p.steps.get, i32.const(4))), advance(tile, i32.const(4 * ROWS)));
    });
    f.emit(...[p.vectors, p.windows, p.outs].map((places) => advance(places, i32.const(4 * VECTORS))));
  });
  [largest, peak, limit].forEach((local, i) => f.emit(v128.store(p.largest.get, local.get, 16 * i)));
  return f;
}

/** What lies under all taps of two vectors of outputs. */
function gather(f: FunctionBuilder, p: Parameters): void {
  const [to, tap] = [f.local('i32'), f.local('i32')];
  const from = over(VECTORS, (i) => {
    const place = f.local('i32');
    f.emit(place.set(i32.add(p.frame.get, i32.load(p.vectors.get, 4 * i))));
    return place;
  });
  f.emit(to.set(p.panel.get));
  f.repeat(p.pairs.get, () => {
    f.emit(tap.set(p.offsets.get));
    f.repeat(p.taps.get, () => {
      from.forEach((place, i) => f.emit(v128.store(to.get, v128.load(i32.add(place.get, i32.load(tap.get))), 16 * i)));
      f.emit(advance(to, i32.const(16 * VECTORS)), advance(tap, i32.const(4)));
    });
    f.emit(...from.map((place) => advance(place, p.pairBytes.get)));
  });
}

/** All steps of a tile: every sum meets its filter's weights and its outputs' elements. */
function multiply(
  f: FunctionBuilder,
  p: Parameters,
  sums: readonly Local[],
  weights: Code,
  as: (operand: Code) => Code,
): void {
  const [weight, column] = [f.local('i32'), f.local('i32')];
  f.emit(...sums.map((sum) => sum.set(splat32(0))), column.set(p.panel.get), weight.set(weights));
  f.repeat(p.steps.get, () => {
    const columns = over(VECTORS, (i) => f.keep('v128', as(v128.load(column.get, 16 * i))));
    for (let r = 0; r < ROWS; r++) {
      const x = f.keep('v128', as(v128.load32Splat(weight.get, 4 * r)));
      columns.forEach((y, i) => {
        const sum = sums[r * VECTORS + i];
        f.emit(sum.set(i32x4.add(sum.get, i32x4.dot(x, y))));
      });
    }
    f.emit(advance(weight, i32.const(4 * ROWS)), advance(column, i32.const(16 * VECTORS)));
  });
}

/** The power of two above the largest lane, which is no more than 2^31 - 1, as float32 lanes. */
function powerAbove(f: FunctionBuilder, lanes: Code): Code {
  const half = f.keep('v128', i32x4.maxS(lanes, v128.shuffle(lanes, lanes, turned(8))));
  const whole = i32x4.extract(i32x4.maxS(half, v128.shuffle(half, half, turned(4))), 0);
  // 2^(32 - leading zeros) has the exponent field 127 + 32 - leading zeros.
  return i32x4.splat(i32.shl(i32.sub(i32.const(159), i32.clz(whole)), i32.const(23)));
}

const turned = (bytes: number) => over(16, (i) => (i + bytes) % 16);

/** (codes, blocks of eight, out): weights in bytes, as they are multiplied. */
export function widenFunction(): FunctionBuilder {
  const f = new FunctionBuilder('widen', 3);
  const [codes, blocks, out] = f.parameters;
  f.repeat(blocks.get, () => {
    f.emit(v128.store(out.get, widened({ bits: 8, signed: true }, codes.get)));
    f.emit(advance(codes, i32.const(8)), advance(out, i32.const(16)));
  });
  return f;
}
