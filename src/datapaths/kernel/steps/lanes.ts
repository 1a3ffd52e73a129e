import { type Code, type FunctionBuilder, type Local } from '../../../wasm/assembler.js';
import { completeAdder } from './complete.js';
import { splatNumber } from './numbers.js';
import type { Adding, Counters, Step } from './step.js';
import { f32x4, f64x2, i32x4, i64x2, splat32, splat64, v128 } from '../../../wasm/vector.js';

/** Constants of a carrier. */
const CARRIERS = {
  f32: {
    bytes: 4,
    lanes: 4,
    bits: 23,
    bias: 127,
    v: f32x4,
    i: i32x4,
    splat: (bits: bigint) => splat32(Number(BigInt.asUintN(32, bits))),
  },
  f64: { bytes: 8, lanes: 2, bits: 52, bias: 1023, v: f64x2, i: i64x2, splat: splat64 },
} as const;

export function carrierOf({ carrier }: Pick<Step, 'carrier'>) {
  return CARRIERS[carrier];
}

/** 2^exponent in every lane. */
export function powerOfTwo(step: Step, exponent: number): Code {
  const { bits, bias, splat } = carrierOf(step);
  return splat(BigInt(exponent + bias) << BigInt(bits));
}

/** A value in every lane. */
function numberIn({ carrier }: Step, value: number): Code {
  return carrier === 'f64' ? splatNumber(value) : splat32(new Int32Array(Float32Array.of(value).buffer)[0]);
}

/** Its addition; only a complete step counts overflows, the others leave their tile to it. */
export function adderFor(f: FunctionBuilder, step: Step, counters: Counters = {}): Adding {
  if (step.rules !== undefined) return completeAdder(f, step.rules, step.carrier, counters);
  return new Adder(f, step, counters.swamped, counters);
}

export class Adder implements Adding {
  private readonly f: FunctionBuilder;
  private readonly step: Step;
  private readonly s: Local;
  private readonly t: Local;
  /** Largest exponent field (or magnitude) seen. */
  private readonly top: Local;

  /** Lanes' counts of additions that changed nothing. */
  private swamped: Local | undefined;
  private other: Local | undefined;
  private readonly zeros: boolean;

  constructor(f: FunctionBuilder, step: Step, swamped?: Local, { zeros = false, other = swamped }: Counters = {}) {
    this.f = f;
    this.step = step;
    this.swamped = swamped;
    this.other = other;
    this.zeros = zeros;
    this.s = f.local('v128');
    this.t = f.local('v128');
    this.top = f.local('v128');
  }

  draw(bits: Code): Code {
    return bits;
  }

  read(carried: Code): Code {
    return carried;
  }

  meet(acc: Local, x: Code, y: Code, drawn: Code = []): void {
    this.add(acc, x, y, drawn);
  }

  add(acc: Local, x: Code, y: Code, drawn: Code = []): void {
    const { v, i, splat } = carrierOf(this.step);
    if (this.swamped === undefined) {
      this.fit(acc, v.add(x, y), drawn);
      return;
    }
    const { f, swamped, zeros } = this;
    const before = f.keep('v128', x);
    const addend = zeros ? y : f.keep('v128', y);
    this.fit(acc, v.add(before, addend), drawn);
    const same = v.eq(acc.get, before);
    f.emit(swamped.set(i.sub(swamped.get, zeros ? same : v128.and(same, v.ne(addend, splat(0n))))));
    [this.swamped, this.other] = [this.other, this.swamped];
  }

  /** acc = what an exact value (or one whose rounding is innocuous) is rounded to. */
  fit(acc: Local, value: Code, drawn: Code = []): void {
    const { v } = carrierOf(this.step);
    const { s, f, step } = this;
    if (step.method === 'native' && step.overflow === 'none') {
      f.emit(acc.set(value));
      return;
    }
    f.emit(s.set(value));
    const rounded = step.method === 'native' ? s.get : step.method === 'magic' ? this.magic() : this.pattern(drawn);
    if (step.overflow === 'watch' && step.method !== 'magic') this.watch(v.abs(s.get));
    f.emit(acc.set(this.overflowing(rounded)));
  }

  private watch(magnitude: Code): void {
    const { v } = carrierOf(this.step);
    this.f.emit(this.top.set(v.pmax(this.top.get, magnitude)));
  }

  private magic(): Code {
    const { bits, v, i, bias, splat } = carrierOf(this.step);
    const { step, s, t, f } = this;
    const field = splat(((1n << BigInt(step.carrier === 'f32' ? 8 : 11)) - 1n) << BigInt(bits));
    const exponent = v128.and(s.get, field);
    if (step.overflow === 'watch') {
      f.emit(t.set(exponent));
      this.watch(t.get);
    }
    const plain = step.overflow === 'watch' ? t.get : exponent;
    const floor = step.floor;
    // Positive floats are ordered as their exponents are.
    const raised = floor === undefined ? plain : v.pmax(plain, splat(BigInt(floor + bias) << BigInt(bits)));
    const offset = (BigInt(bits - step.mantissaBits) << BigInt(bits)) | (1n << BigInt(bits - 1));
    f.emit(t.set(i.add(raised, splat(offset))));
    const rounded = v.sub(v.add(s.get, t.get), t.get);
    return step.signedZero
      ? v128.or(rounded, v128.and(s.get, splat(1n << BigInt(carrierOf(step).bytes * 8 - 1))))
      : rounded;
  }

  private pattern(drawn: Code): Code {
    const { bits, i, splat } = carrierOf(this.step);
    const { step, s } = this;
    const dropped = BigInt(bits - step.mantissaBits);
    const kept = splat(-1n << dropped);
    const half = 1n << (dropped - 1n);
    switch (step.rounding) {
      case 'rtz':
        return v128.and(s.get, kept);
      case 'rna':
        return v128.and(i.add(s.get, splat(half)), kept);
      case 'stochastic':
        return v128.and(i.add(s.get, drawn), kept);
      case 'rne': {
        const odd = v128.and(i.shrU(s.get, Number(dropped)), splat(1n));
        return v128.and(i.add(i.add(s.get, odd), splat(half - 1n)), kept);
      }
      default:
        throw new RangeError(`lanes: no pattern rounds by ${step.rounding}`);
    }
  }

  /** What lies above the carrier's largest number, after scaling, becomes infinite by itself. */
  private overflowing(rounded: Code): Code {
    const { v, bias } = carrierOf(this.step);
    const { overflow, max = 0 } = this.step;
    if (overflow === 'saturate') return v.pmin(v.pmax(rounded, numberIn(this.step, -max)), numberIn(this.step, max));
    if (overflow !== 'infinity') return rounded;
    const lift = bias + 1 - this.step.limit;
    if (lift >= bias) {
      const value = this.f.keep('v128', rounded);
      const infinite = v128.or(v128.and(value, numberIn(this.step, -0)), numberIn(this.step, Infinity));
      return v128.select(infinite, value, v.ge(v.abs(value), powerOfTwo(this.step, this.step.limit)));
    }
    return v.mul(v.mul(rounded, powerOfTwo(this.step, lift)), powerOfTwo(this.step, -lift));
  }

  /** Forgets what was watched. */
  reset(): void {
    if (this.step.overflow === 'watch') this.f.emit(this.top.set(splat32(0)));
  }

  /** 1 where a watched sum reached the limit, else 0; not emitted where nothing is watched. */
  reached(): Code {
    const { v } = carrierOf(this.step);
    const below = v.lt(this.top.get, powerOfTwo(this.step, this.step.limit));
    return v128.anyTrue(v128.not(below));
  }

  get watches(): boolean {
    return this.step.overflow === 'watch';
  }
}
