import type { Datapath } from '../../../datapaths/datapath.js';
import { productOf } from '../../../datapaths/products.js';
import { decode, encode, fitTo } from '../../../formats/codec.js';
import { type Format, isSigned } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { finite, type FiniteRaw, infinite, magnitudeExponent, NAN, type Raw } from '../../../formats/raw.js';
import type { Random } from '../../../random/random.js';

/** How a significand looks: one bit; random bits; or a first bit and another one far below it. */
export type SignificandShape = 'power' | 'any' | 'spread';

/** Exponents of the smallest and the largest magnitude of a format. */
export interface ExponentExtent {
  low: number;
  high: number;
}

const extents = new WeakMap<Format, ExponentExtent>();

export function extentOf(format: Format): ExponentExtent {
  let extent = extents.get(format);
  if (extent === undefined) {
    const lattice = latticeOf(format);
    const zero = lattice.valueAt(0n);
    // Of integers the negative side reaches a binade further.
    const sides = [false, true].map((sign) => lattice.maxIndex(sign)).filter((index) => index > 0n);
    const highs = sides.map((index) => magnitudeExponent(lattice.valueAt(index)));
    extent = {
      low: magnitudeExponent(zero.significand === 0n ? lattice.valueAt(lattice.next(0n)) : zero),
      high: highs.length === 0 ? 0 : Math.max(...highs),
    };
    extents.set(format, extent);
  }
  return extent;
}

/** The code of a format that lies at a value, or next to it towards zero. */
export function codeNear(format: Format, value: Raw): bigint {
  const signed = value.kind === 'finite' && value.sign && !isSigned(format) ? { ...value, sign: false } : value;
  return encode(signed, fitTo(format, { rounding: 'rtz', overflow: 'saturate' })).code;
}

/** A significand from 1 to 2 with at most so many bits below its first. */
function significandOf(shape: SignificandShape, bits: number, random: Random): Omit<FiniteRaw, 'kind' | 'sign'> {
  if (shape === 'power' || bits === 0) return { significand: 1n, exponent: 0 };
  if (shape === 'any') {
    const below = Math.min(bits, 30);
    return { significand: BigInt(2 ** below + random.below(2 ** below)), exponent: -below };
  }
  const below = bits <= 3 ? bits : 3 + random.below(Math.min(bits, 12) - 2);
  return { significand: 1n + (1n << BigInt(below)), exponent: -below };
}

/** Bits below the first that a format's codes can have. */
function fractionBitsOf(format: Format): number {
  return format.kind === 'float' ? format.mantissaBits : format.kind === 'int' ? format.bits - 2 : 1;
}

function lowestNormal(format: Format): number {
  return format.kind === 'float' && format.lowest === 'subnormal'
    ? 1 - format.bias + (format.shift ?? 0)
    : extentOf(format).low;
}

/** A product of two codes, exactly. */
export interface Pair {
  a: bigint;
  b: bigint;
  product: Raw;
}

/** Draws pairs of codes whose product has a wanted sign, magnitude and shape, as nearly as their formats have it. */
export function pairDrawer(datapath: Datapath, random: Random) {
  const [x, y] = [extentOf(datapath.a), extentOf(datapath.b)];
  const normals = [lowestNormal(datapath.a), lowestNormal(datapath.b)];
  const one = (format: Format, exponent: number, shape: SignificandShape, negative: boolean) => {
    const { significand, exponent: below } = significandOf(shape, fractionBitsOf(format), random);
    return codeNear(format, finite(negative, significand, below + exponent));
  };
  const pairOf = (a: bigint, b: bigint): Pair => {
    const [left, right] = [decode(datapath.a, a, datapath.operands), decode(datapath.b, b, datapath.operands)];
    return { a, b, product: productOf(datapath, left, right) };
  };
  return {
    /** Exponents of the smallest and of the largest product. */
    extent: { low: x.low + y.low, high: x.high + y.high },
    /** Exponent of the smallest product of normal numbers. */
    normal: normals[0] + normals[1],
    pairOf,
    /** The value of a code of b. */
    factor: (b: bigint): Raw => decode(datapath.b, b),
    /** Pairs whose product is an infinity, NaN or the largest there is, one of each. */
    specials(): Pair[] {
      const values = [
        infinite(false),
        infinite(true),
        NAN,
        finite(false, 1n, x.high + 1),
        finite(true, 1n, x.high + 1),
      ];
      const factors = [finite(false, 0n, 0), finite(false, 1n, y.high + 1)];
      const found = new Map<string, Pair>();
      for (const value of values)
        for (const factor of factors) {
          const pair = pairOf(
            datapath.a.kind === 'float' ? encode(value, fitTo(datapath.a)).code : codeNear(datapath.a, value),
            codeNear(datapath.b, factor),
          );
          found.set(`${pair.product.kind} ${pair.product.kind !== 'nan' && pair.product.sign}`, pair);
        }
      return [...found.values()];
    },
    /** @param exponent of the product's leading bit, or of the one above where both significands are large */
    draw(exponent: number, shape: SignificandShape, negative: boolean): Pair {
      // Most of them of normal numbers, where those will do: an alignment sees a subnormal's exponent as a larger one.
      const normal = random.below(4) > 0 && exponent >= normals[0] + normals[1];
      const from = Math.max(normal ? normals[0] : x.low, exponent - y.high);
      const to = Math.min(x.high, exponent - (normal ? normals[1] : y.low));
      const own = to < from ? Math.min(Math.max(from, x.low), x.high) : from + random.below(to - from + 1);
      const [left, right]: SignificandShape[] =
        shape === 'any' || random.below(2) === 0 ? [shape, shape] : [shape, 'power'];
      const swap = shape === 'spread' && random.below(2) === 0;
      const flip = isSigned(datapath.b) && (!isSigned(datapath.a) || random.below(2) === 0);
      return pairOf(
        one(datapath.a, own, swap ? right : left, flip ? false : negative),
        one(datapath.b, exponent - own, swap ? left : shape === 'spread' ? 'power' : right, flip ? negative : false),
      );
    },
    /** A lane that adds nothing, or as little as the formats have. */
    idle(): Pair {
      return pairOf(codeNear(datapath.a, finite(false, 0n, 0)), codeNear(datapath.b, finite(false, 0n, 0)));
    },
  };
}
