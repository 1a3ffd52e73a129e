import type { AlignedCombine } from '../../datapath.js';
import { type Code, i32, type Local } from './assembler.js';
import { advance, type Alignment, type Body, overLanes } from './firing-body.js';
import { type Adder, carrierOf, powerOfTwo } from './lanes.js';
import { ROWS } from './nest.js';
import { i16x8, i32x4, i64x2, splat16, splat32, splat64, v128 } from './vector.js';

/**
 * Operands' exponents, 16 bits each: this much is added, so that zero (and padding) is 0 and lies below every other even
 * after an addition.
 */
export const EXPONENT_BIAS = 8192;

/**
 * Terms cut below the largest exponent, in the adder itself: T = 1.5 * 2^bits * q takes up a term as a multiple of the
 * quantum q = 2^(largest - fractionBits), rounded to nearest. To cut toward zero, almost q/2 is first taken off the
 * magnitude: q * (1/2 - 2^-(productBits + 1)) leaves multiples of q where they are, because no product has bits below
 * 2^-productBits of its leading one.
 */
export function alignedFiring(body: Body, combine: AlignedCombine, adders: readonly Adder[]): void {
  const { f, firing, sums4 } = body;
  const { alignment } = firing;
  if (alignment === undefined) throw new RangeError('an aligned firing without its alignment');
  const cut = () => cutFiring(body, combine, alignment, adders);
  if (alignment.exact === undefined) cut();
  else
    f.choose(
      below(body, alignment.exact),
      () => {
        const pairs = Array.from({ length: sums4[0].length / 2 }, (_, i) => [2 * i, 2 * i + 1]);
        for (const pair of pairs) wholeFiring(body, pair, adders);
      },
      cut,
    );
  advance(body);
}

/** Whether every running sum's magnitude is below 2^limit; never with NaN. */
function below({ f, firing, sums4 }: Body, limit: number): Code {
  const { v } = carrierOf(firing.fit);
  const all = sums4.flat().map((acc) => v.lt(v.abs(acc.get), powerOfTwo(firing.fit, limit)));
  const mask = f.keep(
    'v128',
    all.reduce((x, y) => v128.and(x, y)),
  );
  return i32.eqz(v128.anyTrue(v128.not(mask)));
}

/** Nothing is cut: sums of products are exact in the lanes. */
function wholeFiring(body: Body, vectors: readonly number[], adders: readonly Adder[]): void {
  const { f, firing, sums4 } = body;
  const { v, splat } = carrierOf(firing.fit);
  const totals = sums4.map((accs) => accs.map(() => f.local('v128')));
  // The unit's adder is a fixed-point one, which has no -0.
  for (const [r, accs] of sums4.entries())
    for (const i of vectors)
      f.emit(totals[r][i].set(firing.combine.sumInside ? v.add(accs[i].get, splat(0n)) : splat(0n)));
  overLanes(body, vectors, (r, i, product) => f.emit(totals[r][i].set(v.add(totals[r][i].get, product))));
  for (const [r, accs] of sums4.entries()) for (const i of vectors) finish(body, accs[i], totals[r][i], adders);
}

function finish({ firing }: Body, acc: Local, total: Local, [fit, plus]: readonly Adder[]): void {
  if (firing.combine.sumInside) fit.fit(acc, total.get);
  else {
    fit.fit(total, total.get);
    plus.add(acc, acc.get, total.get);
  }
}

function cutFiring(body: Body, combine: AlignedCombine, alignment: Alignment, adders: readonly Adder[]): void {
  const { f, sums4 } = body;
  const exponents = combine.productExponent === 'unnormalised' ? largestExponents(body, alignment) : undefined;
  for (const i of sums4[0].keys()) {
    const weights =
      exponents === undefined
        ? largestProducts(body, i, alignment)
        : exponents.map((row) => f.keep('v128', powers(body, row.get, i)));
    cutVector(body, i, weights, combine, alignment, adders);
  }
}

/** Each row's largest exponents in its eight columns, biased twice, and no smaller than the floor. */
function largestExponents({ f, a, weights, firing, parameters }: Body, { floor }: Alignment): Local[] {
  const { bytes } = carrierOf(firing.fit);
  const largest = Array.from({ length: ROWS }, () => f.local('v128'));
  const [x, y, column] = [f.local('i32'), f.local('i32'), f.local('v128')];
  const splat = bytes === 4 ? v128.load32Splat : v128.load64Splat;
  for (const local of largest) f.emit(local.set(splat16(floor + 2 * EXPONENT_BIAS)));
  f.emit(x.set(i32.add(a.get, parameters[10].get)), y.set(weights.get));
  f.repeat(i32.const(firing.lanes), () => {
    f.emit(column.set(v128.load(y.get)));
    largest.forEach((local, r) =>
      f.emit(local.set(i16x8.maxS(local.get, i16x8.add(splat(x.get, r * bytes), column.get)))),
    );
    f.emit(x.set(i32.add(x.get, i32.const(ROWS * bytes))), y.set(i32.add(y.get, i32.const(16))));
  });
  return largest;
}

/** 2^exponent in float lanes, of one vector's share of eight exponents. */
function powers({ firing }: Body, exponents: Code, vector: number): Code {
  const { bits, bias, bytes } = carrierOf(firing.fit);
  const half = bytes === 4 ? vector : vector >> 1;
  const words = half === 0 ? i32x4.extendLowU(exponents) : i32x4.extendHighU(exponents);
  const rebias = bias - 2 * EXPONENT_BIAS;
  if (bytes === 4) return i32x4.shl(i32x4.add(words, splat32(rebias)), bits);
  const longs = vector % 2 === 0 ? i64x2.extendLowU(words) : i64x2.extendHighU(words);
  return i64x2.shl(i64x2.add(longs, splat64(BigInt(rebias))), bits);
}

/** The largest power of two among the products themselves. */
function largestProducts(body: Body, vector: number, { floor }: Alignment): Code[] {
  const { f, firing, sums4 } = body;
  const { v } = carrierOf(firing.fit);
  const largest = sums4.map(() => f.local('v128'));
  for (const local of largest) f.emit(local.set(powerOfTwo(firing.fit, floor)));
  overLanes(body, [vector], (r, _, product) => f.emit(largest[r].set(v.pmax(largest[r].get, v.abs(product)))));
  return largest.map((local) => v128.and(local.get, exponentField(body)));
}

function exponentField({ firing }: Body): Code {
  const { splat, bits, bytes } = carrierOf(firing.fit);
  return splat(((1n << BigInt(bytes === 4 ? 8 : 11)) - 1n) << BigInt(bits));
}

/** A power of two (of its pattern's exponent alone) times a constant of that form, by integer addition. */
function times({ firing }: Body, power: Code, exponent: number, mantissa = 0n): Code {
  const { i, splat, bits } = carrierOf(firing.fit);
  return i.add(power, splat((BigInt(exponent) << BigInt(bits)) + mantissa));
}

/** One vector of columns: products and running sums become multiples of q and are added exactly. */
function cutVector(
  body: Body,
  vector: number,
  products: readonly Code[],
  combine: AlignedCombine,
  alignment: Alignment,
  adders: readonly Adder[],
): void {
  const { f, firing, sums4 } = body;
  const { v, splat, bits } = carrierOf(firing.fit);
  const { fractionBits, sumFractionBits = fractionBits, sumInside } = combine;
  const accs = sums4.map((row) => row[vector]);
  const largest = products.map((power, r) =>
    f.keep('v128', sumInside ? v.pmax(power, runningWeight(body, accs[r], alignment)) : power),
  );
  const half = 1n << BigInt(bits - 1);
  const magic = largest.map((power) => f.keep('v128', times(body, power, bits - fractionBits, half)));
  const totals = magic.map((code) => {
    const total = f.local('v128');
    f.emit(total.set(code));
    return total;
  });
  addCut(body, vector, { combine, alignment, largest, magic, totals });
  totals.forEach((total, r) => {
    const sum = v.sub(total.get, magic[r]);
    if (!sumInside) f.emit(total.set(sum));
    else {
      const inverse = splat(BigInt(2 * carrierOf(firing.fit).bias + sumFractionBits) << BigInt(bits));
      const scaled = v.mul(accs[r].get, carrierOf(firing.fit).i.sub(inverse, largest[r]));
      const whole = lost(body, accs[r].get, rounded(body, combine, scaled));
      f.emit(total.set(v.add(sum, v.mul(whole, times(body, largest[r], -sumFractionBits)))));
    }
    finish(body, accs[r], total, adders);
  });
}

interface Cut {
  combine: AlignedCombine;
  alignment: Alignment;
  largest: readonly Code[];
  magic: readonly Code[];
  totals: readonly Local[];
}

/** Takes the products of one vector up into the totals. */
function addCut(body: Body, vector: number, cut: Cut): void {
  const { f, firing, counter } = body;
  const { v, splat, bits } = carrierOf(firing.fit);
  const { fractionBits, truncate } = cut.combine;
  const { productBits } = cut.alignment;
  // 1/2 - 2^-(p + 1) = 2^-2 * 1.11..1 with p - 1 ones after the point.
  const ones = ((1n << BigInt(productBits - 1)) - 1n) << BigInt(bits - productBits + 1);
  const [exponent, mantissa] = truncate === 'rtz' ? [-fractionBits - 2, ones] : [-fractionBits, 0n];
  const units = cut.largest.map((power) => f.keep('v128', times(body, power, exponent, mantissa)));
  const p = f.local('v128');
  overLanes(body, [vector], (r, _, product) => {
    const total = cut.totals[r];
    const before = counter === undefined ? [] : f.keep('v128', total.get);
    f.emit(p.set(product));
    f.emit(total.set(v.add(total.get, cutTerm(body, truncate, p.get, units[r], cut.magic[r]))));
    if (counter !== undefined) count(body, v128.and(v.eq(total.get, before), v.ne(p.get, splat(0n))));
  });
}

/** What the adder rounds to the multiple of q that the cut leaves, or that multiple itself. */
function cutTerm({ f, firing }: Body, truncate: AlignedCombine['truncate'], p: Code, unit: Code, magic: Code): Code {
  const { v, splat, bytes } = carrierOf(firing.fit);
  if (truncate === 'rtz') return v.sub(p, v128.or(v128.and(p, splat(1n << BigInt(bytes * 8 - 1))), unit));
  const nearest = v.sub(v.add(p, magic), magic);
  if (truncate === 'rne') return nearest;
  const kept = f.keep('v128', nearest);
  return v.sub(kept, v128.and(v.gt(kept, p), unit));
}

function count({ f, firing, counter }: Body, mask: Code): void {
  const { i } = carrierOf(firing.fit);
  if (counter !== undefined) f.emit(counter.set(i.sub(counter.get, mask)));
}

function rounded({ firing }: Body, { truncate }: AlignedCombine, x: Code): Code {
  const { v } = carrierOf(firing.fit);
  return { rtz: v.trunc, floor: v.floor, rne: v.nearest }[truncate](x);
}

/** The cut term; counted where the cut leaves nothing of something. */
function lost(body: Body, term: Code, cut: Code): Code {
  if (body.counter === undefined) return cut;
  const { v, splat } = carrierOf(body.firing.fit);
  const whole = body.f.keep('v128', cut);
  count(body, v128.and(v.eq(whole, splat(0n)), v.ne(term, splat(0n))));
  return whole;
}

/** 2^exponent of the running sum; 0 for zero, and finite for an infinite one, which then stays infinite when scaled. */
function runningWeight(body: Body, sum: Local, { top, lowest }: Alignment): Code {
  const { v, splat } = carrierOf(body.firing.fit);
  const own = v.pmin(v128.and(sum.get, exponentField(body)), powerOfTwo(body.firing.fit, top));
  if (lowest === undefined) return own;
  const raised = v.pmax(own, powerOfTwo(body.firing.fit, lowest));
  return v128.and(raised, v.ne(sum.get, splat(0n)));
}
