import { type Code, type Local } from '../../../wasm/assembler.js';
import { type Alignment, type Body, type Half, lanesOf, overLanes, overOperands } from './body.js';
import { exponentField } from './cut.js';
import { EXPONENT_BIAS } from '../panels/operands.js';
import { carrierOf, powerOfTwo } from '../steps/lanes.js';
import { i16x8, i32x4, i64x2, splat16, splat32, splat64, v128 } from '../../../wasm/vector.js';

/** Each row's largest exponents in its eight columns, biased twice, and no smaller than the floor. */
export function largestExponents({ f, firing, sums4, reads }: Body, { floor }: Alignment, half: Half): Local[] {
  const largest = sums4.map(() => f.local('v128'));
  const column = f.local('v128');
  for (const local of largest) f.emit(local.set(splat16(floor + 2 * EXPONENT_BIAS)));
  overOperands(f, reads.exponents, lanesOf(firing, half), ([x, y]) => {
    f.emit(column.set(v128.load(y)));
    largest.forEach((local, r) =>
      f.emit(local.set(i16x8.maxS(local.get, i16x8.add(reads.rowExponents(x, r), column.get)))),
    );
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
