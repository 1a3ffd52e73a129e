import { hasInfinity, hasNan, type Format, quantumExponentOf } from '../../../formats/format.js';
import { latticeOf, precisionOf } from '../../../formats/lattice.js';
import { toNumber } from '../../../formats/raw.js';
import type { Datapath } from '../../datapath.js';
import { groupOf } from '../../products.js';

/**
 * What is known of a set of values without looking at one: routes are chosen by these facts, never by name.
 */
export interface Facts {
  /** Every value is a multiple of 2^quantum. */
  quantum: number;
  /** Largest finite magnitude. */
  max: number;
  /** Significant bits of the widest value. */
  precision: number;
  infinities: boolean;
  nans: boolean;
  /** Whether a value can be below zero. */
  signed: boolean;
}

export function factsOf(format: Format): Facts {
  const lattice = latticeOf(format);
  const largest = (sign: boolean) => {
    const index = lattice.maxIndex(sign);
    return index < 0n ? 0 : toNumber(lattice.valueAt(index));
  };
  const unused = format.kind === 'table' && format.values.includes(null);
  return {
    quantum: quantumExponentOf(format),
    max: Math.max(largest(false), largest(true)),
    precision: significantBits(format),
    infinities: hasInfinity(format),
    nans: hasNan(format) || unused,
    signed: largest(true) > 0,
  };
}

/** The most negative integer is a power of two and needs no bit more than the largest; tables hold small integers. */
function significantBits(format: Format): number {
  if (format.kind === 'int') return format.signed ? Math.max(1, format.bits - 1) : format.bits;
  if (format.kind === 'float') return precisionOf(format);
  return Math.max(1, ...format.values.map((value) => 32 - Math.clz32(Math.abs(value ?? 0))));
}

/** Facts of the exact products of two sets. */
export function productFacts(a: Facts, b: Facts): Facts {
  return {
    quantum: a.quantum + b.quantum,
    max: a.max * b.max,
    precision: a.precision + b.precision,
    infinities: a.infinities || b.infinities,
    nans: a.nans || b.nans || a.infinities || b.infinities,
    signed: a.signed || b.signed,
  };
}

/** Facts of the terms that a datapath adds: its products, or what they are rounded to. */
export function termFacts({ a, b, product, blockScale }: Datapath): Facts {
  const products = product === 'exact' ? productFacts(factsOf(a), factsOf(b)) : factsOf(product.format);
  if (blockScale === undefined) return products;
  const scale = factsOf(blockScale.format);
  const scales = productFacts(scale, scale);
  if (blockScale.apply === 'exponent') return productFacts(products, scales);
  const max = products.max * groupOf(blockScale);
  return productFacts({ ...products, max, precision: spanBits(max, products.quantum) }, scales);
}

/** Bits from a quantum up to a magnitude: a sum of such values is exact in a carrier of at least as many bits. */
export function spanBits(max: number, quantum: number): number {
  return max === 0 ? 0 : Math.floor(Math.log2(max) + 1e-9) + 1 - quantum;
}
