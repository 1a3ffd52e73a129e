/** Exact rationals, and the roundings of IEEE 754-2019 (4.3.1, to nearest, ties to even) on them. */
export interface Rational {
  over: bigint;
  under: bigint;
}

export function rational(over: bigint, under = 1n): Rational {
  return under < 0n ? { over: -over, under: -under } : { over, under };
}

/** A finite float64 as it is. */
export function exactly(value: number): Rational {
  let [whole, under] = [value, 1n];
  while (!Number.isInteger(whole)) [whole, under] = [whole * 2, under * 2n];
  return { over: BigInt(whole), under };
}

export const sumOf = (x: Rational, y: Rational) => rational(x.over * y.under + y.over * x.under, x.under * y.under);
export const productOf = (x: Rational, y: Rational) => rational(x.over * y.over, x.under * y.under);
export const quotientOf = (x: Rational, y: Rational) => rational(x.over * y.under, x.under * y.over);

/** The nearest integer, of two the even one. */
export function nearest({ over, under }: Rational): bigint {
  const size = over < 0n ? -over : over;
  const [low, rest] = [size / under, size % under];
  const up = 2n * rest > under || (2n * rest === under && low % 2n === 1n);
  const rounded = up ? low + 1n : low;
  return over < 0n ? -rounded : rounded;
}

/** The nearest float32 of a magnitude below 2^128 - 2^103; a zero has the sign of what it comes from. */
export function float32(x: Rational): number {
  const size = x.over < 0n ? -x.over : x.over;
  const scaled = (exponent: number) =>
    exponent < 0 ? rational(size << BigInt(-exponent), x.under) : rational(size, x.under << BigInt(exponent));
  const bits = (value: bigint) => value.toString(2).length;
  let exponent = Math.max(-149, bits(size) - bits(x.under) - 25);
  while (scaled(exponent).over >= scaled(exponent).under << 24n) exponent++;
  const rounded = Number(nearest(scaled(exponent))) * 2 ** exponent;
  return x.over < 0n ? -rounded : rounded;
}
