/** nests: loops over panels made of steps, for floats and integers, and the exact sums that statistics compare with. */

import { type Code, type FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { narrowed } from '../steps/codes.js';
import { counterOf, type Frame, keepCount, keptSums, ROWS, tiles } from '../panels/frame.js';
import { adderFor, carrierOf, powerOfTwo } from '../steps/lanes.js';
import type { Adding, Counters, Step } from '../steps/step.js';
import { f64x2, splat32, v128 } from '../../../wasm/vector.js';

/** Vectors of columns. */
const VECTORS = 2;

export function columnsOf(step: Step): number {
  return VECTORS * carrierOf(step).lanes;
}

/** Terms one firing takes, and whether it pads with +0. */
export interface NestShape {
  step: Step;
  /** How a run's sum joins the outer one. */
  outer: Step;
  /** Additions that change nothing are counted for each tile, and by complete steps overflows. */
  count?: boolean;
  /** Products of zero count as well: steps/zeros.ts takes them away, which is cheaper than to look at each. */
  zeros?: boolean;
  /** Products are replaced by their multiples of 2^exponent, or by what those leave. */
  part?: { exponent: number; which: 'high' | 'low' };
}

/** The functions of one nest: `extend` goes on from the sums in memory or from +0, `join` starts afresh and adds to them. */
export function nestFunctions(shape: NestShape): FunctionBuilder[] {
  const { step, zeros } = shape;
  const kinds = ['extend', 'join'] as const;
  const runs = kinds.map((kind) =>
    tiles(kind, (frame) => {
      const { f } = frame;
      const sums = accumulators(f, step);
      const counters = countersOf(frame, shape);
      const adder = adderFor(f, step, { ...counters, zeros });
      adder.reset();
      const at = places(frame, step);
      const kept = keptSums(frame);
      sums.forEach((acc, i) =>
        put(f, acc, kind === 'extend' ? partsOf(f, step, kept(...at[i])) : acc.map(() => splat32(0))),
      );
      f.repeat(frame.parameters[3].get, () => products(frame, shape, sums, adder));
      if (kind === 'extend') sums.forEach((acc, i) => store(f, step, at[i], acc));
      else joinAll(frame, shape, sums, at, counters);
      flag(frame, adder);
      keepCounts(frame, counters);
    }),
  );
  return [...runs, emptyFunction(shape)];
}

/** A run without products still joins, with +0. */
function emptyFunction(shape: NestShape): FunctionBuilder {
  return tiles('empty', (frame) => {
    const sums = accumulators(frame.f, shape.outer);
    for (const acc of sums)
      put(
        frame.f,
        acc,
        acc.map(() => splat32(0)),
      );
    const counters = countersOf(frame, shape);
    joinAll(frame, shape, sums, places(frame, shape.outer), counters);
    keepCounts(frame, counters);
  });
}

/** Blocks of so many products, each reduced pairwise and then joined to the sums in memory. */
export function treeFunctions(shape: NestShape, widths: readonly number[]): FunctionBuilder[] {
  return widths.map((width) =>
    tiles(`tree${width}`, (frame) => {
      const { step, outer } = shape;
      const sums = accumulators(frame.f, step);
      const counters = countersOf(frame, shape);
      const adder = adderFor(frame.f, step, counters);
      adder.reset();
      sums.forEach((acc, i) =>
        leaves(frame, step, adder, { row: Math.floor(i / VECTORS), vector: i % VECTORS, into: acc }, width),
      );
      joinAll(frame, shape, sums, places(frame, outer), counters, true);
      flag(frame, adder);
      keepCounts(frame, counters);
    }),
  );
}

/** One vector's tree, depth first; an odd one out goes up unchanged. */
function leaves(
  { f, a, b, draws }: Frame,
  step: Step,
  adder: Adding,
  { row, vector, into }: { row: number; vector: number; into: readonly Local[] },
  width: number,
): void {
  const { v, bytes, lanes } = carrierOf(step);
  const splat = step.carrier === 'f32' ? v128.load32Splat : v128.load64Splat;
  const product = (k: number): Code[] =>
    partsOf(
      f,
      step,
      v.mul(splat(a.get, (k * ROWS + row) * bytes), v128.load(b.get, (k * VECTORS + vector) * bytes * lanes)),
    );
  const value = (from: number, count: number, to: readonly Local[]): Code[] => {
    if (count === 1) return product(from);
    const left = 2 ** Math.ceil(Math.log2(count) - 1);
    const x = value(from, left, to).map((part) => f.keep('v128', part));
    const spare = to.map(() => f.local('v128'));
    const y = value(from + left, count - left, spare);
    const drawn =
      step.rounding === 'stochastic' ? adder.draw(v128.load(draws.get, nodeOf(from, count, width) * 16)) : [];
    to.forEach((part, i) => adder.meet(part, x[i], y[i], drawn));
    return to.map((part) => part.get);
  };
  put(f, into, value(0, width, into));
}

/** The number of the node above leaves [from, from + count), level by level from the leaves of so wide a tree. */
function nodeOf(from: number, count: number, width: number): number {
  const height = Math.ceil(Math.log2(count));
  let below = 0;
  for (let level = 1, left = width; level < height; level++, left = Math.ceil(left / 2)) below += Math.floor(left / 2);
  return below + from / 2 ** height;
}

function accumulators(f: FunctionBuilder, step: Step): Local[][] {
  return Array.from({ length: ROWS * VECTORS }, () => Array.from({ length: partCount(step) }, () => f.local('v128')));
}

/** A complete step works in float64, two vectors for each of float32. */
function partCount({ carrier, rules }: Step): number {
  return rules !== undefined && carrier === 'f32' ? 2 : 1;
}

function partsOf(f: FunctionBuilder, step: Step, vector: Code): Code[] {
  if (partCount(step) === 1) return [vector];
  const whole = f.keep('v128', vector);
  const upper = v128.shuffle(whole, whole, UPPER);
  return [f64x2.promote(whole), f64x2.promote(upper)];
}

const UPPER = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

function put(f: FunctionBuilder, to: readonly Local[], from: readonly Code[]): void {
  to.forEach((part, i) => f.emit(part.set(from[i])));
}

function loaded(f: FunctionBuilder, step: Step, at: Place): Code[] {
  return partsOf(f, step, v128.load(...at));
}

function store(f: FunctionBuilder, step: Step, [address, offset]: Place, parts: readonly Local[]): void {
  const [low, high] = parts;
  f.emit(v128.store(address, partCount(step) === 1 ? low.get : narrowed(low.get, high.get), offset));
}

/** Address and offset of an accumulator's place in memory. */
type Place = readonly [Code, number];

function places(frame: Frame, step: Step): Place[] {
  const { f, sums, parameters } = frame;
  const stride = parameters[6].get;
  const rows: Code[] = [sums];
  for (let r = 1; r < ROWS; r++) rows.push(f.keep('i32', i32.add(rows[r - 1], stride)));
  const { bytes, lanes } = carrierOf(step);
  return rows.flatMap((row) => Array.from({ length: VECTORS }, (_, i): Place => [row, i * bytes * lanes]));
}

/** One k: every accumulator meets its product. */
function products(frame: Frame, { step, part }: NestShape, sums: readonly Local[][], adder: Adding): void {
  const { f, a, b, draws } = frame;
  const { v, bytes, lanes } = carrierOf(step);
  const columns = Array.from({ length: VECTORS }, (_, i) => f.keep('v128', v128.load(b.get, i * bytes * lanes)));
  const random = step.rounding === 'stochastic' ? f.keep('v128', adder.draw(v128.load(draws.get))) : [];
  const splat = step.carrier === 'f32' ? v128.load32Splat : v128.load64Splat;
  for (let r = 0; r < ROWS; r++) {
    const x = f.keep('v128', splat(a.get, r * bytes));
    columns.forEach((y, i) => {
      const acc = sums[r * VECTORS + i];
      const addends = partsOf(f, step, halfOf(f, step, v.mul(x, y), part));
      acc.forEach((lane, j) => adder.add(lane, lane.get, addends[j], random));
    });
  }
  f.emit(a.set(i32.add(a.get, i32.const(ROWS * bytes))), b.set(i32.add(b.get, i32.const(VECTORS * bytes * lanes))));
  if (random.length > 0) f.emit(draws.set(i32.add(draws.get, i32.const(16))));
}

/** Multiples of a power of two by the adder's own rounding, which is exact: the two parts make up the product. */
function halfOf(f: FunctionBuilder, step: Step, product: Code, part: NestShape['part']): Code {
  if (part === undefined) return product;
  const { v, splat, bits } = carrierOf(step);
  const magic = v.add(powerOfTwo(step, part.exponent + bits), powerOfTwo(step, part.exponent + bits - 1));
  const constant = f.keep('v128', magic);
  const whole = f.keep('v128', product);
  const high = v.sub(v.add(whole, constant), constant);
  return part.which === 'high' ? high : v.add(v.sub(whole, high), splat(0n));
}

function countersOf(frame: Frame, { step, count }: NestShape): Counters {
  const complete = step.rules !== undefined;
  return {
    swamped: counterOf(frame, count),
    other: counterOf(frame, count === true && !complete),
    overflowed: counterOf(frame, count === true && complete),
  };
}

function keepCounts(frame: Frame, { swamped, other, overflowed }: Counters): void {
  keepCount(frame, swamped);
  keepCount(frame, other);
  keepCount(frame, overflowed, 16);
}

/** Outer sums in memory meet the tile's, which are values already where they were added pairwise. */
function joinAll(
  frame: Frame,
  { step, outer }: NestShape,
  sums: readonly Local[][],
  at: readonly Place[],
  counters: Counters,
  pairwise = false,
): void {
  const { f, parameters } = frame;
  const adder = adderFor(f, outer, counters);
  const inner = adderFor(f, step);
  const read = (carried: Code) => (pairwise ? carried : inner.read(carried));
  adder.reset();
  const random = outer.rounding === 'stochastic' ? f.keep('v128', adder.draw(v128.load(parameters[9].get))) : [];
  sums.forEach((acc, i) => {
    const before = loaded(f, outer, at[i]);
    acc.forEach((lane, j) => adder.add(lane, before[j], read(lane.get), random));
    store(f, outer, at[i], acc);
  });
  flag(frame, adder);
}

function flag({ f, parameters }: Frame, adder: Adding): void {
  if (!adder.watches) return;
  const address = parameters[7].get;
  f.emit(i32.store(address, i32.or(i32.load(address), adder.reached())));
}
