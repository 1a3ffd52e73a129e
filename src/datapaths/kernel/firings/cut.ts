import type { AlignedCombine } from '../../datapath.js';
import type { Code, Local } from '../../../wasm/assembler.js';
import type { Alignment, Body, Firing } from './body.js';
import { type Adder, carrierOf, powerOfTwo } from '../steps/lanes.js';
import { v128 } from '../../../wasm/vector.js';

export function exponentField({ firing }: Body): Code {
  const { splat, bits, bytes } = carrierOf(firing.fit);
  return splat(((1n << BigInt(bytes === 4 ? 8 : 11)) - 1n) << BigInt(bits));
}

/** A power of two (of its pattern's exponent alone) times a constant of that form, by integer addition. */
export function times({ firing }: Body, power: Code, exponent: number, mantissa = 0n): Code {
  const { i, splat, bits } = carrierOf(firing.fit);
  return i.add(power, splat((BigInt(exponent) << BigInt(bits)) + mantissa));
}

export function count({ f, firing, counter }: Body, mask: Code): void {
  const { i } = carrierOf(firing.fit);
  if (counter !== undefined) f.emit(counter.set(i.sub(counter.get, mask)));
}

type Truncate = AlignedCombine['truncate'];

function rounded({ firing }: Body, truncate: Truncate, x: Code): Code {
  const { v } = carrierOf(firing.fit);
  return { rtz: v.trunc, floor: v.floor, rne: v.nearest }[truncate](x);
}

/** How a value is cut: `bits` below a power of two, and counted where nothing is left of something. */
export interface CutTo {
  power: Code;
  bits: number;
  truncate: Truncate;
  /** Where it is set, nothing is left in any case. */
  dropped?: Code;
}

/** A value as the multiple of 2^-bits * power that the cut leaves; scaling by powers of two is exact. */
export function cutTo(body: Body, x: Code, { power, bits, truncate, dropped }: CutTo): Code {
  const { v, i, splat, bits: field, bias } = carrierOf(body.firing.fit);
  const inverse = i.sub(splat(BigInt(2 * bias + bits) << BigInt(field)), power);
  const cut = rounded(body, truncate, v.mul(x, inverse));
  const left = dropped === undefined ? cut : v128.andnot(cut, dropped);
  const whole = body.counter === undefined ? left : body.f.keep('v128', left);
  count(body, v128.and(v.eq(whole, splat(0n)), v.ne(x, splat(0n))));
  return v.mul(whole, times(body, power, -bits));
}

/** 2^exponent of the running sum; 0 for zero, and finite for an infinite one, which then stays infinite when scaled. */
export function runningWeight(body: Body, sum: Local, { top, lowest }: Alignment): Code {
  const { v, splat } = carrierOf(body.firing.fit);
  const own = v.pmin(v128.and(sum.get, exponentField(body)), powerOfTwo(body.firing.fit, top));
  if (lowest === undefined) return own;
  const raised = v.pmax(own, powerOfTwo(body.firing.fit, lowest));
  return v128.and(raised, v.ne(sum.get, splat(0n)));
}

/** Whether the running sum is one of the aligned terms. */
export function sumsInside({ combine }: Firing): boolean {
  return combine.kind === 'aligned' && combine.sumInside;
}

/** Rounds a firing's sum into the running one. */
export function finish({ firing }: Body, acc: Local, total: Local, [fit, plus]: readonly Adder[]): void {
  if (sumsInside(firing)) fit.fit(acc, total.get);
  else {
    fit.fit(total, total.get);
    plus.add(acc, acc.get, total.get);
  }
}
