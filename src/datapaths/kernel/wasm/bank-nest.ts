import type { AlignedCombine } from '../../datapath.js';
import { type Code, FunctionBuilder, i32, type Local } from './assembler.js';
import type { Adders, FiringAdders, IntAdders } from './bank-adders.js';
import { Adder, adderFor, type Adding, carrierOf, powerOfTwo } from './lanes.js';
import { i32x4, splat32, v128 } from './vector.js';

/** Vectors of sums that share a flag. */
export const BLOCK = 8;

/** Sums in a vector. */
export function widthIn(adders: Adders): number {
  return adders.kind === 'int' ? 4 : carrierOf(adders.step).lanes;
}

/** Whether a sum can come up that lanes do not round; blocks with such a one are flagged. */
export function watches(adders: Adders): boolean {
  if (adders.kind === 'int') return false;
  return adders.step.overflow === 'watch' || (adders.kind === 'firing' && adders.plus?.overflow === 'watch');
}

/** The function's pointers, which it moves along, and the sums at work. */
interface Frame {
  f: FunctionBuilder;
  acc: Local;
  a: Local;
  b: Local;
  stride: Local;
  /** Bytes from operands to their weights. */
  weights: readonly [Local, Local];
}

/**
 * `fire(sums, a, b, live, blocks, stride, flags, aWeights, bWeights)`: byte addresses of the registers of sums, of operands
 * and of the 16-bit numbers of live lanes; blocks of sums; bytes from one lane's operands to the next; a 32-bit flag for
 * each block; bytes from operands to their weights. A PE without live lanes keeps its sum; lanes that are not live are 0.
 */
export function bankFunction(adders: Adders): FunctionBuilder {
  const f = new FunctionBuilder('fire', 9);
  const [sums, a, b, live, blocks, stride, flags, ...weights] = f.parameters;
  const width = widthIn(adders);
  const [acc, before] = [f.local('v128'), f.local('v128')];
  const { adding, fire } = emitterOf({ f, acc, a, b, stride, weights: [weights[0], weights[1]] }, adders);
  f.repeat(blocks.get, () => {
    for (const adder of adding) adder.reset();
    f.repeat(i32.const(BLOCK), () => {
      f.emit(before.set(v128.load(sums.get)), acc.set(before.get));
      fire();
      f.emit(v128.store(sums.get, v128.select(acc.get, before.get, fires(live.get, width))));
      for (const pointer of [sums, a, b]) f.emit(pointer.set(i32.add(pointer.get, i32.const(16))));
      f.emit(live.set(i32.add(live.get, i32.const(2 * width))));
    });
    const reached = adding.filter((adder) => adder.watches).map((adder) => adder.reached());
    if (reached.length === 0) return;
    f.emit(i32.store(flags.get, reached.reduce(i32.or)), flags.set(i32.add(flags.get, i32.const(4))));
  });
  return f;
}

/** All bits of the sums whose PE has live lanes. */
function fires(live: Code, width: number): Code {
  const counts = i32x4.extendLowU(width === 4 ? v128.load64Splat(live) : v128.load32Splat(live));
  const mask = i32x4.ne(counts, splat32(0));
  return width === 4 ? mask : v128.shuffle(mask, mask, [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7]);
}

/** What emits a firing of the sums in `acc`, and the adders it uses. */
function emitterOf(frame: Frame, adders: Adders): { adding: readonly Adding[]; fire: () => void } {
  const { f, acc } = frame;
  const { lanes } = adders;
  if (adders.kind === 'int') {
    const met = (x: Code, y: Code) => held(adders, i32x4.add(acc.get, i32x4.mul(x, y)));
    return { adding: [], fire: () => eachLane(frame, lanes, (x, y) => f.emit(acc.set(met(x, y)))) };
  }
  const { v } = carrierOf(adders.step);
  if (adders.kind === 'chain') {
    const adder = adderFor(f, adders.step);
    return { adding: [adder], fire: () => eachLane(frame, lanes, (x, y) => adder.add(acc, acc.get, v.mul(x, y))) };
  }
  const { step, plus = step, combine } = adders;
  const adding = [new Adder(f, step), new Adder(f, plus)];
  if (combine.kind === 'fused') return { adding, fire: () => exact(frame, adders, adding) };
  return { adding, fire: () => aligned(frame, adders, combine, adding) };
}

/** Does `each` for every lane, with its operands or with what lies so many bytes from them. */
function eachLane(
  { f, a, b, stride }: Frame,
  lanes: number,
  each: (x: Code, y: Code) => void,
  from?: Frame['weights'],
): void {
  const start = [a, b].map((pointer, i) => (from === undefined ? pointer.get : i32.add(pointer.get, from[i].get)));
  if (lanes === 1) {
    each(v128.load(start[0]), v128.load(start[1]));
    return;
  }
  const pointers = start.map((address) => {
    const pointer = f.local('i32');
    f.emit(pointer.set(address));
    return pointer;
  });
  f.repeat(i32.const(lanes), () => {
    each(v128.load(pointers[0].get), v128.load(pointers[1].get));
    for (const pointer of pointers) f.emit(pointer.set(i32.add(pointer.get, stride.get)));
  });
}

function held({ range }: IntAdders, sum: Code): Code {
  return range === undefined ? sum : i32x4.maxS(i32x4.minS(sum, splat32(range[1])), splat32(range[0]));
}

/** Exact sums of products; an empty sum is -0, which changes nothing it is added to. */
function exact(frame: Frame, adders: FiringAdders, adding: readonly Adder[]): void {
  const { f, acc } = frame;
  const { v, splat, bytes } = carrierOf(adders.step);
  const total = f.local('v128');
  f.emit(total.set(splat(1n << BigInt(bytes * 8 - 1))));
  eachLane(frame, adders.lanes, (x, y) => f.emit(total.set(v.add(total.get, v.mul(x, y)))));
  if (adders.combine.sumInside) adding[0].add(acc, acc.get, total.get);
  else plusApart(frame, total, adding);
}

/** The products' sum is rounded, and then added. */
function plusApart({ acc }: Frame, total: Local, [fit, plus]: readonly Adder[]): void {
  fit.fit(total, total.get);
  plus.add(acc, acc.get, total.get);
}

/** Terms cut below the largest exponent; the powers of two are exact throughout. */
function aligned(frame: Frame, adders: FiringAdders, combine: AlignedCombine, adding: readonly Adder[]): void {
  const { f, acc, weights } = frame;
  const { step, lanes, smallest } = adders;
  const { v, splat, bits } = carrierOf(step);
  const { fractionBits, sumFractionBits = fractionBits, sumInside, exponentFloor = smallest } = combine;
  const field = splat(((1n << BigInt(step.carrier === 'f32' ? 8 : 11)) - 1n) << BigInt(bits));
  const power = (exponent: number) => powerOfTwo(step, exponent);
  const [largest, total] = [f.local('v128'), f.local('v128')];
  f.emit(largest.set(power(Math.max(smallest, exponentFloor))));
  if (sumInside) f.emit(largest.set(v.pmax(largest.get, runningWeight(adders, acc, field))));
  const raise = (weight: Code) => f.emit(largest.set(v.pmax(largest.get, weight)));
  if (combine.productExponent === 'normalised') eachLane(frame, lanes, (x, y) => raise(v128.and(v.mul(x, y), field)));
  else eachLane(frame, lanes, (x, y) => raise(v.mul(x, y)), weights);
  const inverse = f.keep('v128', v.div(power(fractionBits), largest.get));
  const cut = { rtz: v.trunc, floor: v.floor, rne: v.nearest }[combine.truncate];
  const wider = sumFractionBits - fractionBits;
  const own = v.mul(cut(v.mul(v.mul(acc.get, inverse), power(wider))), power(-wider));
  f.emit(total.set(sumInside ? v.add(own, splat(0n)) : splat(0n)));
  eachLane(frame, lanes, (x, y) => f.emit(total.set(v.add(total.get, cut(v.mul(v.mul(x, y), inverse))))));
  f.emit(total.set(v.mul(total.get, v.mul(largest.get, power(-fractionBits)))));
  if (sumInside) adding[0].fit(acc, total.get);
  else plusApart(frame, total, adding);
}

/** 2^exponent of the running sum; 0 for zero, and finite for an infinite one, which then stays infinite when scaled. */
function runningWeight({ step, lowest }: FiringAdders, sum: Local, field: Code): Code {
  const { v, bias, splat } = carrierOf(step);
  const own = v.pmin(v128.and(sum.get, field), powerOfTwo(step, bias));
  if (lowest === undefined) return own;
  return v128.and(v.pmax(own, powerOfTwo(step, lowest)), v.ne(sum.get, splat(0n)));
}
