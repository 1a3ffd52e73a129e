import { type Code, type FunctionBuilder, i32, type Local } from './assembler.js';
import { counterOf, type Frame, keepCount, ROWS, tiles } from './nest.js';
import { i16x8, i32x4, splat16, splat32, v128 } from './vector.js';
import type { Shape } from './walk.js';

/**
 * Integer sums in lanes. `dot`: two products at a time into 32 bits that wrap. `narrow`: 16-bit lanes that saturate at
 * every addition. `wide`: 32-bit lanes that are clamped after every addition; the upper half of b's lanes is zero, so that
 * a dot product gives one product, which is cheaper than a 32-bit multiplication.
 */
export interface IntStep {
  kind: 'dot' | 'narrow' | 'wide';
  /** The register's range. */
  low: number;
  high: number;
}

export function shapeOf({ kind }: IntStep): Shape {
  if (kind === 'narrow') {
    const row = { operand: Int32Array, operandBytes: 4 };
    return { operand: Int16Array, operandBytes: 2, row, sum: Int16Array, sumBytes: 2, width: 16, group: 1 };
  }
  if (kind === 'wide')
    return { operand: Int32Array, operandBytes: 4, sum: Int32Array, sumBytes: 4, width: 8, group: 1 };
  return { operand: Int16Array, operandBytes: 2, sum: Int32Array, sumBytes: 4, width: 8, group: 2 };
}

/** Lane values of a's codes: twice side by side for 16-bit lanes, because V8 splats 32 bits in one instruction. */
export function rowTable({ kind }: IntStep, counts: Float64Array): Float64Array {
  return kind === 'narrow' ? counts.map((count) => (count << 16) | (count & 0xffff)) : counts;
}

/** Lane values of b's codes, from its counts. */
export function columnTable({ kind }: IntStep, counts: Float64Array): Float64Array {
  return kind === 'wide' ? counts.map((count) => count & 0xffff) : counts;
}

const VECTORS = 2;

export function intFunctions(step: IntStep, count = false): FunctionBuilder[] {
  return (['extend', 'join', 'empty'] as const).map((kind) =>
    tiles(kind, (frame) => {
      const { f, parameters } = frame;
      const sums = Array.from({ length: ROWS * VECTORS }, () => f.local('v128'));
      const at = placesOf(frame);
      const counters = [counterOf(frame, count), counterOf(frame, count)];
      const add = (x: Code, y: Code) => plus(f, step, x, y, counters);
      sums.forEach((acc, i) => f.emit(acc.set(kind === 'extend' ? v128.load(...at[i]) : splat32(0))));
      if (kind !== 'empty') f.repeat(parameters[3].get, () => products(frame, step, sums, add));
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

function products({ f, a, b }: Frame, step: IntStep, sums: readonly Local[], add: (x: Code, y: Code) => Code): void {
  const narrow = step.kind === 'narrow';
  const columns = Array.from({ length: VECTORS }, (_, i) => f.keep('v128', v128.load(b.get, i * 16)));
  const bytes = 4;
  for (let r = 0; r < ROWS; r++) {
    const x = f.keep('v128', v128.load32Splat(a.get, r * bytes));
    columns.forEach((y, i) => {
      const acc = sums[r * VECTORS + i];
      const product = narrow ? i16x8.mul(x, y) : i32x4.dot(x, y);
      f.emit(acc.set(add(acc.get, product)));
    });
  }
  f.emit(a.set(i32.add(a.get, i32.const(ROWS * bytes))), b.set(i32.add(b.get, i32.const(VECTORS * 16))));
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
  f.emit(overflowed.set(i.sub(overflowed.get, i.ne(sum, i.add(before, addend)))));
  const lost = v128.and(i.eq(sum, before), i.ne(addend, splat(0)));
  f.emit(swamped.set(i.sub(swamped.get, lost)));
  return sum;
}

/** Counts of 16-bit lanes in 32. */
function wide(f: FunctionBuilder, { kind }: IntStep, counter: Local | undefined): Local | undefined {
  if (counter === undefined || kind !== 'narrow') return counter;
  const local = f.local('v128');
  f.emit(local.set(i32x4.extaddPairwiseU(counter.get)));
  return local;
}
