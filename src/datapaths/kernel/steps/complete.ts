import type { Code, FunctionBuilder, Local } from '../../../wasm/assembler.js';
import { f64x2, i64x2, splat64, v128 } from '../../../wasm/vector.js';
import { MODES } from './modes.js';
import { splatNumber } from './numbers.js';
import type { Adding, Counters, Rules, Step } from './step.js';

const BIAS = 1023;
const SIGN = splat64(1n << 63n);
const FIELD = splat64(0x7ffn << 52n);
const ONE = 1n;
const INFINITY = splatNumber(Infinity);

/** A sum on its way through the rules: each takes up what the one before it has left in these locals. */
export interface Summed {
  f: FunctionBuilder;
  rules: Rules;
  /** The sum, its magnitude, and the unit that it is rounded to. */
  s: Local;
  x: Local;
  unit: Local;
  /** What it becomes; a magnitude until it is signed. */
  r: Local;
  /** A rule's own. */
  t: Local;
  /** Random bits as a number. */
  drawn: Code;
  overflowed: Local | undefined;
}

/** Emits what one rule does to a sum. */
type Emitter = (sum: Summed) => void;

/** acc = round(x + y) by the rules; counts as the reference does. */
export function completeAdder(
  f: FunctionBuilder,
  rules: Rules,
  carrier: Step['carrier'],
  { swamped, overflowed }: Counters,
): Adding {
  const [s, x, unit, r, t] = Array.from({ length: 5 }, () => f.local('v128'));
  const emitters = emittersOf(rules);
  const read = (carried: Code) => (rules.signedNan ? readSigned(carried) : carried);

  /** @param first what a register carries, as it is read */
  function plus(acc: Local, carried: Code, first: Code, second: Code, drawn: Code): void {
    const y = f.keep('v128', second);
    const sum: Summed = { f, rules, s, x, unit, r, t, drawn, overflowed };
    addUp(sum, first, y);
    for (const emit of emitters) emit(sum);
    if (swamped !== undefined) countSwamped(f, swamped, { r, carried, y });
    f.emit(acc.set(r.get));
  }

  return {
    watches: false,
    reset: () => undefined,
    reached: () => [0x41, 0],
    read,
    draw: (bits) => drawnNumber(rules, carrier, bits),
    add(acc, before, addend, drawn = []) {
      const carried = f.keep('v128', before);
      plus(acc, carried, read(carried), addend, drawn);
    },
    meet(acc, one, other, drawn = []) {
      const first = f.keep('v128', one);
      plus(acc, first, first, other, drawn);
      f.emit(acc.set(read(acc.get)));
    },
  };
}

/** What is emitted for a sum, rule by rule: those that a register lacks leave no code. */
function emittersOf({ gap, flush, span, lowest = 0, unsignedZero }: Rules): Emitter[] {
  return [
    rounded,
    ...(gap === undefined ? [] : [overGap(gap)]),
    ...(flush === undefined ? [] : [flushed(flush)]),
    overflowing,
    signed,
    ...(span === undefined ? [] : [wrapped(span, lowest)]),
    ...(unsignedZero ? [withoutMinus] : []),
    special,
  ];
}

/** What a register carries, where an infinity stands for a NaN with a sign, as everything else reads it. */
function readSigned(carried: Code): Code {
  return v128.or(carried, f64x2.eq(f64x2.abs(carried), INFINITY));
}

/** Random bits lie below the kept bits of the carrier's pattern; here they are a number. */
function drawnNumber({ mantissaBits, randomBits }: Rules, carrier: Step['carrier'], bits: Code): Code {
  const single = carrier === 'f32';
  const place = (single ? 23 : 52) - mantissaBits - randomBits;
  const one = splatNumber(2 ** 52);
  const count = f64x2.sub(v128.or(single ? i64x2.extendLowU(bits) : bits, one), one);
  return f64x2.mul(count, splatNumber(2 ** -place));
}

function countSwamped(
  f: FunctionBuilder,
  swamped: Local,
  { r, carried, y }: { r: Local; carried: Code; y: Code },
): void {
  const finite = f64x2.lt(f64x2.abs(r.get), INFINITY);
  const same = v128.and(f64x2.eq(r.get, carried), f64x2.ne(y, splat64(0n)));
  f.emit(swamped.set(i64x2.sub(swamped.get, v128.and(same, finite))));
}

/** s = x + y, rounded to odd where float64 may not hold it. */
function addUp({ f, rules, s, t }: Summed, x: Code, y: Code): void {
  const before = f.keep('v128', x);
  f.emit(s.set(f64x2.add(before, y)));
  if (!rules.odd) return;
  f.emit(t.set(f64x2.sub(s.get, before)));
  const error = f64x2.add(f64x2.sub(before, f64x2.sub(s.get, t.get)), f64x2.sub(y, t.get));
  f.emit(t.set(error));
  const [below, above] = [f64x2.lt(t.get, splat64(0n)), f64x2.gt(t.get, splat64(0n))].map((code) =>
    f.keep('v128', code),
  );
  // One step away from zero where the error has the sum's sign, else toward it; an odd sum stays.
  const away = i64x2.eq(below, f64x2.lt(s.get, splat64(0n)));
  const step = i64x2.sub(v128.and(away, splat64(2n)), splat64(ONE));
  const even = i64x2.sub(v128.and(s.get, splat64(ONE)), splat64(ONE));
  f.emit(s.set(i64x2.add(s.get, v128.and(v128.and(step, even), v128.or(below, above)))));
}

/** r = the magnitude as a multiple of its unit, by the mode. */
function rounded(sum: Summed): void {
  const { f, rules, s, x, unit, r, t } = sum;
  const { mantissaBits: m, floor, rounding, span } = rules;
  f.emit(x.set(f64x2.abs(s.get)));
  const least = splat64(BigInt(floor + BIAS) << 52n);
  // What wraps is rounded to the same unit wherever it lies.
  f.emit(t.set(span === undefined ? f64x2.pmax(v128.and(x.get, FIELD), least) : least));
  f.emit(unit.set(i64x2.sub(t.get, splat64(BigInt(m) << 52n))));
  const inverse = i64x2.sub(splat64(BigInt(2 * BIAS + m) << 52n), t.get);
  const inUnits = f.keep('v128', f64x2.mul(x.get, inverse));
  f.emit(r.set(f64x2.mul(MODES[rounding].snap(sum, inUnits), unit.get)));
}

/** Between zero and the smallest number, one of the two. */
function overGap(gap: number): Emitter {
  const smallest = splatNumber(gap);
  return (sum) => {
    const { f, rules, x, r } = sum;
    const either = f.keep('v128', v128.and(MODES[rules.rounding].leavesGap(sum, smallest), smallest));
    f.emit(r.set(v128.select(either, r.get, f64x2.lt(x.get, smallest))));
  };
}

/** Tiny sums are zero. */
function flushed(least: number): Emitter {
  return ({ f, x, r }) => f.emit(r.set(v128.and(r.get, f64x2.ge(x.get, splatNumber(least)))));
}

/** Finite sums beyond the largest magnitude are counted, and become what the rules say; infinite ones likewise. */
function overflowing(sum: Summed): void {
  const { f, rules, x, r, t, overflowed } = sum;
  const { infinities, beyond, infinite, span } = rules;
  const largest = largestOf(sum);
  const values = { infinity: INFINITY, largest, nan: splatNumber(Number.NaN) };
  const large = f64x2.gt(r.get, largest);
  const isInfinite = f64x2.eq(x.get, INFINITY);
  const alike = !infinities && beyond === infinite;
  const stops = alike && beyond === 'largest' && span === undefined;
  if (!alike || overflowed !== undefined) f.emit(t.set(v128.and(large, f64x2.lt(x.get, INFINITY))));
  if (overflowed !== undefined) f.emit(overflowed.set(i64x2.sub(overflowed.get, t.get)));
  // What is infinite is answered like what is finite and too large, where both stop at the largest in one step.
  if (stops) f.emit(r.set(f64x2.pmin(largest, r.get)));
  else if (span !== undefined) f.emit(r.set(v128.select(values[infinite], r.get, isInfinite)));
  else if (alike) f.emit(r.set(v128.select(values[beyond], r.get, v128.or(large, isInfinite))));
  else {
    f.emit(r.set(v128.select(values[beyond], r.get, t.get)));
    if (!infinities) f.emit(r.set(v128.select(values[infinite], r.get, isInfinite)));
  }
}

/** The largest magnitude on the sum's side of zero. */
function largestOf({ f, rules, s }: Summed): Code {
  if (rules.lowest === undefined) return splatNumber(rules.max);
  const negative = f64x2.lt(s.get, splat64(0n));
  return f.keep('v128', v128.select(splatNumber(rules.lowest), splatNumber(rules.max), negative));
}

function signed({ f, s, r }: Summed): void {
  f.emit(r.set(v128.or(r.get, v128.and(s.get, SIGN))));
}

/** Two's complement. */
function wrapped(span: number, lowest: number): Emitter {
  return ({ f, r }) => {
    const turns = f64x2.floor(f64x2.mul(f64x2.add(r.get, splatNumber(lowest)), splatNumber(1 / span)));
    f.emit(r.set(f64x2.sub(r.get, f64x2.mul(turns, splatNumber(span)))));
  };
}

/** There is no -0. */
function withoutMinus({ f, r }: Summed): void {
  f.emit(r.set(f64x2.add(r.get, splat64(0n))));
}

/** Infinite sums and NaN where the format has them, else NaN's number. */
function special({ f, rules, s, x, r }: Summed): void {
  const other = rules.infinities ? f64x2.lt(x.get, INFINITY) : f64x2.eq(s.get, s.get);
  const instead = rules.infinities ? s.get : splatNumber(rules.nan ?? Number.NaN);
  f.emit(r.set(v128.select(r.get, instead, other)));
}
