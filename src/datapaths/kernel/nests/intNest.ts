import { type Code, type FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { counterOf, type Frame, keepCount, keptSums, ROWS, tiles } from '../panels/frame.js';
import { watchedRun } from './intWatch.js';
import { i16x8, i32x4, splat16, splat32, v128 } from '../../../wasm/vector.js';
import type { Shape } from '../panels/shape.js';

/**
 * Integer sums in lanes. `dot`: two products at a time into 32 bits that wrap. `narrow`: 16-bit lanes that saturate at
 * every addition. `clamped`: 32-bit lanes that are held within the register's range after every addition, or, where a
 * tile's sums are so far from its ends that the next few products cannot reach them, the dot product.
 */
export interface IntStep {
  kind: 'dot' | 'narrow' | 'clamped';
  /** The register's range. */
  low: number;
  high: number;
  /** From sums within low..high, `pairs` pairs of products stay in the register's range. */
  free?: { pairs: number; low: number; high: number };
  /** No product is larger than the register's range. */
  moderate?: boolean;
}

/** The most pairs between two looks at a tile's sums, and the fewest that are worth one. */
const MOST_PAIRS = 64;
const FEWEST_PAIRS = 4;

/** Looks as often as takes an eighth of the register's range; undefined where that is too often. */
export function freeRange(low: number, high: number, product: number, negative: boolean): IntStep['free'] {
  const most = Math.floor((high - low) / 8 / (2 * product));
  const pairs = Math.max(FEWEST_PAIRS, Math.min(MOST_PAIRS, most));
  const reach = 2 * pairs * product;
  const free = { pairs, low: negative ? low + reach : low, high: high - reach };
  return free.low < free.high ? free : undefined;
}

export function shapeOf({ kind }: IntStep): Shape {
  if (kind === 'narrow') {
    const row = { operand: Int32Array, operandBytes: 4 };
    return { operand: Int16Array, operandBytes: 2, row, sum: Int16Array, sumBytes: 2, width: 16, group: 1 };
  }
  return { operand: Int16Array, operandBytes: 2, sum: Int32Array, sumBytes: 4, width: 8, group: 2 };
}

/** Lane values of a's codes: twice side by side for 16-bit lanes, because V8 splats 32 bits in one instruction. */
export function rowTable({ kind }: IntStep, counts: Float64Array): Float64Array {
  return kind === 'narrow' ? counts.map((count) => (count << 16) | (count & 0xffff)) : counts;
}

const VECTORS = 2;
type Add = (x: Code, y: Code) => Code;

export function intFunctions(step: IntStep, count = false): FunctionBuilder[] {
  return (['extend', 'join', 'empty'] as const).map((kind) =>
    tiles(kind, (frame) => {
      const { f } = frame;
      const sums = Array.from({ length: ROWS * VECTORS }, () => f.local('v128'));
      const at = placesOf(frame);
      const counters = [counterOf(frame, count), counterOf(frame, count)];
      const add: Add = (x, y) => plus(f, step, x, y, counters);
      const kept = keptSums(frame);
      sums.forEach((acc, i) => f.emit(acc.set(kind === 'extend' ? kept(...at[i]) : splat32(0))));
      if (kind !== 'empty') run(frame, step, sums, add, kind === 'extend' ? { at, overflowed: counters[1] } : {});
      sums.forEach((acc, i) => {
        const total = kind === 'extend' ? acc.get : add(v128.load(...at[i]), acc.get);
        f.emit(v128.store(at[i][0], total, at[i][1]));
      });
      counters.forEach((counter, i) => keepCount(frame, wide(f, step, counter), i * 16));
    }),
  );
}

function placesOf({ f, sums, parameters }: Frame): [Code, number][] {
  const rows: Code[] = [sums];
  for (let r = 1; r < ROWS; r++) rows.push(f.keep('i32', i32.add(rows[r - 1], parameters[6].get)));
  return rows.flatMap((row) => Array.from({ length: VECTORS }, (_, i): [Code, number] => [row, i * 16]));
}

/** Memory of a tile's sums, which is free while they are in registers, and the counter of overflows. */
interface Watching {
  at?: readonly [Code, number][];
  overflowed?: Local;
}

/** All steps of a run. */
function run(frame: Frame, step: IntStep, sums: readonly Local[], add: Add, { at, overflowed }: Watching): void {
  const { f, parameters } = frame;
  const steps = parameters[3].get;
  const dot = () => products(frame, sums, (acc, x, y) => f.emit(acc.set(i32x4.add(acc.get, i32x4.dot(x, y)))));
  const clamped = () => products(frame, sums, (acc, x, y) => oneByOne(f, acc, x, y, add));
  const narrow = () => products(frame, sums, (acc, x, y) => f.emit(acc.set(add(acc.get, i16x8.mul(x, y)))));
  if (step.kind === 'dot') f.repeat(steps, dot);
  else if (step.kind === 'narrow' && step.moderate && at !== undefined && overflowed !== undefined) {
    const counted = (times: Code) => f.repeat(times, narrow);
    const uncounted: Add = (x, y) => plus(f, step, x, y, []);
    watchedRun({ frame, sums, vectors: VECTORS, add: uncounted, at, counted, overflowed });
  } else if (step.kind === 'narrow') f.repeat(steps, narrow);
  else if (step.free === undefined) f.repeat(steps, clamped);
  else {
    const { free } = step;
    const pairs = i32.const(free.pairs);
    const left = f.local('i32');
    const now = f.local('i32');
    f.emit(left.set(steps));
    f.repeat(i32.divU(i32.add(steps, i32.const(free.pairs - 1)), pairs), () => {
      f.emit(now.set(i32.minU(left.get, pairs)), left.set(i32.sub(left.get, now.get)));
      f.when(
        v128.anyTrue(outside(sums, free)),
        () => f.repeat(now.get, clamped),
        () => f.repeat(now.get, dot),
      );
    });
  }
}

/** One step: every accumulator meets what its row and its columns bring. */
function products({ f, a, b }: Frame, sums: readonly Local[], meet: (acc: Local, x: Code, y: Code) => void): void {
  const columns = Array.from({ length: VECTORS }, (_, i) => f.keep('v128', v128.load(b.get, i * 16)));
  const bytes = 4;
  for (let r = 0; r < ROWS; r++) {
    const x = f.keep('v128', v128.load32Splat(a.get, r * bytes));
    columns.forEach((y, i) => meet(sums[r * VECTORS + i], x, y));
  }
  f.emit(a.set(i32.add(a.get, i32.const(ROWS * bytes))), b.set(i32.add(b.get, i32.const(VECTORS * 16))));
}

/** The products of a pair, each by a dot product whose other one is zero: cheaper than a 32-bit multiplication. */
function oneByOne(f: FunctionBuilder, acc: Local, x: Code, y: Code, add: Add): void {
  for (const half of [0xffff, 0xffff0000 | 0]) f.emit(acc.set(add(acc.get, i32x4.dot(v128.and(x, splat32(half)), y))));
}

/** Lanes where some accumulator has left the range. */
function outside(sums: readonly Local[], { low, high }: NonNullable<IntStep['free']>): Code {
  const all = sums.map((acc) => acc.get);
  const above = i32x4.gtS(all.reduce(i32x4.maxS), splat32(high));
  return v128.or(above, i32x4.gtS(splat32(low), all.reduce(i32x4.minS)));
}

type Counters = readonly (Local | undefined)[];

/** One addition, as the register does it; counts what changes nothing and what overflows. */
function plus(
  f: FunctionBuilder,
  { kind, low, high }: IntStep,
  x: Code,
  y: Code,
  [swamped, overflowed]: Counters,
): Code {
  if (kind === 'dot') return i32x4.add(x, y);
  const narrow = kind === 'narrow';
  const i = narrow ? i16x8 : i32x4;
  const splat = narrow ? splat16 : splat32;
  const whole = narrow && high === 32767 && low === -32768;
  const clamp = (sum: Code) => (whole ? sum : i.maxS(i.minS(sum, splat(high)), splat(low)));
  if (swamped === undefined || overflowed === undefined) return clamp(narrow ? i16x8.addSat(x, y) : i32x4.add(x, y));
  const [before, addend] = [f.keep('v128', x), f.keep('v128', y)];
  const sum = f.keep('v128', clamp(narrow ? i16x8.addSat(before, addend) : i32x4.add(before, addend)));
  // Where 16 bits wrap around, the saturated sum differs from the wrapped one as well.
  const held = f.keep('v128', i.eq(sum, i.add(before, addend)));
  // Only a sum that overflows can be what it was before something was added.
  f.emit(overflowed.set(i.add(overflowed.get, v128.andnot(splat(1), held))));
  f.emit(swamped.set(i.sub(swamped.get, v128.andnot(i.eq(sum, before), held))));
  return sum;
}

/** Counts of 16-bit lanes in 32. */
function wide(f: FunctionBuilder, { kind }: IntStep, counter: Local | undefined): Local | undefined {
  if (counter === undefined || kind !== 'narrow') return counter;
  const local = f.local('v128');
  f.emit(local.set(i32x4.extaddPairwiseU(counter.get)));
  return local;
}
