import { type Code, i32, type Local } from './assembler.js';
import { type Alignment, type Body, type Half, lanesOf, overLanes } from './firing-body.js';
import { exponentField } from './firing-cut.js';
import { carrierOf, powerOfTwo } from './lanes.js';
import { ROWS } from './nest.js';
import { i16x8, i32x4, i64x2, splat16, splat32, splat64, v128 } from './vector.js';

/**
 * Operands' exponents, 16 bits each: this much is added, so that zero (and padding) is 0 and lies below every other even
 * after an addition.
 */
export const EXPONENT_BIAS = 8192;

/** Each row's largest exponents in its eight columns, biased twice, and no smaller than the floor. */
export function largestExponents(
  { f, a, weights, firing, parameters }: Body,
  { floor }: Alignment,
  half: Half,
): Local[] {
  const { bytes } = carrierOf(firing.fit);
  const largest = Array.from({ length: ROWS }, () => f.local('v128'));
  const [x, y, column] = [f.local('i32'), f.local('i32'), f.local('v128')];
  const splat = bytes === 4 ? v128.load32Splat : v128.load64Splat;
  for (const local of largest) f.emit(local.set(splat16(floor + 2 * EXPONENT_BIAS)));
  const { count, first, step } = lanesOf(firing, half);
  const rowBytes = ROWS * bytes;
  f.emit(x.set(i32.add(i32.add(a.get, parameters[10].get), i32.const(first * rowBytes))));
  f.emit(y.set(i32.add(weights.get, i32.const(first * 16))));
  f.repeat(i32.const(count), () => {
    f.emit(column.set(v128.load(y.get)));
    largest.forEach((local, r) =>
      f.emit(local.set(i16x8.maxS(local.get, i16x8.add(splat(x.get, r * bytes), column.get)))),
    );
    f.emit(x.set(i32.add(x.get, i32.const(step * rowBytes))), y.set(i32.add(y.get, i32.const(step * 16))));
  });
  return largest;
}

/** 2^exponent in float lanes, of one vector's share of eight exponents. */
export function powers({ firing }: Body, exponents: Code, vector: number): Code {
  const { bits, bias, bytes } = carrierOf(firing.fit);
  const half = bytes === 4 ? vector : vector >> 1;
  const words = half === 0 ? i32x4.extendLowU(exponents) : i32x4.extendHighU(exponents);
  const rebias = bias - 2 * EXPONENT_BIAS;
  if (bytes === 4) return i32x4.shl(i32x4.add(words, splat32(rebias)), bits);
  const longs = vector % 2 === 0 ? i64x2.extendLowU(words) : i64x2.extendHighU(words);
  return i64x2.shl(i64x2.add(longs, splat64(BigInt(rebias))), bits);
}

/** The largest power of two among the products themselves. */
export function largestProducts(body: Body, vector: number, { floor, top }: Alignment, half: Half): Code[] {
  const { f, firing, sums4 } = body;
  const { v } = carrierOf(firing.fit);
  const largest = sums4.map(() => f.local('v128'));
  for (const local of largest) f.emit(local.set(powerOfTwo(firing.fit, floor)));
  overLanes(body, [vector], (r, _, product) => f.emit(largest[r].set(v.pmax(largest[r].get, v.abs(product)))), half);
  const limit = powerOfTwo(firing.fit, top);
  return largest.map((local) => f.keep('v128', v.pmin(limit, v128.and(local.get, exponentField(body)))));
}
