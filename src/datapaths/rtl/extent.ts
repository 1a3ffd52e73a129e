import type { Fit } from '../../formats/codec.js';
import { type Format, quantumExponentOf } from '../../formats/format.js';
import { latticeOf } from '../../formats/lattice.js';
import { magnitudeExponent } from '../../formats/raw.js';
import type { AlignedCombine, Datapath } from '../datapath.js';
import { randomBitsOf } from '../../formats/rounding.js';

/** Every finite value is a multiple of 2^low and below 2^high in magnitude. */
export interface Extent {
  low: number;
  high: number;
}

export function extentOf(format: Format): Extent {
  if (format.kind === 'int') return { low: format.exponent, high: format.exponent + format.bits };
  const lattice = latticeOf(format);
  return {
    low: quantumExponentOf(format),
    high: magnitudeExponent(lattice.valueAt(lattice.maxIndex(false))) + 1,
  };
}

/** What the products of a datapath can be, and after them everything else that is added. */
export function productExtent({ a, b, product }: Datapath): Extent {
  return product === 'exact' ? exactProduct(a, b) : extentOf(product.format);
}

function exactProduct(a: Format, b: Format): Extent {
  const [x, y] = [extentOf(a), extentOf(b)];
  return { low: x.low + y.low, high: x.high + y.high };
}

export function unionOf(extents: readonly Extent[]): Extent {
  return { low: Math.min(...extents.map(({ low }) => low)), high: Math.max(...extents.map(({ high }) => high)) };
}

/** Width of a decoded significand. */
export function significandBits(format: Format): number {
  if (format.kind === 'float') return format.mantissaBits + 1;
  return format.kind === 'int' ? format.bits : 1;
}

export function clog2(value: number): number {
  return value <= 1 ? 0 : 32 - Math.clz32(value - 1);
}

/** More bits than rounding needs below a significand, beside the mantissa and random bits. */
const GUARD = 8;
/** The exponent that two zero factors align by. */
const ZEROS = -2 * 126;

/**
 * Width of a two's complement exponent that holds every exponent between the operands and the last rounding: those of the
 * values, and that of the last place of a sum, which lies its own width below its leading bit.
 */
export function exponentBits(datapath: Datapath, fits: readonly Fit[]): number {
  const { a, b, combine, widened, lanes, sum } = datapath;
  const formats = [a, b, sum.format, ...fits.map(({ format }) => format), ...(widened ? [widened] : [])];
  const products = productExtent(datapath);
  const { low, high } = unionOf([exactProduct(a, b), products, ...formats.map(extentOf)]);
  const significands = formats.map(significandBits);
  const window = combine.kind === 'fused' ? products.high - products.low + lanes : 0;
  const widest = Math.max(...significands, significandBits(a) + significandBits(b), window);
  const below =
    widest + Math.max(...significands) + Math.max(0, ...fits.map(({ rounding }) => randomBitsOf(rounding))) + GUARD;
  const biases = formats.map((format) => (format.kind === 'float' ? Math.abs(format.bias) : 0));
  const reach = [low - below, high + GUARD, ...biases];
  if (combine.kind === 'aligned') reach.push(...alignedReach(combine, Math.min(low, ZEROS)));
  return clog2(Math.max(...reach.map(Math.abs)) + 1) + 1;
}

function alignedReach(combine: AlignedCombine, low: number): number[] {
  const { fractionBits, sumFractionBits = 0, twoStage, exponentFloor = 0, productOverflow = 0 } = combine;
  const { productFractionBits = 0, sumFractionBits: stageBits = 0, dropSumBelow = 0 } = twoStage ?? {};
  const cut = Math.max(fractionBits, sumFractionBits, productFractionBits, stageBits);
  return [Math.min(low, exponentFloor) - 2 * cut - GUARD, exponentFloor, productOverflow, dropSumBelow];
}
