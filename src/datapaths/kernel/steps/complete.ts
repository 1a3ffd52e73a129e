import { type Code, type FunctionBuilder, type Local } from '../../../wasm/assembler.js';
import type { Adding, Counters, Rules, Step } from './step.js';
import { f64x2, i64x2, splat64, v128 } from '../../../wasm/vector.js';

const BIAS = 1023;
const SIGN = splat64(1n << 63n);
const FIELD = splat64(0x7ffn << 52n);
const ONE = 1n;

const words = new DataView(new ArrayBuffer(8));

/** A float64 in both lanes. */
export function splatNumber(value: number): Code {
  words.setFloat64(0, value);
  return splat64(words.getBigUint64(0));
}

/** acc = round(x + y) by the rules; counts as the reference does. */
export class CompleteAdder implements Adding {
  readonly watches = false;
  private readonly f: FunctionBuilder;
  private readonly rules: Rules;
  private readonly carrier: Step['carrier'];
  private readonly swamped: Local | undefined;
  private readonly overflowed: Local | undefined;
  private readonly s: Local;
  private readonly x: Local;
  private readonly unit: Local;
  private readonly r: Local;
  private readonly t: Local;

  constructor(f: FunctionBuilder, rules: Rules, carrier: Step['carrier'], { swamped, overflowed }: Counters) {
    this.f = f;
    this.carrier = carrier;
    this.rules = rules;
    this.swamped = swamped;
    this.overflowed = overflowed;
    [this.s, this.x, this.unit, this.r, this.t] = Array.from({ length: 5 }, () => f.local('v128'));
  }

  reset(): void {}

  reached(): Code {
    return [0x41, 0];
  }

  add(acc: Local, before: Code, addend: Code, drawn: Code = []): void {
    const carried = this.f.keep('v128', before);
    this.plus(acc, carried, this.read(carried), addend, drawn);
  }

  meet(acc: Local, x: Code, y: Code, drawn: Code = []): void {
    const first = this.f.keep('v128', x);
    this.plus(acc, first, first, y, drawn);
    this.f.emit(acc.set(this.read(acc.get)));
  }

  /** @param x what a register carries, as it is read */
  private plus(acc: Local, carried: Code, x: Code, addend: Code, drawn: Code): void {
    const { f } = this;
    const y = f.keep('v128', addend);
    this.sum(x, y);
    this.round(drawn);
    if (this.swamped !== undefined) {
      const { r } = this;
      const finite = f64x2.lt(f64x2.abs(r.get), splatNumber(Infinity));
      const same = v128.and(f64x2.eq(r.get, carried), f64x2.ne(y, splat64(0n)));
      f.emit(this.swamped.set(i64x2.sub(this.swamped.get, v128.and(same, finite))));
    }
    f.emit(acc.set(this.r.get));
  }

  /** They lie below the kept bits of the carrier's pattern; here they are a number. */
  draw(bits: Code): Code {
    const { mantissaBits, randomBits } = this.rules;
    const single = this.carrier === 'f32';
    const place = (single ? 23 : 52) - mantissaBits - randomBits;
    const one = 2 ** 52;
    const count = f64x2.sub(v128.or(single ? i64x2.extendLowU(bits) : bits, splatNumber(one)), splatNumber(one));
    return f64x2.mul(count, splatNumber(2 ** -place));
  }

  /** What a register carries, as everything else reads it. */
  read(carried: Code): Code {
    if (!this.rules.signedNan) return carried;
    return v128.or(carried, f64x2.eq(f64x2.abs(carried), splatNumber(Infinity)));
  }

  /** s = x + y, rounded to odd where it is not exact. */
  private sum(x: Code, y: Code): void {
    const { f, s, t } = this;
    const before = f.keep('v128', x);
    f.emit(s.set(f64x2.add(before, y)));
    if (!this.rules.odd) return;
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

  /** r = what s becomes. */
  private round(drawn: Code): void {
    const { f, rules, s, x, unit, r, t } = this;
    const { mantissaBits: m, floor, gap, flush } = rules;
    f.emit(x.set(f64x2.abs(s.get)));
    const least = splat64(BigInt(floor + BIAS) << 52n);
    // What wraps is rounded to the same unit wherever it lies.
    f.emit(t.set(rules.span === undefined ? f64x2.pmax(v128.and(x.get, FIELD), least) : least));
    f.emit(unit.set(i64x2.sub(t.get, splat64(BigInt(m) << 52n))));
    const inverse = i64x2.sub(splat64(BigInt(2 * BIAS + m) << 52n), t.get);
    f.emit(r.set(f64x2.mul(this.snap(f.keep('v128', f64x2.mul(x.get, inverse)), drawn), unit.get)));
    if (gap !== undefined) f.emit(r.set(v128.select(this.inGap(gap, drawn), r.get, f64x2.lt(x.get, splatNumber(gap)))));
    if (flush !== undefined) f.emit(r.set(v128.and(r.get, f64x2.ge(x.get, splatNumber(flush)))));
    this.overflow();
    f.emit(r.set(v128.or(r.get, v128.and(s.get, SIGN))));
    if (rules.span !== undefined) f.emit(r.set(this.wrapped(rules.span, rules.lowest ?? 0)));
    if (rules.unsignedZero) f.emit(r.set(f64x2.add(r.get, splat64(0n))));
    const other = rules.infinities ? f64x2.lt(x.get, splatNumber(Infinity)) : f64x2.eq(s.get, s.get);
    const instead = rules.infinities ? s.get : splatNumber(rules.nan ?? Number.NaN);
    f.emit(r.set(v128.select(r.get, instead, other)));
  }

  /** A magnitude in units to one of the two whole numbers beside it. */
  private snap(y: Code, drawn: Code): Code {
    const { f, rules } = this;
    if (rules.rounding === 'rne') return f64x2.nearest(y);
    const whole = f.keep('v128', f64x2.floor(y));
    if (rules.rounding === 'rtz') return whole;
    const rest = f64x2.sub(y, whole);
    return f64x2.add(whole, v128.and(this.up(rest, whole, drawn), splatNumber(1)));
  }

  /** Mask: the part beyond a whole number, in [0, 1), goes up. */
  private up(rest: Code, whole: Code, drawn: Code): Code {
    switch (this.rules.rounding) {
      case 'rna':
        return f64x2.ge(rest, splatNumber(0.5));
      case 'rnz':
        return f64x2.gt(rest, splatNumber(0.5));
      case 'rto': {
        const half = this.f.keep('v128', f64x2.mul(whole, splatNumber(0.5)));
        return v128.and(f64x2.gt(rest, splat64(0n)), f64x2.eq(half, f64x2.floor(half)));
      }
      default: {
        const span = 2 ** this.rules.randomBits;
        return f64x2.ge(f64x2.add(f64x2.floor(f64x2.mul(rest, splatNumber(span))), drawn), splatNumber(span));
      }
    }
  }

  /** Between zero and the smallest number. */
  private inGap(gap: number, drawn: Code): Code {
    const { f, x, rules } = this;
    const smallest = splatNumber(gap);
    const twice = f64x2.add(x.get, x.get);
    const nonzero = f64x2.gt(x.get, splat64(0n));
    const masks: Record<Rules['rounding'], () => Code> = {
      rne: () => f64x2.gt(twice, smallest),
      rnz: () => f64x2.gt(twice, smallest),
      rna: () => f64x2.ge(twice, smallest),
      rtz: () => splat64(0n),
      rto: () => nonzero,
      // floor(x span / gap) + drawn >= span, without the quotient: x span >= (span - drawn) gap.
      stochastic: () => {
        const span = splatNumber(2 ** rules.randomBits);
        return v128.and(nonzero, f64x2.ge(f64x2.mul(x.get, span), f64x2.mul(f64x2.sub(span, drawn), smallest)));
      },
    };
    return f.keep('v128', v128.and(masks[rules.rounding](), smallest));
  }

  private overflow(): void {
    const { f, rules, x, r, t } = this;
    const largest = this.largest();
    const large = f64x2.gt(r.get, largest);
    const beyond = { infinity: splatNumber(Infinity), largest, nan: splatNumber(Number.NaN) }[rules.beyond];
    const infinite = f64x2.eq(x.get, splatNumber(Infinity));
    f.emit(
      t.set(rules.infinities ? v128.and(large, f64x2.lt(x.get, splatNumber(Infinity))) : v128.or(large, infinite)),
    );
    if (this.overflowed !== undefined) f.emit(this.overflowed.set(i64x2.sub(this.overflowed.get, t.get)));
    f.emit(r.set(v128.select(beyond, r.get, rules.span === undefined ? t.get : infinite)));
  }

  /** The largest magnitude on the sum's side of zero. */
  private largest(): Code {
    const { f, rules, s } = this;
    if (rules.lowest === undefined) return splatNumber(rules.max);
    const negative = f64x2.lt(s.get, splat64(0n));
    return f.keep('v128', v128.select(splatNumber(rules.lowest), splatNumber(rules.max), negative));
  }

  /** Two's complement. */
  private wrapped(span: number, lowest: number): Code {
    const { r } = this;
    const turns = f64x2.floor(f64x2.mul(f64x2.add(r.get, splatNumber(lowest)), splatNumber(1 / span)));
    return f64x2.sub(r.get, f64x2.mul(turns, splatNumber(span)));
  }
}
