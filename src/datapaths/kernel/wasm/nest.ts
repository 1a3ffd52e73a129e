import { type Code, FunctionBuilder, i32, type Local } from './assembler.js';
import { Adder, carrierOf, powerOfTwo, type Step } from './lanes.js';
import { i32x4, splat32, v128 } from './vector.js';

/**
 * The loop nest of float sums. Lanes are columns, so that every lane adds in k order and nothing is reassociated: a
 * panel of A is [k][ROWS], one of B [k][columns], and the tile's sums stay in registers.
 *
 * Functions take (a, b, sums, length, tiles, aStride, sumStride, flags, draws, joinDraw, aPlane, bPlane, counts): byte addresses of the first row tile's
 * panel at the run's first k, of the B panel there, of the tile's first sum; k's; row tiles; bytes from one A panel to
 * the next, from one row of sums to the next; one 32-bit flag for each tile, which is OR'ed; random bits [k] in place, and
 * those of the join; bytes from a panel to the one with its operands' weights; 32 bytes of
 * counts for each tile.
 */
export const ROWS = 4;
/** Bytes of counts for each tile. */
export const COUNT_BYTES = 32;
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
  /** Additions that change nothing are counted for each tile. */
  count?: boolean;
  /** Products are replaced by their multiples of 2^exponent, or by what those leave. */
  part?: { exponent: number; which: 'high' | 'low' };
}

/** What a tile's body works with: pointers that it may move, and the function's parameters. */
export interface Frame {
  f: FunctionBuilder;
  a: Local;
  b: Local;
  sums: Code;
  draws: Local;
  parameters: readonly Local[];
}

/** The functions of one nest: `extend` goes on from the sums in memory, `join` starts afresh and adds to them. */
export function nestFunctions({ step, outer, count, part }: NestShape): FunctionBuilder[] {
  const kinds = ['extend', 'join'] as const;
  const runs = kinds.map((kind) =>
    tiles(kind, (frame) => {
      const { f } = frame;
      const sums = accumulators(f);
      const counter = counterOf(frame, count);
      const adder = new Adder(f, step, counter);
      adder.reset();
      const at = places(frame, step);
      sums.forEach((acc, i) => f.emit(acc.set(kind === 'extend' ? v128.load(...at[i]) : splat32(0))));
      f.repeat(frame.parameters[3].get, () => products(frame, step, sums, adder, part));
      if (kind === 'extend') sums.forEach((acc, i) => f.emit(v128.store(at[i][0], acc.get, at[i][1])));
      else joinAll(frame, outer, sums, at, counter);
      flag(frame, adder);
      keepCount(frame, counter);
    }),
  );
  return [...runs, emptyFunction(outer, count)];
}

/** A run without products still joins, with +0. */
function emptyFunction(outer: Step, count?: boolean): FunctionBuilder {
  return tiles('empty', (frame) => {
    const sums = accumulators(frame.f);
    for (const acc of sums) frame.f.emit(acc.set(splat32(0)));
    const counter = counterOf(frame, count);
    joinAll(frame, outer, sums, places(frame, outer), counter);
    keepCount(frame, counter);
  });
}

/** Blocks of so many products, each reduced pairwise and then joined to the sums in memory. */
export function treeFunctions({ step, outer, count }: NestShape, widths: readonly number[]): FunctionBuilder[] {
  return widths.map((width) =>
    tiles(`tree${width}`, (frame) => {
      const sums = accumulators(frame.f);
      const counter = counterOf(frame, count);
      const adder = new Adder(frame.f, step, counter);
      adder.reset();
      sums.forEach((acc, i) =>
        leaves(frame, step, adder, { row: Math.floor(i / VECTORS), vector: i % VECTORS, into: acc }, width),
      );
      joinAll(frame, outer, sums, places(frame, outer), counter);
      flag(frame, adder);
      keepCount(frame, counter);
    }),
  );
}

/** One vector's tree, depth first; an odd one out goes up unchanged. */
function leaves(
  { f, a, b }: Frame,
  step: Step,
  adder: Adder,
  { row, vector, into }: { row: number; vector: number; into: Local },
  width: number,
): void {
  const { v, bytes, lanes } = carrierOf(step);
  const splat = step.carrier === 'f32' ? v128.load32Splat : v128.load64Splat;
  const product = (k: number): Code =>
    v.mul(splat(a.get, (k * ROWS + row) * bytes), v128.load(b.get, (k * VECTORS + vector) * bytes * lanes));
  const value = (from: number, count: number, to: Local): Code => {
    if (count === 1) return product(from);
    const left = 2 ** Math.ceil(Math.log2(count) - 1);
    const x = f.keep('v128', value(from, left, to));
    adder.add(to, x, value(from + left, count - left, f.local('v128')));
    return to.get;
  };
  f.emit(into.set(value(0, width, into)));
}

function accumulators(f: FunctionBuilder): Local[] {
  return Array.from({ length: ROWS * VECTORS }, () => f.local('v128'));
}

/** Address and offset of each accumulator's place in memory. */
function places(frame: Frame, step: Step): [Code, number][] {
  const { f, sums, parameters } = frame;
  const stride = parameters[6].get;
  const rows: Code[] = [sums];
  for (let r = 1; r < ROWS; r++) rows.push(f.keep('i32', i32.add(rows[r - 1], stride)));
  const { bytes, lanes } = carrierOf(step);
  return rows.flatMap((row) => Array.from({ length: VECTORS }, (_, i): [Code, number] => [row, i * bytes * lanes]));
}

/** One k: every accumulator meets its product. */
function products(frame: Frame, step: Step, sums: readonly Local[], adder: Adder, part: NestShape['part']): void {
  const { f, a, b, draws } = frame;
  const { v, bytes, lanes } = carrierOf(step);
  const columns = Array.from({ length: VECTORS }, (_, i) => f.keep('v128', v128.load(b.get, i * bytes * lanes)));
  const random = step.rounding === 'stochastic' ? f.keep('v128', v128.load(draws.get)) : [];
  const splat = step.carrier === 'f32' ? v128.load32Splat : v128.load64Splat;
  for (let r = 0; r < ROWS; r++) {
    const x = f.keep('v128', splat(a.get, r * bytes));
    columns.forEach((y, i) => {
      const acc = sums[r * VECTORS + i];
      adder.add(acc, acc.get, partOf(f, step, v.mul(x, y), part), random);
    });
  }
  f.emit(a.set(i32.add(a.get, i32.const(ROWS * bytes))), b.set(i32.add(b.get, i32.const(VECTORS * bytes * lanes))));
  if (random.length > 0) f.emit(draws.set(i32.add(draws.get, i32.const(16))));
}

/** Multiples of a power of two by the adder's own rounding, which is exact: the two parts make up the product. */
function partOf(f: FunctionBuilder, step: Step, product: Code, part: NestShape['part']): Code {
  if (part === undefined) return product;
  const { v, splat, bits } = carrierOf(step);
  const magic = v.add(powerOfTwo(step, part.exponent + bits), powerOfTwo(step, part.exponent + bits - 1));
  const constant = f.keep('v128', magic);
  const whole = f.keep('v128', product);
  const high = v.sub(v.add(whole, constant), constant);
  return part.which === 'high' ? high : v.add(v.sub(whole, high), splat(0n));
}

/** A local for lanes' counts, where a nest counts. */
export function counterOf({ f }: Frame, count: boolean | undefined): Local | undefined {
  if (count !== true) return undefined;
  const counter = f.local('v128');
  f.emit(counter.set(splat32(0)));
  return counter;
}

/** Adds lanes' counts to the tile's: 16 bytes of additions that changed nothing, then 16 of overflows. */
export function keepCount({ f, parameters }: Frame, counter: Local | undefined, offset = 0): void {
  if (counter === undefined) return;
  const address = parameters[12].get;
  f.emit(v128.store(address, i32x4.add(v128.load(address, offset), counter.get), offset));
}

/** Outer sums in memory meet the tile's. */
function joinAll(
  frame: Frame,
  outer: Step,
  sums: readonly Local[],
  at: readonly [Code, number][],
  counter?: Local,
): void {
  const { f, parameters } = frame;
  const adder = new Adder(f, outer, counter);
  adder.reset();
  const random = outer.rounding === 'stochastic' ? f.keep('v128', v128.load(parameters[9].get)) : [];
  sums.forEach((acc, i) => {
    adder.add(acc, v128.load(...at[i]), acc.get, random);
    f.emit(v128.store(at[i][0], acc.get, at[i][1]));
  });
  flag(frame, adder);
}

function flag({ f, parameters }: Frame, adder: Adder): void {
  if (!adder.watches) return;
  const address = parameters[7].get;
  f.emit(i32.store(address, i32.or(i32.load(address), adder.reached())));
}

/** A function that does its body once for each row tile. */
export function tiles(name: string, body: (frame: Frame) => void): FunctionBuilder {
  const f = new FunctionBuilder(name, 13);
  const [a0, b0, sums, , count, aStride, sumStride, flags, draws0] = f.parameters;
  const counts = f.parameters[12];
  const a = f.local('i32');
  const b = f.local('i32');
  const draws = f.local('i32');
  f.repeat(count.get, () => {
    f.emit(a.set(a0.get), b.set(b0.get), draws.set(draws0.get));
    body({ f, a, b, sums: sums.get, draws, parameters: f.parameters });
    f.emit(
      a0.set(i32.add(a0.get, aStride.get)),
      sums.set(i32.add(sums.get, i32.mul(sumStride.get, i32.const(ROWS)))),
      flags.set(i32.add(flags.get, i32.const(4))),
      counts.set(i32.add(counts.get, i32.const(COUNT_BYTES))),
    );
  });
  return f;
}
